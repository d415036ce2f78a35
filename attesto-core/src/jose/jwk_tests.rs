use super::*;
use crate::crypto::KeyKind;
use alloc::format;
use alloc::string::ToString;
use proptest::prelude::*;

const EC: &str = r#"{"kty":"EC","crv":"P-256","x":"l8tFrhx-34tV3hRICRDY9zCkDlpBhF42UQUfWVAWBFs","y":"9VE4jf_Ok_o64zbTTlcuNJajHmt6v9TDVrU0CdvGRDA"}"#;
const OKP: &str = r#"{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}"#;

fn parse(json: &str) -> Result<Jwk, JwkError> {
    Jwk::from_json(json.as_bytes())
}

/// The EC key with additional members.
fn ec_with(members: &str) -> Result<Jwk, JwkError> {
    parse(&format!("{},{members}}}", EC.trim_end_matches('}')))
}

#[test]
fn j11_key_kinds_are_distinguished() {
    assert_eq!(parse(EC).unwrap().key().kind(), KeyKind::P256);
    assert_eq!(parse(OKP).unwrap().key().kind(), KeyKind::Ed25519);
    let rsa = parse(r#"{"kty":"RSA","n":"AQAB","e":"AQAB"}"#).unwrap();
    assert_eq!(rsa.key(), &PublicKey::Rsa { n: alloc::vec![1, 0, 1], e: alloc::vec![1, 0, 1] });
}

#[test]
fn j10_unknown_kinds_are_named() {
    for json in [
        r#"{"kty":"oct","k":"AA"}"#,
        r#"{"kty":"OKP","crv":"Ed448","x":"AA"}"#,
        r#"{"kty":"OKP","crv":"X25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}"#,
        r#"{"kty":"EC","crv":"secp256k1","x":"AA","y":"AA"}"#,
        r#"{"kty":"EC","crv":"Ed25519","x":"AA","y":"AA"}"#,
        r#"{"kty":"ec","crv":"P-256","x":"AA","y":"AA"}"#,
    ] {
        assert_eq!(parse(json).unwrap_err(), JwkError::UnknownKind, "{json}");
    }
}

#[test]
fn j11_members_are_canonical_and_of_full_length() {
    let coordinate = "l8tFrhx-34tV3hRICRDY9zCkDlpBhF42UQUfWVAWBFs";
    for wrong in [
        "",
        "AA",
        "l8tFrhx-34tV3hRICRDY9zCkDlpBhF42UQUfWVAWBFs=",
        "AAl8tFrhx-34tV3hRICRDY9zCkDlpBhF42UQUfWVAWBFs",
        "l8tFrhx-34tV3hRICRDY9zCkDlpBhF42UQUfWVAWBFt",
    ] {
        assert_eq!(parse(&EC.replace(coordinate, wrong)).unwrap_err(), JwkError::Malformed, "{wrong}");
    }
    for json in [
        "[]",
        "{}",
        r#"{"kty":1}"#,
        r#"{"kty":"EC"}"#,
        r#"{"kty":"EC","crv":1}"#,
        r#"{"kty":"RSA","n":"AQAB"}"#,
        r#"{"kty":"RSA","n":"AAEAAQ","e":"AQAB"}"#,
        r#"{"kty":"RSA","n":"AQAB","e":"AAEAAQ"}"#,
        r#"{"kty":"RSA","n":"","e":"AQAB"}"#,
    ] {
        assert_eq!(parse(json).unwrap_err(), JwkError::Malformed, "{json}");
    }
    assert_eq!(ec_with(r#""kty":"EC""#).unwrap_err(), JwkError::Malformed); // duplicate
}

#[test]
fn j11_modulus_is_bounded_before_it_is_decoded() {
    let rsa = |bytes: usize| {
        let n = base64url::encode(&alloc::vec![0xff; bytes]);
        parse(&format!(r#"{{"kty":"RSA","n":"{n}","e":"AQAB"}}"#))
    };
    assert!(rsa(1024).is_ok());
    assert_eq!(rsa(1025).unwrap_err(), JwkError::Malformed);
    assert_eq!(rsa(100_000).unwrap_err(), JwkError::Malformed);
}

#[test]
fn d6_private_members_are_refused() {
    for member in PRIVATE_MEMBERS {
        for value in ["\"AA\"", "null", "1"] {
            let json = format!(r#""{member}":{value}"#);
            assert_eq!(ec_with(&json).unwrap_err(), JwkError::Private, "{json}");
        }
    }
    assert!(ec_with(r#""D":"AA","x5c":[],"unknown":{}"#).is_ok());
}

#[test]
fn j10_use_is_sig_or_absent() {
    assert!(ec_with(r#""use":"sig""#).is_ok());
    for value in ["\"enc\"", "\"SIG\"", "null", "[\"sig\"]"] {
        assert_eq!(ec_with(&format!(r#""use":{value}"#)).unwrap_err(), JwkError::WrongUse, "{value}");
    }
}

#[test]
fn j10_key_ops_contain_verify() {
    assert!(ec_with(r#""key_ops":["verify"]"#).is_ok());
    assert!(ec_with(r#""key_ops":["sign","verify"]"#).is_ok());
    for value in ["[]", "[\"sign\"]", "\"verify\"", "null", "[\"verify\",1]"] {
        assert_eq!(ec_with(&format!(r#""key_ops":{value}"#)).unwrap_err(), JwkError::WrongKeyOps, "{value}");
    }
}

#[test]
fn j6_alg_suits_the_key() {
    let jwk = ec_with(r#""alg":"ES256""#).unwrap();
    assert_eq!(jwk.algorithms(), AlgorithmSet::only(Algorithm::ES256));
    for value in ["\"ES384\"", "\"RS256\"", "\"none\"", "\"ECDH-ES\"", "null", "1"] {
        assert_eq!(ec_with(&format!(r#""alg":{value}"#)).unwrap_err(), JwkError::WrongAlg, "{value}");
    }
    assert_eq!(parse(OKP).unwrap().algorithms(), KeyKind::Ed25519.default_algorithms());
    assert_eq!(parse(OKP).unwrap().with_alg(Algorithm::ES256).unwrap_err(), JwkError::WrongAlg);
}

#[test]
fn j8_kid_of_a_key_is_a_string() {
    assert_eq!(ec_with(r#""kid":"a\"b""#).unwrap().kid(), Some("a\"b"));
    assert_eq!(ec_with(r#""kid":1"#).unwrap_err(), JwkError::Malformed);
}

#[test]
fn j18_emission_holds_public_members_only_and_reads_back() {
    for jwk in [
        parse(EC).unwrap().with_kid("quote \" and \u{e9}").with_alg(Algorithm::ES256).unwrap(),
        parse(OKP).unwrap(),
        parse(r#"{"kty":"RSA","n":"_____w","e":"AQAB"}"#).unwrap().with_alg(Algorithm::PS256).unwrap(),
        Jwk::new(PublicKey::P384 { x: [1; 48], y: [2; 48] }),
        Jwk::new(PublicKey::P521 { x: [1; 66], y: [2; 66] }),
    ] {
        let json = jwk.to_json();
        assert_eq!(parse(&json).unwrap(), jwk);
        let object = Object::parse(json.as_bytes()).unwrap();
        for member in PRIVATE_MEMBERS {
            assert!(object.get(member).is_none(), "{member} in {json}");
        }
        assert!(matches!(object.get("use"), Some(Value::String(text)) if text == "sig"));
    }
}

proptest! {
    #[test]
    fn j10_any_bytes_never_panic(bytes: Vec<u8>, text in r#"\{"kty":"(EC|RSA|OKP)"(,"(x|y|n|e|crv)":"[A-Za-z0-9_-]{0,48}"){0,4}\}"#) {
        let _ = Jwk::from_json(&bytes);
        let _ = Jwk::from_json(text.to_string().as_bytes());
    }
}
