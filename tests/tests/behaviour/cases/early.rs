//! Answers that do not wait for the body, to clients that are still sending it (RFC 9112 §9.6).

use crate::tokens::bearer;
use attesto_tests::World;
use attesto_tests::client::{Connection, Request};
use attesto_tests::servers::Server;
use attesto_tests::servers::{App, pinned};
use std::io::{Read, Write};
use std::net::Shutdown;

const LENGTH: usize = 1_000_000;
/// More than a proxy has on the way when the answer comes.
const BEFORE: usize = 300_000;
/// What the kernel's buffers may take of a body that is not read any more.
const IN_FLIGHT: usize = 16 * 1024 * 1024;

/// What each adapter answers without the body, and what it should say.
fn refused(world: &World) -> [(Request, u16); 4] {
    [
        (Request::new("POST", "/mcp"), 401),
        (Request::new("PUT", "/mcp/echo").bearer("not-a-token"), 401),
        (Request::new("POST", "/mcp/scoped").bearer(&bearer(world)), 403),
        (Request::new("POST", "/.well-known/oauth-protected-resource/mcp"), 405),
    ]
}

pub(crate) fn refusal_reaches_a_client_that_is_still_sending(server: Server) {
    let world = World::new();
    let running = (server.start)(App::simple(pinned(&world)));
    for (request, status) in refused(&world) {
        let mut connection = Connection::open(running.address);
        connection.write(&request.head(LENGTH));
        connection.write(&[b'x'; BEFORE]);
        let answer = connection.read(&request.method);
        assert_eq!(answer.status, status, "{}", request.target);
        // The answer is here, and the rest comes as slowly as it likes: each write would fail on a connection that was reset.
        for _ in 0..(LENGTH - BEFORE) / 10_000 {
            connection.write(&[b'x'; 10_000]);
        }
        // `Connection: close` keeps the client from sending another request before this one ends.
        assert_eq!(answer.all("connection"), if server.streams { vec!["close"] } else { vec![] });
        let mut stream = connection.writer();
        stream.shutdown(Shutdown::Write).expect("an open connection");
        let mut more = Vec::new();
        stream.read_to_end(&mut more).expect("an end, and no reset");
        assert!(more.is_empty(), "{}", String::from_utf8_lossy(&more));
    }
}

/// The connection is kept where nothing is left to come: proxies have few of them.
pub(crate) fn refusal_of_a_body_that_is_there_already_keeps_the_connection(server: Server) {
    let world = World::new();
    let running = (server.start)(App::simple(pinned(&world)));
    let mut connection = Connection::open(running.address);
    for (request, status) in refused(&world) {
        let answer = connection.send(&request.body(vec![b'x'; 1000]));
        assert_eq!(answer.status, status);
        if server.name == "actix" {
            connection = Connection::open(running.address); // it closes wherever a body was not read before the answer
        } else {
            assert!(answer.all("connection").is_empty(), "{answer:?}");
        }
    }
}

pub(crate) fn body_without_an_end_is_cut_off(server: Server) {
    let world = World::new();
    let running = (server.start)(App::simple(pinned(&world)));
    let piece = vec![b'x'; 0x10000];
    let chunk = [b"10000\r\n".as_slice(), &piece, b"\r\n"].concat();
    let announced = (format!("content-length: {}", 1_u64 << 40), piece);
    let chunked = ("transfer-encoding: chunked".to_owned(), chunk);
    let (bodies, most) = match server.name {
        // It counts seconds and not bytes, and reads what comes in chunks to its end.
        "actix" => (vec![announced], usize::MAX),
        // It waits for what was announced.
        "blocking" => (vec![chunked], IN_FLIGHT),
        _ => (vec![announced, chunked], IN_FLIGHT),
    };
    for (framing, piece) in bodies {
        let mut connection = Connection::open(running.address);
        connection.write(format!("POST /mcp HTTP/1.1\r\nhost: mcp.example.com\r\n{framing}\r\n\r\n").as_bytes());
        connection.write(&piece);
        assert_eq!(connection.read("POST").status, 401);
        let mut stream = connection.writer();
        let mut sent = 0;
        while stream.write_all(&piece).is_ok() {
            sent += piece.len();
            assert!(sent < most, "{} reads and reads: {framing}", server.name);
        }
    }
    assert_eq!(running.send(&Request::new("GET", "/mcp").bearer(&bearer(&world))).status, 200, "still serving");
}

/// It has sent nothing that could be lost, and is not asked to (RFC 9110 §10.1.1).
pub(crate) fn client_that_waits_to_be_asked_for_its_body_is_refused_and_not_asked(server: Server) {
    let world = World::new();
    let running = (server.start)(App::simple(pinned(&world)));
    for (request, status) in refused(&world) {
        let mut connection = Connection::open(running.address);
        connection.write(&request.header("expect", "100-continue").head(LENGTH));
        if server.name == "actix" {
            // It asks by itself, before any middleware can say something.
            assert_eq!(connection.read_head().0, 100);
        }
        let (answered, headers) = connection.read_head();
        assert_eq!(answered, status, "{headers:?}");
        // What follows is the answer's body and the connection's end, without the client's doing.
        let mut rest = Vec::new();
        connection.writer().shutdown(Shutdown::Write).expect("an open connection");
        connection.writer().read_to_end(&mut rest).expect("an end");
        assert!(!rest.starts_with(b"HTTP/1.1"), "{}", String::from_utf8_lossy(&rest));
    }
    assert_eq!(running.reached.times(), 0);
}
