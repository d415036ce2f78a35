//! ECDSA over the three NIST curves (RFC 7518 §3.4): raw `r || s`. AWS-LC refuses every other length, DER, and r or s that is
//! zero or not below the order (J12); a high s is accepted, because JOSE does not forbid it.

use crate::crypto::{Algorithm, Entropy, InvalidSignature, KeyError, PublicKey, Signer, SignerError, VerifyingKey};
use alloc::vec::Vec;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED, ECDSA_P256_SHA256_FIXED_SIGNING, ECDSA_P384_SHA384_FIXED, ECDSA_P384_SHA384_FIXED_SIGNING,
    ECDSA_P521_SHA512_FIXED, ECDSA_P521_SHA512_FIXED_SIGNING, EcdsaKeyPair, EcdsaSigningAlgorithm,
    EcdsaVerificationAlgorithm, KeyPair, ParsedPublicKey, VerificationAlgorithm,
};
use core::fmt;
use zeroize::Zeroizing;

/// A curve, with the hash that RFC 7518 assigns to it.
#[derive(Debug)]
pub(super) struct Curve {
    algorithm: Algorithm,
    verification: &'static EcdsaVerificationAlgorithm,
    signing: &'static EcdsaSigningAlgorithm,
    /// The bytes before and after the scalar in an `ECPrivateKey` (RFC 5915 §3) of this curve.
    private_der: (&'static [u8], &'static [u8]),
}

pub(super) static P256: Curve = Curve {
    algorithm: Algorithm::ES256,
    verification: &ECDSA_P256_SHA256_FIXED,
    signing: &ECDSA_P256_SHA256_FIXED_SIGNING,
    private_der: (b"\x30\x31\x02\x01\x01\x04\x20", b"\xa0\x0a\x06\x08\x2a\x86\x48\xce\x3d\x03\x01\x07"),
};
pub(super) static P384: Curve = Curve {
    algorithm: Algorithm::ES384,
    verification: &ECDSA_P384_SHA384_FIXED,
    signing: &ECDSA_P384_SHA384_FIXED_SIGNING,
    private_der: (b"\x30\x3e\x02\x01\x01\x04\x30", b"\xa0\x07\x06\x05\x2b\x81\x04\x00\x22"),
};
pub(super) static P521: Curve = Curve {
    algorithm: Algorithm::ES512,
    verification: &ECDSA_P521_SHA512_FIXED,
    signing: &ECDSA_P521_SHA512_FIXED_SIGNING,
    private_der: (b"\x30\x50\x02\x01\x01\x04\x42", b"\xa0\x07\x06\x05\x2b\x81\x04\x00\x23"),
};

/// Encodes the uncompressed point. SEC 1 §2.3.3.
pub(super) fn point<const N: usize>(x: &[u8], y: &[u8]) -> [u8; N] {
    let mut point = [0; N];
    fill(&mut point, [&[4], x, y]);
    point
}

fn fill(out: &mut [u8], parts: [&[u8]; 3]) {
    for (slot, byte) in out.iter_mut().zip(parts.into_iter().flatten()) {
        *slot = *byte;
    }
}

/// A public key.
#[derive(Debug)]
pub(super) struct EcKey {
    key: ParsedPublicKey,
    algorithm: Algorithm,
}

impl EcKey {
    /// Parses a key: checks that the coordinates are below the field's order and the point is on the curve.
    /// RFC 7518 §6.2.2; J11.
    pub(super) fn parse(curve: &Curve, point: &[u8]) -> Result<Self, KeyError> {
        let key = ParsedPublicKey::new(curve.verification, point).map_err(|_| KeyError::Invalid)?;
        Ok(Self { key, algorithm: curve.algorithm })
    }
}

impl VerifyingKey for EcKey {
    fn verify(&self, algorithm: Algorithm, message: &[u8], signature: &[u8]) -> Result<(), InvalidSignature> {
        if algorithm != self.algorithm {
            return Err(InvalidSignature);
        }
        self.key.verify_sig(message, signature).map_err(|_| InvalidSignature)
    }
}

/// Verifies without keeping the key. Only after a failure is the key parsed, to tell a bad key from a bad signature.
pub(super) fn verify_once(
    curve: &Curve,
    point: &[u8],
    algorithm: Algorithm,
    message: &[u8],
    signature: &[u8],
) -> Result<Result<(), InvalidSignature>, KeyError> {
    if algorithm == curve.algorithm && curve.verification.verify_sig(point, message, signature).is_ok() {
        return Ok(Ok(()));
    }
    EcKey::parse(curve, point)?;
    Ok(Err(InvalidSignature))
}

/// A private key; AWS-LC cleanses the scalar.
pub(super) struct EcSigner {
    key: EcdsaKeyPair,
    public: PublicKey,
    algorithm: Algorithm,
}

impl EcSigner {
    pub(super) fn p256(d: &[u8; 32]) -> Result<Self, KeyError> {
        Self::parse::<51, 32>(&P256, d, |x, y| PublicKey::P256 { x, y })
    }

    pub(super) fn p384(d: &[u8; 48]) -> Result<Self, KeyError> {
        Self::parse::<64, 48>(&P384, d, |x, y| PublicKey::P384 { x, y })
    }

    pub(super) fn p521(d: &[u8; 66]) -> Result<Self, KeyError> {
        Self::parse::<82, 66>(&P521, d, |x, y| PublicKey::P521 { x, y })
    }

    /// Parses a key: checks that the scalar is from one to the order. Computes the public point, which the key does not
    /// carry.
    fn parse<const DER: usize, const N: usize>(
        curve: &Curve,
        d: &[u8; N],
        public: impl FnOnce([u8; N], [u8; N]) -> PublicKey,
    ) -> Result<Self, KeyError> {
        let (before, after) = curve.private_der;
        let mut der = Zeroizing::new([0; DER]);
        fill(&mut der[..], [before, d, after]);
        let key = EcdsaKeyPair::from_private_key_der(curve.signing, &der[..]).map_err(|_| KeyError::Invalid)?;
        let (x, y) = coordinates(key.public_key().as_ref()).ok_or(KeyError::Invalid)?;
        Ok(Self { key, public: public(x, y), algorithm: curve.algorithm })
    }
}

/// Splits an uncompressed point into its coordinates.
fn coordinates<const N: usize>(point: &[u8]) -> Option<([u8; N], [u8; N])> {
    let (x, y) = point.strip_prefix(&[4])?.split_at_checked(N)?;
    Some((x.try_into().ok()?, y.try_into().ok()?))
}

impl Signer for EcSigner {
    fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    fn public_key(&self) -> &PublicKey {
        &self.public
    }

    /// Signs with a nonce from AWS-LC's own generator.
    fn sign(&self, message: &[u8], _: &mut dyn Entropy) -> Result<Vec<u8>, SignerError> {
        let signature = self.key.sign(&SystemRandom::new(), message).map_err(|_| SignerError::Unavailable)?;
        Ok(signature.as_ref().to_vec())
    }
}

impl fmt::Debug for EcSigner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "EcSigner({}, ..)", self.algorithm)
    }
}
