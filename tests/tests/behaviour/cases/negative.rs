//! The whole negative table: what the core says about a row is what the client of every server reads.

use attesto_core::Timestamp;
use attesto_core::dpop::{ReplayAnswer, ReplayClaim};
use attesto_core::host::PrincipalOutcome;
use attesto_core::http::{ResponseParts, TlsSession};
use attesto_core::resource::{ForeignAnswer, ForeignQuestion, PrincipalAnswer, RevocationAnswer, Sender};
use attesto_core::token::Claims;
use attesto_tests::blocking::Host;
use attesto_tests::client::{Answer, Request};
use attesto_tests::negative::{Exchange, Row, rows};
use attesto_tests::servers::Server;
use attesto_tests::servers::{App, Resource, Running};
use attesto_tests::{Answers, Call};

/// The requests that cannot be sent, to which servers, and why. All others are sent, and refused.
const NOT_ON_A_WIRE: [(&str, &[&str], &str); 3] = [
    ("p11 no host", &["actix"], "actix-web answers 400 itself, before any middleware (RFC 9112 §3.2)"),
    ("p11 two hosts", &["actix"], "actix-web answers 400 itself, before any middleware (RFC 9112 §3.2)"),
    (
        "c8 too large",
        &["axum", "actix", "hyper", "blocking"],
        "no server reads so much of a form ahead: the core is lent none, and finds no credentials at all",
    ),
];

fn excluded(server: Server, row: &Row) -> bool {
    NOT_ON_A_WIRE.iter().any(|(name, servers, _)| *name == row.name && servers.contains(&server.name))
}

/// A host that says what the row says.
struct Scripted(fn() -> Answers);

impl Host for Scripted {
    fn replay(&self, _: &ReplayClaim, _: Timestamp) -> ReplayAnswer {
        (self.0)().replay
    }

    fn revocation(&self, _: &Claims) -> RevocationAnswer {
        (self.0)().revocation
    }

    fn principal(&self, _: &Claims, _: &Sender) -> PrincipalOutcome<String> {
        match (self.0)().principal {
            PrincipalAnswer::Accepted => PrincipalOutcome::Accepted("accepted".into()),
            PrincipalAnswer::Refused => PrincipalOutcome::Refused,
            PrincipalAnswer::Unavailable => PrincipalOutcome::Unavailable,
        }
    }

    fn foreign(&self, _: &ForeignQuestion<'_>) -> ForeignAnswer {
        (self.0)().foreign.unwrap_or(ForeignAnswer::Unavailable)
    }
}

/// What the TLS acceptor of a real server would have seen of this request's connection. Rows about plain http and about proxies
/// come without: they are served as plain http, and nothing but the row's own configuration speaks for https.
fn tls_of(call: &Call) -> Option<TlsSession> {
    match &call.certificate {
        Some(der) => Some(TlsSession::with_client_certificate(der.as_slice())),
        None => call.tls.then(TlsSession::new),
    }
}

/// Serves one side of a row; `asked` is what the core asks about it.
fn serve(server: Server, exchange: Exchange, asked: &[&str]) -> (Running, Request) {
    let Exchange { call, builder, requirement, answers } = exchange;
    let resource = Resource::new(builder, Scripted(answers), asked).requiring(requirement);
    let mut setup = App::with_resources([resource]);
    setup.session = tls_of(&call);
    ((server.start)(setup), Request::from(&call))
}

/// Every header field of the core's response is on the wire, with all its lines in their order, and the body byte for byte.
pub(super) fn differences(answer: &Answer, expected: &ResponseParts) -> Vec<String> {
    let mut found = Vec::new();
    if answer.status != expected.status {
        found.push(format!("status {} instead of {}", answer.status, expected.status));
    }
    for header in &expected.headers {
        let lines: Vec<&str> = expected.header(header.name()).collect();
        if answer.all(header.name()) != lines {
            found.push(format!("{}: {:?} instead of {lines:?}", header.name(), answer.all(header.name())));
        }
    }
    if expected.header("www-authenticate").next().is_none() && !answer.all("www-authenticate").is_empty() {
        found.push(format!("challenges out of nowhere: {:?}", answer.all("www-authenticate")));
    }
    if answer.body != expected.body {
        found.push(format!("body {:?} instead of {:?}", String::from_utf8_lossy(&answer.body), expected.body_text()));
    }
    found
}

/// What is wrong with the answer to a row's broken request.
fn broken(server: Server, row: &Row) -> Result<(), String> {
    let (running, request) = serve(server, row.broken(), &row.broken().run().asked);
    let answer = running.send(&request);
    assert!(answer.status >= 400 && running.reached.times() == 0, "{} came through: {answer:?}", row.name);
    let found = differences(&answer, &row.denial().response());
    if found.is_empty() { Ok(()) } else { Err(format!("{}: {}", row.name, found.join("; "))) }
}

fn mended(server: Server, row: &Row) -> Result<(), String> {
    let (running, request) = serve(server, row.mended(), &row.mended().run().asked);
    let answer = running.send(&request);
    let right = (answer.status, running.reached.times()) == (200, 1);
    if right { Ok(()) } else { Err(format!("{}: mended, and still {answer:?}", row.name)) }
}

fn nothing_in(wrong: &[String]) {
    assert!(wrong.is_empty(), "{} row(s):\n{}", wrong.len(), wrong.join("\n"));
}

pub(crate) fn every_row_of_the_negative_table_is_refused_as_the_core_says(server: Server) {
    let rows = rows();
    let sent = rows.iter().filter(|row| !excluded(server, row));
    nothing_in(&sent.filter_map(|row| broken(server, row).err()).collect::<Vec<_>>());
}

pub(crate) fn every_row_passes_when_its_one_thing_is_mended(server: Server) {
    nothing_in(&rows().iter().filter_map(|row| mended(server, row).err()).collect::<Vec<_>>());
}

/// Neither more nor less is left out than has to be.
pub(crate) fn rows_that_no_socket_can_carry_are_exactly_these(server: Server) {
    let rows = rows();
    for (name, servers, reason) in NOT_ON_A_WIRE {
        let row = rows.iter().find(|row| row.name == name).expect("a row of the table");
        assert_eq!(broken(server, row).is_err(), servers.contains(&server.name), "{name}: {reason}");
    }
}
