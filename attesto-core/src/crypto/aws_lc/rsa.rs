//! RSASSA-PKCS1-v1_5 and RSASSA-PSS (RFC 7518 §3.3, §3.5). AWS-LC's private operations are in constant time and blinded.

use super::crt::Crt;
use crate::crypto::rsa_bounds::{private_numbers_fit, public_numbers_are_accepted};
use crate::crypto::{Algorithm, Entropy, InvalidSignature, KeyError, PublicKey, Signer, SignerError, VerifyingKey};
use alloc::vec::Vec;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{KeyPair, KeyPairComponents, PublicKeyComponents};
use aws_lc_rs::signature::{
    ParsedPublicKey, RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_2048_8192_SHA384, RSA_PKCS1_2048_8192_SHA512,
    RSA_PKCS1_SHA256, RSA_PKCS1_SHA384, RSA_PKCS1_SHA512, RSA_PSS_2048_8192_SHA256, RSA_PSS_2048_8192_SHA384,
    RSA_PSS_2048_8192_SHA512, RSA_PSS_SHA256, RSA_PSS_SHA384, RSA_PSS_SHA512, RsaParameters, RsaSignatureEncoding,
};
use core::fmt;
use std::sync::OnceLock;

/// Returns hash and padding, for verifying and signing. For PSS, the salt is as long as the hash, and MGF1 uses the
/// same hash; J12.
const fn scheme(algorithm: Algorithm) -> Option<(&'static RsaParameters, &'static RsaSignatureEncoding)> {
    match algorithm {
        Algorithm::RS256 => Some((&RSA_PKCS1_2048_8192_SHA256, &RSA_PKCS1_SHA256)),
        Algorithm::RS384 => Some((&RSA_PKCS1_2048_8192_SHA384, &RSA_PKCS1_SHA384)),
        Algorithm::RS512 => Some((&RSA_PKCS1_2048_8192_SHA512, &RSA_PKCS1_SHA512)),
        Algorithm::PS256 => Some((&RSA_PSS_2048_8192_SHA256, &RSA_PSS_SHA256)),
        Algorithm::PS384 => Some((&RSA_PSS_2048_8192_SHA384, &RSA_PSS_SHA384)),
        Algorithm::PS512 => Some((&RSA_PSS_2048_8192_SHA512, &RSA_PSS_SHA512)),
        Algorithm::ES256 | Algorithm::ES384 | Algorithm::ES512 | Algorithm::EdDSA | Algorithm::Ed25519 => None,
    }
}

type Slot = OnceLock<Option<ParsedPublicKey>>;

/// A public key within the bounds of J11.
///
/// A key parsed by AWS-LC is for one hash and padding, one of ours for six. Each is parsed when it is first needed;
/// most keys only ever need one.
#[derive(Debug)]
pub(super) struct RsaKey {
    numbers: PublicKeyComponents<Vec<u8>>,
    pkcs1: [Slot; 3],
    pss: [Slot; 3],
}

impl RsaKey {
    pub(super) fn parse(n: &[u8], e: &[u8]) -> Result<Self, KeyError> {
        public_numbers_are_accepted(n, e)?;
        let numbers = PublicKeyComponents { n: n.to_vec(), e: e.to_vec() };
        Ok(Self { numbers, pkcs1: Default::default(), pss: Default::default() })
    }

    fn slot(&self, algorithm: Algorithm) -> Option<&Slot> {
        let ([rs256, rs384, rs512], [ps256, ps384, ps512]) = (&self.pkcs1, &self.pss);
        match algorithm {
            Algorithm::RS256 => Some(rs256),
            Algorithm::RS384 => Some(rs384),
            Algorithm::RS512 => Some(rs512),
            Algorithm::PS256 => Some(ps256),
            Algorithm::PS384 => Some(ps384),
            Algorithm::PS512 => Some(ps512),
            Algorithm::ES256 | Algorithm::ES384 | Algorithm::ES512 | Algorithm::EdDSA | Algorithm::Ed25519 => None,
        }
    }

    fn parsed_for(&self, algorithm: Algorithm) -> Option<&ParsedPublicKey> {
        let (parameters, _) = scheme(algorithm)?;
        self.slot(algorithm)?.get_or_init(|| self.numbers.to_parsed_public_key(parameters).ok()).as_ref()
    }
}

impl VerifyingKey for RsaKey {
    fn verify(&self, algorithm: Algorithm, message: &[u8], signature: &[u8]) -> Result<(), InvalidSignature> {
        // AWS-LC refuses a signature whose length is not that of the modulus. RFC 8017 §8.1.2 and §8.2.2 step 1; J12.
        let key = self.parsed_for(algorithm).ok_or(InvalidSignature)?;
        key.verify_sig(message, signature).map_err(|_| InvalidSignature)
    }
}

/// Verifies without keeping the key.
pub(super) fn verify_once(
    n: &[u8],
    e: &[u8],
    algorithm: Algorithm,
    message: &[u8],
    signature: &[u8],
) -> Result<Result<(), InvalidSignature>, KeyError> {
    public_numbers_are_accepted(n, e)?;
    let Some((parameters, _)) = scheme(algorithm) else { return Ok(Err(InvalidSignature)) };
    Ok(PublicKeyComponents { n, e }.verify(parameters, message, signature).map_err(|_| InvalidSignature))
}

/// A private key; AWS-LC cleanses it.
pub(super) struct RsaSigner {
    key: KeyPair,
    public: PublicKey,
    algorithm: Algorithm,
    encoding: &'static RsaSignatureEncoding,
}

impl RsaSigner {
    pub(super) fn parse(
        n: &[u8],
        e: &[u8],
        d: &[u8],
        p: &[u8],
        q: &[u8],
        algorithm: Algorithm,
    ) -> Result<Self, KeyError> {
        public_numbers_are_accepted(n, e)?;
        private_numbers_fit(n, [d, p, q])?;
        let (_, encoding) = scheme(algorithm).ok_or(KeyError::AlgorithmMismatch)?;
        let crt = Crt::derive(n, d, p, q)?;
        let numbers = KeyPairComponents {
            public_key: PublicKeyComponents { n, e },
            d,
            p,
            q,
            dP: &crt.dp[..],
            dQ: &crt.dq[..],
            qInv: &crt.q_inverse[..],
        };
        // Checks n = pq, de = 1 modulo p - 1 and q - 1, and the derived parameters.
        let key = KeyPair::from_components(&numbers).map_err(|_| KeyError::Invalid)?;
        Ok(Self { key, public: PublicKey::Rsa { n: n.to_vec(), e: e.to_vec() }, algorithm, encoding })
    }
}

impl Signer for RsaSigner {
    fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    fn public_key(&self) -> &PublicKey {
        &self.public
    }

    /// Signs with blinding and salt from AWS-LC's own generator.
    fn sign(&self, message: &[u8], _: &mut dyn Entropy) -> Result<Vec<u8>, SignerError> {
        let mut signature = alloc::vec![0; self.key.public_modulus_len()];
        self.key
            .sign(self.encoding, &SystemRandom::new(), message, &mut signature)
            .map_err(|_| SignerError::Unavailable)?;
        Ok(signature)
    }
}

impl fmt::Debug for RsaSigner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RsaSigner({}, ..)", self.algorithm)
    }
}
