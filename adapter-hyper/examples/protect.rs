//! A resource server: `GET /me` takes any token of the issuer, `POST /documents` one with the scope `documents.write`.
//!
//! `cargo run -p attesto-hyper --example protect`, then `curl -i -H 'X-Forwarded-Proto: https' http://127.0.0.1:8080/me`: curl stands in
//! for the proxy that ends TLS. The answer is 401, and names the document that leads clients to the issuer.

use attesto_hyper::core::http::{OriginPolicy, ResponseParts, TrustedProxies, XForwarded};
use attesto_hyper::core::resource::{Requirement, ResourceServer};
use attesto_hyper::core::{crypto::RustCrypto, host::PublicDocuments, remote::RemoteKeys, token::TrustedIssuer};
use attesto_hyper::core::{host::Event, host::Guard, host::MemoryReplayStore};
use attesto_hyper::{OnConnection, Protect, Publish, RequestBody, answer_early, granted, require, response};
use attesto_reqwest::ReqwestClient;
use http_body_util::Full;
use hyper::{Request, Response, body::Bytes, body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::TokioIo;
use std::{convert::Infallible, error::Error, sync::Arc};
use tokio::{net::TcpListener, spawn};

pub(crate) fn guard() -> Result<Guard, Box<dyn Error>> {
    let provider = Arc::new(RustCrypto::new());
    let keys = RemoteKeys::builder("https://auth.example.com", provider.clone()).build()?; // exactly the tokens' `iss`
    let server = ResourceServer::builder("https://api.example.com", provider) // how clients call you; the tokens' `aud`
        .issuer(TrustedIssuer::remote(keys))
        .origin(OriginPolicy::behind(TrustedProxies::parse(["loopback"])?, XForwarded::PROTO)) // TLS ends at a proxy
        .build()?;
    let guard = Guard::builder(server)
        .http_client(ReqwestClient::new()?) // finds the issuer's metadata and keys, and keeps them current
        .replay_store(MemoryReplayStore::single_node(1_000_000)?) // used DPoP proofs, for one process
        .events(|event: &Event<'_>| eprintln!("{event:?}")); // why a request was refused: clients learn little of it
    Ok(guard.build()?)
}

async fn route(
    request: Request<RequestBody<Incoming>>,
    write: Arc<Requirement>,
) -> Result<Response<Full<Bytes>>, Infallible> {
    let (parts, body) = request.into_parts();
    let Ok(caller) = granted(&parts.extensions) else { return Ok(response(ResponseParts::new(500))) }; // no `Protect`
    Ok(match (parts.method.as_str(), parts.uri.path(), require(&parts, &write)) {
        ("GET", "/me", _) => Response::new(format!("{} by {:?}\n", caller.subject(), caller.sender()).into()),
        ("POST", "/documents", Ok(())) => Response::new(format!("stored for {}\n", caller.subject()).into()),
        ("POST", "/documents", Err(refusal)) => answer_early(&parts, body, refusal).await,
        _ => response(ResponseParts::new(404)),
    })
}

pub(crate) async fn serve(listener: TcpListener, guard: Guard) -> Result<(), Box<dyn Error>> {
    let (documents, write) =
        (PublicDocuments::from_guards([&guard])?, Arc::new(Requirement::scopes(["documents.write"])?));
    let routes = service_fn(move |request| route(request, write.clone()));
    let app = Publish::new(documents).wrap(Protect::new(guard).wrap(routes));
    loop {
        let Ok((stream, peer)) = listener.accept().await else { continue }; // no file left, say: wait here for a moment
        spawn(http1::Builder::new().serve_connection(TokioIo::new(stream), OnConnection::new(peer).wrap(app.clone())));
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    serve(TcpListener::bind("127.0.0.1:8080").await?, guard()?).await
}
