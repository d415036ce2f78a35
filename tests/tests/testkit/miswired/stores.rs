//! Used proofs that are not remembered, or too early.

use super::{ALGS, POINTER, found_in, words};
use crate::under::{Parts, Wiring, every_adapter, run};
use attesto_core::Timestamp;
use attesto_core::dpop::{ReplayAnswer, ReplayClaim};
use attesto_core::host::{Guard, MemoryReplayStore, ReplayStore, StoreReach};
use attesto_testkit::hostile::HostileStore;
use attesto_testkit::{App, Fixture, TestRequest, check_replay_refused};
use std::cell::{Cell, RefCell};
use std::collections::HashSet;
use std::sync::Mutex;

fn with_store(fixture: &Fixture, store: impl ReplayStore + 'static) -> Parts {
    let server = fixture.resource_server().build().expect("a server");
    Parts::from_fixture(fixture, Guard::builder(server).replay_store(store).build().expect("a guard"))
}

fn memory() -> MemoryReplayStore {
    MemoryReplayStore::single_node(1_000).expect("a store")
}

/// The application of the first adapter: what is wrong here lies outside them.
async fn served(parts: &Parts) -> crate::under::Boxed {
    every_adapter(parts, Wiring::Right).await.remove(0).1
}

#[test]
fn t6_a_replay_store_that_remembers_nothing() {
    let fixture = Fixture::new();
    let parts = with_store(&fixture, HostileStore::forgetful());
    let text = run(super::found(&fixture, &parts, Wiring::Right, parts.route()));
    assert_eq!(
        text,
        words(
            "replay_refused",
            "the same proof once more",
            "200; the handler was reached",
            "401, WWW-Authenticate: DPoP error=\"invalid_dpop_proof\"",
            "used proofs are not remembered, or not by all. Give the guard a store that records each claim once \
             (`MemoryReplayStore`, or one that `assert_replay_store_conforms` passes), and build guard and store \
             once, outside the closure that makes an application per worker."
        )
    );
}

/// What the closure that makes an actix `App` does for each worker, if guard and store are made in it.
#[test]
fn t6_a_replay_store_for_each_worker() {
    let fixture = Fixture::new();
    let parts = with_store(&fixture, memory());
    let second = Parts { reached: parts.reached.clone(), ..with_store(&fixture, memory()) };
    let text = run(async {
        let workers = [served(&parts).await, served(&second).await];
        let turn = Cell::new(0);
        let app = |request: TestRequest| {
            turn.set(turn.get() + 1);
            workers[turn.get() % 2].respond(request)
        };
        check_replay_refused(&app, &fixture, &parts.route()).await.expect_err("found").to_string()
    });
    assert_eq!(
        text,
        words(
            "replay_refused",
            "the same proof once more",
            "200; the handler was reached",
            "401, WWW-Authenticate: DPoP error=\"invalid_dpop_proof\"",
            "used proofs are not remembered, or not by all. Give the guard a store that records each claim once \
             (`MemoryReplayStore`, or one that `assert_replay_store_conforms` passes), and build guard and store \
             once, outside the closure that makes an application per worker."
        )
    );
}

#[test]
fn t6_a_replay_store_for_each_request() {
    let fixture = Fixture::new();
    let parts = Parts::new(&fixture);
    let text = run(async {
        let app = async |request: TestRequest| {
            let fresh = Parts { reached: parts.reached.clone(), ..with_store(&fixture, memory()) };
            served(&fresh).await.respond(request).await
        };
        check_replay_refused(&app, &fixture, &parts.route()).await.expect_err("found").to_string()
    });
    assert_eq!(
        text,
        words(
            "replay_refused",
            "the same proof once more",
            "200; the handler was reached",
            "401, WWW-Authenticate: DPoP error=\"invalid_dpop_proof\"",
            "used proofs are not remembered, or not by all. Give the guard a store that records each claim once \
             (`MemoryReplayStore`, or one that `assert_replay_store_conforms` passes), and build guard and store \
             once, outside the closure that makes an application per worker."
        )
    );
}

/// Remembers `jti` alone, as the record's name suggests to some.
#[derive(Default)]
struct ByJti {
    jtis: RefCell<HashSet<String>>,
}

fn claim_in_proof(request: &TestRequest, name: &str) -> Option<String> {
    use attesto_core::encoding::base64url;
    let (_, proof) = request.headers.iter().find(|(name, _)| name == "dpop")?;
    let mut payload = Vec::new();
    base64url::decode_append(proof.split('.').nth(1)?.as_bytes(), &mut payload).ok()?;
    let claims: serde_json::Value = serde_json::from_slice(&payload).ok()?;
    Some(claims.get(name)?.as_str()?.to_owned())
}

fn replayed() -> attesto_testkit::TestResponse {
    attesto_testkit::TestResponse::new(401).with_header("www-authenticate", "DPoP error=\"invalid_dpop_proof\"")
}

impl ByJti {
    fn is_fresh(&self, request: &TestRequest) -> bool {
        claim_in_proof(request, "jti").is_none_or(|jti| self.jtis.borrow_mut().insert(jti))
    }
}

#[test]
fn t7_a_proof_is_recorded_before_the_request_has_passed() {
    let fixture = Fixture::new();
    let parts = Parts::new(&fixture);
    let text = run(async {
        let (served, early) = (served(&parts).await, ByJti::default());
        let app = async |request: TestRequest| {
            if early.is_fresh(&request) { served.respond(request).await } else { replayed() }
        };
        attesto_testkit::check_refused_request_leaves_proof_usable(&app, &fixture, &parts.route())
            .await
            .expect_err("found")
            .to_string()
    });
    assert_eq!(
        text,
        words(
            "refused_request_leaves_proof_usable",
            "the client's token and proof, after requests with the same proof were refused",
            "401, WWW-Authenticate: DPoP error=\"invalid_dpop_proof\"",
            "2xx: the handler's answer",
            "a proof is recorded before the request that carries it has passed, so anybody can use up a client's \
             proofs or fill the store. Let the guard ask the store: it does so last. Protect the route once; a \
             second guard before it sees the proof first."
        )
    );
}

#[test]
fn t6_a_replay_check_that_knows_jti_alone() {
    let fixture = Fixture::new();
    let parts = Parts::new(&fixture);
    let text = run(async {
        let (served, early) = (served(&parts).await, ByJti::default());
        let app = async |request: TestRequest| {
            if early.is_fresh(&request) { served.respond(request).await } else { replayed() }
        };
        found_in(&app, &fixture, &parts.route()).await
    });
    assert_eq!(
        text,
        words(
            "replay_refused",
            "a proof of another client's key with a jti that the first client has used",
            "401, WWW-Authenticate: DPoP error=\"invalid_dpop_proof\"",
            "2xx: the handler's answer",
            "the replay store is keyed by `jti` alone, so one client can burn another's proofs. Record \
             `ReplayClaim::key` as it is: it covers key and `jti`."
        )
    );
}

#[test]
fn t5_a_route_behind_two_guards() {
    let fixture = Fixture::new();
    let parts = Parts::new(&fixture);
    let text = run(async {
        // One after the other, as nested scopes with a guard each.
        let (outer, inner) = (served(&parts).await, served(&parts).await);
        let app = async |request: TestRequest| {
            let answer = outer.respond(request.clone()).await;
            if answer.is_success() && request.method == "POST" { inner.respond(request).await } else { answer }
        };
        found_in(&app, &fixture, &parts.route()).await
    });
    assert_eq!(
        text,
        words(
            "proof_accepted",
            "a DPoP-bound token with a fresh proof, right in every respect",
            &format!(
                "401, WWW-Authenticate: DPoP error=\"invalid_dpop_proof\", error_description=\"The DPoP proof \
                     is missing or invalid [replay]\", {ALGS}, {POINTER}; the handler was reached"
            ),
            "2xx: the handler's answer",
            "the proof counts as used although it was not sent before. Is the route behind two guards? Protect it \
             once: in axum one `ProtectLayer` in all nested routers, in actix one `Protect` among scope and \
             resource."
        )
    );
}

/// Counts its calls and answers `Unavailable`, like a store that is full.
#[derive(Default)]
struct Full(Mutex<u64>);

impl ReplayStore for Full {
    async fn claim(&self, _: &ReplayClaim, _: Timestamp) -> ReplayAnswer {
        *self.0.lock().expect("a lock") += 1;
        ReplayAnswer::Unavailable
    }

    fn reach(&self) -> StoreReach {
        StoreReach::Process
    }
}

#[test]
fn t5_a_store_that_does_not_answer() {
    let fixture = Fixture::new();
    let parts = with_store(&fixture, Full::default());
    let text = run(super::found(&fixture, &parts, Wiring::Right, parts.route()));
    assert_eq!(
        text,
        words(
            "proof_accepted",
            "a DPoP-bound token with a fresh proof, right in every respect",
            "503, \"{\\\"error\\\":\\\"temporarily_unavailable\\\"}\"",
            "2xx: the handler's answer",
            "the host did not answer one of the guard's questions: the replay store, a revocation check, a \
             principal lookup, a foreign verifier, or where the issuer's keys are. Is the store full, or one of \
             them out of reach of the test? `fixture.trusted_issuer()` needs no keys to be fetched."
        )
    );
}
