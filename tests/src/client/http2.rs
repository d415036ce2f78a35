//! HTTP/2 with prior knowledge, by hyper's client.

use super::{Answer, Request};
use http::Response;
use http_body_util::BodyExt;
use hyper::body::{Body, Bytes, Frame, Incoming};
use hyper::client::conn::http2::{SendRequest, handshake};
use hyper_util::rt::{TokioExecutor, TokioIo};
use std::convert::Infallible;
use std::net::SocketAddr;
use std::pin::Pin;
use std::task::{Context, Poll};
use tokio::net::TcpStream;
use tokio::sync::mpsc::{Receiver, channel};

/// A body fed by the test, as one HTTP/2 frame after the other.
#[derive(Debug)]
pub struct Chunks(pub Receiver<Bytes>);

impl Body for Chunks {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        self.0.poll_recv(cx).map(|chunk| chunk.map(|chunk| Ok(Frame::data(chunk))))
    }
}

impl Chunks {
    /// All of it at once.
    fn whole(body: &[u8]) -> Self {
        let (sender, receiver) = channel(1);
        if !body.is_empty() {
            sender.try_send(Bytes::copy_from_slice(body)).expect("room for one");
        }
        Self(receiver)
    }
}

/// A connection, whose clones are streams of the same one.
#[derive(Clone, Debug)]
pub struct Http2Connection(SendRequest<Chunks>);

impl Http2Connection {
    /// Connects, in the runtime of the test.
    pub async fn open(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address).await.expect("a connection");
        let (sender, connection) = handshake(TokioExecutor::new(), TokioIo::new(stream)).await.expect("HTTP/2");
        tokio::spawn(connection);
        Self(sender)
    }

    /// Sends the head of a request, and its body as it comes. What HTTP/1.1 says in `Host` is the `:authority` (RFC 9113 §8.3.1).
    pub fn begin(&mut self, request: &Request, body: Chunks) -> impl Future<Output = Response<Incoming>> + use<> {
        let host = request.headers.iter().find(|(name, _)| name == "host").expect("a host");
        let authority = str::from_utf8(&host.1).expect("text");
        let uri = format!("http://{authority}{}", request.target);
        let mut translated = http::Request::builder().method(request.method.as_str()).uri(uri);
        for (name, value) in request.headers.iter().filter(|(name, _)| name != "host") {
            translated = translated.header(name, value.as_slice());
        }
        let answer = self.0.send_request(translated.body(body).expect("a request"));
        async { answer.await.expect("a response") }
    }

    /// Sends a request and reads the response.
    pub async fn send(&mut self, request: &Request) -> Answer {
        let (parts, body) = self.begin(request, Chunks::whole(&request.body)).await.into_parts();
        let text = |value: &http::HeaderValue| value.to_str().expect("text").to_owned();
        let headers = parts.headers.iter().map(|(name, value)| (name.as_str().to_owned(), text(value))).collect();
        let body = body.collect().await.expect("the whole body").to_bytes().to_vec();
        Answer { status: parts.status.as_u16(), headers, body }
    }
}
