//! When dependencies fail, no adapter admits a request, and the response is accurate.

use crate::under::{Parts, Wiring, bare, every_adapter, run};
use attesto_core::Timestamp;
use attesto_core::host::{Guard, ReplayStore};
use attesto_core::resource::ResourceServer;
use attesto_core::time::Clock;
use attesto_core::token::TrustedIssuer;
use attesto_testkit::hostile::{
    HostileStore, NonceLoop, StaleKeys, assert_client_retries_once, assert_hostility_refused, assert_unauthorized,
    assert_unavailable, check_client_retries_once, check_hostility_refused, check_unavailable, jumping_clock,
};
use attesto_testkit::{App, Fixture, Route, TestRequest, TestResponse, assert_resource_protected, block_on};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

fn with_store(fixture: &Fixture, store: impl ReplayStore + 'static) -> Parts {
    let server = fixture.resource_server().build().expect("a server");
    Parts::from_fixture(fixture, Guard::builder(server).replay_store(store).build().expect("a guard"))
}

fn with_issuer(fixture: &Fixture, issuer: TrustedIssuer) -> Parts {
    let server = ResourceServer::builder(fixture.resource(), fixture.provider()).issuer(issuer);
    Parts::from_fixture(fixture, fixture.guard_of(server))
}

#[test]
fn a_store_that_fails_or_is_full_means_503_and_admits_no_request() {
    let fixture = Fixture::new();
    for store in [HostileStore::failing(), HostileStore::full()] {
        let parts = with_store(&fixture, store.clone());
        run(async {
            let (app, route) = bare(&parts);
            assert_unavailable(&app, &fixture, &route).await;
            for (_, app) in every_adapter(&parts, Wiring::Right).await {
                assert_unavailable(&app, &fixture, &parts.route()).await;
                assert_hostility_refused(&app, &fixture, &parts.route()).await;
            }
        });
        assert_eq!((store.asked(), parts.reached.count()), (7, 0), "asked each time: {store:?}");
    }
}

#[test]
fn a_slow_store_changes_nothing() {
    let fixture = Fixture::new();
    let parts = with_store(&fixture, HostileStore::slow());
    run(async {
        for (_, app) in every_adapter(&parts, Wiring::Right).await {
            assert_resource_protected(&app, &fixture, &parts.route()).await;
        }
    });
}

#[test]
fn stale_keys_mean_401_and_no_keys_503() {
    let fixture = Fixture::new();
    let none = TrustedIssuer::with_source(fixture.issuer(), Arc::new(StaleKeys::none())).expect("an issuer");
    let (stale, none) = (with_issuer(&fixture, StaleKeys::trusted_by(&fixture)), with_issuer(&fixture, none));
    run(async {
        for (_, app) in every_adapter(&stale, Wiring::Right).await {
            assert_unauthorized(&app, &fixture, &stale.route()).await;
        }
        for (_, app) in every_adapter(&none, Wiring::Right).await {
            assert_unavailable(&app, &fixture, &none.route()).await;
        }
    });
    assert_eq!(stale.reached.count() + none.reached.count(), 0);
}

#[test]
fn a_clock_that_jumps_admits_neither_early_nor_expired_tokens() {
    let fixture = Fixture::new();
    let mut parts = Parts::new(&fixture);
    parts.clock = jumping_clock([fixture.now().plus(86_400), fixture.now().minus(86_400)]);
    run(async {
        for (_, app) in every_adapter(&parts, Wiring::Right).await {
            for _ in 0..4 {
                assert_hostility_refused(&app, &fixture, &parts.route()).await;
            }
        }
    });
    assert_eq!(parts.reached.count(), 0);
}

/// The clock jumps so far that records of used proofs lapse, and back to when the proofs were fresh.
#[test]
fn a_clock_that_jumps_makes_no_used_proof_fresh_again() {
    let fixture = Fixture::new();
    let (now, later) = (fixture.now(), fixture.now().plus(3600));
    run(async {
        for name in ["axum", "actix", "hyper"] {
            let mut parts = Parts::from_fixture(&fixture, fixture.guard());
            let time = Arc::new(AtomicU64::new(now.as_secs()));
            let told = Arc::clone(&time);
            parts.clock = Clock::new(move || Timestamp::from_secs(told.load(Ordering::SeqCst)));
            let apps = every_adapter(&parts, Wiring::Right).await;
            let (_, app) = apps.iter().find(|(adapter, _)| *adapter == name).expect("an adapter");
            let used = parts.route().authorized(&fixture, None);
            assert_eq!(app.respond(used.clone()).await.status, 200, "{name}: at first");
            // An hour later another client sends a request, so that lapsed records are dropped.
            time.store(later.as_secs(), Ordering::SeqCst);
            let token = parts.route().token(&fixture).bound_to(fixture.other_key()).expires_at(later.plus(60)).build();
            let proof =
                fixture.other_key().proof("POST", &fixture.url("/mcp")).token(&token).at(later).jti(name).build();
            let request = parts.route().request(&fixture).dpop(&token, &proof);
            assert_eq!(app.respond(request).await.status, 200, "{name}: an hour later");
            time.store(now.as_secs(), Ordering::SeqCst);
            let again = app.respond(used).await;
            assert!(matches!(again.status, 401 | 503), "{name}: back again: {again:?}");
            assert_eq!(parts.reached.count(), 2, "{name}");
        }
    });
}

#[test]
fn a_host_that_admits_requests_when_its_store_fails_is_found() {
    let fixture = Fixture::new();
    let open = |_: TestRequest| async { TestResponse::new(200) };
    let route = Route::post("/mcp");
    let found = block_on(check_hostility_refused(&open, &fixture, &route)).expect_err("found").to_string();
    let expected = "attesto testkit: hostility_refused does not hold for POST /mcp\n  sent:     a request that is right in \
                    every respect, to a server in hostile surroundings\n  seen:     200\n  expected: 401 or 503; the handler \
                    is not reached\n  to fix:   a question without an answer must let nobody in: map every error and \
                    time-out of a store or hook to its `Unavailable`, never to `Fresh`, `Active` or `Accepted`; and let the \
                    guard answer.";
    assert_eq!(found, expected);
}

#[test]
fn a_host_that_blames_the_client_for_its_own_fault_is_found() {
    let fixture = Fixture::new();
    let route = Route::post("/mcp");
    let blaming = |_: TestRequest| async { TestResponse::new(503).with_header("www-authenticate", "Bearer") };
    let found = block_on(check_unavailable(&blaming, &fixture, &route)).expect_err("found");
    assert_eq!(&*found.expected, "503 with Retry-After and without WWW-Authenticate");
    let unauthorized = |_: TestRequest| async { TestResponse::new(401) };
    let found = block_on(check_unavailable(&unauthorized, &fixture, &route)).expect_err("found");
    assert_eq!(&*found.expected, "503; the handler is not reached");
}

/// A client that goes on as long as it is asked for nonces, at most so often.
fn client(server: &NonceLoop, attempts: usize, learns: bool) {
    let fixture = Fixture::new();
    block_on(async {
        let mut nonce: Option<String> = None;
        for _ in 0..attempts {
            let answer = server.respond(Route::post("/mcp").authorized(&fixture, nonce.as_deref())).await;
            if learns {
                nonce = answer.header("dpop-nonce").next().map(str::to_owned);
            }
            if answer.error().as_deref() != Some("use_dpop_nonce") {
                break;
            }
        }
    });
}

#[test]
fn clients_that_get_nonces_wrong_are_found() {
    let server = NonceLoop::new();
    client(&server, 2, true);
    assert_client_retries_once(&server);

    let wrong = [
        (1, true, "1 requests, 0 of them", "repeat the request once, with a new proof that carries the nonce"),
        (2, false, "2 requests, 0 of them", "take the nonce from the `DPoP-Nonce` field"),
        (3, true, "3 requests, 2 of them", "give up when the retry is refused as well"),
        // The server ends it.
        (1_000, true, "17 requests, 16 of them", "give up when the retry is refused as well"),
    ];
    for (attempts, learns, seen, fix) in wrong {
        let server = NonceLoop::new();
        client(&server, attempts, learns);
        let found = check_client_retries_once(&server).expect_err("found");
        assert!(found.seen.starts_with(seen) && found.fix.starts_with(fix), "{found}");
    }
}

#[test]
fn a_server_whose_nonces_never_satisfy_is_found() {
    let fixture = Fixture::new();
    let found = block_on(attesto_testkit::check_proof_accepted(&NonceLoop::new(), &fixture, &Route::post("/mcp")));
    let fix = "the nonce that the server gave is not accepted. Do all guards and instances share one `NonceSecret`?";
    assert_eq!(&*found.expect_err("found").fix, fix);
}
