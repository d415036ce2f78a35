//! attesto for actix-web 4.
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
//!             Require --> your handler (Granted, GrantedScopes, GrantedSender, GrantedPrincipal)
//! ```
//!
//! - [`Protect`] authenticates every request behind it; [`Require`] demands scopes or step-up on single routes.
//! - [`Granted`], [`GrantedScopes`], [`GrantedSender`] and [`GrantedPrincipal`] are extractors: they tell a handler who calls.
//! - [`publish`] serves the RFC 9728 documents that lead clients to the authorization server.
//! - [`authorization_routes`] is an authorization server.
//! - [`McpSessions`] ties each MCP session to the caller that began it.
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
//! Where TLS ends in this process, note what the handshake showed for each connection; the middleware finds it there. With the feature
//! `rustls-0_23` of actix-web, and the crate actix-tls for the stream's type:
//!
//! ```
//! use actix_tls::accept::rustls_0_23::{TlsStream, reexports::ServerConfig};
//! use actix_web::{App, HttpServer, dev::Extensions, rt::net::TcpStream};
//! use attesto_actix::core::http::TlsSession;
//! use std::any::Any;
//!
//! fn note_session(stream: &dyn Any, connection: &mut Extensions) {
//!     if let Some(tls) = stream.downcast_ref::<TlsStream<TcpStream>>() {
//!         connection.insert(TlsSession::with_peer_chain(tls.get_ref().1.peer_certificates()));
//!     }
//! }
//!
//! # async fn demo(config: ServerConfig) -> std::io::Result<()> {
//! HttpServer::new(App::new).on_connect(note_session).bind_rustls_0_23("127.0.0.1:8443", config)?.run().await
//! # }
//! ```
//!
//! Leave `ServerConfig::alpn_protocols` to actix: it adds what it can speak, and HTTP/2 is among that only with its feature `http2`.
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
//! Where a proxy ends TLS and connects over a Unix socket, note `core::http::UnixSocket` in `HttpServer::on_connect` for streams of that type;
//! `TrustedProxies::parse(["unix"])` then trusts it.
//!
//! # Bodies
//!
//! Bodies are streamed, never buffered, except at an authorization server's endpoints and where you opted in to tokens in form bodies. A
//! refusal does not wait for the request's body. actix reads the rest of it, so that the answer reaches a client that is still sending (RFC
//! 9112 §9.6), for as long as `HttpServer::client_disconnect_timeout` says: one second by default. With zero, such answers are lost behind many
//! proxies.
//!
//! # Slow clients
//!
//! actix waits 5 seconds for the head of a request, and answers 408 (`HttpServer::client_request_timeout`). Bodies have no limit, and attesto
//! reads forms at its endpoints to their end, up to 64 KiB: where no proxy does it, put a time limit around the application, such as
//! `actix_web::rt::time::timeout` in a `wrap_fn`.
//!
//! No rule of any RFC lives here: the crate translates types into [`attesto_core`] and back.

#![forbid(unsafe_code)]

mod authorize;
mod body;
mod extract;
mod mcp_sessions;
mod middleware;
mod protect;
mod publish;
mod require;
mod system;
mod translate;

pub use authorize::{authorization_routes, endpoint_scope};
pub use extract::{Granted, GrantedPrincipal, GrantedScopes, GrantedSender, WiringError, granted};
pub use mcp_sessions::McpSessions;
pub use middleware::{Middleware, Wrapped};
pub use protect::Protect;
pub use publish::publish;
pub use require::Require;
pub use system::{system_clock, system_entropy};
pub use translate::{HeaderView, request_parts, response};

/// The core, so that an application needs one dependency.
pub use attesto_core as core;
