use super::*;
use crate::authorization::client_auth::assertion::{JWT_BEARER, replay_key};
use crate::authorization::error::at_endpoint::{AssertionError, ClientError};
use crate::authorization::error::at_token::HostError;
use crate::authorization::{AuthorizationServerBuilder, ClientAuthentication, Unavailable};
use crate::crypto::{Algorithm, AlgorithmSet, EntropyError, KeyKind, RustCrypto};
use crate::encoding::{base64url, form};
use crate::jose::{Jwk, JwkSet, KeyMaterial};
use crate::limits;
use alloc::format;
use alloc::string::ToString;
use core::time::Duration;
use serde_json::{Value as Json, json};

mod claims;

const TOKEN_URL: &str = "https://auth.example.com/oauth/token";
const PAR_URL: &str = "https://auth.example.com/oauth/par";
const REVOKE_URL: &str = "https://auth.example.com/oauth/revoke";
const P256: &str = include_str!("../../../../../tests/keys/p256.pkcs8.pem");
const ED25519: &str = include_str!("../../../../../tests/keys/ed25519.pkcs8.pem");
const RSA: &str = include_str!("../../../../../tests/keys/rsa2048.pkcs8.pem");

/// Returns bytes that do not repeat soon, for RSA blinding.
fn counter() -> impl FnMut(&mut [u8]) -> Result<(), EntropyError> {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    move |out| {
        out.fill_with(|| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            state.to_le_bytes()[3]
        });
        Ok(())
    }
}

fn pem_for(algorithm: Algorithm) -> &'static str {
    match algorithm {
        Algorithm::ES256 => P256,
        Algorithm::EdDSA | Algorithm::Ed25519 => ED25519,
        _ => RSA,
    }
}

fn jwk(pem: &str) -> Jwk {
    Jwk::new(KeyMaterial::from_pem(pem).unwrap().public().clone())
}

fn registered(keys: &[Jwk]) -> ClientKeys {
    let keys: Vec<String> = keys.iter().map(Jwk::to_json).collect();
    ClientKeys::Registered(JwkSet::from_json(format!(r#"{{"keys":[{}]}}"#, keys.join(",")).as_bytes()).unwrap())
}

fn job(keys: &[Jwk]) -> Client {
    client("job", ClientAuthentication::PrivateKeyJwt(registered(keys)))
}

fn good_claims() -> Json {
    let now = NOW.as_secs();
    json!({"iss": "job", "sub": "job", "aud": ISSUER, "iat": now, "exp": now + 60, "jti": "j-1"})
}

fn signed(pem: &str, algorithm: Algorithm, header: &str, payload: &str) -> String {
    let key = KeyMaterial::from_pem(pem).unwrap();
    let signer = RustCrypto::new().signer(key.private().unwrap(), algorithm).unwrap();
    let input = format!("{}.{}", base64url::encode(header.as_bytes()), base64url::encode(payload.as_bytes()));
    let signature = signer.sign(input.as_bytes(), &mut counter()).unwrap();
    format!("{input}.{}", base64url::encode(&signature))
}

/// Signs with the client's P-256 key.
fn es256(claims: &Json) -> String {
    signed(P256, Algorithm::ES256, r#"{"alg":"ES256"}"#, &claims.to_string())
}

/// Returns the valid claims, with one replaced or removed.
fn with(name: &str, value: Json) -> String {
    let mut claims = good_claims();
    match value {
        Json::Null => claims.as_object_mut().unwrap().remove(name),
        value => claims.as_object_mut().unwrap().insert(name.into(), value),
    };
    es256(&claims)
}

fn body(assertion: &str) -> String {
    let kind = form::encode(JWT_BEARER);
    format!("grant_type=client_credentials&client_assertion_type={kind}&client_assertion={}", form::encode(assertion))
}

fn worlds() -> impl Iterator<Item = World> {
    all_providers().map(|provider| World::configured(provider, [job(&[jwk(P256)])], |builder| builder))
}

/// Checks that the assertion is refused on every provider, for this reason only, and nothing is recorded.
#[track_caller]
fn refused(assertion: &str, reason: Reason, what: &str) {
    for mut world in worlds() {
        world.refuses(post(&body(assertion)), reason, what);
        assert!(world.recorded.is_empty(), "{what}: nothing was used");
    }
}

#[track_caller]
fn accepted(assertion: &str, what: &str) {
    for mut world in worlds() {
        assert_eq!(world.token(post(&body(assertion))).status, 200, "{what}: {:?}", world.reason());
        assert_eq!(world.recorded.len(), 1, "{what}");
    }
}

#[test]
fn ca4_each_algorithm_of_the_fapi_set_authenticates() {
    for algorithm in AlgorithmSet::FAPI.iter() {
        let pem = pem_for(algorithm);
        let header = json!({"alg": algorithm.name(), "kid": "k1"}).to_string();
        let assertion = signed(pem, algorithm, &header, &good_claims().to_string());
        for provider in all_providers() {
            let keys = [jwk(P256).with_kid("other"), jwk(pem).with_kid("k1")];
            let mut world = World::configured(provider, [job(&keys)], |builder| builder);
            assert_eq!(world.token(post(&body(&assertion))).status, 200, "{algorithm}: {:?}", world.reason());
            assert_eq!(world.events.last().unwrap().client_id.as_deref(), Some("job"));
        }
    }
    let names: Vec<_> = AlgorithmSet::FAPI.iter().map(Algorithm::name).collect();
    assert_eq!(names, ["ES256", "EdDSA", "Ed25519", "PS256"]);
}

#[test]
fn ca4_registered_keys_of_one_kid_serve_by_what_they_can_do() {
    let sent = |pem, algorithm: Algorithm| {
        let header = json!({"alg": algorithm.name(), "kid": "k"}).to_string();
        body(&signed(pem, algorithm, &header, &good_claims().to_string()))
    };
    for provider in all_providers() {
        // Two types, and one of them twice.
        let keys = [jwk(P256), jwk(RSA), jwk(P256)].map(|key| key.with_kid("k"));
        for (pem, algorithm) in [(P256, Algorithm::ES256), (RSA, Algorithm::PS256)] {
            let mut world = World::configured(provider.clone(), [job(&keys)], |builder| builder);
            assert_eq!(world.token(post(&sent(pem, algorithm))).status, 200, "{algorithm}: {:?}", world.reason());
        }
        // An RSA variant applies to a key without `alg` only if the server accepts it for assertions.
        let all = |builder: AuthorizationServerBuilder| builder.assertion_algorithms(AlgorithmSet::ALL);
        let mut world = World::configured(provider.clone(), [job(&keys)], all);
        assert_eq!(world.token(post(&sent(RSA, Algorithm::RS512))).status, 200, "{:?}", world.reason());
        let mut world = World::configured(provider.clone(), [job(&keys)], |builder| builder);
        world.refuses(
            post(&sent(RSA, Algorithm::RS512)),
            Reason::Assertion(AssertionError::Key),
            "not among the accepted",
        );
        let narrowed = [jwk(RSA).with_alg(Algorithm::PS256).unwrap().with_kid("k")];
        let mut world = World::configured(provider, [job(&narrowed)], all);
        world.refuses(
            post(&sent(RSA, Algorithm::RS512)),
            Reason::Assertion(AssertionError::Key),
            "the key says what it is for",
        );
    }
}

#[test]
fn ca4_assertions_of_other_libraries() {
    let widened = |builder: AuthorizationServerBuilder| {
        let algorithms = [Algorithm::ES256, Algorithm::EdDSA, Algorithm::Ed25519, Algorithm::PS256, Algorithm::RS256];
        builder
            .assertion_algorithms(AlgorithmSet::try_from_iter(algorithms).unwrap())
            .assertion_lifetime(Duration::from_secs(3600))
    };
    let files = [
        include_str!("../../../../../tests/assertions/npm.json"),
        include_str!("../../../../../tests/assertions/pypi.json"),
    ];
    let mut seen = 0;
    for case in files.iter().flat_map(|file| serde_json::from_str::<Vec<Json>>(file).unwrap()) {
        let name = format!("{} {}", case["made_by"], case["name"]);
        let set = JwkSet::from_json(case["jwks"].to_string().as_bytes()).unwrap();
        let client = || client("job", ClientAuthentication::PrivateKeyJwt(ClientKeys::Registered(set.clone())));
        let body = case["body"].as_str().unwrap();
        assert_eq!(case["now"], NOW.as_secs());
        for provider in all_providers() {
            let mut by_default = World::configured(provider.clone(), [client()], |builder| builder);
            let expected = match case["name"].as_str().unwrap() {
                "RS256" => Some(Reason::Assertion(AssertionError::Key)),
                "one hour long" => Some(Reason::Assertion(AssertionError::Audience)), // its `aud` is the token endpoint
                _ => None,
            };
            by_default.token(post(body));
            assert_eq!(by_default.reason(), expected, "{name}");
            let mut wide = World::configured(provider, [client().danger_older_assertion_audiences()], widened);
            assert_eq!(wide.token(post(body)).status, 200, "{name}: {:?}", wide.reason());
        }
        seen += 1;
    }
    assert_eq!(seen, 7);
}

#[test]
fn ca4_the_type_is_that_of_rfc_7523() {
    let assertion = es256(&good_claims());
    let good = body(&assertion);
    for kind in ["saml2-bearer", "jwt-bearer ", "Jwt-Bearer", "jwt-bearer2"] {
        let mut world = worlds().next().unwrap();
        let sent = good.replace("jwt-bearer", &form::encode(kind));
        world.refuses(post(&sent), Reason::Assertion(AssertionError::Type), kind);
        assert!(world.loaded.is_empty());
    }
    let untyped = format!("grant_type=client_credentials&client_assertion={assertion}");
    worlds().next().unwrap().refuses(post(&untyped), Reason::Assertion(AssertionError::Type), "no type");
    let bare = format!("grant_type=client_credentials&client_assertion_type={}", form::encode(JWT_BEARER));
    worlds().next().unwrap().refuses(post(&bare), Reason::Assertion(AssertionError::Malformed), "no assertion");
}

#[test]
fn ca4_an_assertion_is_a_strict_jws_of_bounded_length() {
    let good = es256(&good_claims());
    let (input, signature) = good.rsplit_once('.').unwrap();
    let (header, payload) = input.split_once('.').unwrap();
    let twice = good_claims().to_string().replace(r#""sub":"job""#, r#""sub":"job","sub":"job""#);
    let es = |header: &str, payload: &str| signed(P256, Algorithm::ES256, header, payload);
    for (what, bad) in [
        ("two segments", input.to_string()),
        ("five segments", format!("{good}.x.y")),
        ("padding", format!("{header}.{payload}=.{signature}")),
        ("no payload", format!("{header}..{signature}")),
        ("a signature in base64", format!("{input}.{}+", &signature[1..])),
        ("a member twice", es(r#"{"alg":"ES256"}"#, &twice)),
        ("no object", es(r#"{"alg":"ES256"}"#, "[]")),
        ("a header without an object", es("1", &good_claims().to_string())),
        ("crit", es(r#"{"alg":"ES256","crit":["exp"]}"#, &good_claims().to_string())),
        ("b64", es(r#"{"alg":"ES256","b64":false}"#, &good_claims().to_string())),
    ] {
        refused(&bad, Reason::Assertion(AssertionError::Malformed), what);
    }
    let padded = |bytes: usize| with("pad", json!("x".repeat(bytes)));
    let fits = (limits::CLIENT_ASSERTION - padded(0).len()) / 4 * 3;
    assert!(padded(fits - 3).len() <= limits::CLIENT_ASSERTION && padded(fits + 6).len() > limits::CLIENT_ASSERTION);
    accepted(&padded(fits - 3), "as long as may be");
    refused(&padded(fits + 6), Reason::Assertion(AssertionError::Malformed), "longer");
}

#[test]
fn ca4_algorithms_and_keys_are_the_clients_own() {
    let claims = good_claims().to_string();
    let parts =
        |header: &str| format!("{}.{}", base64url::encode(header.as_bytes()), base64url::encode(claims.as_bytes()));
    let hmac = RustCrypto::new().hmac_sha256(&[7; 32], &[parts(r#"{"alg":"HS256"}"#).as_bytes()]);
    for (what, bad) in [
        ("another kind of key", signed(ED25519, Algorithm::EdDSA, r#"{"alg":"EdDSA"}"#, &claims)),
        ("an unknown kid", signed(P256, Algorithm::ES256, r#"{"alg":"ES256","kid":"k9"}"#, &claims)),
        ("an algorithm that the server does not accept", signed(RSA, Algorithm::RS256, r#"{"alg":"RS256"}"#, &claims)),
    ] {
        refused(&bad, Reason::Assertion(AssertionError::Key), what);
    }
    for (what, bad) in [
        ("none", format!("{}.", parts(r#"{"alg":"none"}"#))),
        ("an HMAC", format!("{}.{}", parts(r#"{"alg":"HS256"}"#), base64url::encode(&hmac))),
    ] {
        refused(&bad, Reason::Assertion(AssertionError::Key), what);
    }
    // RS256 with a registered RSA key: only the list of algorithms decides.
    let rs256 = body(&signed(RSA, Algorithm::RS256, r#"{"alg":"RS256"}"#, &claims));
    for provider in all_providers() {
        let mut narrow = World::configured(provider.clone(), [job(&[jwk(RSA)])], |builder| builder);
        narrow.refuses(post(&rs256), Reason::Assertion(AssertionError::Key), "RS256 is not in the default set");
        let only = AlgorithmSet::only(Algorithm::RS256);
        let mut wide = World::configured(provider, [job(&[jwk(RSA)])], |builder| builder.assertion_algorithms(only));
        assert_eq!(wide.token(post(&rs256)).status, 200);
    }
    // Two candidate keys, and nothing to select one.
    let another = Jwk::new(KeyMaterial::generate(KeyKind::P256, &mut counter()).unwrap().public().clone());
    let mut world = World::new([job(&[jwk(P256).with_kid("a"), another.with_kid("b")])]);
    world.refuses(post(&body(&es256(&good_claims()))), Reason::Assertion(AssertionError::Key), "two keys, no kid");
}

#[test]
fn ca4_a_registration_without_a_usable_key_is_a_fault_of_its_own() {
    let assertion = body(&es256(&good_claims()));
    let nothing = client("job", ClientAuthentication::PrivateKeyJwt(ClientKeys::Registered(JwkSet::default())));
    assert_eq!(nothing.check().unwrap_err().member(), "jwks");
    assert!(job(&[jwk(P256)]).check().is_ok());
    let mut world = World::new([nothing]);
    let response = world.token(post(&assertion));
    assert_eq!((response.status, world.reason()), (500, Some(Reason::Host(HostError::RegistrationKeys))));
}

#[test]
fn ca4_the_signature_is_by_the_registered_key() {
    let good = es256(&good_claims());
    let (input, signature) = good.rsplit_once('.').unwrap();
    let swapped = if signature.starts_with('A') { "B" } else { "A" };
    refused(
        &format!("{input}.{swapped}{}", &signature[1..]),
        Reason::Assertion(AssertionError::Signature),
        "a bit of the signature",
    );
    refused(&format!("{input}."), Reason::Assertion(AssertionError::Signature), "no signature");
    let (_, other) = with("jti", json!("j-2")).rsplit_once('.').map(|(a, b)| (a.to_string(), b.to_string())).unwrap();
    refused(&format!("{input}.{other}"), Reason::Assertion(AssertionError::Signature), "another payload's signature");
    // The header has its own key, which made the signature: it is ignored.
    let stranger = KeyMaterial::generate(KeyKind::P256, &mut counter()).unwrap();
    let header = format!(r#"{{"alg":"ES256","jwk":{}}}"#, Jwk::new(stranger.public().clone()).to_json());
    let signer = RustCrypto::new().signer(stranger.private().unwrap(), Algorithm::ES256).unwrap();
    let claims = good_claims().to_string();
    let input = format!("{}.{}", base64url::encode(header.as_bytes()), base64url::encode(claims.as_bytes()));
    let signature = signer.sign(input.as_bytes(), &mut counter()).unwrap();
    refused(
        &format!("{input}.{}", base64url::encode(&signature)),
        Reason::Assertion(AssertionError::Signature),
        "a key in the header",
    );
}

#[test]
fn ca1_an_assertion_is_the_only_method() {
    let good = body(&es256(&good_claims()));
    for (authorization, more) in [(Some("Basic am9iOnMzY3JldA=="), ""), (None, "&client_secret=s3cret")] {
        let mut world = worlds().next().unwrap();
        let sent = format!("{good}{more}");
        let response = world.token(Sent { authorization, body: &sent, ..Sent::default() });
        assert_eq!((response.status, world.reason()), (400, Some(Reason::Client(ClientError::SeveralMethods))));
    }
}

#[test]
fn cf3_assertion_settings_are_checked() {
    let refused = |configure: fn(AuthorizationServerBuilder) -> AuthorizationServerBuilder| {
        let builder = builder(Arc::new(RustCrypto::new()));
        configure(builder).build().map(|_| ()).unwrap_err().member().to_string()
    };
    assert_eq!(refused(|builder| builder.assertion_lifetime(Duration::from_secs(0))), "assertion_lifetime");
    assert_eq!(refused(|builder| builder.assertion_lifetime(Duration::from_secs(3601))), "assertion_lifetime");
}
