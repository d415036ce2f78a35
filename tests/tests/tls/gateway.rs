//! A proxy that ends TLS, as the deployment contract wants it (M6): it deletes what clients write into the field, and sets the field
//! to what the handshake showed.

use crate::forwarded::Field;
use crate::pki::PKI;
use ::hyper::body::{Bytes, Incoming};
use ::hyper::client::conn::http1 as upstream;
use ::hyper::server::conn::http1 as downstream;
use ::hyper::service::service_fn;
use ::hyper::{Request, Response};
use http::HeaderValue;
use http_body_util::Empty;
use hyper_util::rt::TokioIo;
use rustls::ServerConfig;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;

/// Starts it; it passes everything on to `server`.
pub(crate) async fn before(server: SocketAddr, field: Field, tls: ServerConfig) -> SocketAddr {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("a free port");
    let address = listener.local_addr().expect("an address");
    let acceptor = TlsAcceptor::from(Arc::new(tls));
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(one_connection(stream, acceptor.clone(), server, field));
        }
    });
    address
}

async fn one_connection(stream: TcpStream, acceptor: TlsAcceptor, server: SocketAddr, field: Field) {
    let Ok(stream) = acceptor.accept(stream).await else { return };
    let shown = stream.get_ref().1.peer_certificates().and_then(<[_]>::first);
    let value = shown.map(|der| (field.write)(PKI.holder_of(der)));
    let pass = service_fn(move |request| pass(request, server, field.name, value.clone()));
    // A client that goes away is no failure of the proxy's.
    let _ended = downstream::Builder::new().serve_connection(TokioIo::new(stream), pass).await;
}

async fn pass(
    request: Request<Incoming>,
    server: SocketAddr,
    name: &'static str,
    value: Option<String>,
) -> Result<Response<Incoming>, ::hyper::Error> {
    let (mut parts, _) = request.into_parts();
    parts.headers.remove(name);
    if let Some(value) = value {
        parts.headers.insert(name, HeaderValue::try_from(value).expect("visible ASCII"));
    }
    let stream = TcpStream::connect(server).await.expect("the server");
    let (mut sender, connection) = upstream::handshake(TokioIo::new(stream)).await?;
    tokio::spawn(connection);
    sender.send_request(Request::from_parts(parts, Empty::<Bytes>::new())).await
}
