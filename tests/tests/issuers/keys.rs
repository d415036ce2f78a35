//! Key sets as issuers publish them: which key a token means, and what a strange entry does to the rest (J6, J8, J10, J22).

use attesto_core::crypto::{Algorithm, AlgorithmSet, CryptoProvider, KeyKind, RustCrypto, Signer};
use attesto_core::danger::signed_payload;
use attesto_core::jose::{Jwk, JwkSet, KeyMaterial, VerificationKeys};
use attesto_core::limits;
use attesto_core::remote::{Need, RemoteKeys};
use attesto_core::token::{AccessTokenVerifier, TokenError, TokenRules, TrustedIssuer};
use attesto_tests::{AUDIENCE, ISSUER, World, counter, sign, with_members};
use serde_json::{Value, json};

const RSA: &str = include_str!("../../../attesto-core/tests/keys/rsa2048.pkcs8.pem");

fn rsa(algorithm: Algorithm) -> Box<dyn Signer> {
    let material = KeyMaterial::from_pem(RSA).expect("a key");
    RustCrypto::new().signer(material.private().expect("private"), algorithm).expect("an RSA key")
}

fn ec(seed: u8) -> Box<dyn Signer> {
    let material = KeyMaterial::generate(KeyKind::P256, &mut counter(seed)).expect("a key");
    RustCrypto::new().signer(material.private().expect("private"), Algorithm::ES256).expect("a P-256 key")
}

/// The key's entry in a set, with these members over it; `null` takes one away.
fn entry(signer: &dyn Signer, members: Value) -> Value {
    let entry: Value = serde_json::from_str(&Jwk::new(signer.public_key().clone()).to_json()).expect("a JWK");
    with_members(&entry, &members)
}

fn set(entries: &[Value]) -> Result<VerificationKeys, String> {
    read(&json!({ "keys": entries }).to_string())
}

fn read(document: &str) -> Result<VerificationKeys, String> {
    let set = JwkSet::from_json(document.as_bytes()).map_err(|error| error.code().to_owned())?;
    VerificationKeys::from_jwk_set(&RustCrypto::new(), &set).map_err(|error| error.to_string())
}

/// What becomes of a token that this key signed and that names this `kid`.
fn verify(
    keys: VerificationKeys,
    accepted: AlgorithmSet,
    signer: &dyn Signer,
    kid: Option<&str>,
) -> Result<(), TokenError> {
    let world = World::new();
    let issuer = TrustedIssuer::new(ISSUER, keys).expect("a sound issuer").accept_algorithms(accepted);
    let rules = TokenRules::new().audience_is([AUDIENCE]);
    let verifier = AccessTokenVerifier::new(&world.provider, vec![issuer], rules).expect("a sound configuration");
    let (mut header, claims) = world.token_parts();
    header.insert("alg".into(), signer.algorithm().name().into());
    header.remove("kid");
    header.extend(kid.map(|kid| ("kid".to_owned(), kid.into())));
    let token = sign(signer, &Value::Object(header).to_string(), &Value::Object(claims).to_string());
    verifier.verify(&token, world.now()).map(|_| ()).map_err(|refused| refused.error)
}

const DEFAULT: AlgorithmSet = AlgorithmSet::ACCESS_TOKEN;

#[test]
fn j8_kid_of_several_keys_means_the_one_that_can_serve() {
    let (one, other, rsa) = (ec(1), ec(2), rsa(Algorithm::RS256));
    // One `kid` for each algorithm, as PingAM publishes them.
    let of_each = || {
        let rsa_for = |alg: &str| entry(rsa.as_ref(), json!({"kid": "k", "alg": alg}));
        set(&[entry(one.as_ref(), json!({"kid": "k"})), rsa_for("RS256"), rsa_for("PS256"), rsa_for("RS512")])
            .expect("keys")
    };
    assert_eq!(verify(of_each(), DEFAULT, one.as_ref(), Some("k")), Ok(()));
    assert_eq!(verify(of_each(), DEFAULT, rsa.as_ref(), Some("k")), Ok(()));
    assert_eq!(verify(of_each(), DEFAULT, other.as_ref(), Some("k")), Err(TokenError::InvalidSignature));
    let without =
        set(&[entry(one.as_ref(), json!({"kid": "k"})), entry(rsa.as_ref(), json!({"kid": "k", "alg": "PS256"}))]);
    assert_eq!(verify(without.expect("keys"), DEFAULT, rsa.as_ref(), Some("k")), Err(TokenError::KeyNotForAlg));
    // Two keys that both serve leave it open which is meant.
    let two =
        || set(&[entry(one.as_ref(), json!({"kid": "k"})), entry(other.as_ref(), json!({"kid": "k"}))]).expect("keys");
    for signer in [&one, &other] {
        assert_eq!(verify(two(), DEFAULT, signer.as_ref(), Some("k")), Err(TokenError::AmbiguousKey));
    }
}

#[test]
fn j8_the_same_key_twice_is_one_key() {
    let (key, other) = (ec(1), ec(2));
    let twice = || {
        set(&[
            entry(key.as_ref(), json!({"kid": "k"})),
            entry(key.as_ref(), json!({"kid": "k", "alg": "ES256", "use": null})),
            entry(key.as_ref(), json!({"kid": "other name"})),
        ])
        .expect("keys")
    };
    assert_eq!(verify(twice(), DEFAULT, key.as_ref(), Some("k")), Ok(()));
    assert_eq!(verify(twice(), DEFAULT, key.as_ref(), None), Ok(()));
    assert_eq!(verify(twice(), DEFAULT, other.as_ref(), Some("k")), Err(TokenError::InvalidSignature));
    assert_eq!(verify(twice(), DEFAULT, key.as_ref(), Some("absent")), Err(TokenError::UnknownKey));
}

#[test]
fn j6_opted_in_rsa_variants_hold_for_keys_without_alg() {
    for algorithm in [Algorithm::RS384, Algorithm::RS512, Algorithm::PS384, Algorithm::PS512] {
        let signer = rsa(algorithm);
        let without_alg = || set(&[entry(signer.as_ref(), json!({"kid": "k"}))]).expect("keys");
        for kid in [Some("k"), None] {
            assert_eq!(verify(without_alg(), AlgorithmSet::ALL, signer.as_ref(), kid), Ok(()), "{algorithm}");
            assert_eq!(
                verify(without_alg(), DEFAULT, signer.as_ref(), kid),
                Err(TokenError::UnsupportedAlg),
                "{algorithm}"
            );
        }
        let for_another = set(&[entry(signer.as_ref(), json!({"kid": "k", "alg": "RS256"}))]).expect("keys");
        let refused = verify(for_another, AlgorithmSet::ALL, signer.as_ref(), Some("k"));
        assert_eq!(refused, Err(TokenError::KeyNotForAlg), "{algorithm}: the key says what it is for");
    }
}

#[test]
fn j10_one_malformed_key_is_skipped_and_not_the_set() {
    let signer = ec(1);
    let good = entry(signer.as_ref(), json!({"kid": "k"})).to_string();
    let nested = format!(r#"{{"kty":"EC","x":{}{}}}"#, "[".repeat(40), "]".repeat(40));
    let very_nested = format!(r#"{{"kty":"EC","x":{}{}}}"#, "[".repeat(5_000), "]".repeat(5_000));
    let twice = good.replacen('{', r#"{"kid":"k","#, 1);
    let number = r#"{"kty":"RSA","n":1e999}"#.to_owned();
    for malformed in [nested, very_nested, twice, number, "1".into(), "null".into(), "[[]]".into()] {
        for document in [format!(r#"{{"keys":[{malformed},{good}]}}"#), format!(r#"{{"keys":[{good},{malformed}]}}"#)] {
            let keys = read(&document).unwrap_or_else(|error| panic!("{error}: {malformed:.80}"));
            assert_eq!(keys.len(), 1, "{malformed:.80}");
            assert_eq!(verify(keys, DEFAULT, signer.as_ref(), Some("k")), Ok(()));
        }
    }
    // What is wrong with the set itself stays wrong.
    for document in [
        format!(r#"{{"keys":[{good}],"keys":[]}}"#),
        format!(r#"{{"keys":[{good}]"#),
        format!(r#"{{"keys":[{good}],"x":{{"a":1,"a":1}}}}"#),
        format!(r#"{{"keys":[{good},]}}"#),
        format!(r#"[{good}]"#),
    ] {
        assert!(read(&document).is_err(), "{document:.80}");
    }
}

#[test]
fn j22_limit_of_keys_counts_those_that_can_serve() {
    let signer = ec(1);
    let good = |n: usize| entry(signer.as_ref(), json!({ "kid": n.to_string() }));
    let others =
        |count: usize| (0..count).map(|n| entry(ec(2).as_ref(), json!({"use": "x509-svid", "kid": n.to_string()})));
    let entries: Vec<Value> = others(35).chain([good(0)]).collect();
    assert_eq!(verify(set(&entries).expect("keys"), DEFAULT, signer.as_ref(), Some("0")), Ok(()));
    let most: Vec<Value> = others(35).chain((0..limits::JWK_SET_KEYS).map(good)).collect();
    assert_eq!(set(&most).expect("keys").len(), limits::JWK_SET_KEYS);
    let too_many: Vec<Value> = (0..=limits::JWK_SET_KEYS).map(good).collect();
    assert!(set(&too_many).is_err());
}

#[test]
fn danger_signature_check_gives_what_was_signed_and_judges_nothing_else() {
    let world = World::new();
    let issuer = world.trusted();
    let claims = json!({"iss": "https://other.example.com", "exp": 0, "nonce": "n"}).to_string();
    let header = |members: Value| {
        let mut header = json!({"alg": "ES256", "kid": "k1"});
        header.as_object_mut().expect("an object").extend(members.as_object().expect("an object").clone());
        header.to_string()
    };
    let token = sign(world.issuer.as_ref(), &header(json!({})), &claims);
    assert_eq!(signed_payload(&token, &issuer, world.now()), Ok(claims.clone().into_bytes()));
    for (header, signer, error) in [
        (header(json!({})), &world.thief, TokenError::InvalidSignature),
        (header(json!({"kid": "k2"})), &world.issuer, TokenError::UnknownKey),
        (header(json!({"alg": "none"})), &world.issuer, TokenError::UnsupportedAlg),
        (header(json!({"alg": "RS384"})), &world.issuer, TokenError::UnsupportedAlg),
        (header(json!({"alg": "ES384"})), &world.issuer, TokenError::KeyNotForAlg),
        (header(json!({"crit": ["x"]})), &world.issuer, TokenError::UnsupportedCriticalHeader),
    ] {
        let refused =
            signed_payload(&sign(signer.as_ref(), &header, &claims), &issuer, world.now()).expect_err("refused");
        assert_eq!((refused.error, refused.need), (error, None), "{header}");
    }
    let remote = RemoteKeys::builder(ISSUER, world.provider.clone()).build().expect("a sound issuer");
    let cold = signed_payload(&token, &TrustedIssuer::remote(remote), world.now()).expect_err("no keys yet");
    assert_eq!((cold.error, cold.need), (TokenError::KeysUnavailable, Some(Need::Usable)));
}
