//! What stays in memory after a request.

use crate::measured_input::Row;
use crate::meter::{Work, held, measure};
use attesto_core::Timestamp;
use attesto_core::crypto::{CryptoProvider, RustCrypto, Signer};
use attesto_core::dpop::{ReplayAnswer, ReplayClaim, ReplayKey};
use attesto_core::host::{
    DpopReplayDetected, Event, EventSink, EventText, HttpClient, Introspector, MemoryReplayStore, QueuedEvents,
    SessionOwners,
};
use attesto_core::http::{HttpFailure, IncomingResponse, OutgoingRequest};
use attesto_core::introspection::{Introspected, IntrospectionCredentials, IntrospectionEndpoint, IntrospectionError};
use attesto_core::limits;
use attesto_core::resource::{Requirement, Verdict};
use attesto_tests::{AUDIENCE, Answers, Call, ISSUER, NOW, World, sign, stopped};
use std::future::Future;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

/// What `keep` leaves on the heap for each of `entries`, rounded up; it must be no more than `most`.
pub(crate) fn bytes_each(entries: usize, most: usize, keep: impl FnOnce()) {
    let before = held();
    keep();
    let each = (held() - before).unsigned_abs().div_ceil(entries);
    println!("{each} bytes each");
    assert!(each <= most, "{each} bytes each");
    assert!(each * 2 > most, "{each} bytes each: the published {most} are too many");
}

/// The memory is the rule here: so much for each entry of a full store.
pub(crate) fn row(input: &'static str, each: usize, entries: usize, entry: &str, beyond: &str) -> Row {
    Row {
        input,
        limit: format!("its capacity; at most {each} bytes for each {entry}"),
        beyond: format!("{beyond}. Here: with {entries}"),
        work: Work { bytes: each * entries, ..Work::default() },
    }
}

pub(crate) fn replay_store() -> Row {
    const CAPACITY: usize = 20_000;
    const EACH: usize = 70;
    let store = MemoryReplayStore::single_node(CAPACITY).expect("a capacity");
    let record = |number: usize| {
        let mut key = [0; 32];
        key[..8].copy_from_slice(&number.to_be_bytes());
        let claim = ReplayClaim::new(ReplayKey::from_bytes(key), Timestamp::from_secs(NOW + 121));
        store.record(&claim, Timestamp::from_secs(NOW))
    };
    bytes_each(CAPACITY, EACH, || (0..CAPACITY).for_each(|number| assert_eq!(record(number), ReplayAnswer::Fresh)));
    let full = held();
    (CAPACITY..2 * CAPACITY).for_each(|number| assert_eq!(record(number), ReplayAnswer::Unavailable));
    assert_eq!(held(), full, "a full store does not grow");
    row(
        "`MemoryReplayStore`: good proofs only, never a refused request's",
        EACH,
        CAPACITY,
        "live proof",
        "503; nothing live is evicted, and one key has a fifth of it at most",
    )
}

/// Tokens with foreign signatures, then as many valid ones as fit, then more.
pub(crate) fn memory_of_verified_tokens() -> Row {
    const CAPACITY: usize = 512;
    const EACH: usize = 96;
    let world = World::new();
    let before = held();
    let without = world.builder().without_token_memory().build().expect("a sound configuration");
    let plain = held() - before;
    drop(without);
    let before = held();
    let server = world.builder().remember_tokens(CAPACITY).expect("a capacity").build().expect("a sound configuration");
    let table = (held() - before - plain).unsigned_abs();
    assert!(table <= 16 * CAPACITY, "{table} bytes for an empty table");
    let call = |number: usize, signer: &dyn Signer| {
        let (header, mut claims) = world.token_parts();
        claims.insert("jti".into(), number.to_string().into());
        let [header, claims] = [header, claims].map(|part| serde_json::Value::Object(part).to_string());
        Call::new().bearer(&sign(signer, &header, &claims))
    };
    let requirement = Requirement::authenticated();
    let granted = |call: &Call| world.check(&server, &requirement, call, Answers::good()).result.is_ok();
    let forged: Vec<Call> = (0..CAPACITY).map(|number| call(number, world.thief.as_ref())).collect();
    let good: Vec<Call> = (0..2 * CAPACITY).map(|number| call(number, world.issuer.as_ref())).collect();
    let empty = held();
    assert!(!forged.iter().any(granted));
    assert_eq!(held(), empty, "nothing that was not verified enters");
    bytes_each(CAPACITY, EACH, || assert!(good[..CAPACITY].iter().all(granted)));
    let full = held();
    assert!(good[CAPACITY..].iter().all(granted));
    assert_eq!(held(), full, "a full memory does not grow");
    row(
        "Verified tokens: only those that a trusted key signed and every rule accepted (beside the parsed key of a DPoP client)",
        EACH,
        CAPACITY,
        "token",
        "the one known for longest goes",
    )
}

/// What a token that comes again costs.
pub(crate) fn token_that_is_remembered() -> Row {
    let work = measure(|provider, meter| {
        let world = World::with_providers(&RustCrypto::new(), provider);
        let server = world.builder().remember_tokens(10).expect("a capacity").build().expect("a sound configuration");
        let requirement = Requirement::authenticated();
        let call = Call::new().bearer(&world.token(|_, _| {}));
        call.with_parts(|parts| {
            let mut check = || assert!(matches!(server.check(parts, &requirement, world.now()), Verdict::Granted(_)));
            check();
            meter(&mut check);
        });
    });
    assert_eq!(
        (work.signatures, work.digests),
        (0, 1),
        "its hash is looked up in place of its signature's verification"
    );
    Row {
        input: "A good token that comes again: every rule but the signature's",
        limit: crate::measured_input::bytes(limits::ACCESS_TOKEN),
        beyond: "401, unread".into(),
        work,
    }
}

/// An issuer that answers at this length, or never.
#[derive(Clone)]
struct Issuer {
    length: usize,
    silent: bool,
    asked: Arc<AtomicUsize>,
}

impl HttpClient for Issuer {
    async fn send(&self, _: OutgoingRequest) -> Result<IncomingResponse, HttpFailure> {
        self.asked.fetch_add(1, Ordering::Relaxed);
        if self.silent {
            std::future::pending::<()>().await;
        }
        let first = format!(r#"{{"active":true,"token_type":"Bearer","sub":"s","aud":"{AUDIENCE}","pad":""#);
        let body = format!("{first}{}\"}}", "x".repeat(self.length - first.len() - 2));
        Ok(IncomingResponse::new(200, body.into_bytes()).content_type("application/json"))
    }
}

fn introspector(issuer: &Issuer) -> Introspector {
    introspector_with(issuer, Arc::new(RustCrypto::new()))
}

fn introspector_with(issuer: &Issuer, provider: Arc<dyn CryptoProvider>) -> Introspector {
    let credentials = IntrospectionCredentials::basic("api", "secret");
    let endpoint =
        IntrospectionEndpoint::new(&format!("{ISSUER}/introspect"), ISSUER, credentials).expect("an endpoint");
    Introspector::new(endpoint, issuer.clone(), provider)
}

fn poll<T>(future: Pin<&mut impl Future<Output = T>>) -> Poll<T> {
    future.poll(&mut Context::from_waker(Waker::noop()))
}

pub(crate) fn introspection_answers() -> Row {
    const TOKENS: usize = 200;
    const EACH: usize = limits::REMEMBERED_INTROSPECTION + 1024;
    let mut issuer = Issuer { length: limits::REMEMBERED_INTROSPECTION, silent: false, asked: Arc::default() };
    let cache = introspector(&issuer).remember(Duration::from_secs(30), TOKENS);
    let clock = stopped(Timestamp::from_secs(NOW));
    let ask = |cache: &Introspector, token: usize| {
        let token = token.to_string();
        let answer = poll(pin!(cache.introspect(&token, &clock)));
        assert!(matches!(answer, Poll::Ready(Ok(Introspected::Active(_)))));
    };
    bytes_each(TOKENS, EACH, || (0..TOKENS).for_each(|token| ask(&cache, token)));
    let full = held();
    (TOKENS..3 * TOKENS).for_each(|token| ask(&cache, token));
    assert!(held() <= full + 4096, "a full cache does not grow: {} bytes", held() - full);
    assert_eq!(issuer.asked.swap(0, Ordering::Relaxed), 3 * TOKENS);
    issuer.length += 1;
    let long = introspector(&issuer);
    (0..3).for_each(|_| ask(&long, 1));
    assert_eq!(issuer.asked.load(Ordering::Relaxed), 3, "a longer answer is not remembered");
    row(
        "Introspection answers: only those that said \"active\"",
        EACH,
        TOKENS,
        "answer",
        "what ends first goes; a longer answer is not kept",
    )
}

pub(crate) fn introspections_under_way() -> Row {
    const AT_ONCE: usize = 256;
    let issuer = Issuer { length: 100, silent: true, asked: Arc::default() };
    let introspector = introspector(&issuer);
    let clock = stopped(Timestamp::from_secs(NOW));
    let tokens: Vec<String> = (0..=AT_ONCE).map(|token| token.to_string()).collect();
    let mut under_way: Vec<_> = tokens.iter().map(|token| Box::pin(introspector.introspect(token, &clock))).collect();
    let mut last = under_way.pop().expect("one more than may be");
    assert!(under_way.iter_mut().all(|one| poll(one.as_mut()).is_pending()));
    assert!(matches!(poll(last.as_mut()), Poll::Ready(Err(IntrospectionError::Overloaded))));
    // A request with a token that is being introspected waits for that answer.
    let mut followers: Vec<_> =
        (0..=limits::KEY_WAITERS).map(|_| Box::pin(introspector.introspect(&tokens[0], &clock))).collect();
    let mut last = followers.pop().expect("one more than may be");
    assert!(followers.iter_mut().all(|one| poll(one.as_mut()).is_pending()));
    assert!(matches!(poll(last.as_mut()), Poll::Ready(Err(IntrospectionError::Overloaded))));
    assert_eq!(issuer.asked.load(Ordering::Relaxed), AT_ONCE);
    Row {
        input: "Introspections under way: one for each token that is not remembered, of the longest",
        limit: format!("{AT_ONCE} tokens; {} requests wait for each", limits::KEY_WAITERS),
        beyond: "503 at once".into(),
        work: one_introspection(&issuer),
    }
}

/// What one costs while its answer is awaited, for the longest token.
fn one_introspection(issuer: &Issuer) -> Work {
    let token = "t".repeat(limits::ACCESS_TOKEN);
    measure(|provider, meter| {
        let (introspector, clock) = (introspector_with(issuer, provider), stopped(Timestamp::from_secs(NOW)));
        let mut future = Box::pin(introspector.introspect(&token, &clock));
        meter(&mut || assert!(poll(future.as_mut()).is_pending()));
    })
}

pub(crate) fn queue_of_events() -> Row {
    const CAPACITY: usize = 1000;
    const EACH: usize = 2 * limits::EVENT_TEXT + 192;
    let jti = "j".repeat(100_000);
    let before = held();
    let (sink, queue) = QueuedEvents::bounded(CAPACITY).expect("a capacity");
    let empty = held() - before;
    bytes_each(CAPACITY, EACH, || {
        for _ in 0..3 * CAPACITY {
            let mut event = DpopReplayDetected::default();
            (event.jti, event.client_id) = (EventText::new(&jti), Some(EventText::new(&jti)));
            sink.emit(&Event::DpopReplayDetected(event));
        }
        assert_eq!(sink.dropped(), 2 * u64::try_from(CAPACITY).expect("few"));
    });
    assert!(empty.unsigned_abs() <= CAPACITY * 64, "{empty} bytes for an empty queue");
    drop(queue);
    row("The queue of events, of strangers' texts", EACH + 64, CAPACITY, "event of two texts", "dropped and counted")
}

pub(crate) fn owners_of_mcp_sessions() -> Row {
    const CAPACITY: usize = 1000;
    const EACH: usize = 1024;
    let world = World::new();
    let server = world.builder().build().expect("a sound configuration");
    let call = Call::new().bearer(&world.token(|_, _| {}));
    let grant = world.check(&server, &Requirement::authenticated(), &call, Answers::good()).result.expect("granted");
    let owners = SessionOwners::single_node(CAPACITY).expect("a capacity");
    let bind = |number: usize| owners.bind(&format!("{number:0>256}"), grant.claims());
    bytes_each(CAPACITY, EACH, || (0..CAPACITY).for_each(bind));
    let full = held();
    (CAPACITY..3 * CAPACITY).for_each(bind);
    owners.bind(&"x".repeat(257), grant.claims());
    assert_eq!(owners.len(), CAPACITY);
    assert!(held() <= full + 65_536, "a full table does not grow: {} bytes", held() - full);
    row(
        "Owners of MCP sessions, with ids of 256 bytes (beside the token's issuer, subject and client)",
        EACH,
        CAPACITY,
        "session",
        "the session not used for longest goes; a longer id is not kept",
    )
}
