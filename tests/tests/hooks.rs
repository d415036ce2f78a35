//! What the host's hooks say, and what they get to see.

use attesto_core::Timestamp;
use attesto_core::dpop::ReplayAnswer;
use attesto_core::host::{ForeignVerifier, Gate, Guard, MemoryReplayStore, Passage};
use attesto_core::http::{Connection, HeaderLines, Lines, RequestParts};
use attesto_core::metadata::{MetadataPointer, PointerRequest, PointerResolver, PointerUnavailable};
use attesto_core::resource::{Denial, ForeignAnswer, ForeignQuestion, RefusalError, Requirement, UnavailableError};
use attesto_core::time::Clock;
use attesto_core::token::ForeignClaims;
use attesto_tests::{Answers, Call, NOW, World, stopped};
use std::future::Future;
use std::pin::pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

fn refused_by_hook(route: &Requirement, answer: ForeignAnswer) -> Denial {
    let world = World::new();
    let server = world.builder().ask_foreign().build().expect("a sound configuration");
    let answers = Answers { foreign: Some(answer), ..Answers::good() };
    *world.check(&server, route, &Call::new().bearer("opaque"), answers).result.expect_err("refused")
}

fn every_refusal() -> Vec<ForeignAnswer> {
    let scopes = |description: Option<&str>| ForeignAnswer::InsufficientScope {
        scopes: vec!["x".into()],
        description: description.map(Into::into),
    };
    let unspeakable = ForeignAnswer::InsufficientScope { scopes: vec!["no scope".into()], description: None };
    let step_up = ForeignAnswer::InsufficientUserAuthentication { acr_values: vec!["phr".into()], max_age: Some(60) };
    vec![scopes(None), scopes(Some("ask for x")), unspeakable, step_up, ForeignAnswer::InvalidToken]
}

#[test]
fn p9_refusal_of_a_hook_keeps_the_metadata_pointer_of_the_route() {
    let url = "https://mcp.example.com/routes/own";
    let own = Requirement::authenticated().metadata_pointer(MetadataPointer::fixed(url).expect("a URL"));
    let none = Requirement::authenticated().metadata_pointer(MetadataPointer::None);
    let servers = "/.well-known/oauth-protected-resource/mcp\"";
    let cases = [(own, Some(format!("resource_metadata=\"{url}\""))), (none, None)];
    for (route, expected) in cases {
        for answer in every_refusal() {
            let shown = format!("{answer:?}");
            let denial = refused_by_hook(&route, answer);
            assert!(!denial.challenges().is_empty(), "{shown}");
            for challenge in denial.challenges() {
                assert!(!challenge.contains(servers), "{shown}: {challenge}");
                match &expected {
                    Some(pointer) => assert!(challenge.contains(pointer), "{shown}: {challenge}"),
                    None => assert!(!challenge.contains("resource_metadata"), "{shown}: {challenge}"),
                }
            }
        }
    }
}

/// Seconds after which a client may come again, and the builder's setting for an outage.
fn retry_after(answer: ReplayAnswer, outage: Duration) -> String {
    let world = World::new();
    let server = world.builder().retry_after(outage).build().expect("a sound configuration");
    let call = world.dpop_call();
    let answers = Answers { replay: answer, ..Answers::good() };
    let denial = *world.check(&server, &Requirement::authenticated(), &call, answers).result.expect_err("refused");
    denial.response().header("retry-after").next().unwrap_or_default().to_owned()
}

#[test]
fn w12_retry_after_is_rounded_up_and_lets_the_proofs_of_a_full_share_expire() {
    for (outage, expected) in [(0, "0"), (1, "1"), (999, "1"), (1_000, "1"), (1_001, "2")] {
        assert_eq!(retry_after(ReplayAnswer::Unavailable, Duration::from_millis(outage)), expected, "{outage} ms");
    }
    // A proof counts for 60 seconds.
    assert_eq!(retry_after(ReplayAnswer::OverShare, Duration::from_secs(5)), "60");
    assert_eq!(retry_after(ReplayAnswer::OverShare, Duration::from_secs(61)), "61");
}

/// Cannot say where the document is.
#[derive(Debug)]
struct Broken;

impl PointerResolver for Broken {
    fn resolve(&self, _: &PointerRequest<'_>) -> Result<Option<String>, PointerUnavailable> {
        Err(PointerUnavailable)
    }
}

#[test]
fn w14_our_own_fault_is_not_described_by_a_hook_and_has_no_challenge() {
    let route = Requirement::authenticated().metadata_pointer(MetadataPointer::Resolver(Arc::new(Broken)));
    for answer in every_refusal() {
        let shown = format!("{answer:?}");
        let denial = refused_by_hook(&route, answer);
        assert_eq!((denial.status(), denial.reason()), (503, UnavailableError::MetadataPointer.into()), "{shown}");
        let response = denial.response();
        assert_eq!(response.header("www-authenticate").count(), 0, "{shown}");
        assert_eq!(response.body_text(), r#"{"error":"temporarily_unavailable"}"#, "{shown}");
    }
    // The same answer where the document can be found is described.
    let answer = every_refusal().swap_remove(1);
    let denial = refused_by_hook(&Requirement::authenticated(), answer);
    assert_eq!(denial.reason(), RefusalError::ForeignScope.into());
    assert!(denial.challenges()[0].contains("error_description=\"ask for x\""), "{denial:?}");
}

/// Writes down which header fields it could see.
#[derive(Clone, Default)]
struct Curious(Arc<Mutex<Vec<String>>>);

const NAMES: [&str; 12] = [
    "authorization",
    "Authorization",
    "AUTHORIZATION",
    "cookie",
    "Cookie",
    "dpop",
    "DPoP",
    "DPOP",
    "proxy-authorization",
    "Proxy-Authorization",
    "x-tenant",
    "X-Tenant",
];

impl ForeignVerifier for Curious {
    async fn verify(&self, token: &ForeignQuestion<'_>, request: &RequestParts<'_>) -> ForeignAnswer {
        assert_eq!(token.token(), "opaque");
        assert!(request.query.is_none() && request.form_body.is_none());
        let mut seen = self.0.lock().expect("no panic");
        seen.extend(NAMES.iter().filter(|name| request.headers.lines(name) != Lines::None).map(ToString::to_string));
        ForeignAnswer::Claims(ForeignClaims::new("somebody"))
    }
}

fn now<T>(future: impl Future<Output = T>) -> T {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(value) => value,
        Poll::Pending => panic!("nothing to wait for"),
    }
}

fn guard(verifier: Curious) -> Guard {
    let server = World::new().builder().build().expect("a sound configuration");
    let store = MemoryReplayStore::single_node(1).expect("a capacity");
    Guard::builder(server).replay_store(store).foreign_verifier(verifier).build().expect("a sound guard")
}

#[test]
fn h1_credentials_are_hidden_from_a_hook_however_it_spells_their_fields() {
    let curious = Curious::default();
    let guard = guard(curious.clone());
    // The request's own spelling does not matter either.
    for (authorization, cookie) in [("authorization", "cookie"), ("Authorization", "COOKIE")] {
        let headers: [(&str, &[u8]); 5] = [
            ("Host", b"mcp.example.com"),
            (authorization, b"Bearer opaque"),
            (cookie, b"session=secret"),
            ("Proxy-Authorization", b"Basic c2VjcmV0"),
            ("X-tenant", b"one"),
        ];
        let headers: &[(&str, &[u8])] = &headers;
        assert!(NAMES[..5].iter().all(|name| headers.lines(name) != Lines::None), "there to be seen");
        let request = RequestParts::new("POST", "/mcp", &headers).connection(Connection::new().tls());
        let admitted = now(guard.admit(&request, &Requirement::authenticated(), &stopped(Timestamp::from_secs(NOW))));
        assert!(admitted.is_ok_and(|grant| grant.subject() == "somebody"));
        assert_eq!(std::mem::take(&mut *curious.0.lock().expect("no panic")), ["x-tenant", "X-Tenant"]);
    }
}

#[test]
fn c11_a_preflight_passes_the_gate_and_what_a_route_requires_and_nothing_else_does() {
    let gate = Gate::new(guard(Curious::default()), Clock::new(|| Timestamp::from_secs(NOW))).pass_cors_preflight();
    let admin = Requirement::scopes(["admin"]).expect("a scope");
    let headers: [(&str, &[u8]); 2] = [("host", b"mcp.example.com"), ("access-control-request-method", b"POST")];
    let headers: &[(&str, &[u8])] = &headers;
    let request = |method| RequestParts::new(method, "/mcp", &headers).connection(Connection::new().tls());
    let passage = now(gate.enter(&request("OPTIONS"))).expect("a preflight");
    assert!(passage.is_preflight() && passage.grant().is_err() && passage.amendments().is_empty());
    assert_eq!(Passage::require(Some(&passage), &request("OPTIONS"), &admin), Ok(()));
    for method in ["GET", "POST", "options", "DELETE"] {
        assert_eq!(now(gate.enter(&request(method))).err().map(|response| response.status), Some(401), "{method}");
    }
    let without = Passage::require(None, &request("OPTIONS"), &admin);
    assert_eq!(without.err().map(|response| response.status), Some(401), "S10: no gate stands before this");
}
