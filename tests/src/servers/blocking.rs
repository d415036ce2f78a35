//! The server that calls the core by hand.

use super::app::{App, LONGEST_BODY, Reached, admin};
use super::{Running, listen};
use crate::blocking::{Door, Entry, Exchange, serve, text};
use attesto_core::host::PublicDocuments;
use attesto_core::http::{Connection, ResponseParts, TlsSession};
use attesto_core::time::Clock;
use std::sync::Arc;

struct Application {
    documents: Arc<PublicDocuments>,
    doors: Vec<(&'static str, Door)>,
    session: Option<TlsSession>,
    clock: Clock,
    reached: Reached,
}

impl Application {
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
        let connection = || self.session.as_ref().map_or_else(Connection::new, |session| session.connection(None));
        let clock = &self.clock;
        match exchange.parts(connection(), form.as_deref(), |request| door.enter(request, clock)) {
            Ok(entry) => {
                let response = match (rest, &entry) {
                    ("/scoped", Entry::Granted { grant, .. }) => {
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
            ("" | "/scoped", Entry::Granted { grant, .. }) => text(200, self.reached.who(Some(grant))),
            ("" | "/scoped", Entry::Preflight) => text(200, self.reached.who(None)),
            ("/user", Entry::Granted { principal: Some(principal), .. }) => text(200, principal.as_str()),
            ("/user", _) => ResponseParts::new(500),
            ("/echo", _) => match exchange.read_body(LONGEST_BODY) {
                Ok(body) => text(200, body),
                Err(_) => ResponseParts::new(413),
            },
            _ => ResponseParts::new(404),
        }
    }
}

pub(super) fn start(app: App) -> Running {
    assert!(app.mounted.is_none() && app.tls.is_none(), "neither is there");
    let documents = app.documents();
    let doors = app.resources.into_iter().map(|resource| {
        let server = Arc::clone(resource.guard.server());
        let door = Door::new(server, resource.host.expect("what the guard asks"), resource.requirement);
        (resource.base, if app.pass_preflight { door.pass_cors_preflight() } else { door })
    });
    let (session, clock, reached) = (app.session, app.clock, app.reached.clone());
    let application = Application { documents, doors: doors.collect(), session, clock, reached };
    let (listener, _) = listen();
    let threads = serve(listener, 4, move |mut exchange| {
        let response = application.respond(&mut exchange);
        exchange.answer(response);
    });
    let threads = threads.expect("threads");
    Running { address: threads.address(), reached: app.reached, _alive: Box::new(threads) }
}
