//! Private keys as numbers: from JWK members, from the curve crates, and fresh ones.

use super::Jwk;
use crate::ConfigError;
use crate::crypto::{Algorithm, CryptoProvider, Entropy, KeyKind, PrivateKey, PublicKey, RustCrypto};
use crate::encoding::base64url::secret;
use crate::encoding::json::{Object, Value};
use crate::limits;
use alloc::string::String;
use alloc::vec::Vec;
use zeroize::Zeroizing;

/// Derives the public half. This also validates the private half.
pub(super) fn public_of(private: &PrivateKey) -> Result<PublicKey, ConfigError> {
    let algorithm = match private.kind() {
        KeyKind::P256 => Algorithm::ES256,
        KeyKind::P384 => Algorithm::ES384,
        KeyKind::P521 => Algorithm::ES512,
        KeyKind::Ed25519 => Algorithm::Ed25519,
        KeyKind::Rsa => Algorithm::RS256,
    };
    let signer = RustCrypto::new().signer(private, algorithm).map_err(|error| problem(error.code()))?;
    Ok(signer.public_key().clone())
}

/// Returns the public key that a private JWK declares, and its private key.
pub(super) fn private_from_jwk(object: Object<'_>) -> Result<(PublicKey, PrivateKey), ConfigError> {
    let declared = declared_public_key(object)?;
    let private = match &declared {
        PublicKey::P256 { .. } => PrivateKey::P256 { d: exact(object, "d")? },
        PublicKey::P384 { .. } => PrivateKey::P384 { d: exact(object, "d")? },
        PublicKey::P521 { .. } => PrivateKey::P521 { d: exact(object, "d")? },
        PublicKey::Ed25519 { .. } => PrivateKey::Ed25519 { seed: exact(object, "d")? },
        PublicKey::Rsa { n, e } => PrivateKey::Rsa {
            n: n.clone(),
            e: e.clone(),
            d: number(object, "d")?,
            p: number(object, "p")?,
            q: number(object, "q")?,
        },
    };
    Ok((declared, private))
}

/// Parses the public members alone, with the parser of public keys.
fn declared_public_key(object: Object<'_>) -> Result<PublicKey, ConfigError> {
    let mut public = serde_json::Map::new();
    for name in ["kty", "crv", "x", "y", "n", "e"] {
        if let Some(Value::String(text)) = object.get(name) {
            public.insert(name.into(), text.into_owned().into());
        }
    }
    let json = serde_json::to_vec(&public).unwrap_or_default();
    Jwk::from_json(&json).map(Jwk::into_key).map_err(|error| problem(error.code()))
}

fn exact<const N: usize>(object: Object<'_>, name: &str) -> Result<Zeroizing<[u8; N]>, ConfigError> {
    let Some(Value::String(text)) = object.get(name) else { return Err(problem("a private member is missing")) };
    secret::decode_array(text.as_bytes())
        .map(Zeroizing::new)
        .map_err(|_| problem("a private member is not canonical base64url of full length"))
}

fn number(object: Object<'_>, name: &str) -> Result<Zeroizing<Vec<u8>>, ConfigError> {
    let Some(Value::String(text)) = object.get(name) else {
        return Err(problem("an RSA private key needs d, p and q"));
    };
    if text.len() > (limits::RSA_MODULUS_BITS_MAX / 8).saturating_mul(2) {
        return Err(problem("a private member is too long"));
    }
    secret::decode(text.as_bytes()).map_err(|_| problem("a private member is not canonical base64url"))
}

/// Returns the private members of RFC 7518 §6.2.2 and §6.3.2, RFC 8037 §2.
pub(super) fn private_members(private: &PrivateKey) -> Vec<(&'static str, Zeroizing<String>)> {
    let text = |bytes: &[u8]| secret::encode(bytes);
    match private {
        PrivateKey::P256 { d } => alloc::vec![("d", text(&d[..]))],
        PrivateKey::P384 { d } => alloc::vec![("d", text(&d[..]))],
        PrivateKey::P521 { d } => alloc::vec![("d", text(&d[..]))],
        PrivateKey::Ed25519 { seed } => alloc::vec![("d", text(&seed[..]))],
        PrivateKey::Rsa { d, p, q, .. } => alloc::vec![("d", text(d)), ("p", text(p)), ("q", text(q))],
    }
}

/// Generates a private key.
pub(super) fn generate(kind: KeyKind, entropy: &mut dyn Entropy) -> Result<PrivateKey, ConfigError> {
    match kind {
        KeyKind::P256 => scalar(entropy, 0xff, |d| PrivateKey::P256 { d }),
        KeyKind::P384 => scalar(entropy, 0xff, |d| PrivateKey::P384 { d }),
        // 521 bits: the first octet holds one of them.
        KeyKind::P521 => scalar(entropy, 0x01, |d| PrivateKey::P521 { d }),
        KeyKind::Ed25519 => scalar(entropy, 0xff, |seed| PrivateKey::Ed25519 { seed }),
        KeyKind::Rsa => Err(problem("RSA keys are not made here; make one with a tool and read its PEM")),
    }
}

/// Draws a uniform scalar by rejection. The chance that a draw is rejected is at most one in 2^32, or one in two for
/// P-521.
fn scalar<const N: usize>(
    entropy: &mut dyn Entropy,
    first_octet: u8,
    key: impl Fn(Zeroizing<[u8; N]>) -> PrivateKey,
) -> Result<PrivateKey, ConfigError> {
    const DRAWS: usize = 128;
    for _ in 0..DRAWS {
        let mut bytes = Zeroizing::new([0; N]);
        entropy.fill(&mut bytes[..]).map_err(|_| problem("the entropy source failed"))?;
        if let Some(first) = bytes.first_mut() {
            *first &= first_octet;
        }
        let candidate = key(bytes);
        if public_of(&candidate).is_ok() {
            return Ok(candidate);
        }
    }
    Err(problem("the entropy source gives no usable scalar"))
}

pub(super) fn problem(text: &'static str) -> ConfigError {
    ConfigError::new("key", text)
}
