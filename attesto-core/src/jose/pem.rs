//! Reads one PEM block, identified by its label and decoded by the crate for its kind of key (RFC 7468).

use super::key_material::KeyMaterial;
use super::key_numbers::problem;
use crate::ConfigError;
use crate::crypto::{PrivateKey, PublicKey};
use alloc::vec::Vec;
use ed25519_dalek::pkcs8::{DecodePrivateKey as _, DecodePublicKey as _};
use p256::elliptic_curve::sec1::ToSec1Point as _;
use rsa::pkcs1::{DecodeRsaPrivateKey as _, DecodeRsaPublicKey as _};
use rsa::traits::{PrivateKeyParts as _, PublicKeyParts as _};
use zeroize::Zeroizing;

const BEGIN: &str = "-----BEGIN ";

impl KeyMaterial {
    /// Parses exactly one PEM block: PKCS#1, PKCS#8, SEC1 or SPKI, with LF or CRLF. Skips the `EC PARAMETERS` block
    /// that OpenSSL writes before an EC private key.
    ///
    /// # Errors
    /// Fails if there is no block, more than one, an encrypted one, or one without a key of a supported kind. The error
    /// never includes key material.
    pub fn from_pem(pem: &str) -> Result<Self, ConfigError> {
        read(pem)
    }
}

fn read(pem: &str) -> Result<KeyMaterial, ConfigError> {
    let (label, block) = single_block(pem)?;
    if label == "ENCRYPTED PRIVATE KEY" || block.contains("Proc-Type:") {
        return Err(problem("the key is encrypted; decrypt it first"));
    }
    match label {
        "PRIVATE KEY" | "EC PRIVATE KEY" | "RSA PRIVATE KEY" => {
            let private = private_key(label, block).ok_or_else(|| {
                problem("the PEM holds no private key of a supported kind (P-256, P-384, P-521, Ed25519, RSA)")
            })?;
            KeyMaterial::from_private(private)
        }
        "PUBLIC KEY" | "RSA PUBLIC KEY" => {
            let public = public_key(label, block).ok_or_else(|| {
                problem("the PEM holds no public key of a supported kind (P-256, P-384, P-521, Ed25519, RSA)")
            })?;
            Ok(KeyMaterial::from_public(public))
        }
        "CERTIFICATE" => Err(problem("the PEM is a certificate; take its public key out first")),
        _ => Err(problem("the PEM label is none of a key")),
    }
}

/// Returns the label and the text of the only block that is not `EC PARAMETERS`.
fn single_block(pem: &str) -> Result<(&str, &str), ConfigError> {
    let mut found = None;
    let mut rest = pem;
    while let Some((_, after)) = rest.split_once(BEGIN) {
        let (label, _) = after.split_once("-----").ok_or_else(|| problem("the PEM is cut off"))?;
        let begin = pem.len().saturating_sub(after.len()).saturating_sub(BEGIN.len());
        if label != "EC PARAMETERS" && found.replace((label, begin)).is_some() {
            return Err(problem("the PEM holds more than one block; name exactly one key"));
        }
        rest = after;
    }
    let (label, begin) = found.ok_or_else(|| problem("there is no PEM block"))?;
    let block = pem.get(begin..).ok_or_else(|| problem("the PEM is cut off"))?;
    Ok((label, block))
}

fn private_key(label: &str, block: &str) -> Option<PrivateKey> {
    match label {
        "RSA PRIVATE KEY" => rsa_private(&rsa::PrivateKey::from_pkcs1_pem(block).ok()?),
        "EC PRIVATE KEY" => None
            .or_else(|| p256::SecretKey::from_sec1_pem(block).ok().map(|key| p256_private(&key)))
            .or_else(|| p384::SecretKey::from_sec1_pem(block).ok().map(|key| p384_private(&key)))
            .or_else(|| p521::SecretKey::from_sec1_pem(block).ok().map(|key| p521_private(&key))),
        _ => None
            .or_else(|| p256::SecretKey::from_pkcs8_pem(block).ok().map(|key| p256_private(&key)))
            .or_else(|| p384::SecretKey::from_pkcs8_pem(block).ok().map(|key| p384_private(&key)))
            .or_else(|| p521::SecretKey::from_pkcs8_pem(block).ok().map(|key| p521_private(&key)))
            .or_else(|| {
                let key = ed25519_dalek::SigningKey::from_pkcs8_pem(block).ok()?;
                Some(PrivateKey::Ed25519 { seed: Zeroizing::new(key.to_bytes()) })
            })
            .or_else(|| rsa_private(&rsa::PrivateKey::from_pkcs8_pem(block).ok()?)),
    }
}

fn p256_private(key: &p256::SecretKey) -> PrivateKey {
    PrivateKey::P256 { d: Zeroizing::new(key.to_bytes().into()) }
}

fn p384_private(key: &p384::SecretKey) -> PrivateKey {
    PrivateKey::P384 { d: Zeroizing::new(key.to_bytes().into()) }
}

fn p521_private(key: &p521::SecretKey) -> PrivateKey {
    PrivateKey::P521 { d: Zeroizing::new(key.to_bytes().into()) }
}

/// Accepts two primes only: keys with more are not interoperable (RFC 7518 §6.3.2.7).
fn rsa_private(key: &rsa::PrivateKey) -> Option<PrivateKey> {
    let [p, q] = key.primes() else { return None };
    Some(PrivateKey::Rsa {
        n: trimmed(&key.n_bytes()),
        e: trimmed(&key.e_bytes()),
        d: Zeroizing::new(trimmed(&key.d().to_be_bytes())),
        p: Zeroizing::new(trimmed(&p.to_be_bytes())),
        q: Zeroizing::new(trimmed(&q.to_be_bytes())),
    })
}

/// Returns the number without leading zero octets.
fn trimmed(bytes: &[u8]) -> Vec<u8> {
    bytes.iter().copied().skip_while(|byte| *byte == 0).collect()
}

fn public_key(label: &str, block: &str) -> Option<PublicKey> {
    if label == "RSA PUBLIC KEY" {
        return Some(rsa_public(&rsa::PublicKey::from_pkcs1_pem(block).ok()?));
    }
    None.or_else(|| {
        let point = p256::PublicKey::from_public_key_pem(block).ok()?.to_sec1_point(false);
        Some(PublicKey::P256 { x: (*point.x()?).into(), y: (*point.y()?).into() })
    })
    .or_else(|| {
        let point = p384::PublicKey::from_public_key_pem(block).ok()?.to_sec1_point(false);
        Some(PublicKey::P384 { x: (*point.x()?).into(), y: (*point.y()?).into() })
    })
    .or_else(|| {
        let point = p521::PublicKey::from_public_key_pem(block).ok()?.to_sec1_point(false);
        Some(PublicKey::P521 { x: (*point.x()?).into(), y: (*point.y()?).into() })
    })
    .or_else(|| {
        let key = ed25519_dalek::VerifyingKey::from_public_key_pem(block).ok()?;
        Some(PublicKey::Ed25519 { x: key.to_bytes() })
    })
    .or_else(|| Some(rsa_public(&rsa::PublicKey::from_public_key_pem(block).ok()?)))
}

fn rsa_public(key: &rsa::PublicKey) -> PublicKey {
    PublicKey::Rsa { n: trimmed(&key.n_bytes()), e: trimmed(&key.e_bytes()) }
}
