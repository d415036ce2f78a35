//! The OAuth 2.1 protocol core of attesto: it takes the parts of a request and the time, and returns a verdict and the
//! headers of the challenge. It does no IO: no socket, clock, randomness, thread or async runtime; `no_std` with `alloc`.
//!
//! # How a request travels
//!
//! ```text
//!            adapter (axum, actix, hyper, yours)          core: no IO
//!
//! request -> RequestParts ------------------------------> ResourceServer::check(&parts, &requirement, now)
//!                                                           |
//!            Guard: your stores and hooks <--- question --- Verdict::Ask      is this proof new? which keys?
//!                                         ---- answer ----> answer(..) is the next Verdict
//!                                                           |
//! 401, .. <- response, challenge <------------------------- Verdict::Denied   the reason is for your logs only
//! handler <- claims, scopes, sender <---------------------- Verdict::Granted  only the checks can make it
//! ```
//!
//! Requests to an authorization server travel the same way, with more questions: `AuthorizationServer::token` and its like begin an
//! `exchange`, which asks for one thing at a time to be loaded, taken or recorded, until it has a response; `host::drive` answers.
//!
//! # One protected request
//!
//! ```
//! # use attesto_core::crypto::{Algorithm, CryptoProvider, EntropyError, KeyKind, RustCrypto};
//! # use attesto_core::jose::KeyMaterial;
//! # use attesto_core::token::{AccessTokenIssuer, KeyRing, MintRequest};
//! # use std::sync::Arc;
//! # fn entropy(out: &mut [u8]) -> Result<(), EntropyError> { out.fill(9); Ok(()) }
//! # let provider: Arc<dyn CryptoProvider> = Arc::new(RustCrypto::new());
//! # let key = KeyMaterial::generate(KeyKind::P256, &mut entropy)?;
//! # let signer = provider.signer(key.private().ok_or("private")?, Algorithm::ES256)?;
//! # let ring = Arc::new(KeyRing::new(provider.as_ref(), signer.into())?);
//! # let keys = ring.verification_keys(provider.as_ref())?;
//! # let issuer = AccessTokenIssuer::builder("https://auth.example.com", provider.clone(), ring).build()?;
//! # let now = attesto_core::Timestamp::from_secs(1_800_000_000);
//! # let request = MintRequest::new("usr_1", "cli").audience(["https://api.example.com"]).scopes(["things.read"]);
//! # let token = issuer.mint(request, now, &mut entropy)?.token().to_owned();
//! use attesto_core::http::{Connection, RequestParts};
//! use attesto_core::resource::{Requirement, ResourceServer, Verdict};
//! use attesto_core::token::TrustedIssuer;
//!
//! // Once: the resource's identifier, and the issuers it trusts. `keys` are the issuer's public keys.
//! let server = ResourceServer::builder("https://api.example.com", provider)
//!     .issuer(TrustedIssuer::new("https://auth.example.com", keys)?)
//!     .build()?;
//! let read = Requirement::scopes(["things.read"])?;
//!
//! // Per request: borrowed parts in, a verdict out.
//! let authorization = format!("Bearer {token}");
//! let headers: &[(&str, &[u8])] = &[("host", b"api.example.com"), ("authorization", authorization.as_bytes())];
//! let request = RequestParts::new("GET", "/things", &headers).connection(Connection::new().tls());
//! match server.check(&request, &read, now) {
//!     Verdict::Granted(grant) => assert_eq!(grant.subject(), "usr_1"),
//!     Verdict::Denied(denial) => panic!("answer with {:?}", denial.response()),
//!     Verdict::Ask(_) => panic!("only a DPoP proof, or a hook that was asked for, makes a question"),
//! }
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # The map
//!
//! - [`resource`] decides who may call: [`resource::ResourceServer`] checks, [`host::Guard`] asks the host for what
//!   only it knows.
//! - `authorization` (with `std`) decides who gets a token. `exchange` is how its endpoints ask their host.
//! - [`token`] verifies and mints RFC 9068 access tokens. [`dpop`]: proofs of possession. [`mtls`]: certificate
//!   binding.
//! - [`scope`] and [`mcp`]: what a token may do. [`challenge`]: what a refused client receives. [`metadata`]: what
//!   clients discover.
//! - [`jose`], [`crypto`], [`encoding`]: tokens as bytes, keys and signatures behind one trait.
//! - [`remote`] discovers, fetches and caches the keys of other issuers. [`introspection`] checks opaque tokens.
//! - [`http`]: requests, responses, origins and proxies without a framework. [`host`]: stores, hooks, events.
//! - [`danger`]: single steps of a check, for callers that do the other steps themselves.
//! - [`limits`]: every bound on hostile input. [`time`]: time as a value. [`config`]: configuration errors.
//!
//! [`resource`] and `authorization` each have a `Question` for the host and a `Reason` for logs, which play the same part
//! there. Code that uses both writes the module: `resource::Reason`.
//!
//! # Features
//!
//! `std` (default): the types with locks (memory replay store, rotating keys, queued events, MCP session owners).
//! `rust-crypto` (default): the pure Rust [`crypto::CryptoProvider`], and reading keys from PEM and JWK. `aws-lc-rs`:
//! the [`crypto::CryptoProvider`] over AWS-LC, for servers; requires `std`. [`crypto`] explains which to choose.
//! Without any of them, the crate needs `alloc` only.
#![no_std]
#![forbid(unsafe_code)]
#![deny(
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::std_instead_of_core,
    clippy::string_slice,
    clippy::unwrap_used,
    clippy::wildcard_enum_match_arm
)]
#![cfg_attr(
    test,
    allow(
        clippy::arithmetic_side_effects,
        clippy::as_conversions,
        clippy::string_slice,
        clippy::wildcard_enum_match_arm,
        reason = "a test that panics has done its work"
    )
)]

extern crate alloc;
#[cfg(any(feature = "std", test))]
extern crate std;

#[macro_use]
mod reason_macro;
#[cfg(feature = "std")]
mod sync;

#[cfg(feature = "std")]
pub mod authorization;
pub mod challenge;
pub mod config;
pub mod crypto;
pub mod danger;
pub mod dpop;
pub mod encoding;
#[cfg(feature = "std")]
pub mod exchange;
pub mod future;
pub mod host;
pub mod http;
pub mod introspection;
pub mod jose;
pub mod limits;
pub mod mcp;
pub mod metadata;
pub mod mtls;
pub mod pkce;
pub mod remote;
pub mod resource;
pub mod scope;
pub mod time;
pub mod token;

pub use config::ConfigError;
pub use time::Timestamp;
