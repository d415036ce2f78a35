//! What attesto writes it reads, and as the same: tokens it mints, keys it publishes, proofs it makes; whatever is in them, and whichever
//! provider wrote and which one reads.

use attesto_core::Timestamp;
use attesto_core::crypto::{Algorithm, AwsLc, CryptoProvider, EntropyError, KeyKind, RustCrypto, Signer};
use attesto_core::dpop::{NonceIssuer, NonceSecret, NonceUse, ProofMaker, ProofPolicy};
use attesto_core::jose::{JwkSet, KeyMaterial, Thumbprint, VerificationKeys};
use attesto_core::resource::{Grant, Requirement, ResourceServer, Sender};
use attesto_core::token::{AccessTokenIssuer, KeyRing, MintRequest, MintedToken, TrustedIssuer};
use attesto_tests::{AUDIENCE, Answers, Call, ISSUER, NOW, World, counter};
use proptest::prelude::*;
use std::sync::Arc;
use std::time::Duration;

fn providers() -> [Arc<dyn CryptoProvider>; 2] {
    [Arc::new(RustCrypto::new()), Arc::new(AwsLc::new())]
}

fn signer(provider: &dyn CryptoProvider, algorithm: Algorithm, seed: u8) -> Arc<dyn Signer> {
    let key = match algorithm.key_kind() {
        KeyKind::Rsa => KeyMaterial::from_pem(include_str!("../../attesto-core/tests/keys/rsa2048.pkcs8.pem")),
        kind => KeyMaterial::generate(kind, &mut counter(seed)),
    };
    let key = key.expect("a key");
    provider.signer(key.private().expect("a private key"), algorithm).expect("a signer").into()
}

/// RSA is blinded with it, and a few bytes that repeat would not do.
fn random(out: &mut [u8]) -> Result<(), EntropyError> {
    getrandom::fill(out).map_err(|_| EntropyError)
}

/// Those that no resource has to opt in to.
const ALGORITHMS: [Algorithm; 7] = [
    Algorithm::ES256,
    Algorithm::ES384,
    Algorithm::ES512,
    Algorithm::EdDSA,
    Algorithm::Ed25519,
    Algorithm::RS256,
    Algorithm::PS256,
];

fn nonces() -> NonceIssuer {
    NonceIssuer::new(NonceUse::ResourceServer, NonceSecret::new([3; 32]))
}

/// Mints with one provider, publishes the keys as text, and reads them with the other into a resource that wants nonces.
fn scene(
    writing: &Arc<dyn CryptoProvider>,
    reading: &Arc<dyn CryptoProvider>,
    algorithm: Algorithm,
    request: MintRequest,
) -> (MintedToken, ResourceServer) {
    let ring = Arc::new(KeyRing::new(writing.as_ref(), signer(writing.as_ref(), algorithm, 1)).expect("a ring"));
    let issuer = AccessTokenIssuer::builder(ISSUER, Arc::clone(writing), Arc::clone(&ring));
    let issuer = issuer.audience([AUDIENCE]).build().expect("a sound issuer");
    let minted = issuer.mint(request, Timestamp::from_secs(NOW), &mut random).expect("minted");

    let published = JwkSet::from_json(ring.jwks().to_json().as_bytes()).expect("what is published can be read");
    let keys = VerificationKeys::from_jwk_set(reading.as_ref(), &published).expect("sound keys");
    let server = ResourceServer::builder(AUDIENCE, Arc::clone(reading))
        .issuer(TrustedIssuer::new(ISSUER, keys).expect("a sound issuer"))
        .dpop(ProofPolicy::new().require_nonces(nonces()))
        .build()
        .expect("a sound configuration");
    (minted, server)
}

fn check(server: &ResourceServer, call: &Call) -> Grant {
    let seen = World::new().check(server, &Requirement::authenticated(), call, Answers::good());
    seen.result.unwrap_or_else(|denial| panic!("{denial}"))
}

/// Text that JSON has to escape, among other text.
fn text() -> impl Strategy<Value = String> {
    prop::collection::vec(
        prop_oneof![any::<char>(), prop::sample::select(vec!['"', '\\', '\n', '\0', '/', 'ß', '\u{1f980}'])],
        1..24,
    )
    .prop_map(|chars| chars.into_iter().collect())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn t13_a_minted_token_is_granted_as_what_it_was_minted_for(
        subject in text().prop_filter("not blank", |text| !text.trim().is_empty()),
        client in text().prop_filter("not blank", |text| !text.trim().is_empty()),
        scopes in prop::collection::btree_set("[a-z:.]{1,12}", 0..5),
        extra in text(),
        lifetime in 1u64..900,
        algorithm in prop::sample::select(ALGORITHMS.to_vec()),
        jti in text(),
        query in prop::option::of("[ -~]{0,20}"),
    ) {
        for writing in providers() {
            for reading in providers() {
                let client_key = signer(writing.as_ref(), algorithm, 7);
                let jkt = attesto_core::jose::Jwk::new(client_key.public_key().clone())
                    .thumbprint(|parts| writing.sha256(parts));
                let request = MintRequest::new(subject.clone(), client.clone())
                    .scopes(scopes.iter())
                    .claim("extra", extra.clone().into())
                    .lifetime(Duration::from_secs(lifetime))
                    .dpop_jkt(jkt);
                let (minted, server) = scene(&writing, &reading, algorithm, request);
                let nonce = nonces().issue(writing.as_ref(), Timestamp::from_secs(NOW));
                let url = query.as_ref().map_or(AUDIENCE.to_owned(), |query| format!("{AUDIENCE}?{query}"));
                let proof = ProofMaker::new("POST", &url)
                    .access_token(minted.token())
                    .nonce(&nonce)
                    .jti(&jti)
                    .make(client_key.as_ref(), writing.as_ref(), Timestamp::from_secs(NOW), &mut random)
                    .expect("a proof");
                let grant = check(&server, &Call::new().dpop(minted.token(), &proof));
                let claims = grant.claims();
                prop_assert_eq!(claims.subject(), &subject);
                prop_assert_eq!(claims.client_id(), Some(client.as_str()));
                prop_assert!(claims.scopes().eq(scopes.iter().map(String::as_str)));
                prop_assert_eq!(claims.audiences(), [AUDIENCE]);
                prop_assert_eq!(claims.issued_at(), Some(Timestamp::from_secs(NOW)));
                prop_assert_eq!(claims.expires_at(), Some(Timestamp::from_secs(NOW + lifetime)));
                let kept: serde_json::Value = serde_json::from_str(claims.as_json()).expect("JSON");
                prop_assert_eq!(kept["extra"].as_str(), Some(extra.as_str()));
                prop_assert_eq!(grant.sender(), &Sender::Dpop { jkt });
            }
        }
    }

    #[test]
    fn t13_thumbprints_and_private_keys_read_back_as_themselves(bytes: [u8; 32], seed in 1u8..250) {
        let thumbprint = Thumbprint::from_bytes(bytes);
        prop_assert_eq!(Thumbprint::parse(&thumbprint.to_base64url()), Some(thumbprint));
        for kind in [KeyKind::P256, KeyKind::P384, KeyKind::P521, KeyKind::Ed25519] {
            let Ok(key) = KeyMaterial::generate(kind, &mut counter(seed)) else { continue };
            let jwk = key.to_private_jwk().expect("a private key");
            let again = KeyMaterial::from_jwk(&jwk).expect("what was written can be read");
            prop_assert_eq!(again.public(), key.public());
            prop_assert_eq!(again.to_private_jwk(), Some(jwk));
        }
    }
}

#[test]
fn t13_every_algorithm_is_written_by_each_provider_and_read_by_each() {
    for algorithm in ALGORITHMS {
        for writing in providers() {
            for reading in providers() {
                let (minted, server) = scene(&writing, &reading, algorithm, MintRequest::new("usr_1", "client-1"));
                let grant = check(&server, &Call::new().bearer(minted.token()));
                assert_eq!((grant.subject(), grant.sender()), ("usr_1", &Sender::Bearer));
                assert_eq!(grant.claims().jwt_id().map(str::len), Some(22), "128 random bits");
            }
        }
    }
}
