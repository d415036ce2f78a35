//! HTTP/2 with prior knowledge, which hyper serves on the same port: what holds over HTTP/1.1 holds there.

use crate::client::{Answer, Request};
use crate::hyper::SERVER;
use crate::setup::{Setup, pinned};
use crate::tokens::{bearer, proof};
use crate::transcript;
use ::hyper::body::{Body, Bytes, Frame, Incoming};
use ::hyper::client::conn::http2::{SendRequest, handshake};
use attesto_tests::{AUDIENCE, World};
use http::Response;
use http_body_util::BodyExt;
use hyper_util::rt::{TokioExecutor, TokioIo};
use std::convert::Infallible;
use std::net::SocketAddr;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::net::TcpStream;
use tokio::sync::mpsc::{Receiver, channel};
use tokio::time::timeout;

type Client = SendRequest<Chunks>;

/// A body fed by the test, as one HTTP/2 frame after the other.
struct Chunks(Receiver<Bytes>);

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

async fn connect(address: SocketAddr) -> Client {
    let stream = TcpStream::connect(address).await.expect("a connection");
    let (client, connection) = handshake(TokioExecutor::new(), TokioIo::new(stream)).await.expect("HTTP/2");
    tokio::spawn(connection);
    client
}

/// The same request in HTTP/2: what HTTP/1.1 says in `Host` is the `:authority` (RFC 9113 §8.3.1).
fn translated(request: &Request, body: Chunks) -> http::Request<Chunks> {
    let host = request.headers.iter().find(|(name, _)| name == "host").expect("a host");
    let authority = str::from_utf8(&host.1).expect("text");
    let mut translated =
        http::Request::builder().method(request.method.as_str()).uri(format!("http://{authority}{}", request.target));
    for (name, value) in request.headers.iter().filter(|(name, _)| name != "host") {
        translated = translated.header(name, value.as_slice());
    }
    translated.body(body).expect("a request")
}

async fn read(response: Response<Incoming>) -> Answer {
    let (parts, body) = response.into_parts();
    let text = |value: &http::HeaderValue| value.to_str().expect("text").to_owned();
    let headers = parts.headers.iter().map(|(name, value)| (name.as_str().to_owned(), text(value))).collect();
    let body = body.collect().await.expect("the whole body").to_bytes().to_vec();
    Answer { status: parts.status.as_u16(), headers, body }
}

async fn send(client: &mut Client, request: &Request) -> Answer {
    let sent = client.send_request(translated(request, Chunks::whole(&request.body)));
    read(sent.await.expect("a response")).await
}

/// Runs a case; a server that hangs fails it in the end.
fn run(case: impl Future<Output = ()>) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async { timeout(Duration::from_secs(60), case).await.expect("an answer in time") });
}

#[test]
fn http2_gives_the_same_transcript_as_http1() {
    let world = World::new();
    let requests = transcript::requests(&world);
    let over_http1 = transcript::record(&(SERVER.start)(transcript::setup(&world)), &requests);
    let running = (SERVER.start)(transcript::setup(&world));
    run(async {
        let mut client = connect(running.address).await; // one connection for all
        let mut over_http2 = Vec::new();
        for request in &requests {
            over_http2.push(transcript::comparable(send(&mut client, request).await));
        }
        let found = transcript::differences(&requests, &over_http1, &over_http2);
        assert!(found.is_empty(), "HTTP/1.1 and HTTP/2:\n{found}");
    });
}

#[test]
fn http2_streams_of_one_connection_are_checked_one_by_one() {
    let world = World::new();
    let running = (SERVER.start)(Setup::simple(pinned(&world)));
    run(async {
        let mut client = connect(running.address).await;
        // A stream that was let in stays open ..
        let (chunks, body) = channel(1);
        let open =
            client.send_request(translated(&Request::new("POST", "/mcp/echo").bearer(&bearer(&world)), Chunks(body)));
        chunks.send(Bytes::from_static(b"one")).await.expect("the server reads");
        let mut echoed = open.await.expect("a response").into_body();
        assert_eq!(echoed.frame().await.expect("a frame").expect("no error").into_data().expect("data"), "one");
        // .. while others beside it are let in or refused for what they bring themselves.
        assert_eq!(send(&mut client, &Request::new("GET", "/mcp")).await.status, 401);
        let answer = send(&mut client, &Request::new("GET", "/mcp").bearer(&bearer(&world))).await;
        assert_eq!(answer.said(), (200, "usr_1 bearer mcp:tools:read,mcp:tools:call"));
        chunks.send(Bytes::from_static(b"two")).await.expect("the server still reads");
        drop(chunks);
        assert_eq!(echoed.collect().await.expect("the rest").to_bytes(), "two");
    });
    assert_eq!(running.reached.times(), 1, "the echo does not count, and the refused request did not come through");
}

/// A stream ends by itself there: what a client still sends on it is nothing to the others.
#[test]
fn http2_refusal_reaches_a_client_that_is_still_sending() {
    let world = World::new();
    let running = (SERVER.start)(Setup::simple(pinned(&world)));
    run(async {
        let mut client = connect(running.address).await;
        for _ in 0..3 {
            let (chunks, body) = channel(1);
            let answer = client.send_request(translated(&Request::new("POST", "/mcp/echo"), Chunks(body)));
            let sending = async {
                let mut sent = 0;
                // Until the server has said that it reads no more of this stream.
                while chunks.send(Bytes::from_static(&[b'x'; 16 * 1024])).await.is_ok() {
                    sent += 16 * 1024;
                    assert!(sent < 64 * 1024 * 1024, "the server reads and reads");
                }
            };
            let (answer, ()) = tokio::join!(answer, sending);
            assert_eq!(answer.expect("a response").status(), 401);
            assert_eq!(send(&mut client, &Request::new("GET", "/mcp").bearer(&bearer(&world))).await.status, 200);
        }
    });
}

#[test]
fn r1_a_proof_on_two_concurrent_http2_streams_passes_once() {
    let world = World::new();
    let running = (SERVER.start)(Setup::simple(pinned(&world)));
    let token = world.bound_token();
    run(async {
        let client = connect(running.address).await;
        for number in 0..50 {
            let made = proof(&world, &token, "GET", AUDIENCE, &number.to_string());
            let request = Request::new("GET", "/mcp").dpop(&token, &made);
            let (mut one, mut other) = (client.clone(), client.clone());
            let (one, other) = tokio::join!(send(&mut one, &request), send(&mut other, &request));
            let mut told = [one.status, other.status];
            told.sort_unstable();
            assert_eq!(told, [200, 401], "proof {number}");
        }
    });
    assert_eq!(running.reached.times(), 50);
}
