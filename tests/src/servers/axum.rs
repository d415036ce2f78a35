//! axum, routed as its users do: a nested router for each resource, the endpoints merged into the outermost router. Served in the two
//! ways there are: `axum::serve`, over TLS with a listener of its own, and the router as a hyper service.

use super::app::{App, CLASS, Mounted, Reached, Resource, admin, mark};
use super::{Background, Running, hyper, listen};
use ::axum::body::Body;
use ::axum::extract::connect_info::Connected;
use ::axum::extract::{ConnectInfo, Request, State};
use ::axum::http::HeaderValue;
use ::axum::middleware::{Next, from_fn, map_request};
use ::axum::response::IntoResponse;
use ::axum::routing::{any, post};
use ::axum::serve::{IncomingStream, Listener};
use ::axum::{Extension, Router, serve};
use attesto_axum::{
    Granted, GrantedPrincipal, ProtectLayer, RequireLayer, TlsSession, WiringError, authorization_router,
    documents_router, endpoints_router,
};
use attesto_core::authorization::RouteClass;
use attesto_core::time::Clock;
use http::StatusCode;
use hyper_util::service::TowerToHyperService;
use rustls::ServerConfig;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

const TEXT: [(&str, &str); 1] = [("content-type", "text/plain")];

async fn who(State(reached): State<Reached>, grant: Result<Granted, WiringError>) -> impl IntoResponse {
    (TEXT, reached.who(grant.ok().as_deref()))
}

async fn user(user: GrantedPrincipal<String>) -> impl IntoResponse {
    (TEXT, user.to_string())
}

async fn echo(request: Request) -> impl IntoResponse {
    (TEXT, Body::new(request.into_body()))
}

fn resource(app: Router<Reached>, resource: &Resource, clock: &Clock, pass_preflight: bool) -> Router<Reached> {
    let protect = ProtectLayer::new(resource.guard.clone()).require(resource.requirement.clone()).clock(clock.clone());
    let protect = if pass_preflight { protect.pass_cors_preflight() } else { protect };
    if resource.alone {
        return app.route(resource.base, any(who).layer(protect));
    }
    let routes = Router::new()
        .route("/", any(who))
        .route("/scoped", any(who).layer(RequireLayer::new(admin())))
        .route("/user", any(user))
        .route("/echo", any(echo))
        .fallback(|| async { StatusCode::NOT_FOUND })
        .layer(protect);
    app.nest(resource.base, routes)
}

fn endpoints(mounted: Mounted) -> Router {
    match mounted {
        Mounted::Whole(server, host) => authorization_router(server, host),
        Mounted::SideBySide(both) => both
            .into_iter()
            .fold(Router::new(), |router, (server, host)| router.merge(authorization_router(server, host))),
        Mounted::ByClass(endpoints) => RouteClass::ALL.into_iter().fold(Router::new(), |router, class| {
            let marking = from_fn(move |request: Request, next: Next| async move {
                let mut response = next.run(request).await;
                response.headers_mut().append(CLASS, HeaderValue::from_static(mark(class)));
                response
            });
            match &*endpoints.paths_of(class) {
                [] => router, // axum takes a `route_layer` before no route for a mistake
                [..] => router.merge(endpoints_router(&endpoints, class).route_layer(marking)),
            }
        }),
    }
}

fn router(app: &App) -> Router {
    let resources = app.resources.iter();
    let mut routes = resources.fold(Router::new(), |routes, one| resource(routes, one, &app.clock, app.pass_preflight));
    if !app.resources.is_empty() {
        routes = routes.merge(documents_router((*app.documents()).clone()));
    }
    let mut routes = routes.with_state::<()>(app.reached.clone());
    if let Some(mounted) = app.mounted.clone() {
        routes = routes.route("/echo", post(echo)).merge(endpoints(mounted));
    }
    match app.session.clone() {
        Some(session) => routes.layer(Extension(session)),
        None => routes,
    }
}

/// The router as a hyper service: hyper's `OnConnection` tells the requests what the handshake showed.
pub(super) fn start_on_hyper(app: App) -> Running {
    hyper::serve(TowerToHyperService::new(router(&app)), app.tls, None, app.reached)
}

/// Any router, by `axum::serve`.
pub fn serve_axum(routes: Router) -> Running {
    start_router(routes, None, Reached::default())
}

pub(super) fn start(app: App) -> Running {
    start_router(router(&app), app.tls, app.reached)
}

fn start_router(routes: Router, tls: Option<ServerConfig>, reached: Reached) -> Running {
    let (listener, address) = listen();
    let background = match tls {
        None => Background::serve(listener, |listener| async {
            serve(listener, routes.into_make_service_with_connect_info::<SocketAddr>()).await
        }),
        Some(config) => Background::serve(listener, |listener| async {
            // Around the protected routes: what it notes must be there before they are asked.
            let routes = routes.layer(map_request(note_session));
            let listener = TlsListener::new(listener, config);
            serve(listener, routes.into_make_service_with_connect_info::<Handshaken>()).await
        }),
    };
    Running { address, reached, _alive: Box::new(background) }
}

/// The result of a handshake: the peer, and what it presented.
#[derive(Clone, Debug)]
struct Handshaken {
    peer: SocketAddr,
    session: TlsSession,
}

impl Connected<IncomingStream<'_, TlsListener>> for Handshaken {
    fn connect_info(stream: IncomingStream<'_, TlsListener>) -> Self {
        let session = TlsSession::with_peer_chain(stream.io().get_ref().1.peer_certificates());
        Self { peer: *stream.remote_addr(), session }
    }
}

/// Puts both where attesto looks for them.
async fn note_session(ConnectInfo(handshaken): ConnectInfo<Handshaken>, mut request: Request) -> Request {
    request.extensions_mut().insert(ConnectInfo(handshaken.peer));
    request.extensions_mut().insert(handshaken.session);
    request
}

/// A listener whose streams have their handshakes behind them. Each handshake is a task of its own: a client that stops in the
/// middle of one delays no other client.
struct TlsListener {
    address: SocketAddr,
    accepted: mpsc::Receiver<(TlsStream<TcpStream>, SocketAddr)>,
}

impl TlsListener {
    fn new(listener: TcpListener, config: ServerConfig) -> Self {
        let address = listener.local_addr().expect("an address");
        let acceptor = TlsAcceptor::from(Arc::new(config));
        let (sender, accepted) = mpsc::channel(16);
        tokio::spawn(async move {
            while let Ok((stream, peer)) = listener.accept().await {
                let (acceptor, sender) = (acceptor.clone(), sender.clone());
                tokio::spawn(async move {
                    if let Ok(stream) = acceptor.accept(stream).await {
                        let _server_ended = sender.send((stream, peer)).await;
                    }
                });
            }
        });
        Self { address, accepted }
    }
}

impl Listener for TlsListener {
    type Io = TlsStream<TcpStream>;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Self::Io, SocketAddr) {
        match self.accepted.recv().await {
            Some(accepted) => accepted,
            None => std::future::pending().await, // the socket is gone: nobody will come any more
        }
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        Ok(self.address)
    }
}
