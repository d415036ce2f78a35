//! Ed25519 (RFC 8032 §5.1, RFC 8037 §3.1), under both of its names.

use crate::crypto::edwards::y_is_canonical;
use crate::crypto::{Algorithm, Entropy, InvalidSignature, KeyError, PublicKey, Signer, SignerError, VerifyingKey};
use alloc::vec::Vec;
use core::fmt;
use ed25519_dalek::Signer as _;

/// A public key of full order.
#[derive(Debug)]
pub(super) struct Ed25519Key(ed25519_dalek::VerifyingKey);

impl Ed25519Key {
    /// Parses a key: checks that the point is canonical, on the curve and not of small order. Anyone can make
    /// signatures for a key of small order. J11.
    pub(super) fn parse(x: &[u8; 32]) -> Result<Self, KeyError> {
        if !y_is_canonical(x) {
            return Err(KeyError::Invalid);
        }
        let key = ed25519_dalek::VerifyingKey::from_bytes(x).map_err(|_| KeyError::Invalid)?;
        if key.is_weak() { Err(KeyError::Invalid) } else { Ok(Self(key)) }
    }
}

impl VerifyingKey for Ed25519Key {
    fn verify(&self, algorithm: Algorithm, message: &[u8], signature: &[u8]) -> Result<(), InvalidSignature> {
        if !matches!(algorithm, Algorithm::EdDSA | Algorithm::Ed25519) {
            return Err(InvalidSignature);
        }
        // 64 bytes with a canonical S. The strict form also refuses an R of small order, which no honest signer makes.
        // J12.
        let signature = ed25519_dalek::Signature::from_slice(signature).map_err(|_| InvalidSignature)?;
        self.0.verify_strict(message, &signature).map_err(|_| InvalidSignature)
    }
}

/// A private key; zeroized by its crate.
pub(super) struct Ed25519Signer {
    key: ed25519_dalek::SigningKey,
    public: PublicKey,
    algorithm: Algorithm,
}

impl Ed25519Signer {
    pub(super) fn parse(seed: &[u8; 32], algorithm: Algorithm) -> Result<Self, KeyError> {
        let key = ed25519_dalek::SigningKey::from_bytes(seed);
        let public = PublicKey::Ed25519 { x: key.verifying_key().to_bytes() };
        Ok(Self { key, public, algorithm })
    }
}

impl Signer for Ed25519Signer {
    fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    fn public_key(&self) -> &PublicKey {
        &self.public
    }

    /// Deterministic by definition: needs no entropy.
    fn sign(&self, message: &[u8], _: &mut dyn Entropy) -> Result<Vec<u8>, SignerError> {
        Ok(self.key.sign(message).to_bytes().to_vec())
    }
}

impl fmt::Debug for Ed25519Signer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Ed25519Signer(..)")
    }
}
