//! JWK and JWK Set: what is read is canonical, public, and the same when it is written and read again.

use crate::fixture::WORLD;
use crate::model::{Tree, base64url};
use attesto_core::crypto::{Algorithm, PublicKey};
use attesto_core::jose::{Jwk, JwkError, JwkSet};
use attesto_core::limits;

const PRIVATE: [&str; 8] = ["d", "p", "q", "dp", "dq", "qi", "oth", "k"];

/// A JWK or a JWK Set.
pub fn jwk(data: &[u8]) {
    match Jwk::from_json(data) {
        Ok(jwk) => is_public_and_canonical(&jwk, &Tree::strict_object(data).expect("read, so strict")),
        Err(JwkError::Private) => {
            let tree = Tree::strict_object(data).expect("read, so strict");
            assert!(PRIVATE.iter().any(|member| tree.get(member).is_some()));
        }
        Err(_) => {}
    }
    set_has_the_usable_keys(data);
}

fn is_public_and_canonical(jwk: &Jwk, tree: &Tree) {
    let member = |name| tree.get(name).and_then(Tree::text);
    for private in PRIVATE {
        assert!(tree.get(private).is_none(), "{private}");
    }
    assert!(tree.get("use").is_none_or(|value| value.text() == Some("sig")));
    assert_eq!(member("kid"), jwk.kid());
    assert_eq!(member("alg"), jwk.alg().map(Algorithm::name));
    assert!(jwk.algorithms().iter().all(|algorithm| algorithm.key_kind() == jwk.key().kind()));

    if let PublicKey::Rsa { n, e } = jwk.key() {
        assert!([n, e].iter().all(|number| number.first().is_some_and(|octet| *octet != 0)), "RFC 7518 §2");
    }
    let members = members_of(jwk.key());
    for (name, value) in &members {
        assert_eq!(member(name), Some(value.as_str()), "one value has one spelling");
    }
    let hashed: Vec<String> = members.iter().map(|(name, value)| format!(r#""{name}":"{value}""#)).collect();
    let expected = WORLD.provider.sha256(&[b"{", hashed.join(",").as_bytes(), b"}"]);
    assert_eq!(jwk.thumbprint(|parts| WORLD.provider.sha256(parts)).as_bytes(), &expected, "RFC 7638 §3");

    let written = jwk.to_json();
    assert_eq!(Jwk::from_json(written.as_bytes()).as_ref(), Ok(jwk));
    let keys = [&WORLD.provider, &WORLD.other].map(|provider| provider.verifying_key(jwk.key()));
    let [one, other] = keys.each_ref().map(|key| key.as_ref().err());
    assert_eq!(one, other, "both providers take the same keys");
    for key in keys.into_iter().flatten() {
        for algorithm in jwk.algorithms().iter() {
            assert!(key.verify(algorithm, b"message", &[1; 64]).is_err(), "a signature out of nowhere");
        }
    }
}

/// In the order of RFC 7638 §3.2.
fn members_of(key: &PublicKey) -> Vec<(&'static str, String)> {
    let ec = |crv: &str, x: &[u8], y: &[u8]| {
        vec![("crv", crv.into()), ("kty", "EC".into()), ("x", base64url(x)), ("y", base64url(y))]
    };
    match key {
        PublicKey::P256 { x, y } => ec("P-256", x, y),
        PublicKey::P384 { x, y } => ec("P-384", x, y),
        PublicKey::P521 { x, y } => ec("P-521", x, y),
        PublicKey::Ed25519 { x } => vec![("crv", "Ed25519".into()), ("kty", "OKP".into()), ("x", base64url(x))],
        PublicKey::Rsa { n, e } => vec![("e", base64url(e)), ("kty", "RSA".into()), ("n", base64url(n))],
        other => panic!("{other:?} has no members here"),
    }
}

/// The keys of a set are those of its entries that are usable by themselves, in order.
fn set_has_the_usable_keys(data: &[u8]) {
    let Some(tree) = Tree::strict_object(data.trim_ascii()).filter(|_| data.len() <= limits::JWK_SET) else {
        return set_of_strange_entries_is_bounded(data);
    };
    let entries = match tree.get("keys") {
        Some(Tree::Array(entries)) => entries.as_slice(),
        _ => &[],
    };
    let mut usable: Vec<Jwk> =
        entries.iter().filter_map(|entry| Jwk::from_json(entry.value().to_string().as_bytes()).ok()).collect();
    if usable.len() > limits::JWK_SET_KEYS {
        usable.clear();
    }
    match JwkSet::from_json(data) {
        Err(_) => assert_eq!(usable, []),
        Ok(set) => {
            assert_eq!(set.keys(), usable);
            assert!(!usable.is_empty(), "a set without a key is no set");
            let again = JwkSet::from_json(set.to_json().as_bytes()).expect("what is published can be read");
            assert_eq!(again.keys(), usable);
        }
    }
}

/// An entry that is no strict JSON is skipped; the others are keys like any.
fn set_of_strange_entries_is_bounded(data: &[u8]) {
    if let Ok(set) = JwkSet::from_json(data) {
        assert!(data.len() <= limits::JWK_SET && (1..=limits::JWK_SET_KEYS).contains(&set.keys().len()));
        let again = JwkSet::from_json(set.to_json().as_bytes()).expect("what is published can be read");
        assert_eq!(again.keys(), set.keys());
    }
}
