//! Several signing keys in one server: which signs what for which client, and what is published of them (IT-2, IN-5, MD-4, MD-5).

use crate::introspection_and_id_tokens::par;
use crate::scene::{NOW, Request, SECRET, Scene, builder, provider, text};
use crate::token_rules::claims;
use attesto_core::Timestamp;
use attesto_core::authorization::HostError;
use attesto_core::authorization::{AuthorizationServerBuilder, Reason, ScopeSet};
use attesto_core::crypto::Algorithm;
use attesto_core::encoding::base64url;
use attesto_core::http::ResponseParts;
use attesto_core::jose::JwkSet;
use attesto_core::token::KeyRing;
use attesto_tests::counter;
use serde_json::{Value, json};
use std::sync::{Arc, LazyLock};

/// A key for tests only.
const RSA: &str = include_str!("../../../attesto-core/tests/keys/rsa2048.pkcs8.pem");

fn rsa(algorithm: Algorithm) -> KeyRing {
    KeyRing::from_pem(provider().as_ref(), RSA, algorithm).expect("a ring")
}

fn ring(algorithm: Algorithm, seed: u8) -> KeyRing {
    KeyRing::generate(provider().as_ref(), algorithm, &mut counter(seed)).expect("a ring")
}

/// Access tokens by EdDSA; ID tokens by RS256 and ES256 as well, whose rings are in the middle of a rotation.
fn several() -> AuthorizationServerBuilder {
    static RINGS: LazyLock<[Arc<KeyRing>; 2]> = LazyLock::new(|| {
        let public = |seed| ring(Algorithm::ES256, seed).jwks().keys()[0].clone();
        let es256 = ring(Algorithm::ES256, 21).next(public(22)).expect("a key");
        let es256 = es256.retired(public(23), Timestamp::from_secs(NOW + 900)).expect("a key");
        [Arc::new(rsa(Algorithm::RS256)), Arc::new(es256)]
    });
    let [rsa, es256] = &*RINGS;
    builder(true)
        .openid_connect()
        .scopes_supported(["openid", "read"])
        .id_token_keys(Arc::clone(rsa))
        .id_token_keys(Arc::clone(es256))
}

/// The code's user allows `openid`.
fn scene(builder: AuthorizationServerBuilder, algorithm: Option<Algorithm>) -> Scene {
    let mut scene = Scene::from_builder(builder);
    scene.code(|code| code.authorization.scopes = ScopeSet::new(["openid", "read"]));
    if let Some(algorithm) = algorithm {
        scene.app(|app| app.id_token_signed_response_alg(algorithm));
    }
    scene
}

fn redeemed(builder: AuthorizationServerBuilder, algorithm: Option<Algorithm>) -> (Scene, ResponseParts) {
    let mut scene = scene(builder, algorithm);
    let request = scene.redeem();
    let response = scene.grant(&request);
    (scene, response)
}

fn member(response: &ResponseParts, name: &str) -> String {
    text(response, name).unwrap_or_else(|| panic!("no {name}"))
}

fn document(scene: &mut Scene, path: &'static str) -> Vec<u8> {
    scene.grant(&Request { method: "GET", path, ..Request::token(String::new()) }).body
}

fn header(jwt: &str) -> Value {
    let mut header = Vec::new();
    base64url::decode_append(jwt.split('.').next().expect("a header").as_bytes(), &mut header).expect("base64url");
    serde_json::from_slice(&header).expect("JSON")
}

/// The algorithm of a JWT that verifies under the key which the published set has under its `kid`.
fn verified(scene: &mut Scene, jwt: &str) -> Algorithm {
    let header = header(jwt);
    let set = JwkSet::from_json(&document(scene, "/.well-known/jwks.json")).expect("a set");
    let jwk = set.keys().iter().find(|key| key.kid() == header["kid"].as_str()).expect("the key is published");
    let algorithm = jwk.alg().expect("each key has its algorithm");
    assert_eq!(header["alg"], algorithm.name());
    let (input, signature) = jwt.rsplit_once('.').expect("three parts");
    let mut bytes = Vec::new();
    base64url::decode_append(signature.as_bytes(), &mut bytes).expect("base64url");
    let key = provider().verifying_key(jwk.key()).expect("a key");
    key.verify(algorithm, input.as_bytes(), &bytes).expect("it verifies");
    algorithm
}

#[test]
fn it2_an_id_token_is_signed_by_the_algorithm_that_its_client_is_registered_with() {
    // OIDC Registration §2: a client that says nothing gets RS256.
    for (registered, signed) in [
        (None, Algorithm::RS256),
        (Some(Algorithm::RS256), Algorithm::RS256),
        (Some(Algorithm::ES256), Algorithm::ES256),
        (Some(Algorithm::EdDSA), Algorithm::EdDSA),
    ] {
        let (mut scene, response) = redeemed(several(), registered);
        let id_token = member(&response, "id_token");
        assert_eq!(verified(&mut scene, &id_token), signed, "{registered:?}");
        let access = member(&response, "access_token");
        assert_eq!(verified(&mut scene, &access), Algorithm::EdDSA, "{registered:?}: access tokens are not affected");
        // IT-3: the hash is that of the algorithm which signs.
        let half = match signed {
            Algorithm::EdDSA => base64url::encode(&provider().sha512(access.as_bytes())[..32]),
            _ => base64url::encode(&provider().sha256(&[access.as_bytes()])[..16]),
        };
        assert_eq!(claims(&id_token)["at_hash"], half, "{registered:?}");
    }
}

#[test]
fn it2_without_an_rs256_key_a_client_that_says_nothing_gets_what_there_is() {
    let (mut scene, response) =
        redeemed(builder(true).openid_connect().scopes_supported(["openid", "read"]).id_tokens_without_rs256(), None);
    assert_eq!(verified(&mut scene, &member(&response, "id_token")), Algorithm::EdDSA);
}

#[test]
fn it2_an_algorithm_without_a_key_is_found_out_before_the_login() {
    let mut scene = scene(several(), Some(Algorithm::PS256));
    scene.app(|app| app.scopes(["read", "openid"]));
    let wanted = (Reason::Host(HostError::SigningAlgorithm), "server_error".to_owned());
    assert_eq!(scene.refuse(&par("app").but("scope", "openid%20read")), wanted);
    // A request that wants no ID token is none of its business.
    assert_eq!(scene.send(&par("app")).expect("no fault").status, 201);
    // Registered otherwise since the code was given: no token at all, and no other algorithm.
    let request = scene.redeem();
    assert_eq!(scene.refuse(&request), wanted);
    assert!(!scene.ledger.asked.contains(&"IdTokenClaims"));
    assert!(scene.ledger.refresh.is_empty());
}

#[test]
fn md4_md5_it2_documents_name_every_algorithm_and_the_set_has_every_key() {
    let mut scene = Scene::from_builder(several());
    for path in ["/.well-known/oauth-authorization-server", "/.well-known/openid-configuration"] {
        let document: Value = serde_json::from_slice(&document(&mut scene, path)).expect("JSON");
        for name in ["id_token_signing_alg_values_supported", "introspection_signing_alg_values_supported"] {
            assert_eq!(document[name], json!(["EdDSA", "RS256", "ES256"]), "{path}: {name}");
        }
    }
    let set: Value = serde_json::from_slice(&document(&mut scene, "/.well-known/jwks.json")).expect("JSON");
    let algorithms: Vec<&Value> = set["keys"].as_array().expect("keys").iter().map(|key| &key["alg"]).collect();
    assert_eq!(algorithms, ["EdDSA", "RS256", "ES256", "ES256", "ES256"], "current, next and retired of each ring");
}

#[test]
fn it2_md4_openid_connect_needs_rs256_unless_it_is_waived() {
    let problem =
        builder(true).openid_connect().scopes_supported(["openid", "read"]).build().expect_err("OIDC Discovery §3");
    assert_eq!(problem.member(), "openid_connect");
    assert!(problem.to_string().contains("RS256"), "{problem}");
    // PS256 is no RS256, whatever key it is of.
    let ps256 = Arc::new(rsa(Algorithm::PS256));
    assert_eq!(
        builder(true)
            .openid_connect()
            .scopes_supported(["openid", "read"])
            .id_token_keys(ps256)
            .build()
            .expect_err("none")
            .member(),
        "openid_connect"
    );
    let rs256 = || Arc::new(rsa(Algorithm::RS256));
    assert!(builder(true).openid_connect().scopes_supported(["openid", "read"]).id_token_keys(rs256()).build().is_ok());
    assert!(
        builder(true).id_token_keys(rs256()).openid_connect().scopes_supported(["openid", "read"]).build().is_ok(),
        "in whatever order"
    );
    assert!(
        builder(true).openid_connect().scopes_supported(["openid", "read"]).id_tokens_without_rs256().build().is_ok()
    );
    assert!(builder(true).build().is_ok(), "a server without OpenID Connect is not asked");
    let first = attesto_core::authorization::AuthorizationServer::builder("https://as.example", provider(), rs256());
    assert!(
        first.audience("https://api.example").openid_connect().scopes_supported(["openid", "read"]).build().is_ok(),
        "the first ring will do"
    );
}

#[test]
fn md5_rings_that_share_an_algorithm_or_a_kid_are_refused() {
    let refused =
        |ring: KeyRing| builder(true).id_token_keys(Arc::new(ring)).build().expect_err("two of a kind").member();
    assert_eq!(refused(ring(Algorithm::EdDSA, 2)), "id_token_keys", "two rings of one algorithm");
    let mut scene = Scene::from_builder(builder(true));
    let set = JwkSet::from_json(&document(&mut scene, "/.well-known/jwks.json")).expect("a set");
    let kid = set.keys()[0].kid().expect("a kid");
    let signer = attesto_core::jose::KeyMaterial::from_pem(RSA).expect("a key");
    let signer = provider().signer(signer.private().expect("private"), Algorithm::RS256).expect("a signer");
    let same_kid = KeyRing::with_kid(provider().as_ref(), signer.into(), kid).expect("a ring");
    assert_eq!(refused(same_kid), "id_token_keys", "two keys of one kid");
}

#[test]
fn in5_a_signed_answer_is_signed_by_the_algorithm_that_its_caller_is_registered_with() {
    for (registered, signed) in [(None, Algorithm::EdDSA), (Some(Algorithm::RS256), Algorithm::RS256)] {
        let mut scene = Scene::from_builder(several());
        if let Some(algorithm) = registered {
            let (other, secret) = scene.ledger.clients.remove("other").expect("other");
            scene.ledger.clients.insert("other".into(), (other.introspection_signed_response_alg(algorithm), secret));
        }
        let body = format!("client_id=other&client_secret={SECRET}&token=a.b.c");
        let request = Request { path: "/oauth/introspect", ..Request::token(body) };
        let answer = scene.grant(&request.header("accept", "application/token-introspection+jwt")).body_text();
        assert_eq!(verified(&mut scene, &answer), signed, "{registered:?}");
    }
    let mut scene = Scene::from_builder(several());
    let (other, secret) = scene.ledger.clients.remove("other").expect("other");
    scene.ledger.clients.insert("other".into(), (other.introspection_signed_response_alg(Algorithm::PS256), secret));
    let body = format!("client_id=other&client_secret={SECRET}&token=a.b.c");
    let request = Request { path: "/oauth/introspect", ..Request::token(body) };
    assert_eq!(
        scene.refuse(&request.clone().header("accept", "application/token-introspection+jwt")),
        (Reason::Host(HostError::SigningAlgorithm), "server_error".into())
    );
    assert_eq!(scene.grant(&request).body_text(), "{\"active\":false}", "without a signature it matters to nobody");
}
