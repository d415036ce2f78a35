//! A request that waits is judged by the time at which its wait is over, and no wait goes on for ever (D11, D17, A4, R1).

use attesto_core::Timestamp;
use attesto_core::dpop::{ProofPolicy, ReplayAnswer, ReplayClaim, ReplayKey};
use attesto_core::host::{
    ForeignVerifier, Gate, Guard, HttpClient, Introspector, Passage, PrincipalLookup, PrincipalOutcome, ReplayStore,
    StoreReach,
};
use attesto_core::http::{HttpFailure, IncomingResponse, OutgoingRequest, RequestParts, ResponseParts};
use attesto_core::introspection::{IntrospectionCredentials, IntrospectionEndpoint};
use attesto_core::jose::{Jwk, JwkSet, Thumbprint};
use attesto_core::remote::RemoteKeys;
use attesto_core::resource::{ForeignAnswer, ForeignQuestion, Requirement, ResourceServer, Sender};
use attesto_core::time::Clock;
use attesto_core::token::{Claims, ForeignClaims, TrustedIssuer};
use attesto_tests::{AUDIENCE, Call, ISSUER, NOW, World};
use serde_json::json;
use std::collections::HashMap;
use std::future::{Future, poll_fn};
use std::pin::pin;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

const TOKEN: &str = "opaque-token";
const MAX_AGE: u64 = 60;

/// The one clock of a test, in seconds after `NOW`.
#[derive(Clone)]
struct Time(Arc<AtomicU64>);

impl Time {
    fn new() -> Self {
        Self(Arc::new(AtomicU64::new(NOW)))
    }

    fn set(&self, seconds: u64) {
        self.0.store(NOW + seconds, Ordering::Relaxed);
    }

    fn pass(&self, seconds: u64) {
        self.0.fetch_add(seconds, Ordering::Relaxed);
    }

    fn now(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }

    fn clock(&self) -> Clock {
        let time = self.clone();
        Clock::new(move || Timestamp::from_secs(time.now()))
    }
}

/// Set-if-absent with a time to live, on a clock of its own, after waiting for a connection.
#[derive(Clone)]
struct KeyValueStore {
    time: Time,
    waits: Arc<AtomicU64>,
    ends: Arc<Mutex<HashMap<ReplayKey, u64>>>,
}

impl KeyValueStore {
    fn new(time: &Time) -> Self {
        Self { time: time.clone(), waits: Arc::default(), ends: Arc::default() }
    }

    fn records(&self) -> usize {
        self.ends.lock().expect("no panic").len()
    }
}

impl ReplayStore for KeyValueStore {
    async fn claim(&self, claim: &ReplayClaim, now: Timestamp) -> ReplayAnswer {
        self.time.pass(self.waits.load(Ordering::Relaxed));
        let mut ends = self.ends.lock().expect("no panic");
        let time = self.time.now();
        match ends.get(&claim.key) {
            Some(end) if time < *end => ReplayAnswer::Replay,
            Some(_) | None => {
                ends.insert(claim.key, time + claim.ttl(now));
                ReplayAnswer::Fresh
            }
        }
    }

    fn reach(&self) -> StoreReach {
        StoreReach::Shared
    }
}

/// Knows every token, after a while, which a negative number makes a clock that is set back.
#[derive(Clone)]
struct SlowVerifier {
    time: Time,
    takes: Arc<Mutex<i64>>,
    jkt: Option<Thumbprint>,
    expires: Option<u64>,
}

impl ForeignVerifier for SlowVerifier {
    async fn verify(&self, _: &ForeignQuestion<'_>, _: &RequestParts<'_>) -> ForeignAnswer {
        let takes = *self.takes.lock().expect("no panic");
        self.time.0.store(self.time.now().saturating_add_signed(takes), Ordering::Relaxed);
        let claims = ForeignClaims::new("usr_1").audience([AUDIENCE]).auth_time(Timestamp::from_secs(NOW));
        let claims = self.jkt.map_or(claims.clone(), |jkt| claims.dpop_jkt(jkt));
        let expires = self.expires.map(|seconds| Timestamp::from_secs(NOW + seconds));
        ForeignAnswer::Claims(match expires {
            Some(expires) => claims.expires_at(expires),
            None => claims,
        })
    }
}

/// Accepts everybody, after a while.
struct SlowLookup(Time, u64);

impl PrincipalLookup for SlowLookup {
    type Principal = ();

    async fn principal(&self, _: &Claims, _: &Sender) -> PrincipalOutcome<()> {
        self.0.pass(self.1);
        PrincipalOutcome::Accepted(())
    }
}

fn poll<T>(future: impl Future<Output = T>) -> T {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(value) => value,
        Poll::Pending => panic!("nothing here waits for a wake-up"),
    }
}

/// `200`, or why not.
async fn enter(gate: &Gate, call: &Call) -> String {
    let headers: Vec<(&str, &[u8])> =
        call.headers.iter().map(|(name, value)| (name.as_str(), value.as_slice())).collect();
    let headers: &[(&str, &[u8])] = &headers;
    let connection = attesto_core::http::Connection::new().tls();
    let parts = RequestParts::new(&call.method, &call.path, &headers).connection(connection);
    match gate.enter(&parts).await {
        Ok(_) => "200".into(),
        Err(response) => shown(&response),
    }
}

/// The status, and the reason that the challenge shows.
fn shown(response: &ResponseParts) -> String {
    let challenge = response.header("www-authenticate").next().unwrap_or_default();
    let reason = challenge.split_once('[').and_then(|(_, rest)| rest.split(']').next());
    format!("{} {}", response.status, reason.unwrap_or_default())
}

const REPLAYED: &str = "401 replay";
const PROOF_EXPIRED: &str = "401 proof_expired";
const TOKEN_EXPIRED: &str = "401 expired";
const UNAVAILABLE: &str = "503 ";

struct Scene {
    time: Time,
    store: KeyValueStore,
    verifier: SlowVerifier,
    gate: Gate,
    call: Call,
}

impl Scene {
    /// A bound opaque token, and one proof for it that was made at `NOW`.
    fn new(skew: u64) -> Self {
        let (world, time) = (World::new(), Time::new());
        let store = KeyValueStore::new(&time);
        let jkt = Some(world.thumbprint(world.client.as_ref()));
        let verifier = SlowVerifier { time: time.clone(), takes: Arc::default(), jkt, expires: None };
        let policy = ProofPolicy::new()
            .max_age(Duration::from_secs(MAX_AGE))
            .and_then(|policy| policy.future_skew(Duration::from_secs(skew)));
        let server = ResourceServer::builder(AUDIENCE, Arc::clone(&world.provider))
            .ask_foreign()
            .authorization_server(ISSUER)
            .dpop(policy.expect("a sound policy"))
            .danger_show_reasons()
            .build()
            .expect("a sound configuration");
        let guard = Guard::builder(server).replay_store(store.clone()).foreign_verifier(verifier.clone());
        let gate = Gate::new(guard.build().expect("a sound guard"), time.clock());
        let call = Call::new().dpop(TOKEN, &world.proof(TOKEN, |_, _| {}));
        Self { time, store, verifier, gate, call }
    }

    /// The same request, which comes so many seconds after the proof was made and is verified for so many.
    fn enter(&self, seconds: u64, takes: i64) -> String {
        self.time.set(seconds);
        *self.verifier.takes.lock().expect("no panic") = takes;
        poll(enter(&self.gate, &self.call))
    }
}

#[test]
fn d11_used_proof_does_not_pass_again_however_long_its_token_is_verified() {
    for skew in [0, 5, 60] {
        let skewed = i64::try_from(skew).expect("a number");
        for takes in [0, 1, skewed, skewed + 1, skewed + 2, 30, 31, 62] {
            let scene = Scene::new(skew);
            assert_eq!(scene.enter(0, 0), "200", "its first use");
            let expected = match takes {
                0 => REPLAYED,
                1..=30 => PROOF_EXPIRED,
                _ => UNAVAILABLE,
            };
            assert_eq!(scene.enter(MAX_AGE, takes), expected, "skew {skew}, {takes} s");
        }
    }
}

#[test]
fn d11_proof_is_as_old_as_it_is_when_its_token_has_been_verified() {
    for (comes, takes, expected) in [(60, 0, "200"), (50, 10, "200"), (50, 11, PROOF_EXPIRED), (59, 2, PROOF_EXPIRED)] {
        let scene = Scene::new(60);
        assert_eq!(scene.enter(comes, takes), expected, "{comes} s old, {takes} s verified");
        assert_eq!(scene.store.records(), usize::from(expected == "200"), "what is refused is not recorded");
    }
}

#[test]
fn r1_claim_that_waited_in_the_store_counts_only_while_its_proof_does() {
    for (comes, waits, expected) in [(0, 0, REPLAYED), (60, 0, REPLAYED), (60, 1, REPLAYED), (40, 30, REPLAYED)] {
        let scene = Scene::new(60);
        assert_eq!(scene.enter(0, 0), "200");
        scene.store.waits.store(waits, Ordering::Relaxed);
        assert_eq!(scene.enter(comes, 0), expected, "{comes} s old, {waits} s in the store");
    }
    // The record of the first use is gone when the store comes to it: its answer is `Fresh`.
    for (skew, waits, expected) in [(0, 2, PROOF_EXPIRED), (5, 7, PROOF_EXPIRED), (60, 62, UNAVAILABLE)] {
        let scene = Scene::new(skew);
        assert_eq!(scene.enter(0, 0), "200");
        scene.store.waits.store(waits, Ordering::Relaxed);
        assert_eq!(scene.enter(MAX_AGE, 0), expected, "skew {skew}, {waits} s in the store");
    }
    let scene = Scene::new(60);
    scene.store.waits.store(10, Ordering::Relaxed);
    assert_eq!(scene.enter(50, 0), "200", "just in time");
}

fn bearer(time: &Time, takes: i64, expires: u64, lookup: u64) -> String {
    poll(enter(&bearer_gate(time, takes, expires, lookup), &Call::new().bearer(TOKEN)))
}

fn bearer_gate(time: &Time, takes: i64, expires: u64, lookup: u64) -> Gate {
    let verifier =
        SlowVerifier { time: time.clone(), takes: Arc::new(Mutex::new(takes)), jkt: None, expires: Some(expires) };
    let server = ResourceServer::builder(AUDIENCE, World::new().provider)
        .ask_foreign()
        .authorization_server(ISSUER)
        .without_dpop()
        .danger_show_reasons()
        .build();
    let guard = Guard::builder(server.expect("a sound configuration")).foreign_verifier(verifier);
    let guard = guard.principal_lookup(SlowLookup(time.clone(), lookup)).build().expect("a sound guard");
    Gate::new(guard, time.clock())
}

/// A requirement of a passage that was granted at `NOW`, so many seconds later: `200`, or why not.
fn required_later(time: &Time, gate: &Gate, requirement: &Requirement, seconds: u64) -> String {
    let headers: &[(&str, &[u8])] = &[("host", b"mcp.example.com"), ("authorization", b"Bearer opaque-token")];
    let connection = attesto_core::http::Connection::new().tls();
    let parts = RequestParts::new("POST", "/mcp", &headers).connection(connection);
    time.set(0);
    let passage = poll(gate.enter(&parts)).expect("granted");
    time.set(seconds);
    match Passage::require(Some(&passage), &parts, requirement) {
        Ok(()) => "200".into(),
        Err(response) => shown(&response),
    }
}

#[test]
fn a4_kept_grant_ends_with_its_token() {
    let time = Time::new();
    let gate = bearer_gate(&time, 0, 100, 0);
    for (seconds, expected) in [(0, "200"), (99, "200"), (100, TOKEN_EXPIRED), (5_000, TOKEN_EXPIRED)] {
        let found = required_later(&time, &gate, &Requirement::authenticated(), seconds);
        assert_eq!(found, expected, "after {seconds} s");
    }
}

#[test]
fn s8_kept_grant_is_as_old_as_its_login_is_by_now() {
    let time = Time::new();
    let gate = bearer_gate(&time, 0, 10_000, 0);
    let recent = Requirement::authenticated().max_age(Duration::from_secs(300));
    // The user logged in at `NOW`.
    for (seconds, expected) in [(0, "200"), (300, "200"), (301, "401 authentication_too_old")] {
        assert_eq!(required_later(&time, &gate, &recent, seconds), expected, "after {seconds} s");
    }
}

#[test]
fn a4_token_that_expires_while_it_is_verified_has_expired() {
    for (takes, expires, expected) in
        [(9, 10, "200"), (10, 10, TOKEN_EXPIRED), (29, 30, "200"), (30, 31, "200"), (31, 100, UNAVAILABLE)]
    {
        assert_eq!(bearer(&Time::new(), takes, expires, 0), expected, "{takes} of {expires} s");
    }
    // A clock that is set back brings nothing back to life.
    assert_eq!(bearer(&Time::new(), -50, 0, 0), TOKEN_EXPIRED);
    assert_eq!(bearer(&Time::new(), -50, 1, 0), "200");
}

#[test]
fn a4_token_that_expires_while_its_principal_is_looked_up_has_expired() {
    for (takes, lookup, expires, expected) in [
        (5, 4, 10, "200"),
        (5, 5, 10, TOKEN_EXPIRED),
        (0, 10, 10, TOKEN_EXPIRED),
        (15, 15, 31, "200"),
        (15, 16, 100, UNAVAILABLE),
    ] {
        let found = bearer(&Time::new(), takes, expires, lookup);
        assert_eq!(found, expected, "{takes} s verified, {lookup} s looked up, of {expires} s");
    }
}

/// The issuer's keys, after a while.
struct SlowKeys(Time, u64, Vec<u8>);

impl HttpClient for SlowKeys {
    async fn send(&self, _: OutgoingRequest) -> Result<IncomingResponse, HttpFailure> {
        self.0.pass(self.1);
        Ok(IncomingResponse::new(200, self.2.clone()))
    }
}

#[test]
fn a4_token_that_expires_while_keys_are_fetched_has_expired() {
    for (takes, expected) in [(9, "200"), (10, TOKEN_EXPIRED)] {
        let (world, time) = (World::new(), Time::new());
        let keys = RemoteKeys::builder(ISSUER, Arc::clone(&world.provider)).jwks_uri("https://auth.example.com/jwks");
        let issuer = TrustedIssuer::remote(keys.build().expect("a sound issuer"));
        let server = ResourceServer::builder(AUDIENCE, Arc::clone(&world.provider)).issuer(issuer).without_dpop();
        let server = server.danger_show_reasons().build().expect("a sound configuration");
        let jwk = Jwk::new(world.issuer.public_key().clone()).with_kid("k1");
        let set = JwkSet::publish(world.provider.as_ref(), [jwk]).to_json();
        let guard = Guard::builder(server).http_client(SlowKeys(time.clone(), takes, set.into_bytes()));
        let gate = Gate::new(guard.build().expect("a sound guard"), time.clock());
        let token = world.token(|_, claims| {
            claims.insert("exp".into(), (NOW + 10).into());
        });
        assert_eq!(poll(enter(&gate, &Call::new().bearer(&token))), expected, "{takes} s");
    }
}

/// An issuer that answers when it is let, and says how often it was asked.
#[derive(Clone)]
struct HeldIssuer {
    lets: Arc<AtomicBool>,
    asked: Arc<AtomicUsize>,
    answer: Vec<u8>,
}

impl HttpClient for HeldIssuer {
    async fn send(&self, _: OutgoingRequest) -> Result<IncomingResponse, HttpFailure> {
        self.asked.fetch_add(1, Ordering::Relaxed);
        let ready = || if self.lets.load(Ordering::Relaxed) { Poll::Ready(()) } else { Poll::Pending };
        poll_fn(|_| ready()).await;
        Ok(IncomingResponse::new(200, self.answer.clone()).content_type("application/json"))
    }
}

struct Introspected {
    time: Time,
    issuer: HeldIssuer,
    gate: Gate,
    bound: Call,
}

impl Introspected {
    fn new(bound: bool) -> Self {
        let (world, time) = (World::new(), Time::new());
        let mut answer = json!({"active": true, "sub": "usr_1", "aud": AUDIENCE, "token_type": "Bearer"});
        if bound {
            answer["cnf"] = json!({"jkt": world.thumbprint(world.client.as_ref()).to_base64url()});
        }
        let issuer = HeldIssuer {
            lets: Arc::new(AtomicBool::new(true)),
            asked: Arc::default(),
            answer: answer.to_string().into_bytes(),
        };
        let credentials = IntrospectionCredentials::basic("api", "secret");
        let endpoint = IntrospectionEndpoint::new("https://auth.example.com/introspect", ISSUER, credentials);
        let introspector =
            Introspector::new(endpoint.expect("a sound endpoint"), issuer.clone(), Arc::clone(&world.provider));
        let server = ResourceServer::builder(AUDIENCE, Arc::clone(&world.provider))
            .ask_foreign()
            .authorization_server(ISSUER)
            .danger_show_reasons()
            .build()
            .expect("a sound configuration");
        let guard = Guard::builder(server)
            .replay_store(KeyValueStore::new(&time))
            .foreign_verifier(introspector.remember(Duration::from_secs(0), 0));
        let gate = Gate::new(guard.build().expect("a sound guard"), time.clock());
        let bound = Call::new().dpop(TOKEN, &world.proof(TOKEN, |_, _| {}));
        Self { time, issuer, gate, bound }
    }

    /// One request that follows while so many leaders go away, four seconds after one another, and is answered in the end.
    fn strung_along(&self, call: &Call, leaders: usize) -> (String, usize) {
        let mut context = Context::from_waker(Waker::noop());
        let asked = self.issuer.asked.load(Ordering::Relaxed);
        self.issuer.lets.store(false, Ordering::Relaxed);
        let other = Call::new().bearer(TOKEN);
        let mut leader = Box::pin(enter(&self.gate, &other));
        assert!(leader.as_mut().poll(&mut context).is_pending());
        let mut follower = Box::pin(enter(&self.gate, call));
        assert!(follower.as_mut().poll(&mut context).is_pending());
        for _ in 0..leaders {
            self.time.pass(4);
            leader = Box::pin(enter(&self.gate, &other));
            assert!(leader.as_mut().poll(&mut context).is_pending());
            assert!(follower.as_mut().poll(&mut context).is_pending());
        }
        let asked = self.issuer.asked.load(Ordering::Relaxed) - asked;
        self.issuer.lets.store(true, Ordering::Relaxed);
        assert!(leader.as_mut().poll(&mut context).is_ready());
        match follower.as_mut().poll(&mut context) {
            Poll::Ready(found) => (found, asked),
            Poll::Pending => panic!("everything is there"),
        }
    }
}

#[test]
fn d11_used_proof_does_not_pass_again_behind_leaders_of_an_introspection_that_go_away() {
    for (leaders, expected) in
        [(0, REPLAYED), (1, PROOF_EXPIRED), (3, PROOF_EXPIRED), (8, UNAVAILABLE), (16, UNAVAILABLE)]
    {
        let scene = Introspected::new(true);
        assert_eq!(poll(enter(&scene.gate, &scene.bound)), "200", "its first use");
        scene.time.set(MAX_AGE);
        assert_eq!(scene.strung_along(&scene.bound, leaders).0, expected, "{leaders} leaders");
    }
}

#[test]
fn follower_of_an_introspection_asks_for_itself_when_three_leaders_have_gone_away() {
    for (leaders, asked) in [(1, 2), (2, 3), (3, 4 + 1), (7, 8 + 1), (16, 17 + 1)] {
        let scene = Introspected::new(false);
        let (found, times) = scene.strung_along(&Call::new().bearer(TOKEN), leaders);
        assert_eq!(times, asked, "{leaders} leaders");
        assert_eq!(found, if leaders <= 7 { "200" } else { UNAVAILABLE }, "{leaders} leaders");
    }
}

/// Paths that hyper lets through and a URI cannot hold.
fn unusual_paths() -> Vec<String> {
    ["/files/100%", "/a\\b", "/caf\u{e9}", "*", "/\"", "/%zz", ""]
        .map(String::from)
        .into_iter()
        .chain(["/".repeat(8301)])
        .collect()
}

#[test]
fn d10_path_is_a_matter_of_proofs_whether_the_token_waits_or_not() {
    let world = World::new();
    let jwk = Jwk::new(world.issuer.public_key().clone()).with_kid("k1");
    let keys = JwkSet::publish(world.provider.as_ref(), [jwk]).to_json().into_bytes();
    let verifier = |jkt| SlowVerifier { time: Time::new(), takes: Arc::default(), jkt, expires: None };
    let gate = |jkt, cold: bool| {
        let remote = RemoteKeys::builder(ISSUER, Arc::clone(&world.provider)).jwks_uri("https://auth.example.com/jwks");
        let remote = TrustedIssuer::remote(remote.build().expect("a sound issuer"));
        let server = ResourceServer::builder(AUDIENCE, Arc::clone(&world.provider))
            .issuer(if cold { remote } else { world.trusted() })
            .ask_foreign()
            .danger_show_reasons()
            .build()
            .expect("a sound configuration");
        let guard =
            Guard::builder(server).replay_store(KeyValueStore::new(&Time::new())).foreign_verifier(verifier(jkt));
        let guard = guard.http_client(SlowKeys(Time::new(), 0, keys.clone())).build().expect("a sound guard");
        Gate::new(guard, Time::new().clock())
    };
    let jkt = Some(world.thumbprint(world.client.as_ref()));
    let ours = world.token(|_, _| {});
    let bound = world.bound_token();
    let at = |call: Call, path: &str| Call { path: path.into(), ..call };
    for path in unusual_paths() {
        for (name, token, cold) in [("local", ours.as_str(), false), ("keys", &ours, true), ("foreign", TOKEN, false)] {
            let found = poll(enter(&gate(None, cold), &at(Call::new().bearer(token), &path)));
            assert_eq!(found, "200", "{name} {path:.20}");
        }
        let of_proof = |token: &str| at(Call::new().dpop(token, &world.proof(token, |_, _| {})), &path);
        for (name, token, cold) in [("local", bound.as_str(), false), ("keys", &bound, true), ("foreign", TOKEN, false)]
        {
            assert_eq!(poll(enter(&gate(jkt, cold), &of_proof(token))), "401 invalid_htu", "{name} {path:.20}");
        }
    }
    // The same ways in, with a path that a proof can name.
    for (token, cold) in [(bound.as_str(), false), (&bound, true), (TOKEN, false)] {
        let call = Call::new().dpop(token, &world.proof(token, |_, _| {}));
        assert_eq!(poll(enter(&gate(jkt, cold), &call)), "200", "{token:.12}");
    }
}
