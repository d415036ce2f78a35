//! The pure Rust provider: p256, p384, p521, ed25519-dalek, rsa, sha2. It builds on every target of Rust.

use super::{ecdsa, eddsa, rsa};
use crate::crypto::{
    Algorithm, AlgorithmSet, CryptoProvider, InvalidSignature, KeyError, PrivateKey, PublicKey, Signer, VerifyingKey,
};
use alloc::boxed::Box;
use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256, Sha384, Sha512};
use zeroize::Zeroizing;

/// The pure Rust [`CryptoProvider`]. Prefer another one to sign with RSA keys: see [the
/// module](crate::crypto#signing-with-rsa).
///
/// ```
/// use attesto_core::crypto::{Algorithm, CryptoProvider, RustCrypto};
///
/// let provider = RustCrypto::new();
/// assert!(provider.algorithms().contains(Algorithm::ES256));
/// assert_eq!(provider.sha256(&[b"ab", b"c"]), provider.sha256(&[b"abc"]));
/// ```
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
#[non_exhaustive]
pub struct RustCrypto;

impl RustCrypto {
    /// Creates the provider, which has no state.
    #[must_use]
    pub const fn new() -> Self {
        Self
    }
}

impl CryptoProvider for RustCrypto {
    fn algorithms(&self) -> AlgorithmSet {
        AlgorithmSet::ALL
    }

    fn verifying_key(&self, key: &PublicKey) -> Result<Box<dyn VerifyingKey>, KeyError> {
        Ok(match key {
            PublicKey::P256 { x, y } => Box::new(ecdsa::P256Key::parse(x, y)?),
            PublicKey::P384 { x, y } => Box::new(ecdsa::P384Key::parse(x, y)?),
            PublicKey::P521 { x, y } => Box::new(ecdsa::P521Key::parse(x, y)?),
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
        Ok(match key {
            PublicKey::P256 { x, y } => ecdsa::P256Key::parse(x, y)?.verify(algorithm, message, signature),
            PublicKey::P384 { x, y } => ecdsa::P384Key::parse(x, y)?.verify(algorithm, message, signature),
            PublicKey::P521 { x, y } => ecdsa::P521Key::parse(x, y)?.verify(algorithm, message, signature),
            PublicKey::Ed25519 { x } => eddsa::Ed25519Key::parse(x)?.verify(algorithm, message, signature),
            PublicKey::Rsa { n, e } => rsa::RsaKey::parse(n, e)?.verify(algorithm, message, signature),
        })
    }

    fn signer(&self, key: &PrivateKey, algorithm: Algorithm) -> Result<Box<dyn Signer>, KeyError> {
        if key.kind() != algorithm.key_kind() {
            return Err(KeyError::AlgorithmMismatch);
        }
        Ok(match key {
            PrivateKey::P256 { d } => Box::new(ecdsa::P256Signer::parse(d)?),
            PrivateKey::P384 { d } => Box::new(ecdsa::P384Signer::parse(d)?),
            PrivateKey::P521 { d } => Box::new(ecdsa::P521Signer::parse(d)?),
            PrivateKey::Ed25519 { seed } => Box::new(eddsa::Ed25519Signer::parse(seed, algorithm)?),
            PrivateKey::Rsa { n, e, d, p, q } => Box::new(rsa::RsaSigner::parse(n, e, d, p, q, algorithm)?),
        })
    }

    fn sha256(&self, parts: &[&[u8]]) -> [u8; 32] {
        let mut digest = Sha256::new();
        for part in parts {
            digest.update(part);
        }
        digest.finalize().into()
    }

    fn sha384(&self, whole: &[u8]) -> [u8; 48] {
        Sha384::digest(whole).into()
    }

    fn sha512(&self, whole: &[u8]) -> [u8; 64] {
        Sha512::digest(whole).into()
    }

    fn hmac_sha256(&self, key: &[u8; 32], parts: &[&[u8]]) -> [u8; 32] {
        // HMAC pads a short key with zeros to the block of the hash (RFC 2104 §2); doing so here makes the constructor
        // infallible.
        let mut block = Zeroizing::new([0; 64]);
        for (padded, byte) in block.iter_mut().zip(key) {
            *padded = *byte;
        }
        let mut mac = <Hmac<Sha256> as KeyInit>::new((&*block).into());
        for part in parts {
            mac.update(part);
        }
        mac.finalize().into_bytes().into()
    }
}
