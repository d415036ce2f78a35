//! HTTP/2 with prior knowledge, which hyper serves on the same port: what holds over HTTP/1.1 holds there.

use crate::tokens::{bearer, proof};
use crate::transcript;
use ::hyper::body::Bytes;
use attesto_tests::client::{Chunks, Http2Connection, Request};
use attesto_tests::servers::HYPER as SERVER;
use attesto_tests::servers::{App, pinned};
use attesto_tests::{AUDIENCE, World};
use http_body_util::BodyExt;
use std::time::Duration;
use tokio::sync::mpsc::channel;
use tokio::time::timeout;

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
        let mut client = Http2Connection::open(running.address).await; // one connection for all
        let mut over_http2 = Vec::new();
        for request in &requests {
            over_http2.push(transcript::comparable(client.send(request).await));
        }
        let found = transcript::differences(&requests, &over_http1, &over_http2);
        assert!(found.is_empty(), "HTTP/1.1 and HTTP/2:\n{found}");
    });
}

#[test]
fn http2_streams_of_one_connection_are_checked_one_by_one() {
    let world = World::new();
    let running = (SERVER.start)(App::simple(pinned(&world)));
    run(async {
        let mut client = Http2Connection::open(running.address).await;
        // A stream that was let in stays open ..
        let (chunks, body) = channel(1);
        let open = client.begin(&Request::new("POST", "/mcp/echo").bearer(&bearer(&world)), Chunks(body));
        chunks.send(Bytes::from_static(b"one")).await.expect("the server reads");
        let mut echoed = open.await.into_body();
        assert_eq!(echoed.frame().await.expect("a frame").expect("no error").into_data().expect("data"), "one");
        // .. while others beside it are let in or refused for what they bring themselves.
        assert_eq!(client.send(&Request::new("GET", "/mcp")).await.status, 401);
        let answer = client.send(&Request::new("GET", "/mcp").bearer(&bearer(&world))).await;
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
    let running = (SERVER.start)(App::simple(pinned(&world)));
    run(async {
        let mut client = Http2Connection::open(running.address).await;
        for _ in 0..3 {
            let (chunks, body) = channel(1);
            let answer = client.begin(&Request::new("POST", "/mcp/echo"), Chunks(body));
            let sending = async {
                let mut sent = 0;
                // Until the server has said that it reads no more of this stream.
                while chunks.send(Bytes::from_static(&[b'x'; 16 * 1024])).await.is_ok() {
                    sent += 16 * 1024;
                    assert!(sent < 64 * 1024 * 1024, "the server reads and reads");
                }
            };
            let (answer, ()) = tokio::join!(answer, sending);
            assert_eq!(answer.status(), 401);
            assert_eq!(client.send(&Request::new("GET", "/mcp").bearer(&bearer(&world))).await.status, 200);
        }
    });
}

#[test]
fn r1_a_proof_on_two_concurrent_http2_streams_passes_once() {
    let world = World::new();
    let running = (SERVER.start)(App::simple(pinned(&world)));
    let token = world.bound_token();
    run(async {
        let client = Http2Connection::open(running.address).await;
        for number in 0..50 {
            let made = proof(&world, &token, "GET", AUDIENCE, &number.to_string());
            let request = Request::new("GET", "/mcp").dpop(&token, &made);
            let (mut one, mut other) = (client.clone(), client.clone());
            let (one, other) = tokio::join!(one.send(&request), other.send(&request));
            let mut told = [one.status, other.status];
            told.sort_unstable();
            assert_eq!(told, [200, 401], "proof {number}");
        }
    });
    assert_eq!(running.reached.times(), 50);
}
