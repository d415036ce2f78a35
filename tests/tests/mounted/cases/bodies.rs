//! Bodies: how long, how they come, and how they end.

use crate::issuer::{Issuer, SECRET};
use crate::script::{basic, code_in, logged_in, member, posted, redemption, to, visit};
use attesto_tests::client::{Answer, Connection, Request};
use attesto_tests::servers::Server;
use std::io::Read;
use std::net::Shutdown;
use std::sync::Arc;
use std::sync::atomic::Ordering;

const LIMIT: usize = 65_536;
const ENDPOINTS: [&str; 4] = ["/oauth/token", "/oauth/revoke", "/oauth/introspect", "/oauth/par"];

/// A good token request of this length.
fn padded(length: usize) -> Vec<u8> {
    let mut body = format!("grant_type=client_credentials&client_id=post&client_secret={SECRET}&").into_bytes();
    body.resize(length, b'x');
    body
}

fn sized(path: &str, length: usize) -> Request {
    Request { body: padded(length), ..posted(path, "") }
}

/// In chunks of this many bytes, each written by itself.
fn chunked(connection: &mut Connection, request: &Request, size: usize) -> Answer {
    let head = format!("{} {} HTTP/1.1\r\nhost: as.example\r\n", request.method, request.target);
    let form = "content-type: application/x-www-form-urlencoded\r\n";
    connection.write(format!("{head}{form}transfer-encoding: chunked\r\n\r\n").as_bytes());
    for chunk in request.body.chunks(size) {
        let mut bytes = format!("{:x}\r\n", chunk.len()).into_bytes();
        bytes.extend_from_slice(chunk);
        bytes.extend_from_slice(b"\r\n");
        connection.write(&bytes);
    }
    connection.write(b"0\r\n\r\n");
    connection.read(&request.method)
}

fn ep5_a_body_of_the_limit_is_read_and_one_byte_more_is_413(server: Server) {
    let running = Issuer::new().serve(server);
    assert_eq!(running.send(&sized("/oauth/token", LIMIT)).status, 200);
    for path in ENDPOINTS.into_iter().chain(["/oauth/authorize"]) {
        assert_ne!(running.send(&sized(path, LIMIT)).status, 413, "{path}");
        let answer = running.send(&sized(path, LIMIT + 1));
        assert_eq!(answer.status, 413, "{path}");
        assert_eq!(answer.all("cache-control"), ["no-store"], "{path}");
    }
    assert_eq!(running.send(&sized("/oauth/token", LIMIT)).status, 200, "still serving");
}

fn ep5_the_same_holds_for_chunked_bodies(server: Server) {
    let running = Issuer::new().serve(server);
    for size in [4_096, 65_537] {
        let send = |length| chunked(&mut Connection::open(running.address), &sized("/oauth/token", length), size);
        assert_eq!(send(LIMIT).status, 200, "chunks of {size}");
        assert_eq!(send(LIMIT + 1).status, 413, "chunks of {size}");
    }
    // Byte by byte, each in a chunk and a packet of its own.
    let mut connection = Connection::open(running.address);
    let answer = chunked(&mut connection, &sized("/oauth/token", 120), 1);
    assert_eq!(answer.status, 200, "{answer:?}");
    assert_eq!(connection.send(&sized("/oauth/token", 120)).status, 200, "the connection is as good as before");
}

/// What was too much is no request: the connection goes on behind it, or ends.
fn what_is_beyond_the_limit_is_not_taken_for_a_request(server: Server) {
    let running = Issuer::new().serve(server);
    for length in [LIMIT + 1, 2 * LIMIT, 3_000_000] {
        let mut body = padded(length);
        let smuggled = b"GET /.well-known/jwks.json HTTP/1.1\r\nhost: as.example\r\n\r\n";
        let at = LIMIT.min(length - smuggled.len());
        body[at..at + smuggled.len()].copy_from_slice(smuggled);
        let mut connection = Connection::open(running.address);
        let mut writer = connection.writer();
        let request = Request { body, ..posted("/oauth/token", "") };
        let bytes = [request.head(length), request.body].concat();
        let written = std::thread::spawn(move || std::io::Write::write_all(&mut writer, &bytes));
        assert_eq!(connection.read("POST").status, 413, "{length}");
        // The server may stop reading at any time from here.
        drop(written.join().expect("no panic"));
        if let Some(next) = connection.try_send(&to("GET", "/.well-known/oauth-authorization-server")) {
            assert!(next.text().contains("\"token_endpoint\""), "{length}: {next:?}");
        }
    }
    assert_eq!(running.send(&sized("/oauth/token", LIMIT)).status, 200, "still serving");
}

/// The server reads and discards the rest of the form, so that a client that is still sending gets the response (RFC 9112 §9.6).
fn refusal_of_a_form_that_is_too_long_reaches_a_client_that_is_still_sending(server: Server) {
    let running = Issuer::new().serve(server);
    let length = 900_000;
    for path in ENDPOINTS.into_iter().chain(["/.well-known/jwks.json"]) {
        let body = padded(length);
        let mut connection = Connection::open(running.address);
        connection.write(&posted(path, "").head(length));
        connection.write(&body[..300_000]);
        let answer = connection.read("POST");
        assert_eq!(answer.status, if path.starts_with("/.well-known") { 405 } else { 413 }, "{path}");
        for piece in body[300_000..].chunks(10_000) {
            connection.write(piece);
        }
        assert_eq!(answer.all("connection"), ["close"]);
        let mut stream = connection.writer();
        stream.shutdown(Shutdown::Write).expect("an open connection");
        stream.read_to_end(&mut Vec::new()).expect("an end, and no reset");
    }
}

/// A truncated body that looks like a whole form has no effect: no client is looked up, and the code stays valid.
fn a_body_that_breaks_off_reaches_nothing(server: Server) {
    let issuer = Issuer::new();
    let looked_up = Arc::clone(&issuer.looked_up);
    let running = issuer.serve(server);
    let code = code_in(&running.send(&logged_in(visit())));
    let (form, before) = (redemption(&code), looked_up.load(Ordering::SeqCst));
    let request = posted("/oauth/token", &form);
    let fields =
        "host: as.example\r\ncontent-type: application/x-www-form-urlencoded\r\ntransfer-encoding: chunked\r\n";
    let length = form.len();
    let shorter_than_announced = [request.head(length + 1), form.clone().into_bytes()].concat();
    let without_last_chunk = format!("POST /oauth/token HTTP/1.1\r\n{fields}\r\n{length:x}\r\n{form}\r\n").into_bytes();
    let with_broken_chunk =
        format!("POST /oauth/token HTTP/1.1\r\n{fields}\r\n{length:x}\r\n{form}\r\nzz\r\n").into_bytes();
    for bytes in [shorter_than_announced, without_last_chunk, with_broken_chunk] {
        let connection = Connection::open(running.address);
        connection.write(&bytes);
        let mut stream = connection.writer();
        stream.shutdown(Shutdown::Write).expect("an open connection");
        // Whatever the server says to that, when it has said it, it is done.
        let mut said = Vec::new();
        let _reset = stream.read_to_end(&mut said);
        let said = String::from_utf8_lossy(&said);
        assert!(said.is_empty() || said.starts_with("HTTP/1.1 400 "), "{said}");
        assert!(!said.contains("access_token"), "{said}");
        assert_eq!(looked_up.load(Ordering::SeqCst), before, "somebody was looked up: {said}");
    }
    let tokens = running.send(&request);
    assert_eq!(tokens.status, 200, "the code is as good as before: {tokens:?}");
}

fn ep5_other_content_types_are_refused_whatever_is_in_the_body(server: Server) {
    let issuer = Issuer::new();
    let looked_up = Arc::clone(&issuer.looked_up);
    let running = issuer.serve(server);
    let mut connection = Connection::open(running.address);
    let good = String::from_utf8(padded(100)).expect("text");
    for path in ENDPOINTS {
        for content_type in [
            "application/json",
            "text/plain",
            "multipart/form-data; boundary=x",
            "application/x-www-form-urlencodedx",
            "application/x-www-form-urlencoded, text/plain",
            "",
        ] {
            let answer = connection.send(&to("POST", path).header("content-type", content_type).body(good.as_str()));
            assert_eq!((answer.status, member(&answer, "error")), (400, "invalid_request".into()), "{content_type}");
        }
        let none = connection.send(&to("POST", path).body(good.as_str()));
        assert_eq!((none.status, member(&none, "error")), (400, "invalid_request".into()));
    }
    assert_eq!(looked_up.load(Ordering::SeqCst), 0);
    for content_type in ["application/x-www-form-urlencoded;charset=UTF-8", "Application/X-WWW-Form-Urlencoded"] {
        let answer =
            connection.send(&to("POST", "/oauth/token").header("content-type", content_type).body(good.as_str()));
        assert_eq!(answer.status, 200, "{content_type}");
    }
}

fn ep6_ep7_duplicates_and_parameters_in_the_query_are_refused(server: Server) {
    let issuer = Issuer::new();
    let looked_up = Arc::clone(&issuer.looked_up);
    let running = issuer.serve(server);
    let mut connection = Connection::open(running.address);
    let good = "grant_type=client_credentials";
    for (query, body) in [
        ("", "grant_type=client_credentials&grant_type=client_credentials"),
        ("", "grant_type=client_credentials&%67rant_type=client_credentials"),
        ("", "grant_type=client_credentials&scope=read&scope=write"),
        ("?grant_type=client_credentials", good),
        ("?grant_type=client_credentials", ""),
        ("?scope=read", good),
        ("?client_id=job", good),
        ("?client%5Fsecret=x", good),
        ("?access_token=x&token=y", good),
    ] {
        let request = posted(&format!("/oauth/token{query}"), body).header("authorization", basic(SECRET));
        let answer = connection.send(&request);
        assert_eq!((answer.status, member(&answer, "error")), (400, "invalid_request".into()), "{query} {body}");
    }
    assert_eq!(looked_up.load(Ordering::SeqCst), 0);
    let harmless = posted("/oauth/token?trace=1", good).header("authorization", basic(SECRET));
    let answer = connection.send(&harmless);
    assert_eq!(answer.status, 200, "{answer:?}");
}

on_every_adapter!(
    ep5_a_body_of_the_limit_is_read_and_one_byte_more_is_413
    ep5_the_same_holds_for_chunked_bodies
    what_is_beyond_the_limit_is_not_taken_for_a_request
    refusal_of_a_form_that_is_too_long_reaches_a_client_that_is_still_sending
    a_body_that_breaks_off_reaches_nothing
    ep5_other_content_types_are_refused_whatever_is_in_the_body
    ep6_ep7_duplicates_and_parameters_in_the_query_are_refused
);
