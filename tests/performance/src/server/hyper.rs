//! On hyper without a framework.

use super::{ANSWER, REFUSED, Resource, runtime};
use attesto_hyper::{GuardedBody, OnConnection, Protect, Wrapped};
use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use hyper::header::{AUTHORIZATION, HOST, HeaderName};
use hyper::server::conn::http1;
use hyper::service::{Service, service_fn};
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use std::convert::Infallible;
use std::error::Error;
use tokio::net::TcpListener;

type Body = GuardedBody<Full<Bytes>>;

fn text(text: impl Into<Bytes>) -> Response<Full<Bytes>> {
    Response::new(Full::new(text.into()))
}

async fn by_hand(resource: &Resource, request: &Request<Incoming>) -> Response<Full<Bytes>> {
    let field = |name: HeaderName| request.headers().get(name).map(|value| value.as_bytes());
    let fields = [
        ("host", field(HOST)),
        ("authorization", field(AUTHORIZATION)),
        ("dpop", field(HeaderName::from_static("dpop"))),
    ];
    text(if resource.admits("/by-hand", fields).await { ANSWER } else { REFUSED })
}

async fn route<S>(
    guarded: Wrapped<Protect, S>,
    resource: Resource,
    request: Request<Incoming>,
) -> Result<Response<Body>, Infallible>
where
    Wrapped<Protect, S>: Service<Request<Incoming>, Response = Response<Body>, Error = Infallible>,
{
    let response = match request.uri().path() {
        "/bare" => text(ANSWER),
        "/by-hand" => by_hand(&resource, &request).await,
        "/guarded" => return guarded.call(request).await,
        "/stats" => text(resource.stats()),
        _ => {
            let mut missing = text("");
            *missing.status_mut() = StatusCode::NOT_FOUND;
            missing
        }
    };
    Ok(response.map(GuardedBody::Right))
}

pub(super) fn serve(listener: std::net::TcpListener, resource: Resource) -> Result<(), Box<dyn Error>> {
    let protect = Protect::new(resource.guard.clone()).require(resource.requirement.clone());
    let guarded = protect.wrap(service_fn(async |_| Ok::<_, Infallible>(text(ANSWER))));
    let app = service_fn(move |request| route(guarded.clone(), resource.clone(), request));
    runtime()?.block_on(async {
        let listener = TcpListener::from_std(listener)?;
        loop {
            let (stream, peer) = listener.accept().await?;
            let service = OnConnection::new(peer).wrap(app.clone());
            tokio::spawn(async move {
                drop(http1::Builder::new().serve_connection(TokioIo::new(stream), service).await);
            });
        }
    })
}
