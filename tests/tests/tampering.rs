//! No request is granted after one byte of what was signed was changed: every position of one token and of one proof, for every
//! algorithm, on both providers.

use attesto_core::crypto::{Algorithm, AlgorithmSet, AwsLc, CryptoProvider, KeyKind, RustCrypto, Signer};
use attesto_core::dpop::ProofPolicy;
use attesto_core::jose::{Jwk, KeyMaterial, VerificationKeys};
use attesto_core::resource::{Requirement, ResourceServer};
use attesto_core::token::TrustedIssuer;
use attesto_tests::{AUDIENCE, Answers, Call, ISSUER, World};
use std::sync::Arc;

fn signer(algorithm: Algorithm) -> Box<dyn Signer> {
    let pem = match algorithm.key_kind() {
        KeyKind::P256 => include_str!("../../attesto-core/tests/keys/p256.pkcs8.pem"),
        KeyKind::P384 => include_str!("../../attesto-core/tests/keys/p384.pkcs8.pem"),
        KeyKind::P521 => include_str!("../../attesto-core/tests/keys/p521.pkcs8.pem"),
        KeyKind::Ed25519 => include_str!("../../attesto-core/tests/keys/ed25519.pkcs8.pem"),
        KeyKind::Rsa => include_str!("../../attesto-core/tests/keys/rsa2048.pkcs8.pem"),
        other => panic!("no key of kind {other:?} to test with"),
    };
    let key = KeyMaterial::from_pem(pem).expect("a key");
    AwsLc::new().signer(key.private().expect("a private key"), algorithm).expect("a signer")
}

/// A world whose issuer and client sign so, and a resource that takes that.
fn scene(provider: Arc<dyn CryptoProvider>, issuer: Algorithm, client: Algorithm) -> (World, ResourceServer) {
    let [issuer_key, client_key, thief] = [issuer, client, Algorithm::ES256].map(signer);
    let world = World { provider: Arc::clone(&provider), issuer: issuer_key, client: client_key, thief };
    let jwk = Jwk::new(world.issuer.public_key().clone()).with_kid("k1");
    let keys =
        VerificationKeys::new().with_key_for(provider.as_ref(), &jwk, AlgorithmSet::only(issuer)).expect("a key");
    let server = ResourceServer::builder(AUDIENCE, provider)
        .issuer(TrustedIssuer::new(ISSUER, keys).expect("a sound issuer").accept_algorithms(AlgorithmSet::only(issuer)))
        .dpop(ProofPolicy::new().accept_algorithms(AlgorithmSet::only(client)))
        .build()
        .expect("a sound configuration");
    (world, server)
}

/// With a binding to the client's key, or to be sent as Bearer.
fn token(world: &World, bound: bool) -> String {
    let jkt = world.thumbprint(world.client.as_ref()).to_base64url();
    world.token(|header, claims| {
        header.insert("alg".into(), world.issuer.algorithm().name().into());
        if bound {
            claims.insert("cnf".into(), serde_json::json!({ "jkt": jkt }));
        }
    })
}

fn proof(world: &World, token: &str) -> String {
    world.proof(token, |header, _| {
        header.insert("alg".into(), world.client.algorithm().name().into());
    })
}

/// What may stand in place of a byte: its neighbour in the alphabet, the other case, a separator, padding, no ASCII; and at the ends of
/// the segments, where a letter has bits to spare, anything. One letter will do where signatures take long.
fn others(text: &[u8], position: usize, slow: bool) -> Vec<u8> {
    let byte = text[position];
    let ends = text.get(position + 1).is_none_or(|next| *next == b'.');
    let other_case = if slow { byte } else { byte ^ 0x20 };
    let mut others =
        if ends { (0..=u8::MAX).collect() } else { vec![byte ^ 0x01, other_case, b'.', b'=', byte | 0x80] };
    others.retain(|other| *other != byte);
    others
}

/// Holds each change of `signed` against `granted`.
fn no_change_is_granted(signed: &str, algorithm: Algorithm, granted: impl Fn(&[u8]) -> bool) {
    assert!(granted(signed.as_bytes()), "unchanged it passes");
    let mut changed = signed.as_bytes().to_vec();
    let slow = matches!(algorithm.key_kind(), KeyKind::P384 | KeyKind::P521);
    let mut changes = 0;
    for position in 0..changed.len() {
        let byte = changed[position];
        for other in others(signed.as_bytes(), position, slow) {
            changed[position] = other;
            assert!(!granted(&changed), "{:?} instead of {:?} at {position}", char::from(other), char::from(byte));
            changes += 1;
        }
        changed[position] = byte;
    }
    assert!(changes > 3 * signed.len(), "{changes}");
}

fn granted(world: &World, server: &ResourceServer, call: &Call) -> bool {
    world.check(server, &Requirement::authenticated(), call, Answers::good()).result.is_ok()
}

/// The token's algorithm, then the proof's; beside a proof the token is of the algorithm that is quickest to verify.
fn every_change_is_refused(algorithm: Algorithm) {
    let providers: [Arc<dyn CryptoProvider>; 2] = [Arc::new(RustCrypto::new()), Arc::new(AwsLc::new())];
    for provider in providers {
        let (world, server) = scene(Arc::clone(&provider), algorithm, Algorithm::EdDSA);
        no_change_is_granted(&token(&world, false), algorithm, |changed| {
            granted(&world, &server, &Call::new().header("authorization", [b"Bearer ", changed].concat()))
        });
        let (world, server) = scene(provider, Algorithm::EdDSA, algorithm);
        let token = token(&world, true);
        no_change_is_granted(&proof(&world, &token), algorithm, |changed| {
            let call = Call::new().header("authorization", format!("DPoP {token}")).header("dpop", changed);
            granted(&world, &server, &call)
        });
    }
}

macro_rules! algorithms {
    ($($test:ident: $algorithm:ident)*) => {
        const TESTED: &[Algorithm] = &[$(Algorithm::$algorithm),*];

        $(#[test]
        fn $test() {
            every_change_is_refused(Algorithm::$algorithm);
        })*
    };
}

algorithms! {
    t13_no_byte_of_an_eddsa_token_or_proof_can_be_changed: EdDSA
    t13_no_byte_of_an_ed25519_token_or_proof_can_be_changed: Ed25519
    t13_no_byte_of_an_es256_token_or_proof_can_be_changed: ES256
    t13_no_byte_of_an_es384_token_or_proof_can_be_changed: ES384
    t13_no_byte_of_an_es512_token_or_proof_can_be_changed: ES512
    t13_no_byte_of_a_ps256_token_or_proof_can_be_changed: PS256
    t13_no_byte_of_a_ps384_token_or_proof_can_be_changed: PS384
    t13_no_byte_of_a_ps512_token_or_proof_can_be_changed: PS512
    t13_no_byte_of_an_rs256_token_or_proof_can_be_changed: RS256
    t13_no_byte_of_an_rs384_token_or_proof_can_be_changed: RS384
    t13_no_byte_of_an_rs512_token_or_proof_can_be_changed: RS512
}

#[test]
fn t13_no_algorithm_is_left_out() {
    assert!(Algorithm::ALL.iter().all(|algorithm| TESTED.contains(algorithm)), "{TESTED:?}");
}
