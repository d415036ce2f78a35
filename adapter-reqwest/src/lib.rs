//! attesto's outgoing HTTP over reqwest: it fetches the keys of remote issuers and asks introspection endpoints.
//!
//! A resource server that trusts an issuer by its name alone:
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
//!     // Before the first request, so that it need not wait. Whoever cannot be reached now is asked again later.
//!     if let Err(issuers) = guard.warm(SystemTime::now().into()).await {
//!         eprintln!("no keys yet from {issuers:?}");
//!     }
//!     Ok(Arc::new(guard))
//! }
//! ```
//!
//! URLs that an issuer names are not to be trusted with this server's network. [`ReqwestClient`] therefore reaches public addresses
//! only (others by name: [`ReqwestClientBuilder::addresses`]), follows no redirect, takes five seconds and as many bytes as the core
//! says, sends no cookies, and neither asks for nor undoes content codings. It says in one word what failed; the rest is for your
//! log: [`ReqwestClientBuilder::on_failure`].
#![forbid(unsafe_code)]

mod client;
mod failure;
mod resolver;

pub use attesto_core as core;
pub use client::{ReqwestClient, ReqwestClientBuilder};
pub use failure::Failure;
pub use reqwest;
