//! attesto for axum, and for any tower HTTP service that takes axum's body.
//!
//! A protected server, whole:
//!
//! ```no_run
//! use attesto_axum::core::{crypto::RustCrypto, jose::JwkSet, token::TrustedIssuer};
//! use attesto_axum::core::jose::VerificationKeys;
//! use attesto_axum::core::{host::{Guard, MemoryReplayStore}, http::{OriginPolicy, TrustedProxies, XForwarded}, resource::ResourceServer};
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
//!         .origin(OriginPolicy::behind(TrustedProxies::parse(["loopback"])?, XForwarded::PROTO)) // TLS ends at a proxy
//!         .build()?;
//!     let guard = Arc::new(Guard::builder(server).replay_store(MemoryReplayStore::single_node(1_000_000)?).build()?);
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
//! [`authorization_router`] is an authorization server of your own;
//! [`McpSessionsLayer`] ties MCP sessions to their owners.
//!
//! # Cryptography in production
//!
//! `RustCrypto`, as above, builds wherever Rust does. A busy server takes `core::crypto::AwsLc`, with the feature `aws-lc-rs` of this
//! crate: an ES256 signature is verified in a fraction of the time. Put `AwsLc::new()` where `RustCrypto::new()` stands, and nothing
//! else changes: both accept and refuse the same.
//!
//! # TLS and client certificates
//!
//! Where TLS ends in this process, a [`TlsSession`] in the extensions of each request says so, with the certificate that the handshake
//! showed. `axum::serve` ends no TLS; in a connection loop of your own, `OnConnection` of attesto-hyper tells all requests of a
//! connection:
//!
//! ```
//! # use axum::Router;
//! # use hyper_util::{rt::{TokioExecutor, TokioIo}, server::conn::auto, service::TowerToHyperService};
//! use attesto_axum::TlsSession;
//! use attesto_hyper::OnConnection;
//! use tokio::net::TcpListener;
//! use tokio_rustls::TlsAcceptor;
//!
//! # async fn demo(app: Router, listener: TcpListener, acceptor: TlsAcceptor) -> std::io::Result<()> {
//! loop {
//!     let Ok((stream, peer)) = listener.accept().await else { continue }; // no file left, say: wait here for a moment
//!     let (acceptor, app) = (acceptor.clone(), app.clone());
//!     tokio::spawn(async move {
//!         let stream = acceptor.accept(stream).await.ok()?; // here, and not in the loop: a handshake may take its time
//!         let session = TlsSession::with_peer_chain(stream.get_ref().1.peer_certificates());
//!         let service = OnConnection::from(peer).tls(session).wrap(TowerToHyperService::new(app));
//!         auto::Builder::new(TokioExecutor::new()).serve_connection(TokioIo::new(stream), service).await.ok()
//!     });
//! }
//! # }
//! ```
//!
//! The acceptor must ask for certificates and take clients without one: with `WebPkiClientVerifier::allow_unauthenticated` where a CA
//! issues them, with a verifier of your own where they are self-signed, because the token's `cnf` names the one that counts (RFC 8705
//! §3). A resumed session keeps the certificate of its handshake. `tests/tests/tls` in the repository has both verifiers, and all of
//! this with real handshakes; its `axum.rs` also gives `axum::serve` a listener that ends TLS.
//!
//! Where a proxy ends TLS, `CertificatePolicy::forwarded` reads what it says in a header, from proxies named in `OriginPolicy::proxies`
//! only; the contract such a proxy must keep stands in [`core::mtls`]. The connection's own certificate comes first.
//!
//! Where a proxy ends TLS and comes over a Unix socket, say so with `.layer(axum::Extension(core::http::UnixSocket))`, outermost, on a
//! router that is served on that socket only; `TrustedProxies::parse(["unix"])` then trusts it.
//!
//! No rule of any RFC lives here: the crate translates types into [`attesto_core`] and back. Bodies are streamed, never
//! buffered, unless they are an authorization server's, or tokens in form bodies are opted in to.

#![forbid(unsafe_code)]

mod authorize;
mod extract;
mod mcp_sessions;
mod middleware;
mod protect;
mod publish;
mod require;
mod translate;

pub use attesto_core::http::TlsSession;
pub use attesto_core::time::Clock;
pub use attesto_hyper::{GuardedBody, system_clock, system_entropy};
pub use authorize::{authorization_router, endpoints_router};
pub use extract::{Granted, GrantedScopes, GrantedSender, Principal, WiringError};
pub use mcp_sessions::McpSessionsLayer;
pub use middleware::Wrapped;
pub use protect::ProtectLayer;
pub use publish::{documents_router, jwks_router, metadata_router, metadata_set_router};
pub use require::RequireLayer;

/// The core, so that an application needs one dependency.
pub use attesto_core as core;
