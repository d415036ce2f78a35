//! hyper over tokio-rustls: `OnConnection` tells the requests of a connection what its handshake showed.

use crate::server::{clock, who};
use ::hyper::body::{Body, Bytes, Incoming};
use ::hyper::service::{Service, service_fn};
use ::hyper::{Request, Response, StatusCode};
use attesto_core::host::{AuthorizationEndpoints, Guard};
use attesto_core::http::TlsSession;
use attesto_hyper::{Authorize, OnConnection, Protect, RequestBody, granted, response};
use http_body_util::Full;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto;
use rustls::ServerConfig;
use std::convert::Infallible;
use std::error::Error;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use tokio::net::TcpStream;
use tokio_rustls::TlsAcceptor;

type BoxError = Box<dyn Error + Send + Sync>;

/// What is protected.
pub(crate) fn resource(
    guard: Arc<Guard>,
) -> impl Service<
    Request<Incoming>,
    Response = Response<impl Body<Data = Bytes, Error: Into<BoxError>> + Send + 'static>,
    Error = Infallible,
    Future: Send,
> + Clone
+ Send
+ Sync
+ 'static {
    Protect::new(guard).clock(clock()).wrap(service_fn(answer))
}

/// An authorization server.
pub(crate) fn endpoints(
    endpoints: Arc<AuthorizationEndpoints>,
) -> impl Service<
    Request<Incoming>,
    Response = Response<impl Body<Data = Bytes, Error: Into<BoxError>> + Send + 'static>,
    Error = Infallible,
    Future: Send,
> + Clone
+ Send
+ Sync
+ 'static {
    Authorize::from_endpoints(endpoints).wrap(service_fn(elsewhere))
}

async fn elsewhere(_: Request<Incoming>) -> Result<Response<Full<Bytes>>, Infallible> {
    let mut missing = Response::default();
    *missing.status_mut() = StatusCode::NOT_FOUND;
    Ok(missing)
}

async fn answer(request: Request<RequestBody<Incoming>>) -> Result<Response<Full<Bytes>>, Infallible> {
    Ok(match granted(request.extensions()) {
        Ok(caller) => Response::new(Full::from(who(caller))),
        Err(wiring) => response(wiring.response()),
    })
}

/// Serves `app` until the runtime ends.
pub(crate) fn serve<S, B>(listener: TcpListener, tls: Option<ServerConfig>, app: S)
where
    S: Service<Request<Incoming>, Response = Response<B>, Error = Infallible> + Clone + Send + Sync + 'static,
    S::Future: Send,
    B: Body<Data = Bytes> + Send + 'static,
    B::Error: Into<BoxError>,
{
    let listener = tokio::net::TcpListener::from_std(listener).expect("a socket of the runtime's");
    let tls = tls.map(|config| TlsAcceptor::from(Arc::new(config)));
    tokio::spawn(async move {
        while let Ok((stream, peer)) = listener.accept().await {
            // Each connection in a task of its own: a client that stops in its handshake holds up nobody.
            tokio::spawn(one_connection(stream, peer, tls.clone(), app.clone()));
        }
    });
}

async fn one_connection<S, B>(stream: TcpStream, peer: SocketAddr, tls: Option<TlsAcceptor>, app: S)
where
    S: Service<Request<Incoming>, Response = Response<B>, Error = Infallible> + Send + Sync + 'static,
    S::Future: Send,
    B: Body<Data = Bytes> + Send + 'static,
    B::Error: Into<BoxError>,
{
    let connection = OnConnection::new(peer);
    let server = auto::Builder::new(TokioExecutor::new());
    // A client that goes away is no failure of the server's.
    let _ended = match tls {
        None => server.serve_connection(TokioIo::new(stream), connection.wrap(app)).await,
        Some(acceptor) => {
            let Ok(stream) = acceptor.accept(stream).await else { return };
            let session = TlsSession::with_peer_chain(stream.get_ref().1.peer_certificates());
            server.serve_connection(TokioIo::new(stream), connection.tls(session).wrap(app)).await
        }
    };
}
