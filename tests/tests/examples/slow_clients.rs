//! Clients that fall silent before a request is whole. axum and actix-web have loops of their own; hyper's stands in its examples.

use crate::servers::hyper_on_a_leaping_clock;
use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

/// How long a client waits for the server to hang up. The server's clock leaps over its own time limit.
const PATIENCE: Duration = Duration::from_secs(20);

/// Sends this and no more. Returns once the server has hung up.
fn is_disconnected(server: SocketAddr, sent: &str) {
    let mut stream = TcpStream::connect(server).expect("the server listens");
    stream.set_read_timeout(Some(PATIENCE)).expect("a time-out");
    let _may_be_too_late = stream.write_all(sent.as_bytes());
    match stream.read_to_end(&mut Vec::new()) {
        Err(error) if error.kind() != ErrorKind::ConnectionReset => panic!("still connected after {sent:?}: {error}"),
        Ok(_) | Err(_) => {}
    }
}

#[test]
fn hyper_disconnects_clients_that_stop_before_a_request_is_whole() {
    for server in hyper_on_a_leaping_clock() {
        is_disconnected(server.address, "");
        is_disconnected(server.address, "GET /me HTTP/1.1\r\nhost: localhost\r\n");
        is_disconnected(server.address, "GET /me HTTP/1.1\r\nhost: localhost\r\n\r\nGET /me");
    }
}
