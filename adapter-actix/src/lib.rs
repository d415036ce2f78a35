//! attesto for actix-web 4.
//!
//! A protected server, whole:
//!
//! ```no_run
//! use actix_web::{App, HttpServer, web};
//! use attesto_actix::core::{crypto::RustCrypto, jose::JwkSet, token::TrustedIssuer};
//! use attesto_actix::core::jose::VerificationKeys;
//! use attesto_actix::core::{host::{Guard, MemoryReplayStore}, resource::ResourceServer};
//! use attesto_actix::core::host::PublicDocuments;
//! use attesto_actix::core::http::{OriginPolicy, TrustedProxies, XForwarded};
//! use attesto_actix::{Granted, Protect, publish};
//! use std::{error::Error, sync::Arc};
//!
//! #[actix_web::main]
//! async fn main() -> Result<(), Box<dyn Error>> {
//!     let provider = Arc::new(RustCrypto::new());
//!     let jwks = JwkSet::from_json(&std::fs::read("issuer-jwks.json")?)?; // what your issuer serves at its jwks_uri
//!     let keys = VerificationKeys::from_jwk_set(provider.as_ref(), &jwks)?;
//!     let server = ResourceServer::builder("https://api.example.com", provider) // how clients call you; the tokens' `aud`
//!         .issuer(TrustedIssuer::new("https://auth.example.com", keys)?)        // exactly as in the tokens' `iss`
//!         .origin(OriginPolicy::behind(TrustedProxies::parse(["loopback"])?, XForwarded::PROTO)) // TLS ends at a proxy
//!         .build()?;
//!     let guard = Arc::new(Guard::builder(server).replay_store(MemoryReplayStore::single_node(1_000_000)?).build()?);
//!     let documents = Arc::new(PublicDocuments::from_guards([&*guard])?);
//!     let app = move || {
//!         App::new().configure(publish(documents.clone())).service(
//!             web::scope("")
//!                 .wrap(Protect::new(guard.clone())) // the guard is made once, outside: the workers share its replay store
//!                 .route("/me", web::get().to(|grant: Granted| async move { grant.subject().to_owned() })),
//!         )
//!     };
//!     Ok(HttpServer::new(app).bind("127.0.0.1:8080")?.run().await?)
//! }
//! ```
//!
//! [`Protect`] authenticates every request behind it; [`Require`] adds scopes or step-up to single routes; [`McpSessions`] ties MCP
//! sessions to their owners; [`Granted`], [`GrantedScopes`], [`GrantedSender`] and [`Principal`] tell a handler who is calling;
//! [`publish`] serves the RFC 9728 documents that clients discover the authorization server by; [`authorization_routes`] is an
//! authorization server of your own. Error bodies of one's own: `ResourceServerBuilder::error_renderer`. Bodies are streamed, never
//! buffered, unless they are an authorization server's, or tokens in form bodies are opted in to.
//!
//! # Cryptography in production
//!
//! `RustCrypto`, as above, builds wherever Rust does. A busy server takes `core::crypto::AwsLc`, with the feature `aws-lc-rs` of this
//! crate: an ES256 signature is verified in a fraction of the time. Put `AwsLc::new()` where `RustCrypto::new()` stands, and nothing
//! else changes: both accept and refuse the same.
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
//! The acceptor must ask for certificates and take clients without one: with `WebPkiClientVerifier::allow_unauthenticated` where a CA
//! issues them, with a verifier of your own where they are self-signed, because the token's `cnf` names the one that counts (RFC 8705
//! §3). A resumed session keeps the certificate of its handshake. `tests/tests/tls` in the repository has both verifiers, and all of
//! this with real handshakes.
//!
//! Where a proxy ends TLS, `CertificatePolicy::forwarded` reads what it says in a header, from proxies named in `OriginPolicy::proxies`
//! only; the contract such a proxy must keep stands in [`core::mtls`]. The connection's own certificate comes first.
//!
//! Where a proxy ends TLS and comes over a Unix socket, note `core::http::UnixSocket` in `HttpServer::on_connect` for streams of that
//! type; `TrustedProxies::parse(["unix"])` then trusts them.
//!
//! # Refusals
//!
//! A refusal does not wait for the request's body. actix reads on in what still comes, so that the answer reaches a client that is
//! still sending (RFC 9112 §9.6), for as long as `HttpServer::client_disconnect_timeout` says: one second, unless you choose more. With
//! zero, such answers are lost behind many proxies.
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
pub use extract::{Granted, GrantedScopes, GrantedSender, Principal, WiringError, admitted};
pub use mcp_sessions::McpSessions;
pub use middleware::{Middleware, Wrapped};
pub use protect::Protect;
pub use publish::publish;
pub use require::Require;
pub use system::{system_clock, system_entropy};
pub use translate::{HeaderView, request_parts, response};

/// The core, so that an application needs one dependency.
pub use attesto_core as core;
