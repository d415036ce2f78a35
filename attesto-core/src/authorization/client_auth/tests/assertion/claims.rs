//! The claims of an assertion (CA-4, CA-5), and its replay (CA-6).

use super::*;
use crate::authorization::error::at_endpoint::{AssertionError, ClientError};
use crate::authorization::error::at_token::HostError;
use crate::authorization::{AuthorizationEvent, EventKind};
use crate::dpop::{ProofMaker, ProofPolicy};

#[test]
fn st2_assertions_count_as_their_clients_under_every_key() {
    let mut owners = Vec::new();
    for (client, key) in [("job", P256), ("job", ED25519), ("other", P256)] {
        let keys = registered(&[jwk(P256), jwk(ED25519)]);
        let clients = [super::client(client, ClientAuthentication::PrivateKeyJwt(keys))];
        let mut world = World::configured(Arc::new(RustCrypto::new()), clients, |builder| builder);
        let mut claims = good_claims();
        (claims["iss"], claims["sub"]) = (client.into(), client.into());
        let (algorithm, name) = if key == P256 { (Algorithm::ES256, "ES256") } else { (Algorithm::EdDSA, "EdDSA") };
        let assertion = signed(key, algorithm, &format!(r#"{{"alg":"{name}"}}"#), &claims.to_string());
        assert_eq!(world.token(post(&body(&assertion))).status, 200, "{:?}", world.reason());
        owners.push(world.recorded[0].owner.unwrap());
    }
    assert!(owners[0] == owners[1] && owners[0] != owners[2], "{owners:?}");
}

/// A client whose proofs use up their share can authenticate, and one whose assertions do can still show proofs.
#[test]
fn st2_assertions_and_proofs_of_a_client_are_counted_apart() {
    let clients = [job(&[jwk(P256)])];
    let provider = Arc::new(RustCrypto::new());
    let mut world = World::configured(provider, clients, |builder| builder.dpop(ProofPolicy::new()));
    let material = KeyMaterial::from_pem(P256).unwrap();
    let signer = RustCrypto::new().signer(material.private().unwrap(), Algorithm::ES256).unwrap();
    let proof = ProofMaker::new("POST", TOKEN_URL).make(signer.as_ref(), &RustCrypto::new(), NOW, &mut counter());
    let proof = proof.unwrap();
    let more: [(&str, &[u8]); 1] = [("dpop", proof.as_bytes())];
    let assertion = body(&es256(&good_claims()));
    assert_eq!(world.token(Sent { more: &more, ..post(&assertion) }).status, 200, "{:?}", world.reason());
    let owners: Vec<_> = world.recorded.iter().map(|claim| claim.owner.unwrap()).collect();
    assert!(owners.len() == 2 && owners[0] != owners[1], "{owners:?}");
}

#[test]
fn ca4_iss_and_sub_are_the_client() {
    refused(&with("sub", json!("other")), Reason::Assertion(AssertionError::Subject), "another subject");
    refused(
        &with("sub", json!("mailto:mike@example.com")),
        Reason::Assertion(AssertionError::Subject),
        "an authorization grant's subject",
    );
    for (name, value) in [("sub", Json::Null), ("sub", json!(["job"])), ("iss", Json::Null), ("iss", json!(7))] {
        refused(&with(name, value.clone()), Reason::Assertion(AssertionError::Subject), &format!("{name}: {value}"));
    }
    refused(&with("iss", json!("other")), Reason::Client(ClientError::Unknown), "iss selects the client");
    refused(&with("iss", json!("job ")), Reason::Client(ClientError::Unknown), "exactly");
}

#[test]
fn ca4_client_id_beside_the_assertion_is_its_issuer() {
    let good = body(&es256(&good_claims()));
    let mut world = worlds().next().unwrap();
    assert_eq!(world.token(post(&format!("{good}&client_id=job"))).status, 200);
    let mut world = World::new([job(&[jwk(P256)]), client("victim", ClientAuthentication::None)]);
    let response = world.token(post(&format!("{good}&client_id=victim")));
    assert_eq!(world.reason(), Some(Reason::Client(ClientError::IdMismatch)));
    assert_eq!((response.status, world.loaded.len()), (400, 0));
    assert!(response.body_text().contains(r#""error":"invalid_request""#));
}

/// Values that `aud` must not have.
fn other_audiences() -> [Json; 13] {
    [
        Json::Null,
        json!(""),
        json!([TOKEN_URL, ISSUER]),
        json!([ISSUER, "https://other.example.com"]),
        json!([]),
        json!([[ISSUER]]),
        json!(7),
        json!("https://auth.example.com/"),
        json!("https://AUTH.example.com"),
        json!("https://auth.example.com:443"),
        json!("https://auth.example.com/oauth/token?x"),
        json!(REVOKE_URL),
        json!("https://other.example.com"),
    ]
}

/// The older names of this server, and a list of one.
fn older_audiences() -> [Json; 5] {
    [json!(TOKEN_URL), json!(PAR_URL), json!([ISSUER]), json!([TOKEN_URL]), json!([PAR_URL])]
}

#[test]
fn ca5_aud_is_the_issuer_alone() {
    accepted(&with("aud", json!(ISSUER)), "the issuer");
    for aud in other_audiences().into_iter().chain(older_audiences()) {
        refused(&with("aud", aud.clone()), Reason::Assertion(AssertionError::Audience), &aud.to_string());
    }
}

#[test]
fn ca5_at_every_endpoint_aud_is_the_issuer_alone() {
    for (aud, status) in [(ISSUER, 200), (TOKEN_URL, 401), (REVOKE_URL, 401), (PAR_URL, 401)] {
        let mut world = worlds().next().unwrap();
        let sent = body(&with("aud", json!(aud))).replace("grant_type=client_credentials", "token=x");
        assert_eq!(world.revoke(post(&sent)).status, status, "{aud}");
        assert_eq!(world.recorded.len(), usize::from(status == 200), "{aud}");
    }
}

/// A server with a client that may use older forms.
fn of_older_forms() -> World {
    World::new([job(&[jwk(P256)]).danger_older_assertion_audiences()])
}

#[test]
fn ca5_older_audiences_need_a_registration_at_every_endpoint_and_each_use_is_reported() {
    let world = of_older_forms;
    let told = |world: &World| {
        let older = |event: &&AuthorizationEvent| event.kind == EventKind::OlderAssertionAudience;
        world.events.iter().filter(older).map(|event| event.client_id.clone()).collect::<Vec<_>>()
    };
    for aud in older_audiences() {
        let mut world = world();
        let sent = body(&with("aud", aud.clone()));
        assert_eq!(world.token(post(&sent)).status, 200, "{aud}");
        assert_eq!(told(&world), [Some("job".into())], "{aud}");
        world.refuses(post(&sent), Reason::Assertion(AssertionError::Replay), "once");
        let mut world = of_older_forms();
        let sent = sent.replace("grant_type=client_credentials", "token=x");
        assert_eq!(world.revoke(post(&sent)).status, 200, "{aud}");
        assert_eq!(told(&world).len(), 1, "{aud}");
    }
    let mut new = world();
    assert_eq!(new.token(post(&body(&es256(&good_claims())))).status, 200);
    assert!(told(&new).is_empty(), "the issuer alone is no older form");
    for aud in other_audiences() {
        world().refuses(
            post(&body(&with("aud", aud.clone()))),
            Reason::Assertion(AssertionError::Audience),
            &aud.to_string(),
        );
    }
    // A forged signature gives nothing.
    let mut forged = world();
    let mut claims = good_claims();
    claims["aud"] = json!([ISSUER]);
    let other = signed(ED25519, Algorithm::EdDSA, r#"{"alg":"EdDSA"}"#, &claims.to_string());
    forged.refuses(post(&body(&other)), Reason::Assertion(AssertionError::Key), "forged");
    assert!(told(&forged).is_empty());
}

#[test]
fn ca4_typ_says_nothing_or_that_it_is_an_assertion() {
    let of_type = |typ: &str, claims: &Json| {
        signed(P256, Algorithm::ES256, &json!({"alg": "ES256", "typ": typ}).to_string(), &claims.to_string())
    };
    for typ in [
        "client-authentication+jwt",
        "Client-Authentication+JWT",
        "application/client-authentication+jwt",
        "JWT",
        "jwt",
        "",
    ] {
        accepted(&of_type(typ, &good_claims()), typ);
    }
    for typ in ["at+jwt", "dpop+jwt", "logout+JWT", "application/at+jwt", "+jwt", "client-authentication+jwt+jwt"] {
        refused(&of_type(typ, &good_claims()), Reason::Assertion(AssertionError::Typ), typ);
    }
    // A client that sets the type must use the right audience.
    let mut claims = good_claims();
    claims["aud"] = json!(TOKEN_URL);
    let explicit = of_type("client-authentication+jwt", &claims);
    of_older_forms().refuses(post(&body(&explicit)), Reason::Assertion(AssertionError::Audience), "explicit");
    assert_eq!(of_older_forms().token(post(&body(&of_type("JWT", &claims)))).status, 200);
}

#[test]
fn ca4_times_are_near() {
    let now = NOW.as_secs();
    for (name, value) in [
        ("exp", json!(now + 1)),
        ("exp", json!(now + 300)),
        ("exp", json!(now + 301)), // the client's clock is a second ahead
        ("exp", json!(now + 360)),
        ("exp", json!(now as f64 + 1.5)),
        ("iat", json!(now + 60)),
        ("iat", json!(now - 300)),
        ("iat", Json::Null),
        ("nbf", json!(now + 60)),
        ("nbf", json!(0)),
    ] {
        accepted(&with(name, value.clone()), &format!("{name} {value}"));
    }
    for (name, value) in [
        ("exp", Json::Null),
        ("exp", json!(now)),
        ("exp", json!(now as f64 + 0.5)),
        ("exp", json!(now - 1)),
        ("exp", json!(now + 361)),
        ("exp", json!((now + 60).to_string())),
        ("exp", json!(-1)),
        ("exp", json!(u64::MAX)),
        ("exp", json!([now + 60])),
        ("iat", json!(now + 61)),
        ("iat", json!(now as f64 + 60.5)),
        ("iat", json!(now - 301)),
        ("iat", json!(now.to_string())),
        ("iat", json!(false)),
        ("nbf", json!(now + 61)),
        ("nbf", json!("0")),
        ("nbf", json!(-1)),
    ] {
        refused(&with(name, value.clone()), Reason::Assertion(AssertionError::Time), &format!("{name} {value}"));
    }
    let null = good_claims().to_string().replace(&format!(r#""iat":{now}"#), r#""iat":null"#);
    refused(
        &signed(P256, Algorithm::ES256, r#"{"alg":"ES256"}"#, &null),
        Reason::Assertion(AssertionError::Time),
        "iat: null",
    );
}

#[test]
fn ca4_jti_has_1_to_256_bytes() {
    accepted(&with("jti", json!("x".repeat(256))), "256");
    for jti in [Json::Null, json!(""), json!("x".repeat(257)), json!("é".repeat(129)), json!(7), json!(["j"])] {
        refused(&with("jti", jti.clone()), Reason::Assertion(AssertionError::Jti), &jti.to_string());
    }
}

#[test]
fn ca6_an_assertion_counts_once() {
    for mut world in worlds() {
        let sent = body(&es256(&good_claims()));
        assert_eq!(world.token(post(&sent)).status, 200);
        world.refuses(post(&sent), Reason::Assertion(AssertionError::Replay), "the same again");
        // Signed again, it is still the same assertion.
        world.refuses(
            post(&body(&with("exp", json!(NOW.as_secs() + 61)))),
            Reason::Assertion(AssertionError::Replay),
            "the same jti",
        );
        assert_eq!(world.token(post(&body(&with("jti", json!("j-2"))))).status, 200);
    }
}

#[test]
fn ca6_the_record_is_namespaced_by_client_and_outlives_the_assertion() {
    let mut world = worlds().next().unwrap();
    world.token(post(&body(&es256(&good_claims()))));
    let [claim] = world.recorded.as_slice() else { panic!("one record") };
    let provider = RustCrypto::new();
    let expected = provider.sha256(&[b"client_assertion\0\0\0\0\0\0\0\x03jobj-1"]);
    assert_eq!(claim.key.as_bytes(), &expected);
    assert_eq!((claim.not_after, claim.retain_until), (NOW.plus(59), NOW.plus(60 + 60 + 1)));
    // Different splits of the same text give different keys.
    assert_ne!(replay_key("ab", "c", &provider), replay_key("a", "bc", &provider));
    assert_eq!(replay_key("ab", "c", &provider), replay_key("ab", "c", &provider));
}

#[test]
fn ca6_an_assertion_that_expires_before_its_first_use_is_recorded_does_not_count() {
    for (takes, reason) in [(59, None), (60, Some(Reason::Assertion(AssertionError::Time)))] {
        let mut world = worlds().next().unwrap();
        world.replay_store_takes = takes;
        let response = world.token(post(&body(&es256(&good_claims()))));
        assert_eq!((response.status == 200, world.reason()), (reason.is_none(), reason), "{takes} s");
    }
}

#[test]
fn ca6_without_a_replay_store_no_assertion_counts() {
    let mut world = worlds().next().unwrap();
    world.replay_store_works = false;
    let response = world.token(post(&body(&es256(&good_claims()))));
    assert_eq!((response.status, world.reason()), (503, Some(Reason::Host(HostError::Unavailable))));
}

#[test]
fn ca4_the_host_is_asked_for_keys_that_are_elsewhere() {
    let sent = body(&es256(&good_claims()));
    let provider = RustCrypto::new();
    let mut world = World::new([client("job", ClientAuthentication::PrivateKeyJwt(ClientKeys::AskHost))]);
    world.keys = Ok(Arc::new(VerificationKeys::new().with_key(&provider, &jwk(P256)).unwrap()));
    assert_eq!(world.token(post(&sent)).status, 200);
    assert_eq!(world.keys_asked, ["job"]);
    world.keys = Ok(Arc::new(VerificationKeys::new()));
    world.refuses(post(&sent), Reason::Assertion(AssertionError::Key), "no keys");
    world.keys = Err(Unavailable);
    assert_eq!(world.token(post(&sent)).status, 503);
}
