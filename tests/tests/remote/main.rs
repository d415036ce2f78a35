//! Keys of an issuer elsewhere: when they are asked for, what an issuer that misbehaves can do, and what the client receives
//! (J9, J22, CRS-1 to CRS-5).

mod net;
mod trouble;

use attesto_core::Timestamp;
use attesto_core::host::{Event, EventSink, Guard, MemoryReplayStore, OwnedEvent};
use attesto_core::http::{HttpFailure, IncomingResponse};
use attesto_core::limits;
use attesto_core::remote::{FetchError, KeyPolicy, RemoteKeys};
use attesto_core::resource::{Denial, Reason, Requirement, ResourceServer};
use attesto_core::token::{TokenError, TrustedIssuer};
use attesto_tests::{AUDIENCE, Call, ISSUER, NOW, World};
use net::{Answer, Client, Net, jwks, ok};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

const METADATA: &str = "/.well-known/oauth-authorization-server";
const KEYS: &str = "/jwks";

#[derive(Clone, Default)]
struct Events(Arc<Mutex<Vec<OwnedEvent>>>);

impl EventSink for Events {
    fn emit(&self, event: &Event<'_>) {
        self.0.lock().expect("no panic").push(event.into());
    }
}

impl Events {
    /// What was said of keys since the last time.
    fn of_keys(&self) -> Vec<String> {
        let events = std::mem::take(&mut *self.0.lock().expect("no panic"));
        events.iter().filter(|event| event.name().contains("ke") || event.name().contains("kid")).map(short).collect()
    }
}

fn short(event: &OwnedEvent) -> String {
    let detail = event.get("failure").or_else(|| event.get("generation")).unwrap_or_default();
    format!("{} {detail}", event.name()).trim_end().to_owned()
}

struct Scene {
    world: World,
    net: Arc<Net>,
    guard: Arc<Guard>,
    remote: Arc<RemoteKeys>,
    events: Events,
}

impl Scene {
    /// The issuer's key is `k1`; nothing is fetched yet.
    fn new() -> Self {
        Self::with(true)
    }

    fn with(background: bool) -> Self {
        let world = World::new();
        let net = Net::new(jwks(world.provider.as_ref(), &[("k1", world.issuer.as_ref())]));
        let remote = RemoteKeys::builder(ISSUER, Arc::clone(&world.provider)).build().expect("a sound issuer");
        let events = Events::default();
        let server = ResourceServer::builder(AUDIENCE, Arc::clone(&world.provider))
            .issuer(TrustedIssuer::remote(Arc::clone(&remote)))
            .build()
            .expect("a sound configuration");
        let guard = Guard::builder(server)
            .replay_store(MemoryReplayStore::single_node(100).expect("a capacity"))
            .http_client(Client { net: Arc::clone(&net), background })
            .events(events.clone())
            .build()
            .expect("a sound guard");
        Self { world, net, guard: Arc::new(guard), remote, events }
    }

    fn publish(&self, kids: &[&str]) {
        let keys: Vec<_> = kids.iter().map(|kid| (*kid, self.world.issuer.as_ref())).collect();
        self.net.serve_keys(ok(jwks(self.world.provider.as_ref(), &keys)));
    }

    /// A request `seconds` after the start with a token that names this key.
    async fn request(&self, kid: &str, seconds: u64) -> Result<(), Denial> {
        let token = self.world.token(|header, claims| {
            header.insert("kid".into(), kid.into());
            claims.insert("exp".into(), (NOW + 1_000_000).into());
        });
        admit(&self.guard, &Call::new().bearer(&token), seconds).await
    }

    async fn outcome(&self, kid: &str, seconds: u64) -> String {
        match self.request(kid, seconds).await {
            Ok(()) => "200".into(),
            Err(denial) => format!("{} {}", denial.status(), denial.reason().code()),
        }
    }
}

async fn admit(guard: &Guard, call: &Call, seconds: u64) -> Result<(), Denial> {
    let headers: Vec<(&str, &[u8])> =
        call.headers.iter().map(|(name, value)| (name.as_str(), value.as_slice())).collect();
    let headers: &[(&str, &[u8])] = &headers;
    let connection = attesto_core::http::Connection::new().tls();
    let parts = attesto_core::http::RequestParts::new(&call.method, &call.path, &headers).connection(connection);
    let now = Timestamp::from_secs(NOW + seconds);
    guard.admit(&parts, &Requirement::authenticated(), &attesto_tests::stopped(now)).await.map(|_| ())
}

#[tokio::test]
async fn j22_first_token_finds_metadata_and_keys_and_the_next_need_nothing() {
    let scene = Scene::new();
    assert_eq!(scene.outcome("k1", 0).await, "200");
    assert_eq!(scene.net.asked(), [METADATA, KEYS]);
    assert_eq!(scene.events.of_keys(), ["keys_refreshed 1"]);
    for seconds in [0, 1, 299] {
        assert_eq!(scene.outcome("k1", seconds).await, "200");
    }
    assert!(scene.net.asked().is_empty());
}

#[tokio::test]
async fn j22_refresh_asks_for_the_keys_alone_until_they_may_have_moved() {
    let scene = Scene::with(false);
    scene.outcome("k1", 0).await;
    scene.net.asked();
    assert_eq!(scene.outcome("k1", 300).await, "200");
    assert_eq!(scene.net.asked(), [KEYS]);
    // Gone from there: the next time the metadata is asked again.
    scene.net.serve_keys(Ok(IncomingResponse::new(404, Vec::new())));
    scene.outcome("k1", 600).await;
    assert_eq!(scene.net.asked(), [KEYS]);
    scene.publish(&["k1"]);
    assert_eq!(scene.outcome("k1", 606).await, "200");
    assert_eq!(scene.net.asked(), [METADATA, KEYS]);
    // And now and then in any case.
    for (seconds, asked) in [(1_000, vec![KEYS]), (4_205, vec![KEYS]), (4_600, vec![METADATA, KEYS])] {
        assert_eq!(scene.outcome("k1", seconds).await, "200", "after {seconds} s");
        assert_eq!(scene.net.asked(), asked, "after {seconds} s");
    }
}

#[tokio::test]
async fn crs2_stale_keys_serve_while_they_are_fetched_in_the_background() {
    let scene = Scene::new();
    scene.outcome("k1", 0).await;
    scene.net.asked();
    scene.net.hold();
    assert_eq!(scene.outcome("k1", 301).await, "200", "answered although the issuer is silent");
    assert_eq!(scene.outcome("k1", 302).await, "200");
    tokio::task::yield_now().await;
    assert_eq!(scene.net.asked(), [KEYS], "one fetch");
    scene.net.release(1);
    while scene.remote.generation() < 2 {
        tokio::task::yield_now().await;
    }
    tokio::task::yield_now().await;
    let events = scene.events.of_keys();
    assert_eq!(events, ["keys_refreshed 1", "stale_keys_used 1", "stale_keys_used 1", "keys_refreshed 2"]);
}

#[tokio::test]
async fn crs2_outage_lets_keys_live_for_an_hour_and_not_longer() {
    for failure in [Err(HttpFailure::Timeout), Err(HttpFailure::Transport), status(429), status(500), status(503)] {
        let scene = Scene::with(false);
        scene.outcome("k1", 0).await;
        scene.net.serve_keys(failure);
        assert_eq!(scene.outcome("k1", 301).await, "200");
        assert_eq!(scene.outcome("k1", 3_599).await, "200");
        assert_eq!(scene.outcome("k1", 3_600).await, "503 keys_unavailable");
        scene.publish(&["k1"]);
        assert_eq!(scene.outcome("k1", 3_700).await, "200");
    }
}

#[tokio::test]
async fn j22_withdrawn_key_stops_with_the_document_that_dropped_it() {
    let scene = Scene::with(false);
    assert_eq!(scene.outcome("k1", 0).await, "200");
    scene.publish(&["k2"]);
    assert_eq!(scene.outcome("k1", 301).await, "200", "this request fetched the document, after its own check");
    assert_eq!(scene.outcome("k1", 302).await, "401 unknown_key");
    scene.net.serve_keys(Err(HttpFailure::Transport));
    assert_eq!(scene.outcome("k1", 700).await, "503 keys_unavailable", "no outage brings it back");
    assert_eq!(scene.outcome("k2", 700).await, "200");
}

/// Answers where the keys should be that bring none, and whether they are a key set of the issuer's, which disowns those held.
fn wrong_documents() -> Vec<(Answer, FetchError, bool)> {
    let key = |n: usize| {
        format!(r#"{{"kty":"OKP","crv":"Ed25519","kid":"{n}","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}}"#)
    };
    let many: Vec<String> = (0..=limits::JWK_SET_KEYS).map(key).collect();
    vec![
        (ok("<html>"), FetchError::MalformedKeys, false),
        (ok("{}"), FetchError::MalformedKeys, false),
        (ok("[".repeat(100_000)), FetchError::MalformedKeys, false),
        (ok(r#"{"keys":[]}"#), FetchError::UnusableKeys, true),
        (ok(r#"{"keys":[{"kty":"oct","k":"c2VjcmV0"}]}"#), FetchError::UnusableKeys, true),
        (ok(r#"{"keys":[{"kty":"EC","crv":"P-256","x":"AA","y":"AA"}]}"#), FetchError::UnusableKeys, true),
        (ok(format!(r#"{{"keys":[{}]}}"#, many.join(","))), FetchError::UnusableKeys, true),
        (ok(vec![b' '; limits::JWK_SET + 1]), FetchError::TooLarge, false),
        (Err(HttpFailure::TooLarge), FetchError::TooLarge, false),
        (Err(HttpFailure::Unacceptable), FetchError::Unacceptable, false),
        (status(204), FetchError::Status, false),
        (status(302), FetchError::Status, false),
        (status(404), FetchError::Status, false),
    ]
}

fn status(status: u16) -> Answer {
    Ok(IncomingResponse::new(status, Vec::new()))
}

#[tokio::test]
async fn j22_each_wrong_document_is_503_on_a_cold_start_and_only_a_key_set_ends_stale_keys() {
    for (answer, error, is_key_set) in wrong_documents() {
        let scene = Scene::with(false);
        scene.net.serve_keys(answer.clone());
        assert_eq!(scene.outcome("k1", 0).await, "503 keys_unavailable", "{error}");
        assert_eq!(scene.events.of_keys(), [format!("keys_refresh_failed {}", error.code())]);
        scene.publish(&["k1"]);
        assert_eq!(scene.outcome("k1", 4).await, "503 keys_unavailable", "{error}: not asked again so soon");
        assert_eq!(scene.outcome("k1", 5).await, "200", "{error}");
        scene.net.serve_keys(answer);
        assert_eq!(scene.outcome("k1", 306).await, "200", "{error}: fetched after this check");
        let held = if is_key_set { "503 keys_unavailable" } else { "200" };
        assert_eq!(scene.outcome("k1", 307).await, held, "{error}");
        assert_eq!(scene.outcome("k1", 3_604).await, held, "{error}");
        assert_eq!(scene.outcome("k1", 3_605).await, "503 keys_unavailable", "{error}: an hour is the limit");
    }
}

/// The issuer's own document.
fn own_metadata() -> Answer {
    ok(format!(r#"{{"issuer":"{ISSUER}","jwks_uri":"{ISSUER}/jwks"}}"#))
}

/// Answers at a metadata URL that are no document of this issuer, and the error of each where no other URL has one.
fn no_metadata() -> Vec<(Answer, FetchError)> {
    vec![
        (
            ok(r#"{"issuer":"https://evil.example.com","jwks_uri":"https://evil.example.com/jwks"}"#),
            FetchError::IssuerMismatch,
        ),
        (ok(format!(r#"{{"issuer":"{ISSUER}/","jwks_uri":"{ISSUER}/jwks"}}"#)), FetchError::IssuerMismatch),
        (ok(r#"{"error":"not_found"}"#), FetchError::IssuerMismatch),
        (
            ok(format!(r#"{{"issuer":"{ISSUER}","jwks_uri":"http://auth.example.com/jwks"}}"#)),
            FetchError::InvalidJwksUri,
        ),
        (ok(format!(r#"{{"issuer":"{ISSUER}"}}"#)), FetchError::InvalidJwksUri),
        (ok("<html>"), FetchError::MalformedMetadata),
        (ok(vec![b' '; limits::ISSUER_METADATA + 1]), FetchError::TooLarge),
        (Err(HttpFailure::TooLarge), FetchError::TooLarge),
        (Err(HttpFailure::Unacceptable), FetchError::Unacceptable),
        (status(204), FetchError::Status),
        (status(301), FetchError::Status),
        (status(302), FetchError::Status),
        (status(500), FetchError::Busy),
        (status(501), FetchError::Busy),
        (status(502), FetchError::Busy),
        (status(400), FetchError::NoMetadata),
        (status(401), FetchError::NoMetadata),
        (status(404), FetchError::NoMetadata),
        (status(410), FetchError::NoMetadata),
    ]
}

const OPENID: &str = "/.well-known/openid-configuration";

#[tokio::test]
async fn cds5_documents_of_other_issuers_lead_to_the_next_url() {
    for (answer, error) in no_metadata() {
        let scene = Scene::new();
        scene.net.serve_metadata(answer);
        scene.net.serve_openid(own_metadata());
        assert_eq!(scene.outcome("k1", 0).await, "200", "{error}");
        assert_eq!(scene.net.asked(), [METADATA, OPENID, KEYS], "{error}");
    }
}

#[tokio::test]
async fn cds5_where_no_url_serves_the_most_telling_failure_is_reported() {
    for (answer, error) in no_metadata() {
        for swapped in [false, true] {
            let scene = Scene::new();
            let (first, second) = if swapped { (status(404), answer.clone()) } else { (answer.clone(), status(404)) };
            scene.net.serve_metadata(first);
            scene.net.serve_openid(second);
            assert_eq!(scene.outcome("k1", 0).await, "503 keys_unavailable", "{error}");
            assert_eq!(scene.net.asked(), [METADATA, OPENID], "{error}: a foreign document is never followed");
            assert_eq!(scene.events.of_keys(), [format!("keys_refresh_failed {}", error.code())]);
        }
    }
    let scene = Scene::new();
    scene.net.serve_metadata(no_metadata().swap_remove(0).0);
    scene.net.serve_openid(ok("<html>"));
    scene.outcome("k1", 0).await;
    assert_eq!(scene.events.of_keys(), ["keys_refresh_failed issuer_mismatch"], "html tells less");
    let failure = scene.remote.last_failure().expect("no keys");
    assert_eq!(failure.error, FetchError::IssuerMismatch);
    assert_eq!(failure.url, format!("{ISSUER}{METADATA}"));
    assert_eq!(failure.named.as_deref(), Some("https://evil.example.com"));
    scene.net.serve_metadata(ok(format!(r#"{{"issuer":"{}"}}"#, "ü".repeat(300))));
    scene.outcome("k1", 5).await;
    let named = scene.remote.last_failure().and_then(|failure| failure.named).expect("a name");
    assert_eq!(named, "ü".repeat(128), "no more than an operator wants to read");
    scene.net.serve_openid(own_metadata());
    assert_eq!(scene.outcome("k1", 60).await, "200");
    assert_eq!(scene.remote.last_failure(), None);
}

#[tokio::test]
async fn j10_keys_of_a_spiffe_bundle_serve_where_it_is_said_to_be_one() {
    for is_bundle in [true, false] {
        let scene = Scene::new();
        let bundle = jwks(scene.world.provider.as_ref(), &[("k1", scene.world.issuer.as_ref())]);
        scene.net.serve_keys(ok(bundle.replace(r#""use":"sig""#, r#""use":"jwt-svid""#)));
        let keys = RemoteKeys::builder(ISSUER, Arc::clone(&scene.world.provider));
        let keys = if is_bundle { keys.spiffe_bundle() } else { keys };
        let server = ResourceServer::builder(AUDIENCE, Arc::clone(&scene.world.provider))
            .issuer(TrustedIssuer::remote(keys.build().expect("a sound issuer")))
            .build()
            .expect("a sound configuration");
        let guard = Guard::builder(server)
            .replay_store(MemoryReplayStore::single_node(100).expect("a capacity"))
            .http_client(Client { net: Arc::clone(&scene.net), background: false })
            .build()
            .expect("a sound guard");
        let verdict = admit(&guard, &Call::new().bearer(&scene.world.token(|_, _| {})), 0).await;
        assert_eq!(verdict.map_err(|denial| denial.status()), if is_bundle { Ok(()) } else { Err(503) });
    }
}

#[tokio::test]
async fn cds5_issuer_that_cannot_answer_now_is_not_asked_further() {
    for (answer, error) in [
        (Err(HttpFailure::Timeout), FetchError::Timeout),
        (Err(HttpFailure::Transport), FetchError::Transport),
        (status(429), FetchError::Busy),
        (status(503), FetchError::Busy),
    ] {
        let scene = Scene::new();
        scene.net.serve_metadata(answer);
        scene.net.serve_openid(own_metadata());
        assert_eq!(scene.outcome("k1", 0).await, "503 keys_unavailable", "{error}");
        assert_eq!(scene.net.asked(), [METADATA], "{error}");
        assert_eq!(scene.events.of_keys(), [format!("keys_refresh_failed {}", error.code())]);
    }
}

#[tokio::test]
async fn j22_metadata_that_is_gone_disowns_no_keys_and_keeps_none_beyond_the_hour() {
    for (answer, error) in no_metadata() {
        let scene = Scene::with(false);
        scene.outcome("k1", 0).await;
        // Gone from where they were as well, so that the metadata is asked again.
        scene.net.serve_keys(status(404));
        scene.net.serve_metadata(answer.clone());
        scene.net.serve_openid(answer);
        assert_eq!(scene.outcome("k1", 301).await, "200", "{error}");
        for seconds in [400, 1_000, 3_599] {
            assert_eq!(scene.outcome("k1", seconds).await, "200", "{error}, after {seconds} s");
        }
        assert_eq!(scene.outcome("k1", 3_600).await, "503 keys_unavailable", "{error}");
        // A document of the issuer's own with other keys ends them.
        scene.net.serve_openid(own_metadata());
        scene.publish(&["k2"]);
        assert_eq!(scene.outcome("k1", 3_700).await, "401 unknown_key", "{error}");
    }
}

#[tokio::test]
async fn j9_rotation_is_noticed_by_the_first_token_of_the_new_key() {
    let scene = Scene::new();
    scene.outcome("k1", 0).await;
    scene.net.asked();
    scene.publish(&["k1", "k2"]);
    assert_eq!(scene.outcome("k2", 10).await, "200");
    assert_eq!(scene.net.asked(), [KEYS]);
    assert_eq!(scene.outcome("k1", 10).await, "200");
}

#[tokio::test]
async fn j9_unknown_key_ids_cannot_make_this_server_a_hammer() {
    let scene = Scene::new();
    scene.outcome("k1", 0).await;
    scene.net.asked();
    scene.events.of_keys();
    assert_eq!(scene.outcome("x0", 10).await, "401 unknown_key");
    assert_eq!(scene.net.asked(), [KEYS]);
    for n in 1..50 {
        assert_eq!(scene.outcome(&format!("x{n}"), 10 + n % 30).await, "401 unknown_key");
    }
    assert!(scene.net.asked().is_empty());
    let events = scene.events.of_keys();
    assert_eq!(
        (events[0].as_str(), events[1].as_str(), events.len()),
        ("keys_refreshed 2", "unknown_kid_throttled", 50)
    );
    assert_eq!(scene.outcome("x", 40).await, "401 unknown_key");
    assert_eq!(scene.net.asked(), [KEYS]);
}

/// A key set whose `k1` is for EdDSA alone, as it was before the issuer added one for ES256 under the same name.
fn only_eddsa() -> Answer {
    ok(r#"{"keys":[{"kty":"OKP","crv":"Ed25519","kid":"k1","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]}"#)
}

#[tokio::test]
async fn j9_key_for_another_algorithm_under_a_known_key_id_is_fetched() {
    let scene = Scene::new();
    scene.net.serve_keys(only_eddsa());
    assert_eq!(scene.outcome("k1", 0).await, "401 invalid_signature");
    assert_eq!(scene.net.asked(), [METADATA, KEYS], "one fetch for a request");
    assert_eq!(scene.outcome("k1", 1).await, "401 invalid_signature");
    assert_eq!(scene.net.asked(), [KEYS], "newer keys were asked for, and there are none");
    scene.publish(&["k1"]);
    assert_eq!(scene.outcome("k1", 30).await, "401 invalid_signature", "too early for another fetch");
    assert!(scene.net.asked().is_empty());
    assert_eq!(scene.outcome("k1", 31).await, "200", "long before the set that is held has ended");
    assert_eq!(scene.net.asked(), [KEYS]);
}

#[tokio::test]
async fn j9_algorithms_without_a_key_cannot_make_this_server_a_hammer() {
    let scene = Scene::new();
    scene.outcome("k1", 0).await;
    scene.net.asked();
    let refused = async |alg: &str, kid: &str, seconds: u64| {
        let token = scene.world.token(|header, claims| {
            header.insert("alg".into(), alg.into());
            header.insert("kid".into(), kid.into());
            claims.insert("exp".into(), (NOW + 1_000_000).into());
        });
        let denial = admit(&scene.guard, &Call::new().bearer(&token), seconds).await.expect_err("no key fits");
        (denial.status(), denial.reason())
    };
    let not_for_alg = (401, Reason::Token(TokenError::KeyNotForAlg));
    assert_eq!(refused("ES384", "k1", 10).await, not_for_alg);
    assert_eq!(scene.net.asked(), [KEYS], "newer keys were asked for, and there are none");
    // One pause for whatever no key fits.
    for n in 1..50 {
        let alg = ["ES384", "EdDSA", "RS256", "PS256"][n % 4];
        assert_eq!(refused(alg, "k1", 10 + n as u64 % 30).await, not_for_alg, "{alg}");
        assert_eq!(refused(alg, "x", 10 + n as u64 % 30).await, (401, Reason::Token(TokenError::UnknownKey)));
    }
    assert!(scene.net.asked().is_empty());
    assert_eq!(refused("ES384", "k1", 40).await, not_for_alg);
    assert_eq!(scene.net.asked(), [KEYS]);
    // An issuer that cannot be asked may have the key: not the client's fault.
    scene.net.serve_keys(Err(HttpFailure::Timeout));
    assert_eq!(refused("ES384", "k1", 70).await, (503, Reason::Token(TokenError::KeysUnavailable)));
}

#[tokio::test]
async fn j9_unknown_key_id_is_503_where_the_issuer_could_not_be_asked() {
    let scene = Scene::new();
    scene.outcome("k1", 0).await;
    scene.net.serve_keys(Err(HttpFailure::Timeout));
    assert_eq!(scene.outcome("k2", 10).await, "503 keys_unavailable");
    assert_eq!(scene.outcome("k1", 10).await, "200", "known keys go on to serve");
}

#[tokio::test]
async fn only_a_missing_key_causes_a_fetch() {
    let scene = Scene::new();
    scene.outcome("k1", 0).await;
    scene.net.asked();
    let world = &scene.world;
    let forged = world.token(|_, _| {});
    let forged = format!("{}AAAA", &forged[..forged.len() - 4]);
    let foreign_alg = world.token(|header, _| {
        header.insert("alg".into(), "none".into());
    });
    let expired = world.token(|_, claims| {
        claims.insert("exp".into(), (NOW - 1).into());
    });
    for token in [forged, foreign_alg, expired, "opaque".into(), "a.b.c".into()] {
        let denial = admit(&scene.guard, &Call::new().bearer(&token), 100).await.expect_err("refused");
        assert_eq!(denial.status(), 401);
    }
    assert!(scene.net.asked().is_empty());
}

#[tokio::test]
async fn crs3_a_thousand_first_requests_cause_one_fetch_and_the_next_is_turned_away() {
    let scene = Arc::new(Scene::new());
    scene.net.hold();
    let token = scene.world.token(|_, _| {});
    let call = Call::new().bearer(&token);
    let mut waiting: Vec<_> = (0..limits::KEY_WAITERS).map(|_| Box::pin(admit(&scene.guard, &call, 0))).collect();
    let mut context = Context::from_waker(Waker::noop());
    for request in &mut waiting {
        assert!(request.as_mut().poll(&mut context).is_pending());
    }
    let Poll::Ready(Err(denial)) = Box::pin(admit(&scene.guard, &call, 0)).as_mut().poll(&mut context) else {
        panic!("no room for one more")
    };
    assert_eq!((denial.status(), denial.reason()), (503, Reason::Token(TokenError::KeysUnavailable)));
    // One gives up: there is room for another.
    drop(waiting.pop());
    waiting.push(Box::pin(admit(&scene.guard, &call, 0)));
    assert!(waiting.last_mut().expect("one").as_mut().poll(&mut context).is_pending());
    scene.net.release(2);
    for request in waiting {
        request.await.expect("let in");
    }
    assert_eq!(scene.net.asked(), [METADATA, KEYS]);
}

#[tokio::test]
async fn leader_that_goes_away_leaves_the_fetch_to_another() {
    let scene = Scene::with(false);
    scene.net.hold();
    let token = scene.world.token(|_, _| {});
    let call = Call::new().bearer(&token);
    let mut context = Context::from_waker(Waker::noop());
    let mut leader = Box::pin(admit(&scene.guard, &call, 0));
    assert!(leader.as_mut().poll(&mut context).is_pending());
    let mut follower = Box::pin(admit(&scene.guard, &call, 0));
    assert!(follower.as_mut().poll(&mut context).is_pending());
    drop(leader);
    scene.net.release(2);
    follower.await.expect("let in");
    assert_eq!(scene.net.asked(), [METADATA, METADATA, KEYS]);
}

#[tokio::test]
async fn followers_learn_that_the_fetch_failed() {
    let scene = Scene::new();
    scene.net.hold();
    scene.net.serve_keys(Err(HttpFailure::Timeout));
    let (first, second) = (scene.outcome("k1", 0), scene.outcome("k1", 0));
    let released = async {
        tokio::task::yield_now().await;
        scene.net.release(2);
    };
    let (first, second, ()) = tokio::join!(first, second, released);
    assert_eq!((first.as_str(), second.as_str()), ("503 keys_unavailable", "503 keys_unavailable"));
}

#[tokio::test]
async fn crs1_warm_and_ready() {
    let scene = Scene::new();
    let now = Timestamp::from_secs(NOW);
    assert!(!scene.guard.is_ready(now));
    scene.net.serve_keys(status(503));
    assert_eq!(scene.guard.warm(now).await, Err(vec![ISSUER.to_owned()]));
    scene.publish(&["k1"]);
    assert_eq!(scene.guard.warm(now.plus(5)).await, Ok(()));
    assert!(scene.guard.is_ready(now.plus(5)));
    assert!(!scene.guard.is_ready(now.plus(3_605)), "too old");
    scene.net.asked();
    assert_eq!(scene.outcome("k1", 6).await, "200");
    assert!(scene.net.asked().is_empty());
}

#[tokio::test]
async fn a1_several_issuers_each_have_their_own_keys() {
    let scene = Scene::new();
    let other = "https://other.example.com";
    let remote = RemoteKeys::builder(other, Arc::clone(&scene.world.provider))
        .jwks_uri("https://keys.example.com/other")
        .policy(KeyPolicy::new().fresh(Duration::from_secs(60)))
        .build()
        .expect("a sound issuer");
    let server = ResourceServer::builder(AUDIENCE, Arc::clone(&scene.world.provider))
        .issuer(TrustedIssuer::remote(Arc::clone(&scene.remote)))
        .issuer(TrustedIssuer::remote(remote))
        .build()
        .expect("a sound configuration");
    let guard = Guard::builder(server)
        .replay_store(MemoryReplayStore::single_node(100).expect("a capacity"))
        .http_client(Client { net: Arc::clone(&scene.net), background: true })
        .build()
        .expect("a sound guard");
    let token = scene.world.token(|_, claims| {
        claims.insert("iss".into(), other.into());
    });
    // Signed with the first issuer's key: only the named issuer's keys are asked for, and they cannot be had.
    let denial = admit(&guard, &Call::new().bearer(&token), 0).await.expect_err("refused");
    assert_eq!(denial.status(), 503);
    assert_eq!(scene.net.asked(), ["https://keys.example.com/other"]);
    assert!(admit(&guard, &Call::new().bearer(&scene.world.token(|_, _| {})), 0).await.is_ok());
}

#[test]
fn guard_without_a_client_cannot_be_built() {
    let world = World::new();
    let remote = RemoteKeys::builder(ISSUER, Arc::clone(&world.provider)).build().expect("a sound issuer");
    let server = ResourceServer::builder(AUDIENCE, Arc::clone(&world.provider))
        .issuer(TrustedIssuer::remote(remote))
        .build()
        .expect("a sound configuration");
    let store = MemoryReplayStore::single_node(100).expect("a capacity");
    let refused = Guard::builder(server).replay_store(store).build().expect_err("nothing could fetch");
    assert_eq!(refused.member(), "http_client");
}
