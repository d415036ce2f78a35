//! Whole JWS with their JWK: J2 to J14.

use crate::{Ledger, groups, vectors};
use attesto_core::crypto::CryptoProvider;
use attesto_core::jose::{CompactJws, Jwk, JwsLimits};
use attesto_core::limits;
use serde_json::Value;

/// What a verifier with this key, or the one key of this set that the header names, makes of a JWS.
fn verifies(provider: &dyn CryptoProvider, jws: &str, key: &Value) -> bool {
    match key["keys"].as_array() {
        Some(keys) => keys.iter().filter(|key| verifies_with(provider, jws, key)).count() == 1,
        None => verifies_with(provider, jws, key),
    }
}

fn verifies_with(provider: &dyn CryptoProvider, jws: &str, key: &Value) -> bool {
    let mut public = key.clone();
    if let Value::Object(members) = &mut public {
        // The files give private keys; the verifier of each holds the public half.
        for member in ["d", "p", "q", "dp", "dq", "qi", "oth"] {
            members.remove(member);
        }
        // What the private half may do says nothing about the public half.
        if members.get("key_ops").is_some_and(|operations| operations.to_string().contains("sign")) {
            members.remove("key_ops");
        }
    }
    verify(provider, jws, &public).is_some()
}

pub(crate) fn verify(provider: &dyn CryptoProvider, jws: &str, key: &Value) -> Option<()> {
    let jwk = Jwk::from_json(key.to_string().as_bytes()).ok()?;
    let jws = CompactJws::split(jws.as_bytes(), JwsLimits::ACCESS_TOKEN).ok()?;
    let mut buffer = Vec::new();
    let header = jws.header(&mut buffer).ok()?;
    let kid_fits = header.kid.as_deref().is_none_or(|kid| jwk.kid().is_none_or(|known| known == kid));
    let of_key = jwk.alg().map_or(header.alg.key_kind() == jwk.key().kind(), |alg| alg == header.alg);
    if !kid_fits || !of_key {
        return None;
    }
    let algorithm = header.alg;
    let mut signature = [0; limits::SIGNATURE];
    let signature = jws.signature(&mut signature).ok()?;
    jws.payload(&mut Vec::new()).ok()?;
    provider.verifying_key(jwk.key()).ok()?.verify(algorithm, jws.signing_input(), signature).ok()
}

fn check(file: &'static str, exceptions: &'static [(u64, &'static str)], at_least: usize) {
    let Some(document) = vectors(&format!("wycheproof/{file}")) else { return };
    let mut ledger = Ledger::new(file, exceptions);
    for group in groups(&document) {
        for test in group["tests"].as_array().expect("tests") {
            if test.get("jws").is_none() {
                continue; // a JWE: not ours to judge
            }
            // The JSON serialisation is among them: never accepted.
            let jws = test["jws"].as_str().map_or_else(|| test["jws"].to_string(), ToOwned::to_owned);
            let key = group.get("public").unwrap_or(&group["private"]);
            ledger.judge(test, |provider| verifies(provider, &jws, key));
        }
    }
    ledger.close(at_least);
}

const HMAC: &str = "HMAC: symmetric algorithms do not exist here (J5)";
const EMPTY: &str = "an empty payload is no JWT (J2)";
const CONTRADICTION: &str = "the key's own alg contradicts the header, or does not exist (J6)";
const CHARACTER: &str = "a character outside base64url, which the file wants skipped (J3)";

const SIGNATURE: &[(u64, &str)] = &[
    (1, HMAC),
    (259, EMPTY),
    (264, EMPTY),
    (268, EMPTY),
    (272, EMPTY),
    (320, EMPTY),
    (325, EMPTY),
    (346, CONTRADICTION),
    (347, CONTRADICTION),
    (348, HMAC),
    (350, CONTRADICTION),
    (351, CONTRADICTION),
    (352, HMAC),
    (357, HMAC),
    (358, HMAC),
    (359, HMAC),
    (372, CHARACTER),
    (373, CHARACTER),
    (376, HMAC),
    (377, HMAC),
];
const ROCA: &str =
    "a key of the ROCA family: refusing it is the file's policy, which no RFC has; the signature is right";
const KEY: &[(u64, &str)] = &[(2, HMAC), (7, ROCA), (13, HMAC), (14, HMAC), (15, HMAC)];
const CRYPTO: &[(u64, &str)] = &[(1, HMAC), (46, ROCA), (48, HMAC)];

#[test]
fn j12_wycheproof_json_web_signature() {
    check("json_web_signature_test.json", SIGNATURE, 401);
}

#[test]
fn j10_wycheproof_json_web_key() {
    check("json_web_key_test.json", KEY, 26);
}

#[test]
fn j5_wycheproof_json_web_crypto() {
    check("json_web_crypto_test.json", CRYPTO, 49);
}
