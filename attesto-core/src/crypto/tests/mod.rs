//! The requirements on every provider: each test runs on all that are built, and compares them if there are two.

mod digest;
mod ecdsa;
mod eddsa;
mod rsa;
mod signers;

use super::{Algorithm, CryptoProvider, EntropyError, KeyError, PrivateKey, PublicKey, RustCrypto, Signer};
use crate::jose::KeyMaterial;
use alloc::boxed::Box;
use alloc::vec::Vec;

macro_rules! pem {
    ($name:literal) => {
        include_str!(concat!("../../../tests/keys/", $name, ".pem"))
    };
}
pub(super) use pem;

/// Every provider of this build.
pub(crate) fn providers() -> Vec<Box<dyn CryptoProvider>> {
    alloc::vec![
        Box::new(RustCrypto::new()),
        #[cfg(feature = "aws-lc-rs")]
        Box::new(super::AwsLc::new()),
    ]
}

/// Returns the private key of a PEM.
pub(super) fn private(pem: &str) -> PrivateKey {
    KeyMaterial::from_pem(pem).unwrap().private().unwrap().clone()
}

/// Returns a private key of the kind that the algorithm requires.
fn private_for(algorithm: Algorithm) -> PrivateKey {
    private(match algorithm {
        Algorithm::ES256 => pem!("p256.pkcs8"),
        Algorithm::ES384 => pem!("p384.pkcs8"),
        Algorithm::ES512 => pem!("p521.pkcs8"),
        Algorithm::EdDSA | Algorithm::Ed25519 => pem!("ed25519.pkcs8"),
        _ => pem!("rsa2048.pkcs8"),
    })
}

/// Deterministic bytes, for keys that protect nothing. They must not repeat soon: RSA draws until a number is suitable.
pub(super) fn counter() -> impl FnMut(&mut [u8]) -> Result<(), EntropyError> {
    let mut next = 1_u64;
    move |out| {
        for byte in out {
            next = next.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            [*byte, ..] = next.to_be_bytes();
        }
        Ok(())
    }
}

fn signature(signer: &dyn Signer, message: &[u8]) -> Vec<u8> {
    signer.sign(message, &mut counter()).unwrap()
}

/// Returns a provider's verdict on a signature, which must be equal whether the key is kept or used once.
fn verdict(
    provider: &dyn CryptoProvider,
    key: &PublicKey,
    algorithm: Algorithm,
    message: &[u8],
    signature: &[u8],
) -> Result<bool, KeyError> {
    let kept = provider.verifying_key(key).map(|key| key.verify(algorithm, message, signature).is_ok());
    let once = provider.verify_once(key, algorithm, message, signature).map(|verified| verified.is_ok());
    assert_eq!(kept, once, "{provider:?}, {algorithm}");
    kept
}

/// Returns the verdict of all providers on a signature, which must be equal.
pub(super) fn judged(
    key: &PublicKey,
    algorithm: Algorithm,
    message: &[u8],
    signature: &[u8],
) -> Result<bool, KeyError> {
    let mut verdicts =
        providers().into_iter().map(|provider| verdict(provider.as_ref(), key, algorithm, message, signature));
    let first = verdicts.next().unwrap();
    for verdict in verdicts {
        assert_eq!(verdict, first, "{algorithm}: the providers differ over {key:?}, {signature:?}");
    }
    first
}

/// Returns the error of all providers for a key, kept or used once.
fn refused(key: &PublicKey) -> Option<KeyError> {
    let algorithm = key.kind().default_algorithms().iter().next().unwrap();
    judged(key, algorithm, b"message", &[1; 64]).err()
}

/// Returns the error of all providers for a private key.
fn refused_to_sign(key: &PrivateKey, algorithm: Algorithm) -> Option<KeyError> {
    let mut answers = providers().into_iter().map(|provider| provider.signer(key, algorithm).map(|_| ()).err());
    let first = answers.next().unwrap();
    for answer in answers {
        assert_eq!(answer, first, "{algorithm}: the providers differ over a private key");
    }
    first
}

fn hex<const N: usize>(text: &str) -> [u8; N] {
    assert_eq!(text.len(), 2 * N);
    core::array::from_fn(|index| u8::from_str_radix(&text[2 * index..2 * index + 2], 16).unwrap())
}

/// `number + addend`, big-endian, of equal length; `None` on overflow.
fn sum(number: &[u8], addend: &[u8]) -> Option<Vec<u8>> {
    assert_eq!(number.len(), addend.len());
    let mut carry = 0;
    let mut out: Vec<u8> = Vec::new();
    for (a, b) in number.iter().zip(addend).rev() {
        let digit = u16::from(*a) + u16::from(*b) + carry;
        out.push(digit.to_le_bytes()[0]);
        carry = digit >> 8;
    }
    out.reverse();
    (carry == 0).then_some(out)
}
