//! Bare signatures: J11, J12.

use crate::{Ledger, groups};
use attesto_core::crypto::{Algorithm, CryptoProvider, RustCrypto};
use attesto_core::jose::{Jwk, KeyMaterial};
use serde_json::Value;

fn bytes(hex: &Value) -> Vec<u8> {
    let hex = hex.as_str().expect("hex").as_bytes();
    let digit = |byte: u8| u8::try_from((byte as char).to_digit(16).expect("a digit")).expect("under 16");
    hex.chunks(2).map(|pair| digit(pair[0]) << 4 | digit(pair[1])).collect()
}

fn check(file: &'static str, algorithm: Algorithm, exceptions: &'static [(u64, &'static str)], at_least: usize) {
    let Some(groups) = groups(file) else { return };
    let mut ledger = Ledger::new(file, exceptions);
    for group in &groups {
        let pem = group["publicKeyPem"].as_str().expect("a PEM");
        // A key we refuse makes every signature of its group refused.
        let key = KeyMaterial::from_pem(pem).ok().and_then(|key| RustCrypto::new().verifying_key(key.public()).ok());
        let jwk = ["publicKeyJwk", "keyJwk"].iter().find_map(|name| group.get(*name)).map(Value::to_string);
        let jwk = jwk.and_then(|jwk| Jwk::from_json(jwk.as_bytes()).ok());
        if let (Some(_), Some(jwk)) = (&key, &jwk) {
            assert_eq!(jwk.key(), KeyMaterial::from_pem(pem).expect("read before").public(), "PEM and JWK agree");
        }
        for test in group["tests"].as_array().expect("tests") {
            let (message, signature) = (bytes(&test["msg"]), bytes(&test["sig"]));
            let accepted = key.as_ref().is_some_and(|key| key.verify(algorithm, &message, &signature).is_ok());
            ledger.judge(test, accepted);
        }
    }
    ledger.close(at_least);
}

#[test]
fn j12_wycheproof_es256() {
    check("ecdsa_secp256r1_sha256_p1363_test.json", Algorithm::ES256, &[], 262);
}

#[test]
fn j12_wycheproof_es384() {
    check("ecdsa_secp384r1_sha384_p1363_test.json", Algorithm::ES384, &[], 280);
}

#[test]
fn j12_wycheproof_es512() {
    check("ecdsa_secp521r1_sha512_p1363_test.json", Algorithm::ES512, &[], 318);
}

#[test]
fn j12_wycheproof_ed25519() {
    check("ed25519_test.json", Algorithm::EdDSA, &[], 151);
}

#[test]
fn j12_wycheproof_rs256() {
    check("rsa_signature_2048_sha256_test.json", Algorithm::RS256, &[], 259);
}

#[test]
fn j12_wycheproof_rs384() {
    check("rsa_signature_2048_sha384_test.json", Algorithm::RS384, &[], 258);
}

#[test]
fn j12_wycheproof_rs512() {
    check("rsa_signature_2048_sha512_test.json", Algorithm::RS512, &[], 259);
}

#[test]
fn j12_wycheproof_ps256() {
    check("rsa_pss_2048_sha256_mgf1_32_test.json", Algorithm::PS256, &[], 108);
}

#[test]
fn j12_wycheproof_ps384() {
    check("rsa_pss_2048_sha384_mgf1_48_test.json", Algorithm::PS384, &[], 141);
}

#[test]
fn j12_wycheproof_ps512() {
    check("rsa_pss_4096_sha512_mgf1_64_test.json", Algorithm::PS512, &[], 179);
}
