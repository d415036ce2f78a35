//! attesto for axum, and for any tower HTTP service that takes axum's body.
//!
//! A protected server, whole:
//!
//! ```no_run
//! use attesto_axum::core::{crypto::RustCrypto, jose::JwkSet, token::{TrustedIssuer, VerificationKeys}};
//! use attesto_axum::core::{host::{Guard, MemoryReplayStore}, http::{CanonicalOrigin, OriginPolicy}, resource::ResourceServer};
//! use attesto_axum::{Granted, ProtectLayer, metadata_router};
//! use std::{error::Error, net::SocketAddr, sync::Arc};
//!
//! #[tokio::main]
//! async fn main() -> Result<(), Box<dyn Error>> {
//!     let provider = Arc::new(RustCrypto::new());
//!     let jwks = JwkSet::from_json(&std::fs::read("issuer-jwks.json")?)?; // what your issuer serves at its jwks_uri
//!     let keys = VerificationKeys::from_jwk_set(provider.as_ref(), &jwks)?;
//!     let server = ResourceServer::builder("https://api.example.com", provider) // how clients call you; the tokens' `aud`
//!         .issuer(TrustedIssuer::new("https://auth.example.com", keys)?)        // exactly as in the tokens' `iss`
//!         .origin(OriginPolicy::new().canonical(CanonicalOrigin::parse("https://api.example.com")?)) // TLS ends at a proxy
//!         .build()?;
//!     let guard = Arc::new(Guard::builder(server).replay_store(MemoryReplayStore::single_instance(1_000_000)?).build()?);
//!     let app = axum::Router::new()
//!         .route("/me", axum::routing::get(|grant: Granted| async move { grant.subject().to_owned() }))
//!         .layer(ProtectLayer::new(guard.clone()))
//!         .merge(metadata_router([&*guard])?);
//!     let listener = tokio::net::TcpListener::bind("127.0.0.1:8080").await?;
//!     Ok(axum::serve(listener, app.into_make_service_with_connect_info::<SocketAddr>()).await?)
//! }
//! ```
//!
//! [`ProtectLayer`] authenticates every request behind it; [`RequireLayer`] adds scopes or step-up to single routes;
//! [`Granted`], [`GrantedScopes`], [`GrantedSender`] and [`Principal`] tell a handler who is calling;
//! [`metadata_router`] publishes the RFC 9728 documents that clients discover the authorization server by;
//! [`McpSessionLayer`] ties MCP sessions to their owners.
//!
//! # TLS and client certificates
//!
//! Where TLS ends in this process, put a [`TlsSession`] into the extensions of each request, with the certificate that the handshake
//! showed. `axum::serve` ends no TLS; with tokio-rustls and hyper, `attesto_hyper::OnConnection` does it for a whole connection:
//!
//! ```
//! # struct Session;
//! # impl Session { fn peer_certificates(&self) -> Option<&[Vec<u8>]> { None } }
//! # fn demo(app: axum::Router, stream: &(i32, Session)) -> axum::Router {
//! use attesto_axum::TlsSession;
//! use axum::{Extension, Router};
//!
//! // Once per connection; `stream` is what a tokio-rustls acceptor gave.
//! let session = TlsSession::with_peer_chain(stream.1.peer_certificates());
//! app.layer(Extension(session))
//! # }
//! ```
//!
//! The acceptor must ask for client certificates without insisting on a CA for them, if self-signed ones are to be taken: the token's
//! `cnf` names the one that counts (RFC 8705 §3). Where a proxy ends TLS, `CertificatePolicy::forwarded` reads what it says in a
//! header, from proxies named in `OriginPolicy::proxies` only.
//!
//! No rule of any RFC lives here: the crate translates types into [`attesto_core`] and back. Bodies are streamed, never
//! buffered, unless tokens in form bodies are opted in to.

#![forbid(unsafe_code)]

mod extract;
mod layers;
mod metadata;
mod service;

pub use attesto_core::host::Clock;
pub use attesto_core::http::TlsSession;
pub use attesto_hyper::GuardedBody;
pub use extract::{Granted, GrantedScopes, GrantedSender, Principal, WiringError};
pub use layers::{McpSessionLayer, ProtectLayer, RequireLayer};
pub use metadata::{documents_router, jwks_router, metadata_router, metadata_set_router};
pub use service::Staged;

/// The core, so that an application needs one dependency.
pub use attesto_core as core;
