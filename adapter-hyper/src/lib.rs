//! attesto for hyper 1, without a framework.
//!
//! A protected server, whole:
//!
//! ```no_run
//! use attesto_hyper::core::{crypto::RustCrypto, jose::JwkSet, token::TrustedIssuer};
//! use attesto_hyper::core::jose::VerificationKeys;
//! use attesto_hyper::core::{host::{Guard, MemoryReplayStore}, resource::ResourceServer};
//! use attesto_hyper::core::host::PublicDocuments;
//! use attesto_hyper::core::http::{OriginPolicy, TrustedProxies, XForwarded};
//! use attesto_hyper::{OnConnection, Protect, Publish, RequestBody, admitted, response};
//! use http_body_util::Full;
//! use hyper::{Request, Response, body::{Bytes, Incoming}, service::service_fn};
//! use hyper_util::{rt::{TokioExecutor, TokioIo}, server::conn::auto};
//! use std::{convert::Infallible, error::Error, sync::Arc};
//!
//! async fn me(request: Request<RequestBody<Incoming>>) -> Result<Response<Full<Bytes>>, Infallible> {
//!     Ok(match admitted(request.extensions()) {
//!         Ok(caller) => Response::new(Full::from(caller.subject().to_owned())),
//!         Err(wiring) => response(wiring.response()), // nothing stands before this service
//!     })
//! }
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
//!     let documents = PublicDocuments::from_guards([&*guard])?;
//!     let app = Publish::new(documents).wrap(Protect::new(guard).wrap(service_fn(me)));
//!     let listener = tokio::net::TcpListener::bind("127.0.0.1:8080").await?;
//!     loop {
//!         let Ok((stream, peer)) = listener.accept().await else { continue }; // no file left, say: wait here for a moment
//!         let service = OnConnection::new(peer).wrap(app.clone());
//!         tokio::spawn(async move {
//!             auto::Builder::new(TokioExecutor::new()).serve_connection(TokioIo::new(stream), service).await
//!         });
//!     }
//! }
//! ```
//!
//! [`Protect`] authenticates every request; [`Require`] adds scopes or step-up before a single service, [`require()`] inside one
//! that dispatches itself; [`McpSessions`] ties MCP sessions to their owners; [`Publish`] serves the RFC 9728 documents that clients
//! discover the authorization server by; [`Authorize`] is an authorization server of your own. They work over HTTP/1 and HTTP/2 alike.
//! Bodies are streamed, never buffered, unless they are an authorization server's, or tokens in form bodies are opted in to. A refusal
//! does not wait for the body, and reaches a client that is still sending one ([`answer_early`]).
//!
//! # Cryptography in production
//!
//! `RustCrypto`, as above, builds wherever Rust does. A busy server takes `core::crypto::AwsLc`, with the feature `aws-lc-rs` of this
//! crate: an ES256 signature is verified in a fraction of the time. Put `AwsLc::new()` where `RustCrypto::new()` stands, and nothing
//! else changes: both accept and refuse the same.
//!
//! # TLS and client certificates
//!
//! Where TLS ends in this process, say so for each connection, with the certificate that the handshake showed:
//!
//! ```
//! # use http_body_util::Full;
//! # use hyper::{Response, body::Bytes, service::service_fn};
//! # use hyper_util::{rt::{TokioExecutor, TokioIo}, server::conn::auto};
//! use attesto_hyper::{OnConnection, core::http::TlsSession};
//! use tokio::net::TcpListener;
//! use tokio_rustls::TlsAcceptor;
//!
//! # async fn demo(protect: attesto_hyper::Protect, listener: TcpListener, acceptor: TlsAcceptor) -> std::io::Result<()> {
//! # let answer = service_fn(async |_| Ok::<_, std::convert::Infallible>(Response::new(Full::<Bytes>::default())));
//! # let app = protect.wrap(answer);
//! loop {
//!     let Ok((stream, peer)) = listener.accept().await else { continue }; // no file left, say: wait here for a moment
//!     let (acceptor, app) = (acceptor.clone(), app.clone());
//!     tokio::spawn(async move {
//!         let stream = acceptor.accept(stream).await.ok()?; // here, and not in the loop: a handshake may take its time
//!         let session = TlsSession::with_peer_chain(stream.get_ref().1.peer_certificates());
//!         let service = OnConnection::new(peer).tls(session).wrap(app);
//!         auto::Builder::new(TokioExecutor::new()).serve_connection(TokioIo::new(stream), service).await.ok()
//!     });
//! }
//! # }
//! ```
//!
//! The acceptor must ask for certificates and take clients without one: with `WebPkiClientVerifier::allow_unauthenticated` where a CA
//! issues them, with a verifier of your own where they are self-signed, because the token's `cnf` names the one that counts (RFC 8705
//! §3). A resumed session keeps the certificate of its handshake. `tests/tests/tls` in the repository has both verifiers, and all of
//! this with real handshakes.
//!
//! Where a proxy ends TLS, `CertificatePolicy::forwarded` reads what it says in a header, from proxies named in `OriginPolicy::proxies`
//! only; the contract such a proxy must keep stands in [`core::mtls`]. The connection's own certificate comes first.
//!
//! # By hand
//!
//! [`request_parts`] and [`response`] translate for code that calls `ResourceServer::check` itself.
//!
//! Where a proxy ends TLS and comes over a Unix socket, `OnConnection::unix_socket()` says so; `TrustedProxies::parse(["unix"])` then
//! trusts it.
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
pub use extract::admitted;
pub use mcp_sessions::McpSessions;
pub use middleware::{Middleware, Next, Wrapped};
pub use protect::Protect;
pub use publish::Publish;
pub use require::{Require, require};
pub use system::{system_clock, system_entropy};
pub use translate::{HeaderView, Observed, amend, request_parts, response};

/// The core, so that an application needs one dependency.
pub use attesto_core as core;
