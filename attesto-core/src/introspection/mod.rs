//! Tokens that only their issuer can read: introspection (RFC 7662), also with signed answers (RFC 9701).
//!
//! An [`IntrospectionEndpoint`] builds the requests and checks the answers. [`Introspector`](crate::host::Introspector)
//! sends them with the host's [`HttpClient`](crate::host::HttpClient), caches answers for a moment, and is a
//! [`ForeignVerifier`](crate::host::ForeignVerifier):
//!
//! ```
//! use attesto_core::crypto::RustCrypto;
//! use attesto_core::host::{Guard, HttpClient, Introspector, MemoryReplayStore};
//! use attesto_core::introspection::{IntrospectionCredentials, IntrospectionEndpoint};
//! use attesto_core::resource::ResourceServer;
//! use std::sync::Arc;
//!
//! fn guard(client: impl HttpClient + 'static) -> Result<Guard, attesto_core::ConfigError> {
//!     let provider = Arc::new(RustCrypto::new());
//!     let endpoint = IntrospectionEndpoint::new(
//!         "https://auth.example.com/introspect",
//!         "https://auth.example.com",
//!         IntrospectionCredentials::basic("api", "s3cret"),
//!     )?;
//!     let introspector = Introspector::new(endpoint, client, provider.clone());
//!     let server = ResourceServer::builder("https://api.example.com", provider)
//!         .ask_foreign()
//!         .authorization_server("https://auth.example.com")
//!         .build()?;
//!     Guard::builder(server)
//!         .replay_store(MemoryReplayStore::single_node(100_000)?)
//!         .foreign_verifier(introspector)
//!         .build()
//! }
//! ```
//!
//! The issuer's answer is checked by the same rules as the claims of a JWT access token: `exp`, `aud`, scopes, and the
//! binding in `cnf`.

mod answer;
#[cfg(feature = "std")]
mod cache;
mod endpoint;
mod error;
#[cfg(feature = "std")]
mod remembered;
mod signed;

pub use answer::Introspected;
pub use endpoint::{IntrospectionCredentials, IntrospectionEndpoint};
pub use error::IntrospectionError;
#[cfg(feature = "std")]
pub(crate) use remembered::Remembered;
