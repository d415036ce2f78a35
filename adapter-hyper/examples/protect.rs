//! A resource server: `GET /me` takes any token of the issuer, `POST /documents` one with the scope `documents.write`.
//! `docs/adapters.md` has the dependencies, and the requests to try it with.

use attesto_hyper::core::host::{Event, Guard, MemoryReplayStore, PublicDocuments};
use attesto_hyper::core::http::{OriginPolicy, ResponseParts, TrustedProxies, XForwarded};
use attesto_hyper::core::resource::{Requirement, ResourceServer};
use attesto_hyper::core::{crypto::RustCrypto, remote::RemoteKeys, token::TrustedIssuer};
use attesto_hyper::{OnConnection, Protect, Publish, RequestBody, answer_early, granted, require, response};
use attesto_reqwest::ReqwestClient;
use http_body_util::Full;
use hyper::{Request, Response, body::Bytes, body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use std::{error::Error, io, sync::Arc, time::Duration};
use tokio::{net::TcpListener, spawn, time::sleep};

pub(crate) fn guard() -> Result<Guard, Box<dyn Error>> {
    let provider = Arc::new(RustCrypto::new()); // in production rather `AwsLc` (feature `aws-lc-rs`): much faster
    let keys = RemoteKeys::builder("https://auth.example.com", provider.clone()).build()?; // exactly the tokens' `iss`
    let server = ResourceServer::builder("https://api.example.com", provider) // how clients call you; the tokens' `aud`
        .issuer(TrustedIssuer::remote(keys))
        .origin(OriginPolicy::behind(TrustedProxies::parse(["loopback"])?, XForwarded::PROTO)) // TLS ends at a proxy
        .build()?;
    let guard = Guard::builder(server)
        .http_client(ReqwestClient::new()?) // finds the issuer's metadata and keys, and keeps them current
        .replay_store(MemoryReplayStore::single_node(1_000_000)?) // used DPoP proofs; restarts: see `after_restart`
        .events(|event: &Event<'_>| eprintln!("{event:?}")); // why a request was refused: clients learn little of it
    Ok(guard.build()?)
}

async fn route(request: Request<RequestBody<Incoming>>, write: Arc<Requirement>) -> io::Result<Response<Full<Bytes>>> {
    let (parts, body) = request.into_parts();
    let Ok(caller) = granted(&parts.extensions) else { return Ok(response(ResponseParts::new(500))) }; // no `Protect`
    Ok(match (parts.method.as_str(), parts.uri.path()) {
        ("GET", "/me") => Response::new(format!("{} by {:?}\n", caller.subject(), caller.sender()).into()),
        ("POST", "/documents") => match require(&parts, &write) {
            Ok(()) => Response::new(format!("stored for {}\n", caller.subject()).into()),
            Err(refusal) => answer_early(&parts, body, refusal).await,
        },
        _ => response(ResponseParts::new(404)),
    })
}

pub(crate) async fn serve(listener: TcpListener, guard: Guard) -> Result<(), Box<dyn Error>> {
    let write = Arc::new(Requirement::scopes(["documents.write"])?);
    let routes = service_fn(move |request| route(request, write.clone()));
    let app = Publish::new(PublicDocuments::from_guards([&guard])?).wrap(Protect::new(guard).wrap(routes));
    loop {
        let Ok((stream, peer)) = listener.accept().await else {
            sleep(Duration::from_millis(100)).await; // EMFILE, say: it fails again at once, until a connection closes
            continue;
        };
        let (io, service) = (TokioIo::new(stream), OnConnection::new(peer).wrap(app.clone()));
        spawn(http1::Builder::new().timer(TokioTimer::new()).serve_connection(io, service)); // timer: 30 s for a head
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    serve(TcpListener::bind("127.0.0.1:8080").await?, guard()?).await
}
