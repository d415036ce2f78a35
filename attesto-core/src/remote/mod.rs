//! The keys of remote issuers: discovered by their metadata, fetched when needed, and kept no longer than is safe
//! (RFC 7517 §5, RFC 8414, OpenID Connect Discovery 1.0; J9 and J22).
//!
//! [`KeyCache`] decides when to fetch and which keys still verify; [`KeyFetch`] makes the requests and reads the
//! responses. Neither does IO. [`RemoteKeys`] combines both for one issuer. A [`Guard`](crate::host::Guard) drives it
//! with the host's [`HttpClient`](crate::host::HttpClient); a custom server can do so itself:
//!
//! ```
//! # use attesto_core::crypto::RustCrypto;
//! use attesto_core::Timestamp;
//! use attesto_core::http::{HttpFailure, IncomingResponse, OutgoingRequest};
//! use attesto_core::remote::{Begun, FetchStep, Need, RemoteKeys};
//!
//! // Your HTTP client; here, an issuer with one key.
//! fn send(request: OutgoingRequest) -> Result<IncomingResponse, HttpFailure> {
//!     let body = match request.url.as_str() {
//!         "https://auth.example.com/.well-known/openid-configuration" => {
//!             r#"{"issuer":"https://auth.example.com","jwks_uri":"https://auth.example.com/jwks"}"#
//!         }
//!         "https://auth.example.com/jwks" => {
//!             r#"{"keys":[{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo","kid":"k1"}]}"#
//!         }
//!         _ => return Ok(IncomingResponse::new(404, Vec::new())),
//!     };
//!     Ok(IncomingResponse::new(200, body.into()))
//! }
//!
//! let keys = RemoteKeys::builder("https://auth.example.com", std::sync::Arc::new(RustCrypto::new())).build()?;
//! let now = Timestamp::from_secs(1_800_000_000);
//! let Begun::Fetch(mut fetch) = keys.begin(Need::Usable, now) else { panic!("nothing has been fetched yet") };
//! let generation = loop {
//!     let answer = send(fetch.request());
//!     match fetch.received(answer) {
//!         FetchStep::Send(next) => fetch = next,
//!         FetchStep::Ended(result) => break result?,
//!     }
//! };
//! assert_eq!(generation, 1);
//! assert!(keys.is_ready(now));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Answer a [`KeysQuestion`](crate::resource::KeysQuestion) as follows: [`Begun::Met`] is `Refreshed`,
//! [`Begun::Throttled`] is `Unchanged`, [`Begun::Failing`] is `Unavailable`. After a fetch, or after waiting for
//! another caller's ([`Begun::Await`] holds a future: block on it, or answer `Unavailable`), begin again. Keys past
//! their freshness are usable for a minute before the question is asked. To keep requests from waiting, begin a fetch
//! for [`Need::Fresh`] now and then.

mod cache;
#[cfg(feature = "std")]
mod cache_control;
mod error;
#[cfg(feature = "std")]
mod fetch;
#[cfg(feature = "std")]
mod keys;
#[cfg(feature = "std")]
mod location;
mod policy;
#[cfg(feature = "std")]
mod wait;

pub use cache::{KeyCache, KeySnapshot, Lookup, Need, Plan};
pub use error::{FetchError, FetchFailure};
#[cfg(feature = "std")]
pub use fetch::{FetchStep, KeyFetch};
#[cfg(feature = "std")]
pub use keys::{Begun, RemoteKeys, RemoteKeysBuilder};
pub use policy::KeyPolicy;
#[cfg(feature = "std")]
pub use wait::Wait;
#[cfg(feature = "std")]
pub(crate) use wait::Waiters;
