//! Ed25519 (RFC 8032 §5.1, RFC 8037 §3.1), under both of its names, as strict as ed25519-dalek's strict verification.

use crate::crypto::edwards::{is_of_small_order, y_is_canonical};
use crate::crypto::{Algorithm, Entropy, InvalidSignature, KeyError, PublicKey, Signer, SignerError, VerifyingKey};
use alloc::vec::Vec;
use aws_lc_rs::signature::{ED25519, Ed25519KeyPair, KeyPair, ParsedPublicKey, VerificationAlgorithm};
use core::fmt;
use curve25519_dalek::edwards::CompressedEdwardsY;

/// A public key of full order.
#[derive(Debug)]
pub(super) struct Ed25519Key(ParsedPublicKey);

impl Ed25519Key {
    pub(super) fn parse(x: &[u8; 32]) -> Result<Self, KeyError> {
        encoding_is_accepted(x)?;
        point_is_on_the_curve(x)?;
        ParsedPublicKey::new(&ED25519, x).map(Self).map_err(|_| KeyError::Invalid)
    }
}

/// Checks that the encoding is canonical and not of small order. AWS-LC accepts any 32 bytes. J11.
fn encoding_is_accepted(x: &[u8; 32]) -> Result<(), KeyError> {
    if y_is_canonical(x) && !is_of_small_order(x) { Ok(()) } else { Err(KeyError::Invalid) }
}

/// Checks that there is an x for this y. AWS-LC checks it only when verifying, where a bad key looks like a bad
/// signature. J11.
fn point_is_on_the_curve(x: &[u8; 32]) -> Result<(), KeyError> {
    CompressedEdwardsY(*x).decompress().map(|_| ()).ok_or(KeyError::Invalid)
}

/// Checks that R is not of small order. AWS-LC checks the length, and that S is canonical. J12.
fn signature_is_accepted(algorithm: Algorithm, signature: &[u8]) -> bool {
    matches!(algorithm, Algorithm::EdDSA | Algorithm::Ed25519)
        && signature.first_chunk().is_some_and(|r| !is_of_small_order(r))
}

impl VerifyingKey for Ed25519Key {
    fn verify(&self, algorithm: Algorithm, message: &[u8], signature: &[u8]) -> Result<(), InvalidSignature> {
        if !signature_is_accepted(algorithm, signature) {
            return Err(InvalidSignature);
        }
        self.0.verify_sig(message, signature).map_err(|_| InvalidSignature)
    }
}

/// Verifies without keeping the key. A signature that verifies proves that the point is on the curve. Only if it does
/// not verify is the point checked, to tell a bad key from a bad signature.
pub(super) fn verify_once(
    x: &[u8; 32],
    algorithm: Algorithm,
    message: &[u8],
    signature: &[u8],
) -> Result<Result<(), InvalidSignature>, KeyError> {
    encoding_is_accepted(x)?;
    if signature_is_accepted(algorithm, signature) && ED25519.verify_sig(x, message, signature).is_ok() {
        return Ok(Ok(()));
    }
    point_is_on_the_curve(x)?;
    Ok(Err(InvalidSignature))
}

/// A private key; AWS-LC cleanses it.
pub(super) struct Ed25519Signer {
    key: Ed25519KeyPair,
    public: PublicKey,
    algorithm: Algorithm,
}

impl Ed25519Signer {
    pub(super) fn parse(seed: &[u8; 32], algorithm: Algorithm) -> Result<Self, KeyError> {
        // "Unchecked" refers to a public key, which a seed does not carry.
        let key = Ed25519KeyPair::from_seed_unchecked(seed).map_err(|_| KeyError::Invalid)?;
        let x = key.public_key().as_ref().try_into().map_err(|_| KeyError::Invalid)?;
        Ok(Self { key, public: PublicKey::Ed25519 { x }, algorithm })
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
        let signature = self.key.try_sign(message).map_err(|_| SignerError::Unavailable)?;
        Ok(signature.as_ref().to_vec())
    }
}

impl fmt::Debug for Ed25519Signer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Ed25519Signer(..)")
    }
}
