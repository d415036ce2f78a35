//! Remembered tokens: what is skipped is the signature's verification, and nothing else.

use attesto_core::Timestamp;
use attesto_core::crypto::{
    Algorithm, AlgorithmSet, AwsLc, CryptoProvider, InvalidSignature, KeyError, PrivateKey, PublicKey, RustCrypto,
    Signer, VerifyingKey,
};
use attesto_core::host::Guard;
use attesto_core::jose::{Jwk, RotatingKeys, VerificationKeys};
use attesto_core::resource::{Requirement, ResourceServer};
use attesto_core::token::TrustedIssuer;
use attesto_testkit::block_on;
use attesto_tests::negative::rows;
use attesto_tests::{Answers, Call, ISSUER, NOW, Seen, World};
use proptest::prelude::*;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

/// How much arithmetic was asked for.
#[derive(Debug, Default)]
struct Counts {
    verified: AtomicUsize,
    parsed: AtomicUsize,
}

impl Counts {
    /// Signatures verified and keys parsed since the last time.
    fn take(&self) -> (usize, usize) {
        (self.verified.swap(0, Relaxed), self.parsed.swap(0, Relaxed))
    }
}

#[derive(Debug)]
struct Counting(RustCrypto, Arc<Counts>);

#[derive(Debug)]
struct CountingKey(Box<dyn VerifyingKey>, Arc<Counts>);

impl VerifyingKey for CountingKey {
    fn verify(&self, algorithm: Algorithm, message: &[u8], signature: &[u8]) -> Result<(), InvalidSignature> {
        self.1.verified.fetch_add(1, Relaxed);
        self.0.verify(algorithm, message, signature)
    }
}

impl CryptoProvider for Counting {
    fn algorithms(&self) -> AlgorithmSet {
        self.0.algorithms()
    }

    fn verifying_key(&self, key: &PublicKey) -> Result<Box<dyn VerifyingKey>, KeyError> {
        self.1.parsed.fetch_add(1, Relaxed);
        Ok(Box::new(CountingKey(self.0.verifying_key(key)?, Arc::clone(&self.1))))
    }

    fn signer(&self, key: &PrivateKey, algorithm: Algorithm) -> Result<Box<dyn Signer>, KeyError> {
        self.0.signer(key, algorithm)
    }

    fn sha256(&self, parts: &[&[u8]]) -> [u8; 32] {
        self.0.sha256(parts)
    }

    fn sha384(&self, whole: &[u8]) -> [u8; 48] {
        self.0.sha384(whole)
    }

    fn sha512(&self, whole: &[u8]) -> [u8; 64] {
        self.0.sha512(whole)
    }

    fn hmac_sha256(&self, key: &[u8; 32], parts: &[&[u8]]) -> [u8; 32] {
        self.0.hmac_sha256(key, parts)
    }
}

/// A world that counts, its counts, and its issuer's keys.
fn counted() -> (World, Arc<Counts>, Arc<RotatingKeys>) {
    let counts = Arc::new(Counts::default());
    let world = World::with_providers(&RustCrypto::new(), Arc::new(Counting(RustCrypto::new(), Arc::clone(&counts))));
    let keys = Arc::new(RotatingKeys::new(keys_of(&world, &[("k1", None)])));
    counts.take();
    (world, counts, keys)
}

/// The issuer's key under these names, each with the time at which it lapses.
fn keys_of(world: &World, kids: &[(&str, Option<u64>)]) -> VerificationKeys {
    let provider = world.provider.as_ref();
    kids.iter().fold(VerificationKeys::new(), |keys, (kid, lapses)| {
        let jwk = Jwk::new(world.issuer.public_key().clone()).with_kid(*kid);
        match lapses {
            None => keys.with_key(provider, &jwk),
            Some(lapses) => keys.with_retired_key(provider, &jwk, Timestamp::from_secs(*lapses)),
        }
        .expect("a sound key")
    })
}

fn server(world: &World, keys: &Arc<RotatingKeys>, remembered: Option<usize>) -> ResourceServer {
    let issuer = TrustedIssuer::with_source(ISSUER, Arc::clone(keys) as _).expect("a sound issuer");
    let builder = ResourceServer::builder(attesto_tests::AUDIENCE, Arc::clone(&world.provider)).issuer(issuer);
    let builder = match remembered {
        Some(capacity) => builder.remember_tokens(capacity).expect("a sound capacity"),
        None => builder,
    };
    builder.build().expect("a sound configuration")
}

fn check(world: &World, server: &ResourceServer, call: &Call, now: u64) -> Seen {
    world.check_at(server, &Requirement::authenticated(), call, Answers::good(), Timestamp::from_secs(now))
}

#[test]
fn a_repeated_token_is_verified_once_and_again_after_a_rotation() {
    let (world, counts, keys) = counted();
    let server = server(&world, &keys, Some(8));
    let call = Call::new().bearer(&world.token(|_, _| {}));
    for expected in [1, 0, 0] {
        assert!(check(&world, &server, &call, NOW).result.is_ok());
        assert_eq!(counts.take(), (expected, 0));
    }
    // The same key, published again beside another: replacing the set may have been meant to remove a key.
    keys.replace(keys_of(&world, &[("k1", None), ("k2", None)]));
    counts.take();
    for expected in [1, 0] {
        assert!(check(&world, &server, &call, NOW).result.is_ok());
        assert_eq!(counts.take(), (expected, 0));
    }
    keys.replace(keys_of(&world, &[("k2", None)]));
    assert!(check(&world, &server, &call, NOW).result.is_err(), "its key is gone");
    keys.replace(VerificationKeys::new());
    let denial = check(&world, &server, &call, NOW).result.expect_err("there are no keys at all");
    assert_eq!(denial.status(), 503);
}

#[test]
fn a_bound_clients_key_is_parsed_once() {
    let (world, counts, keys) = counted();
    let server = server(&world, &keys, Some(8));
    let call = world.dpop_call();
    // The token's and the proof's signature, the proof's key for once; then that key to be kept; then neither token nor key.
    for expected in [(2, 1), (1, 1), (1, 0), (1, 0)] {
        assert!(check(&world, &server, &call, NOW).result.is_ok());
        assert_eq!(counts.take(), expected);
    }
}

#[test]
fn a_guard_remembers_unless_switched_off() {
    for (remembers, expected) in [(true, 0), (false, 1)] {
        let (world, counts, keys) = counted();
        let issuer = TrustedIssuer::with_source(ISSUER, Arc::clone(&keys) as _).expect("a sound issuer");
        let builder = ResourceServer::builder(attesto_tests::AUDIENCE, Arc::clone(&world.provider)).issuer(issuer);
        let builder = if remembers { builder } else { builder.without_token_memory() };
        let guard = Guard::builder(builder.without_dpop().build().expect("sound")).build().expect("sound");
        let call = Call::new().bearer(&world.token(|_, _| {}));
        for expected in [1, expected] {
            let requirement = Requirement::authenticated();
            let admitted = call.with_parts(|parts| block_on(guard.admit(parts, &requirement, &world.clock())).is_ok());
            assert!(admitted, "a valid request");
            assert_eq!(counts.take().0, expected);
        }
    }
    let (world, counts, keys) = counted();
    let alone = server(&world, &keys, None);
    let call = Call::new().bearer(&world.token(|_, _| {}));
    for _ in 0..2 {
        assert!(check(&world, &alone, &call, NOW).result.is_ok());
        assert_eq!(counts.take().0, 1, "a resource server by itself remembers nothing");
    }
}

#[test]
fn a_thousand_invalid_tokens_evict_no_remembered_token() {
    let (world, counts, keys) = counted();
    let server = server(&world, &keys, Some(1));
    let good = Call::new().bearer(&world.token(|_, _| {}));
    assert!(check(&world, &server, &good, NOW).result.is_ok());
    let token = world.token(|_, _| {});
    let (input, signature) = token.rsplit_once('.').expect("a signature");
    for number in 0..1000 {
        let forged = format!("{input}.{:04}{}", number, &signature[4..]);
        assert!(check(&world, &server, &Call::new().bearer(&forged), NOW).result.is_err());
    }
    // Signed, and refused by a rule.
    for number in 0..20 {
        let expired = world.token(|_, claims| drop(claims.insert("exp".into(), number.into())));
        assert!(check(&world, &server, &Call::new().bearer(&expired), NOW).result.is_err());
    }
    counts.take();
    assert!(check(&world, &server, &good, NOW).result.is_ok());
    assert_eq!(counts.take(), (0, 0), "still remembered");
}

#[test]
fn malformed_input_is_refused_without_arithmetic() {
    let (world, counts, keys) = counted();
    let server = server(&world, &keys, Some(8));
    let token = world.token(|_, _| {});
    let segments: Vec<&str> = token.split('.').collect();
    let [header, payload, signature] = segments[..] else { panic!("three segments") };
    let bound = world.bound_token();
    let proof = world.proof(&bound, |_, _| {});
    let proof: Vec<&str> = proof.split('.').collect();
    let [proof_header, proof_payload, proof_signature] = proof[..] else { panic!("three segments") };
    let mut calls: Vec<Call> = [
        format!("{header}.{payload}.{signature}="),
        format!("{header}.{payload}.{signature}."),
        format!("{header}.{payload}=.{signature}"),
        format!("{header}.AA.{signature}"),
        format!("{header}.e30.{signature}.a.b"),
        format!("AA.{payload}.{signature}"),
        format!("{header}.{payload}"),
        ".".repeat(16_000),
        "a".repeat(1_000_000),
    ]
    .map(|token| Call::new().bearer(&token))
    .into();
    // The token is remembered, so that what arithmetic there is would be the proof's.
    for _ in 0..3 {
        assert!(check(&world, &server, &world.dpop_call(), NOW).result.is_ok());
    }
    counts.take();
    for broken in [
        format!("{proof_header}.{proof_payload}.{proof_signature}="),
        format!("{proof_header}.{proof_payload}=.{proof_signature}"),
        format!("{proof_header}.AA.{proof_signature}"),
        format!("AA.{proof_payload}.{proof_signature}"),
        ".".repeat(8_000),
        ".".repeat(1_000_000),
    ] {
        calls.push(Call::new().dpop(&bound, &broken));
    }
    for (index, call) in calls.iter().enumerate() {
        assert!(check(&world, &server, call, NOW).result.is_err(), "{index}");
        assert_eq!(counts.take(), (0, 0), "{index}");
    }
}

/// Everything that the two verdicts say.
fn told(seen: &Seen) -> String {
    match &seen.result {
        Ok(grant) => {
            format!("{:?} {:?} {} {:?}", seen.asked, grant.sender(), grant.claims().as_json(), grant.amendments())
        }
        Err(denial) => format!(
            "{:?} {:?} {:?} {:?}",
            seen.asked,
            denial.reason(),
            denial.response(),
            denial.refused_claims().map(|claims| claims.as_json().to_owned())
        ),
    }
}

#[test]
fn every_row_of_the_negative_table_is_the_same_with_a_memory() {
    let world = World::new();
    for row in rows() {
        let expected = told(&row.broken_in(&world).run());
        let exchange = row.broken_in(&world);
        let server = exchange.builder.remember_tokens(8).expect("some").build().expect("a sound configuration");
        let mended = row.mended_in(&world);
        for _ in 0..3 {
            // What is remembered of the good request must not help the bad one, nor the other way round.
            let _ = world.check(&server, &mended.requirement, &mended.call, Answers::good());
            let seen = world.check(&server, &exchange.requirement, &exchange.call, (exchange.answers)());
            assert_eq!(told(&seen), expected, "{}", row.name);
        }
    }
}

/// What may come, in any order.
#[derive(Clone, Copy, Debug)]
enum Step {
    Call(usize),
    Time(u64),
    Keys(usize),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        6 => (0..CALLS).prop_map(Step::Call),
        1 => prop_oneof![NOW - 100..NOW + 5, NOW + 40..NOW + 60, NOW + 880..NOW + 900].prop_map(Step::Time),
        1 => (0..KEY_SETS.len()).prop_map(Step::Keys),
    ];
    prop::collection::vec(step, 1..24)
}

const LAPSES: u64 = NOW + 50;
const KEY_SETS: [&[(&str, Option<u64>)]; 6] = [
    &[("k1", None)],
    &[("k2", None)],
    &[("k1", None), ("k2", None)],
    &[("k1", Some(LAPSES)), ("k2", None)],
    &[("k1", Some(LAPSES))],
    &[],
];
const CALLS: usize = 12;

fn calls(world: &World) -> [Call; CALLS] {
    let bound = world.bound_token();
    let proof = |change: fn(&mut attesto_tests::Json, &mut attesto_tests::Json)| world.proof(&bound, change);
    let good = proof(|_, _| {});
    let stolen = {
        let thief = World { client: World::new().thief, ..World::new() };
        thief.proof(&bound, |_, _| {})
    };
    let no_kid = world.token(|header, _| drop(header.remove("kid")));
    let short = world.token(|_, claims| drop(claims.insert("exp".into(), (NOW + 45).into())));
    let mut forged = bound.clone();
    let last = forged.pop().expect("a signature");
    forged.push(if last == 'A' { 'Q' } else { 'A' });
    [
        Call::new().bearer(&world.token(|_, _| {})),
        Call::new().bearer(&no_kid),
        Call::new().bearer(&short),
        Call::new().bearer(&world.token(|header, _| drop(header.insert("typ".into(), "jwt".into())))),
        Call::new().bearer(&world.token(|header, _| drop(header.insert("kid".into(), "k2".into())))),
        Call::new().bearer(&bound),
        Call::new().dpop(&bound, &good),
        Call::new().dpop(&bound, &stolen),
        Call::new().dpop(&bound, &proof(|_, claims| drop(claims.insert("htm".into(), "GET".into())))),
        Call::new().dpop(&bound, &format!("{}AA", &good[..good.len() - 2])),
        Call::new().dpop(&forged, &good),
        Call::new().dpop(&no_kid, &good),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, ..ProptestConfig::default() })]

    #[test]
    fn a_server_with_a_memory_says_what_one_without_says(steps in steps(), capacity in 1_usize..4, fast: bool) {
        let provider: Arc<dyn CryptoProvider> = if fast { Arc::new(AwsLc::new()) } else { Arc::new(RustCrypto::new()) };
        let world = World::with_providers(&RustCrypto::new(), provider);
        let keys = Arc::new(RotatingKeys::new(keys_of(&world, KEY_SETS[0])));
        let (with, without) = (server(&world, &keys, Some(capacity)), server(&world, &keys, None));
        let calls = calls(&world);
        let mut now = NOW;
        for step in steps {
            match step {
                Step::Time(time) => now = time,
                Step::Keys(set) => keys.replace(keys_of(&world, KEY_SETS[set])),
                Step::Call(call) => {
                    let (one, other) = (check(&world, &with, &calls[call], now), check(&world, &without, &calls[call], now));
                    prop_assert_eq!(told(&one), told(&other));
                }
            }
        }
    }
}
