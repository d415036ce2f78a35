//! attesto for axum, and for any tower HTTP service that takes axum's body.
//!
//! ```text
//! request --> ProtectLayer --> Guard --> ResourceServer::check           (attesto-core: no IO)
//!                |            |             |
//!                |            |<- Question -|   is this proof new? which keys? revoked?
//!                |            |-- answer -->|   from your stores and hooks
//!                |            |             |
//! client <-------|<-----------|<-- Denied --|   401, 403 or 503, and the challenge
//!                |            |             |
//!                |<-----------|<- Granted --|   claims, scopes, sender: only the checks make it
//!                v
//!         RequireLayer --> your handler (Granted, GrantedScopes, GrantedSender, GrantedPrincipal)
//! ```
//!
//! - [`ProtectLayer`] authenticates every request behind it; [`RequireLayer`] demands scopes or step-up on single routes.
//! - [`Granted`], [`GrantedScopes`], [`GrantedSender`] and [`GrantedPrincipal`] are extractors: they tell a handler who calls.
//! - [`metadata_router`] publishes the RFC 9728 documents that lead clients to the authorization server.
//! - [`authorization_router`] is an authorization server.
//! - [`McpSessionsLayer`] ties each MCP session to the caller that began it.
//!
//! The adapters have the same modules; `docs/adapters.md` in the repository lists what differs between them.
//!
//! # A resource server
//!
//! `examples/protect.rs`, as it is:
//!
#![doc = "```no_run"]
#![doc = include_str!("../examples/protect.rs")]
#![doc = "```"]
//!
//! # An authorization server
//!
//! `examples/issue_tokens.rs`, as it is:
//!
#![doc = "```no_run"]
#![doc = include_str!("../examples/issue_tokens.rs")]
#![doc = "```"]
//!
//! # Cryptography in production
//!
//! `RustCrypto`, as above, builds wherever Rust does. For a busy server, enable the feature `aws-lc-rs` of this crate and write
//! `AwsLc::new()` for `RustCrypto::new()`: it verifies an ES256 signature in a fraction of the time. Both accept and refuse the same.
//!
//! # TLS and client certificates
//!
//! Where TLS ends in this process, put a [`TlsSession`] into the extensions of each request, with the certificate that the handshake showed.
//! `axum::serve` ends no TLS. In a connection loop of your own, attesto-hyper's `OnConnection` does it for all requests of a connection:
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
//!         let service = OnConnection::new(peer).tls(session).wrap(TowerToHyperService::new(app));
//!         auto::Builder::new(TokioExecutor::new()).serve_connection(TokioIo::new(stream), service).await.ok()
//!     });
//! }
//! # }
//! ```
//!
//! The acceptor must ask for certificates and accept clients without one: with `WebPkiClientVerifier::allow_unauthenticated` where a CA
//! issues them; with a verifier of your own where they are self-signed, because the token's `cnf` names the one that counts (RFC 8705 §3). A
//! resumed session keeps the certificate of its handshake. `tests/tests/tls` in the repository has both verifiers, and all of this with real
//! handshakes; its `axum.rs` also gives `axum::serve`
//! a listener that ends TLS.
//!
//! Where a proxy ends TLS, `CertificatePolicy::forwarded` reads the certificate that the proxy puts into a header, from proxies named in
//! `OriginPolicy::proxies` only; [`core::mtls`] states the contract that such a proxy must keep. The connection's own certificate takes
//! precedence.
//!
//! Where a proxy ends TLS and connects over a Unix socket, add `.layer(axum::Extension(core::http::UnixSocket))`, outermost, to a router that
//! is served on that socket only; `TrustedProxies::parse(["unix"])` then trusts it.
//!
//! # Bodies
//!
//! Bodies are streamed, never buffered, except at an authorization server's endpoints and where you opted in to tokens in form bodies. A
//! refusal does not wait for the request's body, and reaches a client that is still sending one.
//!
//! No rule of any RFC lives here: the crate translates types into [`attesto_core`] and back.

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
pub use extract::{Granted, GrantedPrincipal, GrantedScopes, GrantedSender, WiringError};
pub use mcp_sessions::McpSessionsLayer;
pub use middleware::Wrapped;
pub use protect::ProtectLayer;
pub use publish::{documents_router, jwks_router, metadata_router, metadata_set_router};
pub use require::RequireLayer;

/// The core, so that an application needs one dependency.
pub use attesto_core as core;
