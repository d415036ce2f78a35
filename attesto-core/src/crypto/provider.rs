//! The interface between the protocol and the cryptography.

use super::{Algorithm, AlgorithmSet, KeyKind};
use alloc::boxed::Box;
use alloc::vec::Vec;
use core::fmt;
use zeroize::Zeroizing;

/// The cryptography that the core needs: keys parsed once, digests, and a MAC.
///
/// The provider is passed in; there is no process-wide default. The crate has two: the [module](super) explains which
/// to choose.
pub trait CryptoProvider: fmt::Debug + Send + Sync + 'static {
    /// The algorithms that keys of this provider can verify.
    fn algorithms(&self) -> AlgorithmSet;

    /// Parses a public key, once. Checks the catalogue's J11: RSA modulus 2048 to 8192 bits, odd exponent 3 to 65537,
    /// points on their curve, no small-order Ed25519 key, and canonical numbers.
    ///
    /// # Errors
    /// [`KeyError`] if a check fails or the provider does not know the kind of key.
    fn verifying_key(&self, key: &PublicKey) -> Result<Box<dyn VerifyingKey>, KeyError>;

    /// Verifies one signature with a key that is used only once (a DPoP proof's), if possible without allocating for
    /// it.
    ///
    /// # Errors
    /// [`KeyError`] as for [`verifying_key`](Self::verifying_key); the inner result is that of the signature.
    fn verify_once(
        &self,
        key: &PublicKey,
        algorithm: Algorithm,
        message: &[u8],
        signature: &[u8],
    ) -> Result<Result<(), InvalidSignature>, KeyError> {
        Ok(self.verifying_key(key)?.verify(algorithm, message, signature))
    }

    /// Makes a signer from a private key. `algorithm` must match the key.
    ///
    /// # Errors
    /// [`KeyError`] as for [`verifying_key`](Self::verifying_key), and if key and algorithm do not match.
    fn signer(&self, key: &PrivateKey, algorithm: Algorithm) -> Result<Box<dyn Signer>, KeyError>;

    /// SHA-256 of the concatenated parts.
    fn sha256(&self, parts: &[&[u8]]) -> [u8; 32];

    /// SHA-384, for the hashes in ID tokens signed with an algorithm that uses it (OIDC Core §3.1.3.6).
    fn sha384(&self, whole: &[u8]) -> [u8; 48];

    /// SHA-512, for the same use.
    fn sha512(&self, whole: &[u8]) -> [u8; 64];

    /// HMAC-SHA-256 of the concatenated parts.
    fn hmac_sha256(&self, key: &[u8; 32], parts: &[&[u8]]) -> [u8; 32];
}

/// A public key, ready to verify.
pub trait VerifyingKey: fmt::Debug + Send + Sync {
    /// Verifies `signature` over `message`. With an algorithm that does not match the key, the signature is invalid.
    ///
    /// # Errors
    /// [`InvalidSignature`], without a reason (J12).
    fn verify(&self, algorithm: Algorithm, message: &[u8], signature: &[u8]) -> Result<(), InvalidSignature>;
}

/// A private key, ready to sign, wherever it is stored. For keys behind a network call, see
/// [`UnsignedToken`](crate::token::UnsignedToken).
pub trait Signer: fmt::Debug + Send + Sync {
    /// The algorithm of this signer.
    fn algorithm(&self) -> Algorithm;

    /// The public half.
    fn public_key(&self) -> &PublicKey;

    /// Signs `message`. Returns the raw `r || s` of RFC 7518 §3.4 for ECDSA, otherwise the signature's bytes.
    ///
    /// `entropy` is for signers without their own source; others ignore it.
    ///
    /// # Errors
    /// [`SignerError`], without backend detail.
    fn sign(&self, message: &[u8], entropy: &mut dyn Entropy) -> Result<Vec<u8>, SignerError>;
}

/// A source of cryptographically secure randomness, passed in by the host.
pub trait Entropy {
    /// Fills `out` entirely.
    ///
    /// # Errors
    /// [`EntropyError`] if the source failed; nothing is signed or issued then.
    fn fill(&mut self, out: &mut [u8]) -> Result<(), EntropyError>;
}

impl<F: FnMut(&mut [u8]) -> Result<(), EntropyError>> Entropy for F {
    fn fill(&mut self, out: &mut [u8]) -> Result<(), EntropyError> {
        self(out)
    }
}

/// A public key as numbers, before any provider has parsed it. The bytes are the canonical ones of the JWK (RFC 7518
/// §6, RFC 8037 §2): full-length coordinates, RSA numbers without leading zeros.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
#[allow(missing_docs, reason = "the names are the RFC's")]
pub enum PublicKey {
    P256 { x: [u8; 32], y: [u8; 32] },
    P384 { x: [u8; 48], y: [u8; 48] },
    P521 { x: [u8; 66], y: [u8; 66] },
    Ed25519 { x: [u8; 32] },
    Rsa { n: Vec<u8>, e: Vec<u8> },
}

impl PublicKey {
    /// Key type and curve.
    #[must_use]
    pub const fn kind(&self) -> KeyKind {
        match self {
            Self::P256 { .. } => KeyKind::P256,
            Self::P384 { .. } => KeyKind::P384,
            Self::P521 { .. } => KeyKind::P521,
            Self::Ed25519 { .. } => KeyKind::Ed25519,
            Self::Rsa { .. } => KeyKind::Rsa,
        }
    }
}

/// A private key as numbers, zeroized when dropped and absent from `Debug`.
///
/// [`jose::KeyMaterial`](crate::jose::KeyMaterial) reads it from PEM or JWK.
#[derive(Clone)]
#[non_exhaustive]
#[allow(missing_docs, reason = "the names are the RFC's")]
pub enum PrivateKey {
    P256 { d: Zeroizing<[u8; 32]> },
    P384 { d: Zeroizing<[u8; 48]> },
    P521 { d: Zeroizing<[u8; 66]> },
    Ed25519 { seed: Zeroizing<[u8; 32]> },
    Rsa { n: Vec<u8>, e: Vec<u8>, d: Zeroizing<Vec<u8>>, p: Zeroizing<Vec<u8>>, q: Zeroizing<Vec<u8>> },
}

impl PrivateKey {
    /// Key type and curve.
    #[must_use]
    pub const fn kind(&self) -> KeyKind {
        match self {
            Self::P256 { .. } => KeyKind::P256,
            Self::P384 { .. } => KeyKind::P384,
            Self::P521 { .. } => KeyKind::P521,
            Self::Ed25519 { .. } => KeyKind::Ed25519,
            Self::Rsa { .. } => KeyKind::Rsa,
        }
    }
}

impl fmt::Debug for PrivateKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PrivateKey::{:?}(..)", self.kind())
    }
}

/// The signature does not verify. There is no reason, which could help an attacker.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("the signature does not verify")]
#[expect(clippy::exhaustive_structs, reason = "there is nothing more to say about an invalid signature")]
pub struct InvalidSignature;

/// The entropy source failed.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("the entropy source failed")]
#[expect(clippy::exhaustive_structs, reason = "a source fails or it does not")]
pub struct EntropyError;

/// A signer failed to sign. Its backend keeps the details (J21).
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum SignerError {
    /// The entropy source failed.
    #[error(transparent)]
    Entropy(#[from] EntropyError),
    /// The backend refused or could not be reached.
    #[error("the signer is unavailable")]
    Unavailable,
}

reasons! {
    /// Why a key cannot be used (J10, J11).
    pub enum KeyError {
        /// RSA modulus under 2048 or over 8192 bits, or an exponent that is even or outside 3 to 65537. RFC 7518 §3.3.
        Weak => "weak_key", "the RSA key's modulus or exponent is outside the accepted range";
        /// A coordinate of the wrong length, a point off its curve, a small-order Ed25519 key. RFC 7518 §6.2, RFC 8037 §2.
        Invalid => "invalid_key", "the key is not a valid key of its kind";
        /// This provider does not implement the kind of key or the algorithm.
        Unsupported => "unsupported_key", "the provider does not implement this kind of key";
        /// The algorithm does not match the key. RFC 8725 §3.1.
        AlgorithmMismatch => "key_algorithm_mismatch", "the algorithm does not suit the key";
    }
}
