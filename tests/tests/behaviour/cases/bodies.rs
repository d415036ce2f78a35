//! Bodies: streamed, large, refused unread, and the forms that may hold a token.

use crate::tokens::{bearer, proof};
use attesto_core::resource::CredentialPolicy;
use attesto_tests::client::{Connection, Request};
use attesto_tests::servers::Server;
use attesto_tests::servers::{App, pinned};
use attesto_tests::{AUDIENCE, World};
use std::io::Write;
use std::thread;

const LARGE: usize = 8 * 1024 * 1024;

/// Bytes that show where they stand.
fn pattern(length: usize) -> Vec<u8> {
    (0..length).map(|index| (index % 251) as u8).collect()
}

pub(crate) fn large_bodies_go_through_whole_in_both_directions(server: Server) {
    let world = World::new();
    let running = (server.start)(App::simple(pinned(&world)));
    let request = Request::new("POST", "/mcp/echo").bearer(&bearer(&world)).body(pattern(LARGE));
    let mut connection = Connection::open(running.address);
    let mut writer = connection.writer();
    let (head, body) = (request.head(LARGE), request.body.clone());
    // While it is being answered: a server that streams sends before it has read everything.
    let written = thread::spawn(move || writer.write_all(&head).and_then(|()| writer.write_all(&body)));
    let answer = connection.read("POST");
    written.join().expect("no panic").expect("the server reads");
    assert_eq!(answer.status, 200);
    assert!(answer.body == request.body, "{} bytes came back, or others", answer.body.len());
    // The connection is as good as new, or closed: actix closes it where the answer began before the request had ended.
    if let Some(next) = connection.try_send(&Request::new("GET", "/mcp").bearer(&bearer(&world))) {
        assert_eq!(next.status, 200);
    }
}

pub(crate) fn bodies_stream_through_chunk_by_chunk(server: Server) {
    let world = World::new();
    let running = (server.start)(App::simple(pinned(&world)));
    let mut connection = Connection::open(running.address);
    let head = "POST /mcp/echo HTTP/1.1\r\nhost: mcp.example.com\r\ntransfer-encoding: chunked\r\n";
    connection.write(format!("{head}authorization: Bearer {}\r\n\r\n", bearer(&world)).as_bytes());
    connection.write(b"3\r\none\r\n");
    if server.streams {
        // The first chunk comes back before the second is sent: nothing may wait for the whole.
        assert_eq!(connection.read_head().0, 200);
        assert_eq!(connection.chunk(), b"one");
        connection.write(b"3\r\ntwo\r\n0\r\n\r\n");
        assert_eq!(connection.chunk(), b"two");
        assert_eq!(connection.chunk(), b"");
    } else {
        connection.write(b"3\r\ntwo\r\n0\r\n\r\n");
        assert_eq!(connection.read("POST").said(), (200, "onetwo"));
    }
}

/// The body is announced and never sent: a server that read it before it refused would wait for ever.
pub(crate) fn refusal_does_not_wait_for_the_body(server: Server) {
    let world = World::new();
    // Not even where forms are read: not without the media type of one, and not from a client whose header is wrong already.
    let opted = pinned(&world).credentials(CredentialPolicy::new().accept_form_body());
    for setup in [App::simple(pinned(&world)), App::simple(opted)] {
        let running = (server.start)(setup);
        for path in ["/mcp/echo", "/mcp/scoped", "/mcp"] {
            let mut connection = Connection::open(running.address);
            connection.write(&Request::new("POST", path).header("content-type", "text/plain").head(LARGE));
            assert_eq!(connection.read("POST").status, 401, "{path}");
        }
        let scoped = Request::new("POST", "/mcp/scoped").bearer(&bearer(&world));
        let mut connection = Connection::open(running.address);
        connection.write(&scoped.head(LARGE));
        assert_eq!(connection.read("POST").status, 403);
        assert_eq!(running.reached.times(), 0);
        assert_eq!(running.send(&Request::new("GET", "/mcp").bearer(&bearer(&world))).status, 200, "still serving");
    }
}

/// What a refused request carried is not read as the next one.
pub(crate) fn body_of_a_refused_request_is_not_taken_for_a_request(server: Server) {
    let world = World::new();
    let running = (server.start)(App::simple(pinned(&world)));
    let hidden = Request::new("GET", "/mcp").bearer(&bearer(&world)).head(0);
    let mut connection = Connection::open(running.address);
    assert_eq!(connection.send(&Request::new("POST", "/mcp").body(hidden)).status, 401);
    // A server may close the connection, or go on with what follows the body; nothing else.
    if let Some(answer) = connection.try_send(&Request::new("GET", "/mcp/nothing").bearer(&bearer(&world))) {
        assert_eq!(answer.status, 404);
    }
    assert_eq!(running.reached.times(), 0);
}

pub(crate) fn c8_form_tokens_are_read_only_on_request_and_the_handler_still_gets_the_form(server: Server) {
    let world = World::new();
    let post = || Request::new("POST", "/mcp/echo").header("content-type", "application/x-www-form-urlencoded");
    let form = format!("a=b&access_token={}", bearer(&world));

    let closed = (server.start)(App::simple(pinned(&world)));
    assert_eq!(closed.send(&post().body(form.as_str())).status, 401);

    let opted = || pinned(&world).credentials(CredentialPolicy::new().accept_form_body());
    let open = (server.start)(App::simple(opted()));
    let answer = open.send(&post().body(form.as_str()));
    assert_eq!(answer.said(), (200, form.as_str()));
    assert_eq!(answer.all("cache-control"), ["private"], "W11");
    // A form beside a header token passes untouched, however long, and with it goes no word to caches.
    for length in [10, 64 * 1024, 300_000] {
        let long = format!("a={}", "x".repeat(length));
        let answer = open.send(&post().bearer(&bearer(&world)).body(long.as_str()));
        assert!(answer.said() == (200, long.as_str()), "{length}: {}", answer.status);
        assert!(answer.all("cache-control").is_empty());
    }
    let bound = format!("access_token={}", world.bound_token());
    assert_eq!(open.send(&post().body(bound.as_str())).status, 401, "B2");
    // With DPoP the token is in the header, and the form is the handler's.
    let token = world.bound_token();
    let made = proof(&world, &token, "POST", &format!("{AUDIENCE}/echo"), "form");
    assert_eq!(open.send(&post().dpop(&token, &made).body("a=b")).said(), (200, "a=b"));
}
