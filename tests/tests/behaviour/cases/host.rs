//! The host's decisions, events and renderers.

use crate::tokens::{bearer, proof, subject};
use attesto_core::Timestamp;
use attesto_core::dpop::{ReplayAnswer, ReplayClaim};
use attesto_core::host::{Event, PrincipalOutcome};
use attesto_core::resource::{
    ErrorRenderer, ErrorView, ForeignAnswer, ForeignQuestion, RenderedBody, RevocationAnswer, Sender,
};
use attesto_core::token::{Claims, ForeignClaims};
use attesto_tests::blocking::Host;
use attesto_tests::client::Request;
use attesto_tests::servers::Server;
use attesto_tests::servers::{App, Remembering, Resource, pinned};
use attesto_tests::{AUDIENCE, World};
use std::sync::{Arc, Mutex};

/// Knows a few users and a few tokens, and writes down what it hears.
#[derive(Clone)]
struct Knowing {
    heard: Arc<Mutex<Vec<String>>>,
    proofs: Arc<Remembering>,
}

impl Knowing {
    fn new() -> Self {
        Self { heard: Arc::default(), proofs: Arc::new(Remembering::new(10)) }
    }
}

impl Host for Knowing {
    fn replay(&self, claim: &ReplayClaim, now: Timestamp) -> ReplayAnswer {
        self.proofs.replay(claim, now)
    }

    fn revocation(&self, claims: &Claims) -> RevocationAnswer {
        match claims.subject() {
            "usr_revoked" => RevocationAnswer::Revoked,
            _ => RevocationAnswer::Active,
        }
    }

    fn principal(&self, claims: &Claims, _: &Sender) -> PrincipalOutcome<String> {
        match claims.subject() {
            "usr_1" | "opaque user" => PrincipalOutcome::Accepted("Alice".into()),
            "usr_down" => PrincipalOutcome::Unavailable,
            _ => PrincipalOutcome::Refused,
        }
    }

    fn foreign(&self, question: &ForeignQuestion<'_>) -> ForeignAnswer {
        match question.token() {
            "opaque-1" => ForeignAnswer::Claims(ForeignClaims::new("opaque user").scopes(["mcp:tools:call"])),
            _ => ForeignAnswer::InvalidToken,
        }
    }

    fn event(&self, event: &Event<'_>) {
        let mut line = event.name().to_owned();
        event.visit(&mut |name, value| line.push_str(&format!(" {name}={value}")));
        self.heard.lock().expect("no panic").push(line);
    }
}

pub(crate) fn principal_lookup_may_accept_refuse_or_fail(server: Server) {
    let world = World::new();
    let running = (server.start)(App::with_resources([Resource::new(pinned(&world), Knowing::new(), &["principal"])]));
    let ask = |sub| running.send(&Request::new("GET", "/mcp/user").bearer(&subject(&world, sub)));
    assert_eq!(ask("usr_1").said(), (200, "Alice"));
    let refused = ask("usr_2");
    assert_eq!(refused.status, 401);
    assert!(refused.all("www-authenticate")[0].starts_with("Bearer error=\"invalid_token\""));
    let down = ask("usr_down");
    assert_eq!(down.said(), (503, r#"{"error":"temporarily_unavailable"}"#));
    assert_eq!((down.all("retry-after"), down.all("www-authenticate").len()), (vec!["5"], 0));
}

/// A route that needs a principal without a look-up is a wiring error; the response does not reveal it.
pub(crate) fn a_principal_without_a_lookup_is_our_own_fault(server: Server) {
    let world = World::new();
    let running = (server.start)(App::simple(pinned(&world)));
    let answer = running.send(&Request::new("GET", "/mcp/user").bearer(&bearer(&world)));
    assert_eq!(answer.said(), (500, ""));
}

pub(crate) fn a17_revoked_token_is_refused(server: Server) {
    let world = World::new();
    let running = (server.start)(App::with_resources([Resource::new(pinned(&world), Knowing::new(), &["revocation"])]));
    for (sub, status) in [("usr_1", 200), ("usr_revoked", 401)] {
        let answer = running.send(&Request::new("GET", "/mcp").bearer(&subject(&world, sub)));
        assert_eq!(answer.status, status, "{sub}");
    }
}

pub(crate) fn h1_h2_custom_verifier_judges_what_is_not_ours(server: Server) {
    let world = World::new();
    let resource = Resource::new(pinned(&world), Knowing::new(), &["foreign", "principal"]);
    let running = (server.start)(App::with_resources([resource]));
    let answer = running.send(&Request::new("GET", "/mcp").bearer("opaque-1"));
    assert_eq!(answer.said(), (200, "opaque user bearer mcp:tools:call"));
    assert_eq!(running.send(&Request::new("GET", "/mcp/user").bearer("opaque-1")).said(), (200, "Alice"));
    assert_eq!(running.send(&Request::new("GET", "/mcp").bearer("opaque-2")).status, 401);
    assert_eq!(running.send(&Request::new("GET", "/mcp").bearer(&bearer(&world))).status, 200);
}

#[derive(Debug)]
struct Envelope;

impl ErrorRenderer for Envelope {
    fn render(&self, view: &ErrorView<'_>) -> Option<RenderedBody> {
        Some(RenderedBody::new("application/problem+json", format!(r#"{{"status":{}}}"#, view.status)))
    }
}

pub(crate) fn w14_renderer_decides_the_body_and_nothing_else(server: Server) {
    let world = World::new();
    let running = (server.start)(App::simple(pinned(&world).error_renderer(Arc::new(Envelope))));
    let none = || Request::new("GET", "/mcp");
    let refused = [
        (none(), 401),
        (none().bearer("a b"), 400),
        (none().bearer("x"), 401),
        (Request::new("GET", "/mcp/scoped").bearer(&bearer(&world)), 403),
    ];
    for (request, status) in refused {
        let answer = running.send(&request);
        assert_eq!(answer.said(), (status, format!(r#"{{"status":{status}}}"#).as_str()));
        assert_eq!(answer.all("content-type"), ["application/problem+json"]);
        assert!(!answer.all("www-authenticate").is_empty());
        assert_eq!(answer.all("cache-control"), ["no-store"]);
    }
    assert_eq!(running.send(&Request::new("HEAD", "/mcp")).said(), (401, ""));
}

#[derive(Debug)]
struct Unsendable;

impl ErrorRenderer for Unsendable {
    fn render(&self, view: &ErrorView<'_>) -> Option<RenderedBody> {
        let media_type = if view.status == 401 { "text/plain\r\nset-cookie: a=b" } else { "text/caf\u{e9}" };
        Some(RenderedBody::new(media_type, "mine"))
    }
}

pub(crate) fn w14_renderer_whose_media_type_is_no_field_value_costs_its_body_only(server: Server) {
    let world = World::new();
    let running = (server.start)(App::simple(pinned(&world).error_renderer(Arc::new(Unsendable))));
    let answer = running.send(&Request::new("GET", "/mcp").bearer("x"));
    assert_eq!((answer.status, answer.all("content-type")), (401, vec!["application/json"]));
    assert!(!answer.all("www-authenticate").is_empty() && answer.all("set-cookie").is_empty());
    let answer = running.send(&Request::new("GET", "/mcp/scoped").bearer(&bearer(&world)));
    assert_eq!((answer.status, answer.all("content-type")), (403, vec!["application/json"]));
}

pub(crate) fn e1_to_e5_events_tell_what_happened_and_no_secret(server: Server) {
    let world = World::new();
    let host = Knowing::new();
    let running = (server.start)(App::with_resources([Resource::new(pinned(&world), host.clone(), &[])]));
    let token = world.bound_token();
    let made = proof(&world, &token, "GET", AUDIENCE, "j\"\n1");
    let request = Request::new("GET", "/mcp").dpop(&token, &made);
    running.send(&request);
    running.send(&request);
    let plain = bearer(&world);
    running.send(&Request::new("GET", "/mcp/scoped").bearer(&plain));
    running.send(&Request::new("GET", "/mcp"));
    let lines = host.heard.lock().expect("no panic").clone();
    // Every field, so that what a server notes by hand is what a guard would note.
    let succeeded = |binding: &str| {
        format!(
            "auth_succeeded issuer=https://auth.example.com subject=usr_1 client_id=client-1 \
             scopes=mcp:tools:read mcp:tools:call binding={binding} resource=https://mcp.example.com/mcp"
        )
    };
    let denied = |outcome: &str, reason: &str, route: &str, whose: &str| {
        format!(
            "auth_denied outcome={outcome} reason={reason} method=GET route={route} client_address=127.0.0.1{whose}"
        )
    };
    let whose = " issuer=https://auth.example.com client_id=client-1 subject=usr_1";
    assert_eq!(
        lines,
        [
            succeeded("dpop"),
            "dpop_replay_detected jti=j\\u{22}\\u{a}1 client_id=client-1".into(),
            denied("invalid_dpop_proof", "replay", "/mcp", whose),
            succeeded("bearer"),
            denied("insufficient_scope", "insufficient_scope", "/mcp/scoped", whose),
            "scope_denied required=admin client_id=client-1 subject=usr_1".into(),
            denied("", "missing_credentials", "/mcp", ""),
        ]
    );
    let all = lines.join("\n");
    for secret in [&token, &made, &plain] {
        assert!(!all.contains(secret.as_str()));
    }
}

/// A replay store that cannot answer.
struct Broken;

impl Host for Broken {
    fn replay(&self, _: &ReplayClaim, _: Timestamp) -> ReplayAnswer {
        ReplayAnswer::Unavailable
    }
}

pub(crate) fn r3_failing_or_full_replay_store_is_503_and_never_a_pass(server: Server) {
    let world = World::new();
    let full = Resource::new(pinned(&world), Remembering::new(1), &[]);
    let token = world.bound_token();
    for (resource, first) in [(Resource::new(pinned(&world), Broken, &[]), 503), (full, 200)] {
        let running = (server.start)(App::with_resources([resource]));
        for (jti, status) in [("first", first), ("second", 503)] {
            let made = proof(&world, &token, "GET", AUDIENCE, jti);
            let answer = running.send(&Request::new("GET", "/mcp").dpop(&token, &made));
            assert_eq!(answer.status, status, "{jti}");
            if status == 503 {
                assert_eq!((answer.all("retry-after"), answer.all("www-authenticate").len()), (vec!["5"], 0));
            }
        }
    }
}
