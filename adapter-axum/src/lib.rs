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
//! `RustCrypto`, as above, builds wherever Rust does. In production, enable the feature `aws-lc-rs` of this crate, which needs a C compiler,
//! and write `AwsLc::new()` for `RustCrypto::new()`: it verifies an ES256 signature in about a fifth of the time. Both accept and
//! refuse the same.
//!
//! # TLS and client certificates
//!
//! Where TLS ends in this process, put a [`TlsSession`] into the extensions of each request, with the certificate that the handshake showed.
//! `axum::serve` ends no TLS. In a connection loop of your own, attesto-hyper's `OnConnection` does it for all requests of a connection:
//!
//! ```
//! # use axum::Router;
//! # use hyper_util::{rt::{TokioExecutor, TokioIo, TokioTimer}, server::conn::auto, service::TowerToHyperService};
//! use attesto_axum::TlsSession;
//! use attesto_hyper::OnConnection;
//! use std::time::Duration;
//! use tokio::{net::TcpListener, time::{sleep, timeout}};
//! use tokio_rustls::TlsAcceptor;
//!
//! # async fn demo(app: Router, listener: TcpListener, acceptor: TlsAcceptor) -> std::io::Result<()> {
//! loop {
//!     let Ok((stream, peer)) = listener.accept().await else {
//!         sleep(Duration::from_millis(100)).await; // EMFILE, say: it fails again at once, until a connection closes
//!         continue;
//!     };
//!     let (acceptor, app) = (acceptor.clone(), app.clone());
//!     tokio::spawn(async move {
//!         // Here, and not in the loop: a handshake may take its time.
//!         let stream = timeout(Duration::from_secs(10), acceptor.accept(stream)).await.ok()?.ok()?;
//!         let tls = stream.get_ref().1;
//!         let session = TlsSession::with_peer_chain(tls.peer_certificates());
//!         let http2 = tls.alpn_protocol() == Some(b"h2");
//!         let service = OnConnection::new(peer).tls(session).wrap(TowerToHyperService::new(app));
//!         let mut server = auto::Builder::new(TokioExecutor::new());
//!         server.http1().timer(TokioTimer::new()); // with a timer, hyper waits 30 seconds for a head; without one, for ever
//!         let server = if http2 { server.http2_only() } else { server.http1_only() }; // ALPN says; no need to wait and see
//!         server.serve_connection(TokioIo::new(stream), service).await.ok()
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
//! # Slow clients
//!
//! `axum::serve` (0.8) sets no time limits: a client that connects and falls silent, or sends a head byte by byte, keeps its connection. A
//! proxy in front has such limits. Without one, serve the router in a loop like the one above, whose timer lets hyper wait for 30 seconds
//! (`header_read_timeout`); plain HTTP/1 has its loop in `examples/protect.rs` of attesto-hyper. Bodies have no limit in either, and
//! attesto reads forms at its endpoints to their end, up to 64 KiB: where no proxy does it, put a time limit around the whole router, such
//! as tower-http's `TimeoutLayer`.
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
