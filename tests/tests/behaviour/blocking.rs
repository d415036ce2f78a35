//! The server that calls the core by hand.

use crate::Server;
use crate::client::{self, Request};
use crate::setup::{LONGEST_BODY, Reached, Running, Setup, admin, clock, pinned};
use attesto_core::host::PublicDocuments;
use attesto_core::http::{Connection, ResponseParts, TlsSession};
use attesto_tests::World;
use attesto_tests::blocking::{Door, Entry, Exchange, serve, text};
use std::io::Write;
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;

pub(crate) const SERVER: Server = Server { name: "blocking", start, streams: false };

struct App {
    documents: Arc<PublicDocuments>,
    doors: Vec<(&'static str, Door)>,
    tls: Option<TlsSession>,
    reached: Reached,
}

impl App {
    fn respond(&self, exchange: &mut Exchange) -> ResponseParts {
        if let Some(document) = self.documents.respond(exchange.method(), exchange.path(), exchange.query()) {
            return document;
        }
        let path = exchange.path().to_owned();
        let below = |base: &str| path.strip_prefix(base).filter(|rest| rest.is_empty() || rest.starts_with('/'));
        match self.doors.iter().find_map(|(base, door)| Some((door, below(base)?))) {
            Some((door, rest)) => self.enter(door, rest, exchange),
            None => ResponseParts::new(404),
        }
    }

    fn enter(&self, door: &Door, rest: &str, exchange: &mut Exchange) -> ResponseParts {
        let wants_form = exchange.with_headers(|headers| door.wants_form(exchange.method(), headers));
        let form = if wants_form { exchange.read_form() } else { None };
        let connection = || self.tls.as_ref().map_or_else(Connection::new, |session| session.connection(None));
        let clock = clock();
        match exchange.parts(connection(), form.as_deref(), |request| door.enter(request, &clock)) {
            Ok(entry) => {
                let response = match (rest, &entry) {
                    ("/scoped", Entry::Admitted { grant, .. }) => {
                        let now = clock.now();
                        let met =
                            exchange.parts(connection(), None, |request| door.require(grant, request, &admin(), now));
                        // A refusal is complete as it is, and still an answer to a request that was let in.
                        met.map_or_else(|refusal| refusal, |()| text(200, self.reached.who(Some(grant))))
                    }
                    _ => self.handle(rest, &entry, exchange),
                };
                entry.amend(response)
            }
            Err(refusal) => refusal,
        }
    }

    fn handle(&self, rest: &str, entry: &Entry, exchange: &mut Exchange) -> ResponseParts {
        match (rest, entry) {
            ("" | "/scoped", Entry::Admitted { grant, .. }) => text(200, self.reached.who(Some(grant))),
            ("" | "/scoped", Entry::Preflight) => text(200, self.reached.who(None)),
            ("/user", Entry::Admitted { principal: Some(principal), .. }) => text(200, principal.as_str()),
            ("/user", _) => ResponseParts::new(500),
            ("/echo", _) => match exchange.read_body(LONGEST_BODY) {
                Ok(body) => text(200, body),
                Err(_) => ResponseParts::new(413),
            },
            _ => ResponseParts::new(404),
        }
    }
}

fn start(setup: Setup) -> Running {
    let documents = setup.documents();
    let doors = setup.resources.into_iter().map(|resource| {
        let server = Arc::clone(resource.guard.server());
        let door = Door::new(server, resource.host, resource.requirement);
        (resource.base, if setup.pass_preflight { door.pass_cors_preflight() } else { door })
    });
    let app = App { documents, doors: doors.collect(), tls: setup.tls, reached: setup.reached.clone() };
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let threads = serve(listener, 4, move |mut exchange| {
        let response = app.respond(&mut exchange);
        exchange.answer(response);
    });
    let threads = threads.expect("threads");
    Running { address: threads.address(), reached: setup.reached, alive: Box::new(threads) }
}

/// tiny_http would read what is announced into a buffer of that length.
#[test]
fn announced_length_that_no_memory_can_hold_does_not_end_the_server() {
    let world = World::new();
    let running = start(Setup::simple(pinned(&world)));
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
    let send = |path: &str| client::Connection::open(threads.address()).send(&Request::new("GET", path)).status;
    assert_eq!([send("/panic"), send("/panic"), send("/")], [500, 500, 200]);
}
