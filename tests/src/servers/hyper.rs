//! hyper without a framework, HTTP/1.1 and HTTP/2 on one port: the endpoints stand before the application, and the application's own
//! middleware finds out by the path what class a request is of. Over TLS, `OnConnection` tells the requests of a connection what its
//! handshake showed.

use super::app::{App, CLASS, Mounted, Reached, admin, mark};
use super::{Background, Running, listen};
use ::hyper::body::{Body, Bytes, Incoming};
use ::hyper::service::Service;
use ::hyper::{Request, Response};
use attesto_core::authorization::RouteClass;
use attesto_core::http::TlsSession;
use attesto_hyper::{
    Authorize, GuardedBody, OnConnection, Protect, Publish, RequestBody, Wrapped, answer_early, granted, require,
    response,
};
use http::{HeaderValue, Method, StatusCode};
use http_body_util::combinators::BoxBody;
use http_body_util::{BodyExt, Full};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use rustls::ServerConfig;
use std::convert::Infallible;
use std::error::Error;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use tokio::net::TcpStream;
use tokio_rustls::TlsAcceptor;

type BoxError = Box<dyn Error + Send + Sync>;
type Sent = BoxBody<Bytes, ::hyper::Error>;
type Answered = Pin<Box<dyn Future<Output = Result<Response<Sent>, Infallible>> + Send>>;

fn whole<B>(response: Response<B>) -> Response<Sent>
where
    B: Body<Data = Bytes, Error = Infallible> + Send + Sync + 'static,
{
    response.map(|body| body.map_err(|never| match never {}).boxed())
}

fn text(body: impl Body<Data = Bytes, Error = ::hyper::Error> + Send + Sync + 'static) -> Response<Sent> {
    let mut response = Response::new(body.boxed());
    response.headers_mut().insert("content-type", HeaderValue::from_static("text/plain"));
    response
}

fn said(text_of: String) -> Response<Sent> {
    text(Full::from(text_of).map_err(|never| match never {}))
}

fn missing() -> Response<Sent> {
    let mut response = whole(Response::new(Full::<Bytes>::default()));
    *response.status_mut() = StatusCode::NOT_FOUND;
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
    type Future = Answered;

    fn call(&self, request: Request<RequestBody<Incoming>>) -> Answered {
        let (head, routes) = (request.method() == Method::HEAD, self.clone());
        Box::pin(async move {
            let mut response = routes.respond(request).await;
            if head {
                // Over HTTP/2 hyper sends what it is given, and clients take a body after HEAD for a broken stream. What attesto
                // itself answers has none; frameworks see to it for their handlers.
                *response.body_mut() = missing().into_body();
            }
            Ok(response)
        })
    }
}

/// What is the application's own: the resources, each at its base path, and the rest of it.
struct Own {
    resources: Vec<(&'static str, bool, Wrapped<Protect, Routes>)>,
    /// Whether there is an echo outside of the resources.
    echoes: bool,
    /// A second issuer.
    beside: Option<Authorize>,
}

impl Own {
    fn resource(&self, path: &str) -> Option<&Wrapped<Protect, Routes>> {
        let is_at = |(base, alone, _): &&(&str, bool, _)| {
            path.strip_prefix(base).is_some_and(|rest| rest.is_empty() || (!alone && rest.starts_with('/')))
        };
        self.resources.iter().find(is_at).map(|(_, _, service)| service)
    }
}

impl Service<Request<Incoming>> for Own {
    type Response = Response<Sent>;
    type Error = Infallible;
    type Future = Answered;

    fn call(&self, request: Request<Incoming>) -> Answered {
        let resource = self.resource(request.uri().path()).cloned();
        let (beside, echoes) = (self.beside.clone(), self.echoes);
        Box::pin(async move {
            let request = match beside {
                Some(beside) => match beside.respond(request).await {
                    Ok(answer) => return Ok(whole(answer)),
                    Err(request) => request,
                },
                None => request,
            };
            match (resource, request.uri().path()) {
                (Some(resource), _) => resource.call(request).await.map(boxed),
                (None, "/echo") if echoes && request.method() == Method::POST => Ok(text(request.into_body())),
                (None, _) => Ok(missing()),
            }
        })
    }
}

fn boxed(response: Response<GuardedBody<Sent>>) -> Response<Sent> {
    response.map(|body| match body {
        GuardedBody::Left(own) => own.map_err(|never| match never {}).boxed(),
        GuardedBody::Right(inner) => inner,
    })
}

/// A service whose type is forgotten.
#[derive(Clone)]
struct Application(Arc<dyn Fn(Request<Incoming>) -> Answered + Send + Sync>);

impl Application {
    /// Something of attesto's, before something of the application's.
    fn guarded<S>(service: S) -> Self
    where
        S: Service<Request<Incoming>, Response = Response<GuardedBody<Sent>>, Error = Infallible>,
        S: Send + Sync + 'static,
        S::Future: Send + 'static,
    {
        Self(Arc::new(move |request| {
            let answer = service.call(request);
            Box::pin(async move { answer.await.map(boxed) })
        }))
    }

    fn own(own: Own) -> Self {
        Self(Arc::new(move |request| own.call(request)))
    }

    /// Behind middleware for each class.
    fn marking(self, class_of: impl Fn(&str) -> Option<RouteClass> + Send + Sync + 'static) -> Self {
        Self(Arc::new(move |request| {
            let class = class_of(request.uri().path());
            let answer = (self.0)(request);
            Box::pin(async move {
                let mut answer = answer.await?;
                if let Some(class) = class {
                    answer.headers_mut().append(CLASS, HeaderValue::from_static(mark(class)));
                }
                Ok(answer)
            })
        }))
    }
}

impl Service<Request<Incoming>> for Application {
    type Response = Response<Sent>;
    type Error = Infallible;
    type Future = Answered;

    fn call(&self, request: Request<Incoming>) -> Answered {
        (self.0)(request)
    }
}

fn application(app: &App) -> Application {
    let resources = app.resources.iter().map(|resource| {
        let protect = Protect::new(resource.guard.clone()).require(resource.requirement.clone());
        let protect = protect.clock(app.clock.clone());
        let protect = if app.pass_preflight { protect.pass_cors_preflight() } else { protect };
        let routes = Routes { base: resource.base, reached: app.reached.clone() };
        (resource.base, resource.alone, protect.wrap(routes))
    });
    let mut own = Own { resources: resources.collect(), echoes: app.mounted.is_some(), beside: None };
    let publish = (!app.resources.is_empty()).then(|| Publish::new(app.documents()));
    let published = |inner: Application| match publish {
        Some(publish) => Application::guarded(publish.wrap(inner)),
        None => inner,
    };
    match app.mounted.clone() {
        None => published(Application::own(own)),
        Some(Mounted::SideBySide([(first, host), (second, hosted)])) => {
            own.beside = Some(Authorize::new(second, hosted));
            published(Application::guarded(Authorize::new(first, host).wrap(own)))
        }
        Some(Mounted::Whole(server, host)) => published(Application::guarded(Authorize::new(server, host).wrap(own))),
        Some(Mounted::ByClass(endpoints)) => {
            let server = endpoints.server().clone();
            let mounted = Application::guarded(Authorize::from_endpoints(endpoints).wrap(own));
            published(mounted).marking(move |path| server.class_of(path))
        }
    }
}

pub(super) fn start(app: App) -> Running {
    serve(application(&app), app.tls, app.session, app.reached)
}

/// Serves any service of hyper's.
pub(super) fn serve<S, B>(
    service: S,
    tls: Option<ServerConfig>,
    session: Option<TlsSession>,
    reached: Reached,
) -> Running
where
    S: Service<Request<Incoming>, Response = Response<B>, Error = Infallible> + Clone + Send + Sync + 'static,
    S::Future: Send,
    B: Body<Data = Bytes> + Send + 'static,
    B::Error: Into<BoxError>,
{
    let (listener, address) = listen();
    let tls = tls.map(|config| TlsAcceptor::from(Arc::new(config)));
    let background = Background::serve(listener, |listener| async move {
        while let Ok((stream, peer)) = listener.accept().await {
            // Each connection in a task of its own: a client that stops in its handshake holds up no other.
            tokio::spawn(one_connection(stream, peer, tls.clone(), session.clone(), service.clone()));
        }
    });
    Running { address, reached, _alive: Box::new(background) }
}

async fn one_connection<S, B>(
    stream: TcpStream,
    peer: SocketAddr,
    tls: Option<TlsAcceptor>,
    session: Option<TlsSession>,
    service: S,
) where
    S: Service<Request<Incoming>, Response = Response<B>, Error = Infallible> + Send + Sync + 'static,
    S::Future: Send,
    B: Body<Data = Bytes> + Send + 'static,
    B::Error: Into<BoxError>,
{
    let connection = OnConnection::new(peer);
    let mut server = auto::Builder::new(TokioExecutor::new());
    server.http1().timer(TokioTimer::new()); // without it, the head of a request may take for ever
    // A client that goes away is no failure of the server's.
    let _ended = match tls {
        None => server.serve_connection(TokioIo::new(stream), connection.tls(session).wrap(service)).await,
        Some(acceptor) => {
            let Ok(stream) = acceptor.accept(stream).await else { return };
            let session = TlsSession::with_peer_chain(stream.get_ref().1.peer_certificates());
            server.serve_connection(TokioIo::new(stream), connection.tls(session).wrap(service)).await
        }
    };
}
