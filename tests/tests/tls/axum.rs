//! axum over tokio-rustls, in the two ways there are: `axum::serve` with a listener that ends TLS, and the router as a hyper
//! service.

use crate::server::{App, clock, who};
use ::axum::extract::connect_info::Connected;
use ::axum::extract::{ConnectInfo, Request};
use ::axum::routing::post;
use ::axum::serve::{IncomingStream, Listener};
use ::axum::{Router, middleware};
use attesto_axum::{Granted, ProtectLayer, TlsSession, endpoints_router};
use attesto_core::authorization::RouteClass;
use hyper_util::service::TowerToHyperService;
use rustls::ServerConfig;
use std::io;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use tokio::net::TcpStream;
use tokio::sync::mpsc;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

fn router(app: &App) -> Router {
    match app {
        App::Resource(guard) => Router::new()
            .route("/mcp", post(|grant: Granted| async move { who(&grant) }))
            .layer(ProtectLayer::new(guard.clone()).clock(clock())),
        App::Endpoints(endpoints) => RouteClass::ALL
            .into_iter()
            .fold(Router::new(), |router, class| router.merge(endpoints_router(endpoints, class))),
    }
}

/// For a connection loop of hyper's: `OnConnection` there tells the requests what the handshake showed.
pub(crate) fn on_hyper(app: &App) -> TowerToHyperService<Router> {
    TowerToHyperService::new(router(app))
}

/// Serves with `axum::serve` until the runtime ends.
pub(crate) fn serve(listener: TcpListener, app: &App, tls: Option<ServerConfig>) {
    let app = router(app);
    let listener = tokio::net::TcpListener::from_std(listener).expect("a socket of the runtime's");
    match tls {
        None => {
            let app = app.into_make_service_with_connect_info::<SocketAddr>();
            tokio::spawn(async move { ::axum::serve(listener, app).await });
        }
        Some(config) => {
            // Around the protected routes: what it notes must be there before they are asked.
            let app = app.layer(middleware::map_request(note_session));
            let listener = TlsListener::new(listener, config);
            let app = app.into_make_service_with_connect_info::<Handshaken>();
            tokio::spawn(async move { ::axum::serve(listener, app).await });
        }
    }
}

/// What a handshake showed, and whom.
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
/// middle of one holds up nobody.
struct TlsListener {
    address: SocketAddr,
    accepted: mpsc::Receiver<(TlsStream<TcpStream>, SocketAddr)>,
}

impl TlsListener {
    fn new(listener: tokio::net::TcpListener, config: ServerConfig) -> Self {
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
