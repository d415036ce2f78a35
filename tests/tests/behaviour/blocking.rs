//! What only the server that calls the core by hand can do wrong.

use attesto_tests::World;
use attesto_tests::blocking::{serve, text};
use attesto_tests::client::{Connection, Request};
use attesto_tests::servers::{App, BLOCKING, pinned};
use std::io::Write;
use std::net::{TcpListener, TcpStream};

/// tiny_http would read what is announced into a buffer of that length.
#[test]
fn announced_length_that_no_memory_can_hold_does_not_end_the_server() {
    let world = World::new();
    let running = (BLOCKING.start)(App::simple(pinned(&world)));
    let mut held = Vec::new();
    for length in [1 << 47, 1 << 63, usize::MAX] {
        let mut stream = TcpStream::connect(running.address).expect("a connection");
        stream.write_all(&Request::new("POST", "/mcp").head(length)).expect("the server reads");
        held.push(stream);
    }
    for _ in 0..8 {
        assert_eq!(running.send(&Request::new("GET", "/mcp")).status, 401);
    }
}

#[test]
fn panicking_handler_takes_no_thread_with_it() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let threads = serve(listener, 1, |exchange| match exchange.path() {
        "/panic" => panic!("on purpose"),
        _ => exchange.answer(text(200, "well")),
    });
    let threads = threads.expect("threads");
    let send = |path: &str| Connection::open(threads.address()).send(&Request::new("GET", path)).status;
    assert_eq!([send("/panic"), send("/panic"), send("/")], [500, 500, 200]);
}
