//! HTTP/2 with prior knowledge, which hyper and axum serve on the same port: what holds over HTTP/1.1 holds there.

use crate::Server;
use crate::client::{Answer, Request};
use crate::script::{Recorded, expected, posted, to};
use crate::setup::Setup;
use ::hyper::body::Bytes;
use ::hyper::client::conn::http2::{SendRequest, handshake};
use http_body_util::{BodyExt, Full};
use hyper_util::rt::{TokioExecutor, TokioIo};
use std::net::SocketAddr;
use tokio::net::TcpStream;
use tokio::runtime::Runtime;

/// One connection.
struct Client {
    runtime: Runtime,
    sender: SendRequest<Full<Bytes>>,
}

impl Client {
    fn connect(address: SocketAddr) -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        let sender = runtime.block_on(async {
            let stream = TcpStream::connect(address).await.expect("a connection");
            let (sender, connection) = handshake(TokioExecutor::new(), TokioIo::new(stream)).await.expect("HTTP/2");
            tokio::spawn(connection);
            sender
        });
        Self { runtime, sender }
    }

    /// What HTTP/1.1 says in `Host` is the `:authority` (RFC 9113 §8.3.1).
    fn send(&mut self, request: &Request) -> Answer {
        let mut sent = http::Request::builder()
            .method(request.method.as_str())
            .uri(format!("https://as.example{}", request.target));
        for (name, value) in request.headers.iter().filter(|(name, _)| name != "host") {
            sent = sent.header(name, value.as_slice());
        }
        let sent = sent.body(Full::from(request.body.clone())).expect("a request");
        self.runtime.block_on(async {
            let (parts, body) = self.sender.send_request(sent).await.expect("a response").into_parts();
            let text = |value: &http::HeaderValue| value.to_str().expect("text").to_owned();
            let headers = parts.headers.iter().map(|(name, value)| (name.as_str().to_owned(), text(value))).collect();
            let body = body.collect().await.expect("the whole body").to_bytes().to_vec();
            Answer { status: parts.status.as_u16(), headers, body }
        })
    }
}

fn gives_the_answers_of_the_core(server: Server) {
    let running = (server.start)(Setup::new());
    let mut client = Client::connect(running.address);
    Recorded::of(|request| client.send(request)).assert_is(&expected());
}

fn body_is_bounded(server: Server) {
    let running = (server.start)(Setup::new());
    let mut client = Client::connect(running.address);
    let form = |length: usize| {
        let mut body = b"grant_type=client_credentials&client_id=post&client_secret=hunter2-hunter2".to_vec();
        body.resize(length, b'&');
        Request { body, ..posted("/oauth/token", "") }
    };
    assert_eq!(client.send(&form(65_536)).status, 200);
    assert_eq!(client.send(&form(65_537)).status, 413);
    assert_eq!(client.send(&form(65_536)).status, 200, "the connection is as good as before");
    let echoed = client.send(&to("POST", "/echo").body(vec![b'e'; 200_000]));
    assert_eq!((echoed.status, echoed.body.len()), (200, 200_000));
}

macro_rules! on_both {
    ($($case:ident)*) => {
        mod axum {
            $(#[test]
            fn $case() {
                super::$case(crate::axum::SERVER);
            })*
        }
        mod hyper {
            $(#[test]
            fn $case() {
                super::$case(crate::hyper::SERVER);
            })*
        }
    };
}

on_both!(gives_the_answers_of_the_core body_is_bounded);
