//! hyper without a framework, HTTP/1.1 and HTTP/2 on one port: the endpoints stand before the application, and the application's
//! own middleware finds out by the path what class a request is of.

use crate::Server;
use crate::setup::{CLASS, Mounted, Running, Setup, clock, mark};
use ::hyper::body::{Body, Bytes, Incoming};
use ::hyper::service::{Service, service_fn};
use ::hyper::{Request, Response};
use attesto_core::authorization::RouteClass;
use attesto_core::host::Guard;
use attesto_hyper::{Authorize, GuardedBody, OnConnection, Protect, Publish, RequestBody, granted, response};
use http::{HeaderValue, Method, StatusCode};
use http_body_util::combinators::BoxBody;
use http_body_util::{BodyExt, Full};
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto;
use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use tokio::net::TcpListener;
use tokio::runtime::Runtime;

pub(crate) const SERVER: Server = Server { start };

type Sent = BoxBody<Bytes, ::hyper::Error>;
type Answered<B> = Pin<Box<dyn Future<Output = Result<Response<B>, Infallible>> + Send>>;

fn whole<B>(response: Response<B>) -> Response<Sent>
where
    B: Body<Data = Bytes, Error = Infallible> + Send + Sync + 'static,
{
    response.map(|body| body.map_err(|never| match never {}).boxed())
}

/// `GET /mcp`, behind the guard.
async fn who(request: Request<RequestBody<Incoming>>) -> Result<Response<Sent>, Infallible> {
    Ok(whole(match granted(request.extensions()) {
        Ok(caller) => Response::new(Full::from(caller.subject().to_owned())),
        Err(wiring) => response(wiring.response()),
    }))
}

/// What is the application's own.
struct Own {
    guard: Arc<Guard>,
    /// A second issuer.
    beside: Option<Authorize>,
}

impl Service<Request<Incoming>> for Own {
    type Response = Response<Sent>;
    type Error = Infallible;
    type Future = Answered<Sent>;

    fn call(&self, request: Request<Incoming>) -> Self::Future {
        let protected = Protect::new(self.guard.clone()).clock(clock()).wrap(service_fn(who));
        let beside = self.beside.clone();
        Box::pin(async move {
            let request = match beside {
                Some(beside) => match beside.respond(request).await {
                    Ok(answer) => return Ok(whole(answer)),
                    Err(request) => request,
                },
                None => request,
            };
            match (request.method(), request.uri().path()) {
                (&Method::POST, "/echo") => Ok(Response::new(request.into_body().boxed())),
                (_, "/mcp") => {
                    let answer = protected.call(request).await?;
                    Ok(answer.map(|body| match body {
                        GuardedBody::Left(refusal) => refusal.map_err(|never| match never {}).boxed(),
                        GuardedBody::Right(own) => own,
                    }))
                }
                _ => {
                    let mut missing = whole(Response::new(Full::<Bytes>::default()));
                    *missing.status_mut() = StatusCode::NOT_FOUND;
                    Ok(missing)
                }
            }
        })
    }
}

type ClassOf = Arc<dyn Fn(&str) -> Option<RouteClass> + Send + Sync>;

/// Middleware for each class.
#[derive(Clone)]
struct Marking<S> {
    class_of: ClassOf,
    inner: S,
}

impl<S, B> Service<Request<Incoming>> for Marking<S>
where
    S: Service<Request<Incoming>, Response = Response<B>, Error = Infallible>,
    S::Future: Send + 'static,
{
    type Response = Response<B>;
    type Error = Infallible;
    type Future = Answered<B>;

    fn call(&self, request: Request<Incoming>) -> Self::Future {
        let class = (self.class_of)(request.uri().path());
        let answer = self.inner.call(request);
        Box::pin(async move {
            let mut answer = answer.await?;
            if let Some(class) = class {
                answer.headers_mut().append(CLASS, HeaderValue::from_static(mark(class)));
            }
            Ok(answer)
        })
    }
}

fn start(setup: Setup) -> Running {
    let publish = Publish::new(setup.documents());
    let mut own = Own { guard: setup.guard, beside: None };
    let (authorize, class_of): (_, ClassOf) = match setup.mounted {
        Mounted::SideBySide([(first, host), (second, hosted)]) => {
            own.beside = Some(Authorize::new(second, hosted));
            (Authorize::new(first, host), Arc::new(|_: &str| None))
        }
        Mounted::Whole(server, host) => (Authorize::new(server, host), Arc::new(|_: &str| None)),
        Mounted::ByClass(endpoints) => {
            let server = endpoints.server().clone();
            (Authorize::from_endpoints(endpoints), Arc::new(move |path: &str| server.class_of(path)))
        }
    };
    let app = Marking { class_of, inner: publish.wrap(authorize.wrap(own)) };

    let runtime = Runtime::new().expect("a runtime");
    let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).expect("a free port");
    let address = listener.local_addr().expect("an address");
    runtime.spawn(async move {
        while let Ok((stream, peer)) = listener.accept().await {
            let service = OnConnection::new(peer).wrap(app.clone());
            tokio::spawn(async move {
                let http = auto::Builder::new(TokioExecutor::new());
                http.serve_connection(TokioIo::new(stream), service).await
            });
        }
    });
    Running { address, alive: Box::new(runtime) }
}
