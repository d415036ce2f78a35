//! The provider over AWS-LC, using the `aws-lc-rs` crate.

use super::{ecdsa, eddsa, rsa};
use crate::crypto::{
    Algorithm, AlgorithmSet, CryptoProvider, InvalidSignature, KeyError, PrivateKey, PublicKey, Signer, VerifyingKey,
};
use alloc::boxed::Box;
use aws_lc_rs::{digest, hmac};

/// The [`CryptoProvider`] over [AWS-LC](https://github.com/aws/aws-lc), in C and assembly (feature `aws-lc-rs`): the
/// choice for servers that can build it.
///
/// It accepts and refuses exactly what [`RustCrypto`](crate::crypto::RustCrypto) does. Signing differs in one point: AWS-LC
/// draws the nonces of ECDSA, the salts of PSS and its blinding from its own generator, which the operating system
/// seeds. It ignores the entropy passed to [`Signer::sign`], and two signatures of one message differ.
///
/// ```
/// use attesto_core::crypto::{Algorithm, AwsLc, CryptoProvider};
///
/// let provider = AwsLc::new();
/// assert!(provider.algorithms().contains(Algorithm::ES256));
/// assert_eq!(provider.sha256(&[b"ab", b"c"]), provider.sha256(&[b"abc"]));
/// ```
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
#[non_exhaustive]
pub struct AwsLc;

impl AwsLc {
    /// Creates the provider, which has no state.
    #[must_use]
    pub const fn new() -> Self {
        Self
    }
}

impl CryptoProvider for AwsLc {
    fn algorithms(&self) -> AlgorithmSet {
        AlgorithmSet::ALL
    }

    fn verifying_key(&self, key: &PublicKey) -> Result<Box<dyn VerifyingKey>, KeyError> {
        Ok(match key {
            PublicKey::P256 { x, y } => Box::new(ecdsa::EcKey::parse(&ecdsa::P256, &ecdsa::point::<65>(x, y))?),
            PublicKey::P384 { x, y } => Box::new(ecdsa::EcKey::parse(&ecdsa::P384, &ecdsa::point::<97>(x, y))?),
            PublicKey::P521 { x, y } => Box::new(ecdsa::EcKey::parse(&ecdsa::P521, &ecdsa::point::<133>(x, y))?),
            PublicKey::Ed25519 { x } => Box::new(eddsa::Ed25519Key::parse(x)?),
            PublicKey::Rsa { n, e } => Box::new(rsa::RsaKey::parse(n, e)?),
        })
    }

    fn verify_once(
        &self,
        key: &PublicKey,
        algorithm: Algorithm,
        message: &[u8],
        signature: &[u8],
    ) -> Result<Result<(), InvalidSignature>, KeyError> {
        match key {
            PublicKey::P256 { x, y } => {
                ecdsa::verify_once(&ecdsa::P256, &ecdsa::point::<65>(x, y), algorithm, message, signature)
            }
            PublicKey::P384 { x, y } => {
                ecdsa::verify_once(&ecdsa::P384, &ecdsa::point::<97>(x, y), algorithm, message, signature)
            }
            PublicKey::P521 { x, y } => {
                ecdsa::verify_once(&ecdsa::P521, &ecdsa::point::<133>(x, y), algorithm, message, signature)
            }
            PublicKey::Ed25519 { x } => eddsa::verify_once(x, algorithm, message, signature),
            PublicKey::Rsa { n, e } => rsa::verify_once(n, e, algorithm, message, signature),
        }
    }

    fn signer(&self, key: &PrivateKey, algorithm: Algorithm) -> Result<Box<dyn Signer>, KeyError> {
        if key.kind() != algorithm.key_kind() {
            return Err(KeyError::AlgorithmMismatch);
        }
        Ok(match key {
            PrivateKey::P256 { d } => Box::new(ecdsa::EcSigner::p256(d)?),
            PrivateKey::P384 { d } => Box::new(ecdsa::EcSigner::p384(d)?),
            PrivateKey::P521 { d } => Box::new(ecdsa::EcSigner::p521(d)?),
            PrivateKey::Ed25519 { seed } => Box::new(eddsa::Ed25519Signer::parse(seed, algorithm)?),
            PrivateKey::Rsa { n, e, d, p, q } => Box::new(rsa::RsaSigner::parse(n, e, d, p, q, algorithm)?),
        })
    }

    fn sha256(&self, parts: &[&[u8]]) -> [u8; 32] {
        let digest = match parts {
            // In one call, which needs no context on the heap.
            [whole] => digest::digest(&digest::SHA256, whole),
            parts => {
                let mut digest = digest::Context::new(&digest::SHA256);
                for part in parts {
                    digest.update(part);
                }
                digest.finish()
            }
        };
        bytes(digest.as_ref())
    }

    fn sha384(&self, whole: &[u8]) -> [u8; 48] {
        bytes(digest::digest(&digest::SHA384, whole).as_ref())
    }

    fn sha512(&self, whole: &[u8]) -> [u8; 64] {
        bytes(digest::digest(&digest::SHA512, whole).as_ref())
    }

    fn hmac_sha256(&self, key: &[u8; 32], parts: &[&[u8]]) -> [u8; 32] {
        let mut mac = hmac::Context::with_key(&hmac::Key::new(hmac::HMAC_SHA256, key));
        for part in parts {
            mac.update(part);
        }
        bytes(mac.sign().as_ref())
    }
}

/// Copies a digest into an array. Each hash has a fixed length, which its slice does not show.
fn bytes<const LENGTH: usize>(digest: &[u8]) -> [u8; LENGTH] {
    let mut out = [0; LENGTH];
    out.copy_from_slice(digest);
    out
}
