//! attesto for hyper 1, without a framework.
//!
//! ```text
//! request --> Protect -------> Guard --> ResourceServer::check           (attesto-core: no IO)
//!                |            |             |
//!                |            |<- Question -|   is this proof new? which keys? revoked?
//!                |            |-- answer -->|   from your stores and hooks
//!                |            |             |
//! client <-------|<-----------|<-- Denied --|   401, 403 or 503, and the challenge
//!                |            |             |
//!                |<-----------|<- Granted --|   claims, scopes, sender: only the checks make it
//!                v
//!             Require --> your service (granted)
//! ```
//!
//! - [`Protect`] authenticates every request behind it. [`Require`] demands scopes or step-up before a single service, [`require()`] inside
//!   one that dispatches itself.
//! - [`granted`] tells a service who calls.
//! - [`Publish`] serves the RFC 9728 documents that lead clients to the authorization server.
//! - [`Authorize`] is an authorization server.
//! - [`McpSessions`] ties each MCP session to the caller that began it.
//! - [`OnConnection`] notes where the requests of a connection come from.
//!
//! They work over HTTP/1 and HTTP/2 alike. The adapters have the same modules; `docs/adapters.md` in the repository lists what differs
//! between them.
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
//! Where TLS ends in this process, note it for each connection, with the certificate that the handshake showed:
//!
//! ```
//! # use http_body_util::Full;
//! # use hyper::{Response, body::Bytes, service::service_fn};
//! # use hyper_util::{rt::{TokioExecutor, TokioIo, TokioTimer}, server::conn::auto};
//! use attesto_hyper::{OnConnection, core::http::TlsSession};
//! use std::time::Duration;
//! use tokio::{net::TcpListener, time::{sleep, timeout}};
//! use tokio_rustls::TlsAcceptor;
//!
//! # async fn demo(protect: attesto_hyper::Protect, listener: TcpListener, acceptor: TlsAcceptor) -> std::io::Result<()> {
//! # let answer = service_fn(async |_| Ok::<_, std::convert::Infallible>(Response::new(Full::<Bytes>::default())));
//! # let app = protect.wrap(answer);
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
//!         let service = OnConnection::new(peer).tls(session).wrap(app);
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
//! handshakes.
//!
//! Where a proxy ends TLS, `CertificatePolicy::forwarded` reads the certificate that the proxy puts into a header, from proxies named in
//! `OriginPolicy::proxies` only; [`core::mtls`] states the contract that such a proxy must keep. The connection's own certificate takes
//! precedence.
//!
//! Where a proxy ends TLS and connects over a Unix socket, write `OnConnection::unix_socket()`; `TrustedProxies::parse(["unix"])` then trusts it.
//!
//! # Bodies
//!
//! Bodies are streamed, never buffered, except at an authorization server's endpoints and where you opted in to tokens in form bodies. A
//! refusal does not wait for the request's body, and reaches a client that is still sending one ([`answer_early`]).
//!
//! # By hand
//!
//! [`request_parts`] and [`response`] translate for code that calls `ResourceServer::check` itself.
//!
//! # Slow clients
//!
//! hyper waits 30 seconds for the head of an HTTP/1 request (`header_read_timeout`), and as long between two requests, but only with a timer:
//! without `.timer(TokioTimer::new())` it waits for ever. `auto::Builder` of hyper-util has no limit until it knows the version of HTTP, and
//! HTTP/2 has none for a client that opens no stream: choose the version by ALPN as above, and bound the number of connections, or leave both
//! to a proxy. Bodies have no limit, and attesto reads forms at its endpoints to their end, up to 64 KiB: where no proxy does it, put a time
//! limit around the service, such as `tokio::time::timeout`.
//!
//! No rule of any RFC lives here: the crate translates types into [`attesto_core`] and back.

#![forbid(unsafe_code)]

mod authorize;
mod body;
mod connection;
mod early;
mod extract;
mod mcp_sessions;
mod middleware;
mod protect;
mod publish;
mod require;
mod system;
mod translate;

pub use authorize::Authorize;
pub use body::{GuardedBody, RequestBody};
pub use connection::{OnConnection, PeerAddress};
pub use early::answer_early;
pub use extract::granted;
pub use mcp_sessions::McpSessions;
pub use middleware::{Middleware, Next, Wrapped};
pub use protect::Protect;
pub use publish::Publish;
pub use require::{Require, require};
pub use system::{system_clock, system_entropy};
pub use translate::{HeaderView, Observed, amend, request_parts, response};

/// The core, so that an application needs one dependency.
pub use attesto_core as core;
