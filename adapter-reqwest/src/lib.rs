//! attesto's outgoing HTTP over reqwest: it fetches the keys of remote issuers and asks introspection endpoints.
//!
//! ```text
//! Guard (core) --> RemoteKeys: which keys? --> ReqwestClient --> https://issuer/.well-known/..
//!                              Introspector -->    (screens addresses, bounds time and bytes)
//! ```
//!
//! A resource server that needs nothing but an issuer's name:
//!
//! ```no_run
//! use attesto_core::{crypto::RustCrypto, remote::RemoteKeys, resource::ResourceServer, token::TrustedIssuer};
//! use attesto_core::{host::{Guard, MemoryReplayStore}, http::{OriginPolicy, TrustedProxies, XForwarded}};
//! use attesto_reqwest::ReqwestClient;
//! use std::{error::Error, sync::Arc, time::SystemTime};
//!
//! async fn guard() -> Result<Arc<Guard>, Box<dyn Error>> {
//!     let provider = Arc::new(RustCrypto::new());
//!     let keys = RemoteKeys::builder("https://auth.example.com", provider.clone()).build()?; // the tokens' `iss`
//!     let server = ResourceServer::builder("https://api.example.com", provider)
//!         .issuer(TrustedIssuer::remote(keys))
//!         .origin(OriginPolicy::behind(TrustedProxies::parse(["loopback"])?, XForwarded::PROTO)) // TLS ends at a proxy
//!         .build()?;
//!     let guard = Guard::builder(server)
//!         .replay_store(MemoryReplayStore::single_node(1_000_000)?)
//!         .http_client(ReqwestClient::new()?)
//!         .build()?;
//!     // So that the first request need not wait. An issuer that cannot be reached now is asked again later.
//!     if let Err(issuers) = guard.warm(SystemTime::now().into()).await {
//!         eprintln!("no keys yet from {issuers:?}");
//!     }
//!     Ok(Arc::new(guard))
//! }
//! ```
//!
//! An issuer names URLs, and must not reach into this server's network with them. [`ReqwestClient`] therefore connects to public addresses
//! only (allow others with [`ReqwestClientBuilder::addresses`]), follows no redirect, takes at most five seconds and as many bytes as the
//! core allows, sends no cookies, and neither asks for nor undoes content codings. The core learns only the kind of a failure; the rest is
//! for your log: [`ReqwestClientBuilder::on_failure`].
#![forbid(unsafe_code)]

mod builder;
mod client;
mod failure;
mod resolver;
mod translate;

pub use attesto_core as core;
pub use builder::ReqwestClientBuilder;
pub use client::ReqwestClient;
pub use failure::Failure;
pub use reqwest;
