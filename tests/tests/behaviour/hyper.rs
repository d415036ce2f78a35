//! hyper without a framework, HTTP/1.1 and HTTP/2 on one port.

use crate::Server;
use crate::setup::{Reached, Running, Setup, admin, clock};
use ::hyper::body::{Body, Bytes, Incoming};
use ::hyper::service::Service;
use ::hyper::{Request, Response};
use attesto_hyper::{
    GuardedBody, OnConnection, Protect, Publish, RequestBody, Wrapped, answer_early, granted, require, response,
};
use http_body_util::combinators::BoxBody;
use http_body_util::{BodyExt, Full};
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto;
use std::convert::Infallible;
use std::future::ready;
use std::pin::Pin;
use std::sync::Arc;
use tokio::net::TcpListener;
use tokio::runtime::Runtime;

pub(crate) const SERVER: Server = Server { name: "hyper", start, streams: true };

type Sent = BoxBody<Bytes, ::hyper::Error>;

fn whole(response: Response<Full<Bytes>>) -> Response<Sent> {
    response.map(|body| body.map_err(|never| match never {}).boxed())
}

fn text(body: impl Body<Data = Bytes, Error = ::hyper::Error> + Send + Sync + 'static) -> Response<Sent> {
    let mut response = Response::new(body.boxed());
    response.headers_mut().insert("content-type", http::HeaderValue::from_static("text/plain"));
    response
}

fn said(text_of: String) -> Response<Sent> {
    text(Full::from(text_of).map_err(|never| match never {}))
}

fn missing() -> Response<Sent> {
    let mut response = whole(Response::default());
    *response.status_mut() = http::StatusCode::NOT_FOUND;
    response
}

/// What is behind one resource's guard: a router as small as it needs.
#[derive(Clone)]
struct Routes {
    base: &'static str,
    reached: Reached,
}

impl Routes {
    async fn respond(&self, request: Request<RequestBody<Incoming>>) -> Response<Sent> {
        let (parts, body) = request.into_parts();
        let caller = granted(&parts.extensions);
        match parts.uri.path().strip_prefix(self.base) {
            Some("") => said(self.reached.who(caller.ok().map(|caller| &**caller))),
            Some("/scoped") => match require(&parts, &admin()) {
                Ok(()) => said(self.reached.who(caller.ok().map(|caller| &**caller))),
                Err(refusal) => whole(answer_early(&parts, body, refusal).await),
            },
            Some("/user") => match caller.and_then(|caller| caller.principal::<String>()) {
                Ok(user) => said(user.to_string()),
                Err(wiring) => whole(response(wiring.response())),
            },
            Some("/echo") => text(body),
            _ => missing(),
        }
    }
}

impl Service<Request<RequestBody<Incoming>>> for Routes {
    type Response = Response<Sent>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Response<Sent>, Infallible>> + Send>>;

    fn call(&self, request: Request<RequestBody<Incoming>>) -> Self::Future {
        let (head, routes) = (request.method() == http::Method::HEAD, self.clone());
        Box::pin(async move {
            let mut response = routes.respond(request).await;
            if head {
                // Over HTTP/2 hyper sends what it is given, and clients take a body after HEAD for a broken stream. What attesto
                // itself answers has none; frameworks see to it for their handlers.
                *response.body_mut() = whole(Response::default()).into_body();
            }
            Ok(response)
        })
    }
}

/// The resources, each at its base path.
#[derive(Clone)]
struct App(Arc<Vec<(&'static str, Wrapped<Protect, Routes>)>>);

type Answered = Pin<Box<dyn Future<Output = Result<Response<GuardedBody<Sent>>, Infallible>> + Send>>;

impl Service<Request<Incoming>> for App {
    type Response = Response<GuardedBody<Sent>>;
    type Error = Infallible;
    type Future = Answered;

    fn call(&self, request: Request<Incoming>) -> Answered {
        for (base, service) in self.0.iter() {
            match request.uri().path().strip_prefix(base) {
                Some(rest) if rest.is_empty() || rest.starts_with('/') => return service.call(request),
                _ => {}
            }
        }
        Box::pin(ready(Ok(missing().map(GuardedBody::Right))))
    }
}

fn start(setup: Setup) -> Running {
    let guarded = setup.resources.iter().map(|resource| {
        let protect = Protect::new(resource.guard.clone()).require(resource.requirement.clone()).clock(clock());
        let protect = if setup.pass_preflight { protect.pass_cors_preflight() } else { protect };
        (resource.base, protect.wrap(Routes { base: resource.base, reached: setup.reached.clone() }))
    });
    let app = Publish::new(setup.documents()).wrap(App(Arc::new(guarded.collect())));
    let tls = setup.tls;

    let runtime = Runtime::new().expect("a runtime");
    let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).expect("a free port");
    let address = listener.local_addr().expect("an address");
    runtime.spawn(async move {
        while let Ok((stream, peer)) = listener.accept().await {
            let connection = OnConnection::new(peer);
            let service = match &tls {
                Some(session) => connection.tls(session.clone()),
                None => connection,
            }
            .wrap(app.clone());
            tokio::spawn(async move {
                let http = auto::Builder::new(TokioExecutor::new());
                http.serve_connection(TokioIo::new(stream), service).await
            });
        }
    });
    Running { address, reached: setup.reached, alive: Box::new(runtime) }
}
