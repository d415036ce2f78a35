//! Tests of minting, key rings, and foreign claims. The negative table of the `tests` crate covers verification.

use super::*;
use crate::Timestamp;
use crate::challenge::AuthScheme;
use crate::crypto::{
    Algorithm, CryptoProvider, Entropy, EntropyError, KeyKind, PublicKey, RustCrypto, Signer, SignerError,
};
use crate::encoding::json::Value;
use crate::jose::{Jwk, JwkSet, KeyMaterial, KeyMismatch, RotatingKeys, Thumbprint, VerificationKeys};
use alloc::boxed::Box;
use alloc::collections::BTreeSet;
use alloc::string::{String, ToString};
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::time::Duration;
use serde_json::json;

const ISSUER: &str = "https://auth.example.com";
const AUDIENCE: &str = "https://mcp.example.com/mcp";
const NOW: Timestamp = Timestamp::from_secs(1_800_000_000);
const JKT: Thumbprint = Thumbprint::from_bytes([1; 32]);

/// Returns a generator that repeats itself from run to run (xorshift): RSA blinding needs numbers that do not cycle.
fn counter(seed: u8) -> impl FnMut(&mut [u8]) -> Result<(), EntropyError> {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64 ^ u64::from(seed);
    move |out| {
        for byte in out {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            *byte = state.to_le_bytes()[3];
        }
        Ok(())
    }
}

fn provider() -> Arc<dyn CryptoProvider> {
    Arc::new(RustCrypto::new())
}

fn signer(seed: u8) -> Arc<dyn Signer> {
    let key = KeyMaterial::generate(KeyKind::P256, &mut counter(seed)).unwrap();
    RustCrypto::new().signer(key.private().unwrap(), Algorithm::ES256).unwrap().into()
}

fn ring(seed: u8) -> KeyRing {
    KeyRing::new(&RustCrypto::new(), signer(seed)).unwrap()
}

fn issuer(ring: KeyRing) -> AccessTokenIssuer {
    AccessTokenIssuer::builder(ISSUER, provider(), Arc::new(ring)).audience([AUDIENCE]).build().unwrap()
}

fn verifier(keys: VerificationKeys) -> AccessTokenVerifier {
    let trusted = TrustedIssuer::new(ISSUER, keys).unwrap();
    AccessTokenVerifier::new(&provider(), alloc::vec![trusted], TokenRules::new().audience_is([AUDIENCE])).unwrap()
}

fn request() -> MintRequest {
    MintRequest::new("usr_1", "client-1").scopes(["a", "b", "a"])
}

fn verified(ring: &KeyRing, token: &str, now: Timestamp) -> Result<Claims, TokenError> {
    let keys = ring.verification_keys(&RustCrypto::new()).unwrap();
    verifier(keys).verify(token, now).map_err(|refused| refused.error)
}

#[test]
fn a4_minted_token_verifies_until_it_expires() {
    let ring = ring(1);
    let minted = issuer(ring.clone()).mint(request(), NOW, &mut counter(9)).unwrap();
    assert_eq!((minted.token_type, minted.expires_in), (AuthScheme::Bearer, 900));
    let claims = verified(&ring, minted.token(), NOW).unwrap();
    assert_eq!((claims.issuer(), claims.subject(), claims.client_id()), (Some(ISSUER), "usr_1", Some("client-1")));
    assert_eq!(claims.jwt_id(), Some(minted.jwt_id.as_str()));
    assert_eq!(claims.audiences(), [AUDIENCE]);
    assert!(claims.scopes().eq(["a", "b"]));
    assert!(verified(&ring, minted.token(), NOW.plus(899)).is_ok());
    assert_eq!(verified(&ring, minted.token(), NOW.plus(900)).unwrap_err(), TokenError::Expired);
}

#[test]
fn j12_every_algorithm_mints_and_verifies_on_every_provider() {
    let pem = |name: &str| match name {
        "rsa" => include_str!("../../tests/keys/rsa2048.pkcs8.pem"),
        "p384" => include_str!("../../tests/keys/p384.pkcs8.pem"),
        "p521" => include_str!("../../tests/keys/p521.pkcs8.pem"),
        "p256" => include_str!("../../tests/keys/p256.pkcs8.pem"),
        _ => include_str!("../../tests/keys/ed25519.pkcs8.pem"),
    };
    let providers = crate::crypto::tests::providers().into_iter().map(Arc::<dyn CryptoProvider>::from);
    for (provider, algorithm) in providers.flat_map(|one| Algorithm::ALL.iter().map(move |two| (one.clone(), two))) {
        let key = KeyMaterial::from_pem(pem(match algorithm.key_kind() {
            KeyKind::P256 => "p256",
            KeyKind::P384 => "p384",
            KeyKind::P521 => "p521",
            KeyKind::Ed25519 => "ed25519",
            KeyKind::Rsa => "rsa",
        }))
        .unwrap();
        let signer = provider.signer(key.private().unwrap(), *algorithm).unwrap();
        let ring = KeyRing::new(provider.as_ref(), signer.into()).unwrap();
        let issuer = AccessTokenIssuer::builder(ISSUER, provider.clone(), Arc::new(ring.clone()));
        let issuer = issuer.audience([AUDIENCE]).build().unwrap();
        let minted = issuer.mint(request(), NOW, &mut counter(9)).unwrap();
        let keys = ring.verification_keys(provider.as_ref()).unwrap();
        let trusted = TrustedIssuer::new(ISSUER, keys).unwrap();
        let trusted = trusted.accept_algorithms(crate::crypto::AlgorithmSet::only(*algorithm));
        let rules = TokenRules::new().audience_is([AUDIENCE]);
        let verifier = AccessTokenVerifier::new(&provider, alloc::vec![trusted], rules).unwrap();
        assert!(verifier.verify(minted.token(), NOW).is_ok(), "{algorithm} by {provider:?}");
    }
}

#[test]
fn a11_binding_is_minted_and_named_by_the_token_type() {
    let ring = ring(1);
    let mint = |request| issuer(ring.clone()).mint(request, NOW, &mut counter(9)).unwrap();
    let bound = mint(request().dpop_jkt(JKT));
    assert_eq!(bound.token_type, AuthScheme::Dpop);
    assert_eq!(verified(&ring, bound.token(), NOW).unwrap().confirmation(), Confirmation::Jkt(JKT));
    let certificate = mint(request().x5t_s256(JKT));
    assert_eq!(certificate.token_type, AuthScheme::Bearer);
    assert_eq!(verified(&ring, certificate.token(), NOW).unwrap().confirmation(), Confirmation::X5tS256(JKT));
}

#[test]
fn a12_wrong_types_of_step_up_claims_do_not_refuse_the_token() {
    let ring = ring(1);
    let claims = ForeignClaims::new("s").claim("acr", json!(5)).claim("auth_time", json!("now"));
    let claims = verifier(ring.verification_keys(&RustCrypto::new()).unwrap()).check_foreign(claims, NOW).unwrap();
    assert_eq!((claims.acr(), claims.auth_time()), (None, None));
    let minted = issuer(ring.clone()).mint(request().acr("phr").auth_time(NOW), NOW, &mut counter(9)).unwrap();
    let claims = verified(&ring, minted.token(), NOW).unwrap();
    assert_eq!((claims.acr(), claims.auth_time()), (Some("phr"), Some(NOW)));
}

#[test]
fn a18_other_claims_pass_through_untouched() {
    let ring = ring(1);
    let request = request().claim("tenant", json!({"id": [1, "x\"y"]}));
    let minted = issuer(ring.clone()).mint(request, NOW, &mut counter(9)).unwrap();
    let claims = verified(&ring, minted.token(), NOW).unwrap();
    let whole: serde_json::Value = serde_json::from_str(claims.as_json()).unwrap();
    assert_eq!(whole["tenant"], json!({"id": [1, "x\"y"]}));
    assert!(matches!(claims.get("tenant"), Some(Value::Object(_))));
}

#[test]
fn a4_requested_lifetime_only_shortens() {
    let issuer = issuer(ring(1));
    let life = |seconds| issuer.mint(request().lifetime(seconds), NOW, &mut counter(9)).unwrap().expires_in;
    assert_eq!(
        (life(Duration::from_secs(60)), life(Duration::from_secs(900)), life(Duration::from_secs(9000))),
        (60, 900, 900)
    );
}

#[test]
fn a2_one_audience_is_a_string_and_several_a_list() {
    let ring = ring(1);
    let minted = issuer(ring.clone()).mint(request().audience([AUDIENCE, "https://b"]), NOW, &mut counter(9)).unwrap();
    let claims = verified(&ring, minted.token(), NOW).unwrap();
    assert!(matches!(claims.get("aud"), Some(Value::Array(_))));
    assert_eq!(claims.audiences(), [AUDIENCE, "https://b"]);
    let minted = issuer(ring.clone()).mint(request(), NOW, &mut counter(9)).unwrap();
    assert!(matches!(verified(&ring, minted.token(), NOW).unwrap().get("aud"), Some(Value::String(_))));
}

/// A signer whose backend misbehaves.
#[derive(Debug)]
struct Faulty {
    honest: Arc<dyn Signer>,
    signature: Result<Vec<u8>, SignerError>,
}

impl Signer for Faulty {
    fn algorithm(&self) -> Algorithm {
        self.honest.algorithm()
    }

    fn public_key(&self) -> &PublicKey {
        self.honest.public_key()
    }

    fn sign(&self, _: &[u8], _: &mut dyn Entropy) -> Result<Vec<u8>, SignerError> {
        self.signature.clone()
    }
}

fn faulty(signature: Result<Vec<u8>, SignerError>) -> KeyRing {
    KeyRing::new(&RustCrypto::new(), Arc::new(Faulty { honest: signer(1), signature })).unwrap()
}

#[test]
fn every_mint_error_is_produced_by_one_fault() {
    let kinds = PrincipalKinds::new([PrincipalKind::new("user", "usr_")]).unwrap();
    let with_kinds = AccessTokenIssuer::builder(ISSUER, provider(), Arc::new(ring(1)))
        .audience([AUDIENCE])
        .principal_kinds(kinds)
        .build()
        .unwrap();
    let plain = issuer(ring(1));
    let mut no_entropy = |_: &mut [u8]| Err(EntropyError);
    let mut fine = counter(9);
    let produced = [
        plain.mint(MintRequest::new(" ", "c"), NOW, &mut fine),
        plain.mint(request().claim("sub", json!("x")), NOW, &mut fine),
        plain.mint(request().dpop_jkt(JKT).x5t_s256(JKT), NOW, &mut fine),
        plain.mint(request().scopes(["a b"]), NOW, &mut fine),
        plain.mint(request().audience([" "]), NOW, &mut fine),
        with_kinds.mint(request().principal_kind("robot"), NOW, &mut fine),
        plain.mint(request(), NOW, &mut no_entropy),
        issuer(faulty(Err(SignerError::Unavailable))).mint(request(), NOW, &mut fine),
        issuer(faulty(Ok(alloc::vec![7; 64]))).mint(request(), NOW, &mut fine),
    ];
    let produced: Vec<MintError> = produced.into_iter().map(Result::unwrap_err).collect();
    assert_eq!(produced, MintError::ALL);
    assert!(with_kinds.mint(request().principal_kind("user"), NOW, &mut fine).is_ok());
}

#[test]
fn reserved_claims_cannot_be_supplied_as_extras() {
    for name in principal::RESERVED {
        let refused = issuer(ring(1)).mint(request().claim(name, json!("x")), NOW, &mut counter(9));
        assert_eq!(refused.unwrap_err(), MintError::ReservedClaim, "{name}");
    }
}

#[test]
fn j21_external_signature_is_verified_before_release() {
    let ring = ring(1);
    let issuer = issuer(ring.clone());
    let unsigned = issuer.prepare(request(), NOW, &mut counter(9)).unwrap();
    let signature = signer(1).sign(unsigned.signing_input(), &mut counter(9)).unwrap();
    let minted = unsigned.finish(&signature).unwrap();
    assert!(verified(&ring, minted.token(), NOW).is_ok());
    let unsigned = issuer.prepare(request(), NOW, &mut counter(9)).unwrap();
    let foreign = signer(2).sign(unsigned.signing_input(), &mut counter(9)).unwrap();
    assert_eq!(unsigned.finish(&foreign).unwrap_err(), MintError::SignatureRejected);
}

#[test]
fn j19_retired_key_verifies_until_it_lapses() {
    let crypto = RustCrypto::new();
    let old = ring(1);
    let token = issuer(old.clone()).mint(request(), NOW, &mut counter(9)).unwrap();
    let retired = old.jwks().keys()[0].clone();
    let lapses = NOW.plus(500);
    let new = ring(2).retired(retired, lapses).unwrap();
    assert!(verified(&new, token.token(), lapses).is_ok());
    assert_eq!(verified(&new, token.token(), lapses.plus(1)).unwrap_err(), TokenError::UnknownKey);
    assert_eq!(new.jwks().keys().len(), 2);
    assert_eq!(new.verification_keys(&crypto).unwrap().len(), 2);
}

#[cfg(feature = "std")]
#[test]
fn j19_keys_are_replaced_while_the_server_runs() {
    let (old, new) = (ring(1), ring(2));
    let crypto = RustCrypto::new();
    let source = Arc::new(RotatingKeys::new(old.verification_keys(&crypto).unwrap()));
    let trusted = TrustedIssuer::with_source(ISSUER, source.clone()).unwrap();
    let rules = TokenRules::new().audience_is([AUDIENCE]);
    let verifier = AccessTokenVerifier::new(&provider(), alloc::vec![trusted], rules).unwrap();
    let mint = |ring: &KeyRing| issuer(ring.clone()).mint(request(), NOW, &mut counter(9)).unwrap();
    assert!(verifier.verify(mint(&old).token(), NOW).is_ok());
    source.replace(new.verification_keys(&crypto).unwrap());
    assert_eq!(verifier.verify(mint(&old).token(), NOW).unwrap_err().error, TokenError::UnknownKey);
    assert!(verifier.verify(mint(&new).token(), NOW).is_ok());
}

#[test]
fn j19_published_set_must_hold_the_signing_key() {
    let ring = ring(1);
    assert!(ring.is_published_in(&ring.jwks()).is_ok());
    assert!(ring.is_published_in(&self::ring(2).jwks()).is_err());
    assert!(ring.is_published_in(&JwkSet::default()).is_err());
}

#[test]
fn j19_health_names_the_state_of_a_rotation() {
    let next = ring(2).jwks().keys()[0].clone();
    let (lapsing, lapsed) = (ring(3).jwks().keys()[0].clone(), ring(4).jwks().keys()[0].clone());
    let ring = ring(1).next(next).unwrap().retired(lapsing.clone(), NOW).unwrap();
    let ring = ring.retired(lapsed.clone(), NOW.minus(1)).unwrap();
    let health = ring.health(&ring.jwks(), NOW);
    assert!(health.signing_key_published && health.overlap_active);
    assert_eq!(health.lapsing, [(lapsing.kid().unwrap().to_string(), NOW)]);
    assert_eq!(health.lapsed, [lapsed.kid().unwrap().to_string()]);
    assert!(!ring.health(&JwkSet::default(), NOW).signing_key_published);
    let alone = self::ring(1);
    assert!(!alone.health(&alone.jwks(), NOW).overlap_active);
}

#[test]
fn j19_kids_of_a_ring_are_distinct() {
    let key = ring(2).jwks().keys()[0].clone();
    assert!(ring(1).next(key.clone()).unwrap().next(key.clone()).is_err());
    assert!(ring(2).next(key.clone()).is_err());
    assert!(ring(1).next(Jwk::new(key.into_key())).is_err());
    assert!(KeyRing::with_kid(&RustCrypto::new(), signer(1), "").is_err());
}

#[test]
fn j18_published_ring_holds_no_private_member() {
    let json = ring(1).jwks().to_json();
    let document: serde_json::Value = serde_json::from_str(&json).unwrap();
    let members: BTreeSet<&String> = document["keys"][0].as_object().unwrap().keys().collect();
    assert_eq!(members.into_iter().collect::<Vec<_>>(), ["alg", "crv", "kid", "kty", "use", "x", "y"]);
}

#[test]
fn j8_one_key_fits_without_kid_and_two_keys_of_one_kid_fit_nothing() {
    let crypto = RustCrypto::new();
    let key = |seed| Jwk::new(signer(seed).public_key().clone()).with_kid("k");
    let one = VerificationKeys::new().with_key(&crypto, &key(1)).unwrap();
    assert!(one.select(None, Algorithm::ES256, NOW).is_ok());
    assert!(one.select(Some("k"), Algorithm::ES256, NOW).is_ok());
    let one = one.with_key(&crypto, &key(1)).unwrap();
    assert!(one.select(Some("k"), Algorithm::ES256, NOW).is_ok(), "the same key twice");
    let two = one.with_key(&crypto, &key(2)).unwrap();
    assert_eq!(two.select(Some("k"), Algorithm::ES256, NOW).unwrap_err(), KeyMismatch::Ambiguous);
}

#[test]
fn j6_algorithms_can_be_opted_in_but_not_against_the_key() {
    use crate::crypto::AlgorithmSet;
    let rsa = KeyMaterial::from_pem(include_str!("../../tests/keys/rsa2048.pkcs8.pem")).unwrap();
    let jwk = Jwk::new(rsa.public().clone());
    let crypto = RustCrypto::new();
    let all = AlgorithmSet::try_from_iter([Algorithm::RS256, Algorithm::RS384]).unwrap();
    let keys = VerificationKeys::new().with_key_for(&crypto, &jwk, all).unwrap();
    assert!(keys.select(None, Algorithm::RS384, NOW).is_ok());
    let default = VerificationKeys::new().with_key(&crypto, &jwk).unwrap();
    assert!(default.select(None, Algorithm::RS384, NOW).is_ok(), "the issuer's list decides");
    let narrowed = VerificationKeys::new().with_key_for(&crypto, &jwk, AlgorithmSet::only(Algorithm::RS256)).unwrap();
    assert_eq!(narrowed.select(None, Algorithm::RS384, NOW).unwrap_err(), KeyMismatch::Unknown);
    let contradiction = AlgorithmSet::only(Algorithm::ES256);
    assert!(VerificationKeys::new().with_key_for(&crypto, &jwk, contradiction).is_err());
    let pinned = jwk.with_alg(Algorithm::PS256).unwrap();
    assert!(VerificationKeys::new().with_key_for(&crypto, &pinned, all).is_err());
}

#[test]
fn a1_with_several_issuers_only_the_named_ones_keys_are_tried() {
    let crypto = RustCrypto::new();
    let (a, b) = (ring(1), ring(2));
    let trusted =
        |issuer: &str, ring: &KeyRing| TrustedIssuer::new(issuer, ring.verification_keys(&crypto).unwrap()).unwrap();
    let issuers = alloc::vec![trusted(ISSUER, &a), trusted("https://other.example.com", &b)];
    let rules = TokenRules::new().audience_is([AUDIENCE]);
    let verifier = AccessTokenVerifier::new(&provider(), issuers, rules.clone()).unwrap();
    let mint = |ring: &KeyRing| issuer(ring.clone()).mint(request(), NOW, &mut counter(9)).unwrap();
    assert!(verifier.verify(mint(&a).token(), NOW).is_ok());
    assert!(verifier.is_ours(mint(&a).token()));
    // Signed with the other issuer's key under this issuer's name.
    assert_eq!(verifier.verify(mint(&b).token(), NOW).unwrap_err().error, TokenError::UnknownKey);
    let stranger = AccessTokenIssuer::builder("https://evil.example.com", provider(), Arc::new(a.clone()));
    let stranger = stranger.audience([AUDIENCE]).build().unwrap().mint(request(), NOW, &mut counter(9)).unwrap();
    assert_eq!(verifier.verify(stranger.token(), NOW).unwrap_err().error, TokenError::InvalidIssuer);
    assert!(!verifier.is_ours(stranger.token()) && !verifier.is_ours("opaque"));
    let twice = alloc::vec![trusted(ISSUER, &a), trusted(ISSUER, &b)];
    assert!(AccessTokenVerifier::new(&provider(), twice, rules).is_err());
}

#[test]
fn a1_precedence_issuer_audience_and_time_win_over_claim_shapes() {
    let ring = ring(1);
    let sign = |claims: serde_json::Value| {
        let kid = ring.jwks().keys()[0].kid().unwrap().to_string();
        let header = json!({"typ": "at+jwt", "alg": "ES256", "kid": kid}).to_string();
        let encode = |text: &str| crate::encoding::base64url::encode(text.as_bytes());
        let input = alloc::format!("{}.{}", encode(&header), encode(&claims.to_string()));
        let signature = signer(1).sign(input.as_bytes(), &mut counter(9)).unwrap();
        alloc::format!("{input}.{}", crate::encoding::base64url::encode(&signature))
    };
    // Everything else is missing: each time the first rule in the order decides.
    let (iss, aud, exp) = (json!(ISSUER), json!(AUDIENCE), json!(NOW.as_secs() + 1));
    let cases = [
        (json!({"cnf": {}}), TokenError::UnsupportedConfirmation),
        (json!({}), TokenError::InvalidIssuer),
        (json!({"iss": iss}), TokenError::AudienceMissing),
        (json!({"iss": iss, "aud": aud}), TokenError::ExpInvalid),
        (json!({"iss": iss, "aud": aud, "exp": exp}), TokenError::SubInvalid),
        (json!({"iss": iss, "aud": aud, "exp": exp, "sub": "s"}), TokenError::ClientIdInvalid),
        (json!({"iss": iss, "aud": aud, "exp": exp, "sub": "s", "client_id": "c"}), TokenError::JtiInvalid),
        (json!({"iss": iss, "aud": aud, "exp": exp, "sub": "s", "client_id": "c", "jti": "j"}), TokenError::IatInvalid),
    ];
    for (claims, expected) in cases {
        assert_eq!(verified(&ring, &sign(claims.clone()), NOW).unwrap_err(), expected, "{claims}");
    }
}

#[test]
fn refused_claims_are_there_only_where_the_signature_verified() {
    let ring = ring(1);
    let minted = issuer(ring.clone()).mint(request(), NOW, &mut counter(9)).unwrap();
    let verifier = verifier(ring.verification_keys(&RustCrypto::new()).unwrap());
    let refused = verifier.verify(minted.token(), NOW.plus(900)).unwrap_err();
    assert_eq!(refused.claims.unwrap().subject(), "usr_1");
    let mut forged = String::from(minted.token());
    forged.truncate(forged.len() - 8);
    assert!(verifier.verify(&forged, NOW).unwrap_err().claims.is_none());
}

#[test]
fn a17_lists_of_subjects_and_clients_are_their_issuers() {
    let other = "https://partner.example.com";
    let keys = || ring(1).verification_keys(&RustCrypto::new()).unwrap();
    let own = TrustedIssuer::new(ISSUER, keys()).unwrap().allow_subjects(["usr_1"]).allow_clients(["client-1"]);
    let partner = TrustedIssuer::new(other, keys()).unwrap().allow_subjects(["p"]);
    let rules = TokenRules::new().audience_is([AUDIENCE]);
    let verifier = AccessTokenVerifier::new(&provider(), alloc::vec![own, partner], rules).unwrap();
    let of = |issuer: &str, subject: &str, client: &str| {
        let minting = AccessTokenIssuer::builder(issuer, provider(), Arc::new(ring(1)));
        let minting = minting.audience([AUDIENCE]).build().unwrap();
        let minted = minting.mint(MintRequest::new(subject, client), NOW, &mut counter(9)).unwrap();
        verifier.verify(minted.token(), NOW).map(drop).map_err(|refused| refused.error)
    };
    assert_eq!(of(ISSUER, "usr_1", "client-1"), Ok(()));
    assert_eq!(of(other, "p", "anything"), Ok(()), "the partner's clients are not listed");
    assert_eq!(of(other, "usr_1", "client-1"), Err(TokenError::SubjectNotAllowed), "another user of the same name");
    assert_eq!(of(ISSUER, "p", "client-1"), Err(TokenError::SubjectNotAllowed));
    assert_eq!(of(ISSUER, "usr_1", "client-2"), Err(TokenError::ClientNotAllowed));
    let foreign = |issuer: Option<&str>, subject| {
        let claims = ForeignClaims::new(subject).client_id("client-1");
        let claims = issuer.map_or(claims.clone(), |issuer| claims.claim("iss", json!(issuer)));
        verifier.check_foreign(claims, NOW).map(drop)
    };
    assert_eq!(foreign(Some(ISSUER), "usr_1"), Ok(()));
    assert_eq!(foreign(Some(ISSUER), "usr_2"), Err(TokenError::SubjectNotAllowed));
    for misspelt in [[ISSUER, "/"].concat(), ISSUER.to_uppercase()] {
        assert_eq!(foreign(Some(&misspelt), "usr_2"), Err(TokenError::SubjectNotAllowed), "{misspelt}");
        assert_eq!(foreign(Some(&misspelt), "usr_1"), Ok(()), "{misspelt}");
    }
    assert_eq!(foreign(Some("https://else.example.com"), "usr_2"), Ok(()), "of an issuer that has no list");
    assert_eq!(foreign(None, "usr_2"), Ok(()), "of an issuer that has no list");
}

#[test]
fn h1_foreign_claims_are_held_to_the_rules_they_carry() {
    let rules = TokenRules::new().audience_is([AUDIENCE]);
    let verifier = AccessTokenVerifier::new(&provider(), alloc::vec![], rules).unwrap();
    let check = |claims: ForeignClaims| verifier.check_foreign(claims, NOW);
    let base = || ForeignClaims::new("s");
    assert_eq!(check(base().dpop_jkt(JKT)).unwrap().confirmation(), Confirmation::Jkt(JKT));
    assert_eq!(check(base()).unwrap().client_id(), None);
    assert!(check(base().audience([AUDIENCE]).expires_at(NOW.plus(1)).scopes(["x"])).is_ok());
    let refusals = [
        (base().dpop_jkt(JKT).x5t_s256(JKT), TokenError::UnsupportedConfirmation),
        (base().claim("cnf", json!(null)), TokenError::UnsupportedConfirmation),
        (base().dpop_jkt(JKT).claim("cnf", json!({"jkt": "short"})), TokenError::UnsupportedConfirmation),
        (base().claim("cnf", json!({"jkt": JKT.to_base64url(), "kid": "k"})), TokenError::UnsupportedConfirmation),
        (base().claim("cnf", json!("x")).dpop_jkt(JKT), TokenError::UnsupportedConfirmation),
        (base().audience(["https://other"]), TokenError::InvalidAudience),
        (base().expires_at(NOW), TokenError::Expired),
        (base().claim("nbf", json!(NOW.as_secs() + 61)), TokenError::NotYetValid),
        (base().scopes(["a\"b"]), TokenError::InvalidScope),
        (base().issued_at(NOW.plus(61)), TokenError::IssuedInFuture),
        (base().jwt_id("x".repeat(257)), TokenError::JtiInvalid),
        (base().client_id(""), TokenError::ClientIdInvalid),
        (ForeignClaims::new(""), TokenError::SubInvalid),
    ];
    for (claims, expected) in refusals {
        assert_eq!(check(claims).unwrap_err(), expected);
    }
}

#[test]
fn j13_legacy_typ_is_an_explicit_list() {
    let keys = || ring(1).verification_keys(&RustCrypto::new()).unwrap();
    let trusted = TrustedIssuer::new(ISSUER, keys()).unwrap();
    assert!(trusted.clone().accept_typ([""]).is_err());
    assert!(trusted.accept_typ(["JWT"]).is_ok());
    for wrong in ["http://auth.example.com", "https://", "https://h/?q", "https://h/#f", "https://u@h", "auth", ""] {
        assert!(TrustedIssuer::new(wrong, keys()).is_err(), "{wrong}");
    }
    assert!(TrustedIssuer::danger_insecure_loopback("http://127.0.0.1:8080", keys()).is_ok());
    assert!(TrustedIssuer::danger_insecure_loopback("http://auth.example.com", keys()).is_err());
    assert!(TrustedIssuer::new(ISSUER, VerificationKeys::new()).is_err());
}

#[test]
fn a2_rules_that_contradict_themselves_are_refused() {
    let build = |rules: TokenRules| AccessTokenVerifier::new(&provider(), alloc::vec![], rules);
    assert!(build(TokenRules::new()).is_err());
    assert!(build(TokenRules::new().audience_is([""])).is_err());
    assert!(
        build(TokenRules::new().audience_is(["a"]).skew(Duration::from_secs(10)).exp_leeway(Duration::from_secs(11)))
            .is_err()
    );
    assert!(build(TokenRules::new().audience_is(["a"]).skew(Duration::from_secs(3601))).is_err());
    assert!(build(TokenRules::new().audience_is(["a"]).size_limit(10)).is_err());
    assert!(
        build(TokenRules::new().audience_is(["a"]).skew(Duration::from_secs(10)).exp_leeway(Duration::from_secs(10)))
            .is_ok()
    );
}

#[test]
fn debug_shows_no_claim_and_no_token() {
    let ring = ring(1);
    let minted = issuer(ring.clone()).mint(request(), NOW, &mut counter(9)).unwrap();
    let claims = verified(&ring, minted.token(), NOW).unwrap();
    let boxed: Box<dyn core::fmt::Debug> = Box::new((minted.clone(), claims, request()));
    let shown = alloc::format!("{boxed:?}");
    assert!(!shown.contains("usr_1") && !shown.contains(minted.token()), "{shown}");
}

#[test]
fn j19_a_ring_is_read_or_made_in_one_step() {
    let provider = RustCrypto::new();
    let mut entropy = |out: &mut [u8]| {
        out.fill(9);
        Ok(())
    };
    let made = KeyRing::generate(&provider, Algorithm::Ed25519, &mut entropy).unwrap();
    assert!(made.jwks().to_json().contains("\"alg\":\"Ed25519\""));
    let refused = |pem: &str, algorithm| KeyRing::from_pem(&provider, pem, algorithm).unwrap_err().member();
    // `openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256`, made for this test.
    let private = "-----BEGIN PRIVATE KEY-----\n\
                   MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQg8SoJQ43PnBbKJurp\n\
                   IxbO2YS7VSgntBaenmiHkDQhwMWhRANCAASiZBMNbYeMpRZoOjIFC5tZDcdK7nme\n\
                   jZpXmBH5IxiD0C0xNwNvTfW/7DAP5AmVU+NbTNyfQ6nA1na8tTOzFUXg\n\
                   -----END PRIVATE KEY-----\n";
    let public = "-----BEGIN PUBLIC KEY-----\n\
                  MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEomQTDW2HjKUWaDoyBQubWQ3HSu55\n\
                  no2aV5gR+SMYg9AtMTcDb031v+wwD+QJlVPjW0zcn0OpwNZ2vLUzsxVF4A==\n\
                  -----END PUBLIC KEY-----\n";
    assert!(KeyRing::from_pem(&provider, private, Algorithm::ES256).is_ok());
    assert_eq!(refused(private, Algorithm::RS256), "signing_key");
    assert_eq!(refused(public, Algorithm::ES256), "signing_key");
    assert!(KeyRing::from_pem(&provider, "nothing", Algorithm::ES256).is_err());
}
