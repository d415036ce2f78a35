//! A client over one connection at a time, with TLS or without, HTTP/1.1 or HTTP/2.

use crate::config::{self, Alpn};
use crate::pki::{HOST, Identity};
use http::{HeaderMap, Request, StatusCode, Version};
use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Incoming};
use hyper::client::conn::{http1, http2};
use hyper_util::rt::{TokioExecutor, TokioIo};
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, HandshakeKind, ProtocolVersion, SupportedProtocolVersion};
use std::net::SocketAddr;
use std::sync::Arc;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

/// Who connects, and how.
#[derive(Clone)]
pub(crate) struct Client {
    tls: Option<Arc<ClientConfig>>,
}

impl Client {
    /// Plain HTTP/1.1, as a proxy on the same machine speaks it.
    pub(crate) const fn plain() -> Self {
        Self { tls: None }
    }

    /// HTTP/1.1 over TLS 1.3, with a certificate or without.
    pub(crate) fn tls(identity: Option<&Identity>) -> Self {
        Self::with(identity, Alpn::Http1, &rustls::version::TLS13)
    }

    /// HTTP/2 over TLS 1.3.
    pub(crate) fn h2(identity: Option<&Identity>) -> Self {
        Self::with(identity, Alpn::Http2, &rustls::version::TLS13)
    }

    /// HTTP/1.1 over this version. Sessions are remembered from connection to connection.
    pub(crate) fn with_version(identity: Option<&Identity>, version: &'static SupportedProtocolVersion) -> Self {
        Self::with(identity, Alpn::Http1, version)
    }

    fn with(identity: Option<&Identity>, alpn: Alpn, version: &'static SupportedProtocolVersion) -> Self {
        Self { tls: Some(Arc::new(config::client(identity, alpn, version))) }
    }

    pub(crate) async fn connect(&self, to: SocketAddr) -> Connection {
        let stream = TcpStream::connect(to).await.expect("a connection");
        let Some(config) = &self.tls else {
            return Connection { sender: Sender::http1(stream).await, session: None };
        };
        let name = ServerName::try_from(HOST).expect("a DNS name");
        let stream = TlsConnector::from(Arc::clone(config)).connect(name, stream).await.expect("a handshake");
        let tls = stream.get_ref().1;
        let session = Session {
            version: tls.protocol_version().expect("the handshake is over"),
            kind: tls.handshake_kind().expect("the handshake is over"),
        };
        let sender = match tls.alpn_protocol() {
            Some(id) if id == Alpn::Http2.id() => Sender::http2(stream).await,
            Some(id) if id == Alpn::Http1.id() => Sender::http1(stream).await,
            other => panic!("the server chose {other:?}"),
        };
        Connection { sender, session: Some(session) }
    }
}

/// What the handshake was.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Session {
    pub(crate) version: ProtocolVersion,
    pub(crate) kind: HandshakeKind,
}

/// An open connection.
pub(crate) struct Connection {
    sender: Sender,
    pub(crate) session: Option<Session>,
}

enum Sender {
    Http1(http1::SendRequest<Full<Bytes>>),
    Http2(http2::SendRequest<Full<Bytes>>),
}

/// What came back.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) version: Version,
    pub(crate) body: String,
}

impl Sender {
    async fn http1(stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static) -> Self {
        let (sender, connection) = http1::handshake(TokioIo::new(stream)).await.expect("HTTP/1.1");
        tokio::spawn(connection);
        Self::Http1(sender)
    }

    async fn http2(stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static) -> Self {
        let (sender, connection) = http2::handshake(TokioExecutor::new(), TokioIo::new(stream)).await.expect("HTTP/2");
        tokio::spawn(connection);
        Self::Http2(sender)
    }
}

impl Connection {
    /// `POST`s to the resource with these header fields, in this order.
    pub(crate) async fn post(&mut self, headers: &[(&str, &str)]) -> Answer {
        self.send("/mcp", headers, "").await
    }

    /// `POST`s a form.
    pub(crate) async fn form(&mut self, path: &str, form: &str) -> Answer {
        self.send(path, &[("content-type", "application/x-www-form-urlencoded")], form).await
    }

    async fn send(&mut self, path: &str, headers: &[(&str, &str)], body: &str) -> Answer {
        let mut request = match &self.sender {
            Sender::Http1(_) => Request::post(path).header("host", HOST),
            Sender::Http2(_) => Request::post(format!("https://{HOST}{path}")),
        };
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.body(Full::from(body.to_owned())).expect("a request");
        let response = match &mut self.sender {
            Sender::Http1(sender) => {
                sender.ready().await.expect("the connection is kept");
                sender.send_request(request).await
            }
            Sender::Http2(sender) => sender.send_request(request).await,
        };
        Answer::read(response.expect("a response")).await
    }
}

impl Answer {
    async fn read(response: http::Response<Incoming>) -> Self {
        let (parts, body) = response.into_parts();
        let body = body.collect().await.expect("a body").to_bytes().to_vec();
        let body = String::from_utf8(body).expect("text");
        Self { status: parts.status, headers: parts.headers, version: parts.version, body }
    }
}
