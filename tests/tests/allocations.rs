//! Heap allocations of one check, counted exactly: none of ours with a caller-held scratch, two with an owned grant, few for a
//! refusal. What AWS-LC takes from C's allocator is not in the count.

use attesto_core::Timestamp;
use attesto_core::crypto::{Algorithm, AwsLc, CryptoProvider, KeyKind, RustCrypto};
use attesto_core::dpop::ReplayAnswer;
use attesto_core::encoding::base64url;
use attesto_core::host::{Event, EventSink, Guard};
use attesto_core::jose::KeyMaterial;
use attesto_core::resource::{Question, Requirement, ResourceServer, Scratch, Verdict};
use attesto_tests::{Call, NOW, World, counter, heap};
use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

/// An RSA key for tests only.
const RSA: &str = include_str!("../../attesto-core/tests/keys/rsa2048.pkcs8.pem");
/// The refusals' own text: challenges, description, claims for the log.
const MOST_OF_A_REFUSAL: usize = 10;

#[global_allocator]
static ALLOCATOR: heap::Counting = heap::Counting;

fn allocations<T>(work: impl FnOnce() -> T) -> (T, usize) {
    let before = heap::allocations();
    let done = work();
    (done, heap::allocations() - before)
}

fn providers() -> [Arc<dyn CryptoProvider>; 2] {
    [Arc::new(RustCrypto::new()), Arc::new(AwsLc::new())]
}

/// The same world with a key of each kind: tokens are signed with one, proofs with another.
fn world_of(signing: Algorithm, provider: &Arc<dyn CryptoProvider>) -> World {
    let key = |seed| match signing.key_kind() {
        KeyKind::Rsa => KeyMaterial::from_pem(RSA).expect("a sound key"),
        kind => KeyMaterial::generate(kind, &mut counter(seed)).expect("a usable scalar"),
    };
    let signer = |seed| AwsLc::new().signer(key(seed).private().expect("private"), signing).expect("a suiting key");
    World { issuer: signer(1), client: signer(2), ..World::with_providers(&RustCrypto::new(), Arc::clone(provider)) }
}

fn bearer_call(world: &World, alg: Algorithm) -> Call {
    Call::new().bearer(&world.token(|header, _| {
        header.insert("alg".into(), alg.name().into());
    }))
}

fn dpop_call(world: &World, alg: Algorithm) -> Call {
    let jkt = world.thumbprint(world.client.as_ref()).to_base64url();
    let token = world.token(|header, claims| {
        header.insert("alg".into(), alg.name().into());
        claims.insert("cnf".into(), serde_json::json!({ "jkt": jkt }));
    });
    let proof = world.proof(&token, |header, _| {
        header.insert("alg".into(), alg.name().into());
    });
    Call::new().dpop(&token, &proof)
}

/// From the request's parts to the grant, the replay answer included; then the grant is given back.
fn check(server: &ResourceServer, scratch: &mut Scratch, call: &Call) -> usize {
    let requirement = Requirement::scopes(["mcp:tools:call"]).expect("a scope");
    call.with_parts(|parts| {
        let (granted, counted) = allocations(|| {
            let verdict = match server.check_with(scratch, parts, &requirement, Timestamp::from_secs(NOW)) {
                Verdict::Ask(Question::Replay(question)) => {
                    question.answer(ReplayAnswer::Fresh, Timestamp::from_secs(NOW))
                }
                verdict => verdict,
            };
            match verdict {
                Verdict::Granted(grant) => {
                    scratch.reclaim(grant);
                    Ok(())
                }
                verdict => Err(format!("{verdict:?}")),
            }
        });
        granted.expect("a valid request");
        counted
    })
}

/// What the provider alone makes for the signatures of one request, with its keys parsed already, or not (a proof's).
fn raw(provider: &dyn CryptoProvider, world: &World, alg: Algorithm, call: &Call) -> usize {
    let field = |name: &str| call.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.clone());
    let token = field("authorization").expect("credentials");
    let token = token.splitn(2, |byte| *byte == b' ').nth(1).expect("a token").to_vec();
    let parts = |jws: &[u8]| {
        let dot = jws.iter().rposition(|byte| *byte == b'.').expect("a dot");
        let mut signature = Vec::new();
        base64url::decode_append(&jws[dot + 1..], &mut signature).expect("base64url");
        (jws[..dot].to_vec(), signature)
    };
    let (message, signature) = parts(&token);
    let key = provider.verifying_key(world.issuer.public_key()).expect("a sound key");
    key.verify(alg, &message, &signature).expect("a valid signature"); // warm
    let (verified, mut counted) = allocations(|| key.verify(alg, &message, &signature));
    verified.expect("a valid signature");
    if let Some((message, signature)) = field("dpop").as_deref().map(parts) {
        let key = world.client.public_key();
        let (verified, proof) = allocations(|| provider.verify_once(key, alg, &message, &signature));
        verified.expect("a sound key").expect("a valid signature");
        counted += proof;
    }
    counted
}

#[test]
fn check_with_a_scratch_allocates_what_the_provider_allocates() {
    for provider in providers() {
        for alg in [Algorithm::ES256, Algorithm::EdDSA, Algorithm::RS256] {
            let world = world_of(alg, &provider);
            for (kind, call) in [("bearer", bearer_call(&world, alg)), ("dpop", dpop_call(&world, alg))] {
                let server = world.builder().build().expect("a sound configuration");
                let mut scratch = Scratch::new();
                let first = check(&server, &mut scratch, &call);
                let steady = check(&server, &mut scratch, &call);
                let signatures = raw(provider.as_ref(), &world, alg, &call);
                println!("{provider:?} {alg} {kind}: first {first}, steady {steady}, signatures alone {signatures}");
                assert!(steady <= signatures, "{provider:?} {alg} {kind}: {steady} > {signatures}");
                if alg != Algorithm::RS256 {
                    assert_eq!(steady, 0, "{provider:?} {alg} {kind}");
                }
            }
        }
    }
}

#[test]
fn check_of_a_remembered_token_allocates_nothing_but_for_the_proof() {
    for provider in providers() {
        for alg in [Algorithm::ES256, Algorithm::EdDSA, Algorithm::RS256] {
            let world = world_of(alg, &provider);
            let server = world.builder().remember_tokens(4).expect("some").build().expect("a sound configuration");
            let mut scratch = Scratch::new();
            let (bearer, dpop) = (bearer_call(&world, alg), dpop_call(&world, alg));
            for _ in 0..2 {
                check(&server, &mut scratch, &bearer);
                check(&server, &mut scratch, &dpop);
            }
            assert_eq!(check(&server, &mut scratch, &bearer), 0, "{provider:?} {alg} bearer");
            let counted = check(&server, &mut scratch, &dpop);
            let key = provider.verifying_key(world.client.public_key()).expect("a sound key");
            let message = [7; 300];
            let signature = world.client.sign(&message, &mut counter(9)).expect("a signature");
            key.verify(alg, &message, &signature).expect("a valid signature");
            let (_, signature) = allocations(|| key.verify(alg, &message, &signature));
            println!("{provider:?} {alg} dpop remembered: {counted}, signature alone {signature}");
            assert!(counted <= signature, "{provider:?} {alg} dpop: {counted} > {signature}");
        }
    }
}

/// With a grant that is kept; the most that any provider makes, which is nothing for its own part.
fn of_call(call: &Call) -> usize {
    let counted = providers().map(|provider| {
        let server = World::with_providers(&RustCrypto::new(), provider).builder().build().expect("sound");
        let requirement = Requirement::scopes(["mcp:tools:call"]).expect("a scope");
        call.with_parts(|parts| {
            let (verdict, counted) =
                allocations(|| match server.check(parts, &requirement, Timestamp::from_secs(NOW)) {
                    Verdict::Ask(Question::Replay(question)) => {
                        question.answer(ReplayAnswer::Fresh, Timestamp::from_secs(NOW))
                    }
                    verdict => verdict,
                });
            assert!(matches!(verdict, Verdict::Granted(_)), "{verdict:?}");
            counted
        })
    });
    println!("pure Rust and AWS-LC: {counted:?}");
    counted[0].max(counted[1])
}

#[test]
fn bearer_check_with_an_owned_grant_makes_one_allocation() {
    let counted = of_call(&Call::new().bearer(&World::new().token(|_, _| {})));
    assert!(counted <= 1, "{counted}: the token's payload, which the grant keeps");
}

#[test]
fn dpop_check_with_an_owned_grant_makes_two_allocations() {
    let counted = of_call(&World::new().dpop_call());
    assert!(counted <= 2, "{counted}: the token's payload, and the proof");
}

#[test]
fn guard_adds_no_allocation_for_an_event() {
    struct Sink;
    impl EventSink for Sink {
        fn emit(&self, event: &Event<'_>) {
            assert!(matches!(event, Event::AuthSucceeded(event) if event.scopes == "mcp:tools:read mcp:tools:call"));
        }
    }
    let world = World::new();
    let guard = |events: bool| {
        let builder = Guard::builder(world.builder().without_dpop().build().expect("a sound configuration"));
        let builder = if events { builder.events(Sink) } else { builder };
        builder.build().expect("a sound guard")
    };
    let requirement = Requirement::authenticated();
    let clock = world.clock();
    let counted = [guard(false), guard(true)].map(|guard| {
        Call::new().bearer(&world.token(|_, _| {})).with_parts(|parts| {
            let admit = || {
                let admission = pin!(guard.admit(parts, &requirement, &clock));
                match admission.poll(&mut Context::from_waker(Waker::noop())) {
                    Poll::Ready(admitted) => admitted.map(|_| ()).map_err(|_| ()),
                    Poll::Pending => Err(()),
                }
            };
            admit().expect("a valid request");
            let (admitted, counted) = allocations(admit);
            admitted.expect("a valid request");
            counted
        })
    });
    println!("guard without and with events: {counted:?}");
    assert_eq!(counted[0], counted[1]);
    assert!(counted[1] <= 1, "{counted:?}: the token's payload, which the grant keeps");
}

#[test]
fn refusals_make_few_allocations() {
    let world = World::new();
    let server = world.builder().build().expect("a sound configuration");
    let requirement = Requirement::authenticated();
    let token = world.token(|_, _| {});
    let dpop = world.dpop_call();
    let calls = [
        ("nothing", Call::new()),
        ("dots", Call::new().bearer(&".".repeat(1000))),
        ("not json", Call::new().bearer(&token.replacen('.', ".AA", 1))),
        ("forged", Call::new().bearer(&format!("{}AAAA", &token[..token.len() - 4]))),
        ("expired", Call::new().bearer(&world.token(|_, claims| drop(claims.insert("exp".into(), 1.into()))))),
        ("other audience", Call::new().bearer(&world.token(|_, claims| drop(claims.insert("aud".into(), "x".into()))))),
        ("no proof", dpop.clone().without("dpop")),
        ("bad proof", dpop.without("dpop").header("dpop", "a.b.c")),
    ];
    for (name, call) in calls {
        let mut scratch = Scratch::new();
        call.with_parts(|parts| {
            let mut refuse = || {
                let (verdict, counted) =
                    allocations(|| server.check_with(&mut scratch, parts, &requirement, world.now()));
                assert!(matches!(verdict, Verdict::Denied(_)), "{name}");
                counted
            };
            let (first, second) = (refuse(), refuse());
            println!("{name}: {first}, then {second}");
            assert!(first <= MOST_OF_A_REFUSAL && second <= first, "{name}: {first}, {second}");
        });
    }
}

#[test]
fn a_remembered_token_takes_at_most_96_bytes_and_its_clients_key() {
    const TOKENS: usize = 512;
    let world = World::new();
    let server = world.builder().remember_tokens(TOKENS).expect("some").build().expect("a sound configuration");
    let requirement = Requirement::authenticated();
    let mut scratch = Scratch::new();
    let calls: Vec<Call> = (0..2 * TOKENS)
        .map(|number| {
            Call::new().bearer(&world.token(|_, claims| drop(claims.insert("jti".into(), format!("t{number}").into()))))
        })
        .collect();
    let mut grant = |call: &Call| {
        call.with_parts(|parts| match server.check_with(&mut scratch, parts, &requirement, world.now()) {
            Verdict::Granted(grant) => scratch.reclaim(grant),
            verdict => panic!("{verdict:?}"),
        });
    };
    grant(&calls[0]);
    let before = heap::held();
    calls[..TOKENS].iter().for_each(&mut grant);
    let full = heap::held() - before;
    calls[TOKENS..].iter().for_each(&mut grant);
    let later = heap::held() - before;
    println!("{} bytes for each of {TOKENS} tokens", full / TOKENS as isize);
    assert!(full > 0 && full <= 96 * TOKENS as isize, "{full}");
    assert_eq!(later, full, "a full memory does not grow");
}

#[test]
fn refusal_before_any_work_does_not_grow_with_its_input() {
    let world = World::new();
    let server = world.builder().build().expect("a sound configuration");
    let requirement = Requirement::authenticated();
    let refuse = |token: String| {
        Call::new().bearer(&token).with_parts(|parts| {
            let (verdict, counted) = allocations(|| server.check(parts, &requirement, world.now()));
            assert!(matches!(verdict, Verdict::Denied(_)));
            counted
        })
    };
    assert_eq!(refuse(".".repeat(100)), refuse(".".repeat(16_000)));
    assert_eq!(refuse("a".repeat(17_000)), refuse("a".repeat(1_000_000)));
}
