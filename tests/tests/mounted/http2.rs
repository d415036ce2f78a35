//! HTTP/2 with prior knowledge, which hyper and axum serve on the same port: what holds over HTTP/1.1 holds there.

use crate::issuer::Issuer;
use crate::script::{Recorded, expected, posted, to};
use attesto_tests::client::{Answer, Http2Connection, Request};
use attesto_tests::servers::Server;
use std::net::SocketAddr;
use tokio::runtime::Runtime;

/// A client that waits for each answer.
struct Client {
    runtime: Runtime,
    connection: Http2Connection,
}

impl Client {
    fn connect(address: SocketAddr) -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        let connection = runtime.block_on(Http2Connection::open(address));
        Self { runtime, connection }
    }

    fn send(&mut self, request: &Request) -> Answer {
        self.runtime.block_on(self.connection.send(request))
    }
}

fn gives_the_answers_of_the_core(server: Server) {
    let running = Issuer::new().serve(server);
    let mut client = Client::connect(running.address);
    Recorded::new(|request| client.send(request)).assert_is(&expected());
}

fn body_is_bounded(server: Server) {
    let running = Issuer::new().serve(server);
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
                super::$case(attesto_tests::servers::AXUM);
            })*
        }
        mod hyper {
            $(#[test]
            fn $case() {
                super::$case(attesto_tests::servers::HYPER);
            })*
        }
    };
}

on_both!(gives_the_answers_of_the_core body_is_bounded);
