use super::*;
use crate::crypto::{Algorithm, CryptoProvider, EntropyError, RustCrypto};
use alloc::string::ToString;

macro_rules! key {
    ($name:literal) => {
        include_str!(concat!("../../tests/keys/", $name, ".pem"))
    };
}

/// Deterministic bytes, for keys that protect nothing.
fn counter() -> impl FnMut(&mut [u8]) -> Result<(), EntropyError> {
    let mut next = 1_u8;
    move |out| {
        for byte in out {
            *byte = next;
            next = next.wrapping_mul(7).wrapping_add(3);
        }
        Ok(())
    }
}

fn error(pem: &str) -> String {
    KeyMaterial::from_pem(pem).unwrap_err().to_string()
}

#[test]
fn j20_private_and_public_forms_of_one_key_agree() {
    let families: [&[&str]; 5] = [
        &[key!("p256.sec1-with-parameters"), key!("p256.sec1"), key!("p256.pkcs8"), key!("p256.spki")],
        &[key!("p384.sec1-with-parameters"), key!("p384.sec1"), key!("p384.pkcs8"), key!("p384.spki")],
        &[key!("p521.sec1-with-parameters"), key!("p521.sec1"), key!("p521.pkcs8"), key!("p521.spki")],
        &[key!("ed25519.pkcs8"), key!("ed25519.spki")],
        &[key!("rsa2048.pkcs1"), key!("rsa2048.pkcs8"), key!("rsa2048.spki"), key!("rsa2048.pkcs1-public")],
    ];
    for family in families {
        let first = KeyMaterial::from_pem(family[0]).unwrap();
        assert!(first.private().is_some());
        for pem in family {
            let key = KeyMaterial::from_pem(pem).unwrap();
            assert_eq!(key.public(), first.public());
            assert_eq!(key.private().is_some(), pem.contains("PRIVATE"));
            let crlf = pem.replace('\n', "\r\n");
            assert_eq!(KeyMaterial::from_pem(&crlf).unwrap().public(), first.public());
        }
    }
}

#[test]
fn j20_each_unusable_pem_has_its_own_error() {
    assert!(error("").contains("no PEM block"));
    assert!(error("garbage").contains("no PEM block"));
    assert!(error("-----BEGIN PRIVATE").contains("cut off"));
    assert!(error(&[key!("p256.pkcs8"), key!("p384.pkcs8")].concat()).contains("more than one"));
    assert!(error(key!("p256.encrypted-pkcs8")).contains("encrypted"));
    assert!(error(key!("rsa2048.encrypted-pkcs1")).contains("encrypted"));
    assert!(error(key!("p256.certificate")).contains("certificate"));
    assert!(error(&key!("p256.pkcs8").replace("PRIVATE KEY", "DSA PRIVATE KEY")).contains("label"));
    assert!(error(&key!("p256.pkcs8").replace("MIGH", "MIGG")).contains("no private key"));
    assert!(error(&key!("p256.spki").replace("MFkw", "MFkx")).contains("no public key"));
}

#[test]
fn j11_private_rsa_key_of_2047_bits_is_refused() {
    assert!(error(key!("rsa2047.pkcs8")).contains("weak_key"));
    assert!(KeyMaterial::from_pem(key!("rsa2048.pkcs8")).is_ok());
}

#[test]
fn j20_private_jwk_reads_back() {
    for pem in
        [key!("p256.pkcs8"), key!("p384.pkcs8"), key!("p521.pkcs8"), key!("ed25519.pkcs8"), key!("rsa2048.pkcs8")]
    {
        let key = KeyMaterial::from_pem(pem).unwrap();
        let again = KeyMaterial::from_jwk(&key.to_private_jwk().unwrap()).unwrap();
        assert_eq!(again.public(), key.public());
        assert!(again.private().is_some());
    }
    let public =
        KeyMaterial::from_jwk(&Jwk::new(KeyMaterial::from_pem(key!("p256.spki")).unwrap().public().clone()).to_json());
    assert!(public.unwrap().private().is_none());
}

#[test]
fn j20_halves_that_do_not_belong_together_are_refused() {
    let key = KeyMaterial::from_pem(key!("p256.pkcs8")).unwrap();
    let other = KeyMaterial::generate(KeyKind::P256, &mut counter()).unwrap();
    let d = |key: &KeyMaterial| key.to_private_jwk().unwrap().split_once("\"d\":").unwrap().1.to_string();
    let mixed = key.to_private_jwk().unwrap().replace(&d(&key), &d(&other));
    assert!(KeyMaterial::from_jwk(&mixed).unwrap_err().to_string().contains("do not belong together"));
}

#[test]
fn j20_broken_jwk_is_refused() {
    let jwk = KeyMaterial::from_pem(key!("p256.pkcs8")).unwrap().to_private_jwk().unwrap();
    for broken in [
        "",
        "{}",
        "[]",
        &jwk.replace("P-256", "P-384"),
        &jwk.replace("\"d\":\"", "\"d\":\"A"),
        &jwk.replace("EC", "oct"),
    ] {
        assert!(KeyMaterial::from_jwk(broken).is_err(), "{broken}");
    }
}

#[test]
fn j20_generated_keys_sign_and_verify() {
    let pairs = [
        (KeyKind::P256, Algorithm::ES256),
        (KeyKind::P384, Algorithm::ES384),
        (KeyKind::P521, Algorithm::ES512),
        (KeyKind::Ed25519, Algorithm::EdDSA),
    ];
    for (kind, algorithm) in pairs {
        let key = KeyMaterial::generate(kind, &mut counter()).unwrap();
        let signer = RustCrypto::new().signer(key.private().unwrap(), algorithm).unwrap();
        let signature = signer.sign(b"message", &mut counter()).unwrap();
        let verifying = RustCrypto::new().verifying_key(key.public()).unwrap();
        verifying.verify(algorithm, b"message", &signature).unwrap();
    }
    assert!(KeyMaterial::generate(KeyKind::Rsa, &mut counter()).is_err());
    let mut broken = |_: &mut [u8]| Err(EntropyError);
    assert!(KeyMaterial::generate(KeyKind::P256, &mut broken).is_err());
    let mut zeros = |out: &mut [u8]| {
        out.fill(0);
        Ok(())
    };
    assert!(KeyMaterial::generate(KeyKind::P256, &mut zeros).is_err());
}

#[test]
fn debug_shows_no_private_number() {
    let key = KeyMaterial::from_pem(key!("p256.pkcs8")).unwrap();
    let Some(PrivateKey::P256 { d }) = key.private() else { panic!("a P-256 key") };
    let shown = alloc::format!("{key:?}");
    assert!(!shown.contains(&alloc::format!("{}, {}, {}", d[0], d[1], d[2])), "{shown}");
}
