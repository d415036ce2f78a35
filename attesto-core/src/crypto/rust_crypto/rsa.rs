//! RSASSA-PKCS1-v1_5 and RSASSA-PSS (RFC 7518 §3.3, §3.5).
//!
//! Private operations are blinded with the entropy passed in. Another provider or an HSM is still the better choice for
//! an RSA key: see [the module above](crate::crypto#signing-with-rsa).

use super::random::Random;
use crate::crypto::rsa_bounds::{private_numbers_fit, public_numbers_are_accepted};
use crate::crypto::{Algorithm, Entropy, InvalidSignature, KeyError, PublicKey, Signer, SignerError, VerifyingKey};
use crate::limits::{RSA_MODULUS_BITS_MAX, RSA_MODULUS_BITS_MIN};
use alloc::vec::Vec;
use core::fmt;
use rsa::traits::{PublicKeyParts, SignatureScheme};
use rsa::{BoxedUint, Pkcs1v15Sign, PrivateKey as RsaPrivateKey, Pss, PublicKey as RsaPublicKey};
use sha2::{Digest, Sha256, Sha384, Sha512};

/// A public key within the bounds of J11.
#[derive(Debug)]
pub(super) struct RsaKey(RsaPublicKey);

impl RsaKey {
    pub(super) fn parse(n: &[u8], e: &[u8]) -> Result<Self, KeyError> {
        public_numbers_are_accepted(n, e)?;
        let (n, e) = (BoxedUint::from_be_slice_vartime(n), BoxedUint::from_be_slice_vartime(e));
        RsaPublicKey::new_with_size_limits(n, e, RSA_MODULUS_BITS_MIN..=RSA_MODULUS_BITS_MAX)
            .map(Self)
            .map_err(|_| KeyError::Invalid)
    }
}

/// Applies `f` with the hash and the padding of an algorithm.
macro_rules! with_scheme {
    ($algorithm:expr, $message:expr, $otherwise:expr, |$scheme:ident, $digest:ident| $body:expr) => {
        match $algorithm {
            Algorithm::RS256 => {
                let ($scheme, $digest) = (Pkcs1v15Sign::new::<Sha256>(), Sha256::digest($message));
                $body
            }
            Algorithm::RS384 => {
                let ($scheme, $digest) = (Pkcs1v15Sign::new::<Sha384>(), Sha384::digest($message));
                $body
            }
            Algorithm::RS512 => {
                let ($scheme, $digest) = (Pkcs1v15Sign::new::<Sha512>(), Sha512::digest($message));
                $body
            }
            // The salt is as long as the hash, and MGF1 uses the same hash: RFC 7518 §3.5; J12.
            Algorithm::PS256 => {
                let ($scheme, $digest) = (Pss::<Sha256>::new(), Sha256::digest($message));
                $body
            }
            Algorithm::PS384 => {
                let ($scheme, $digest) = (Pss::<Sha384>::new(), Sha384::digest($message));
                $body
            }
            Algorithm::PS512 => {
                let ($scheme, $digest) = (Pss::<Sha512>::new(), Sha512::digest($message));
                $body
            }
            Algorithm::ES256 | Algorithm::ES384 | Algorithm::ES512 | Algorithm::EdDSA | Algorithm::Ed25519 => {
                $otherwise
            }
        }
    };
}

impl VerifyingKey for RsaKey {
    fn verify(&self, algorithm: Algorithm, message: &[u8], signature: &[u8]) -> Result<(), InvalidSignature> {
        // The length must be exactly that of the modulus. RFC 8017 §8.1.2 and §8.2.2 step 1; J12.
        if signature.len() != self.0.size() {
            return Err(InvalidSignature);
        }
        with_scheme!(algorithm, message, Err(InvalidSignature), |scheme, digest| {
            scheme.verify(&self.0, &digest, signature).map_err(|_| InvalidSignature)
        })
    }
}

/// A private key; zeroized by its crate.
pub(super) struct RsaSigner {
    key: RsaPrivateKey,
    public: PublicKey,
    algorithm: Algorithm,
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
        RsaKey::parse(n, e)?;
        let number = BoxedUint::from_be_slice_vartime;
        private_numbers_fit(n, [d, p, q])?;
        let primes = alloc::vec![number(p), number(q)];
        // The rsa crate accepts the square of a prime as a modulus, and signs with it.
        if number(p) == number(q) {
            return Err(KeyError::Invalid);
        }
        let key =
            RsaPrivateKey::from_components(number(n), number(e), number(d), primes).map_err(|_| KeyError::Invalid)?;
        key.validate().map_err(|_| KeyError::Invalid)?;
        Ok(Self { key, public: PublicKey::Rsa { n: n.to_vec(), e: e.to_vec() }, algorithm })
    }
}

impl Signer for RsaSigner {
    fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    fn public_key(&self) -> &PublicKey {
        &self.public
    }

    fn sign(&self, message: &[u8], entropy: &mut dyn Entropy) -> Result<Vec<u8>, SignerError> {
        let mut random = Random::new(entropy);
        with_scheme!(self.algorithm, message, Err(SignerError::Unavailable), |scheme, digest| {
            scheme.sign(Some(&mut random), &self.key, &digest).map_err(|_| SignerError::Unavailable)
        })
    }
}

impl fmt::Debug for RsaSigner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RsaSigner(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crypto::tests::{counter, judged, pem, private};
    use crate::crypto::{CryptoProvider, EntropyError, PrivateKey, RustCrypto};

    fn signer(algorithm: Algorithm) -> alloc::boxed::Box<dyn Signer> {
        RustCrypto::new().signer(&private(pem!("rsa2048.pkcs8")), algorithm).unwrap()
    }

    #[test]
    fn j12_rsa_signing_without_entropy_fails_instead_of_going_on_unblinded() {
        for algorithm in [Algorithm::RS256, Algorithm::PS256] {
            assert!(signer(algorithm).sign(b"message", &mut |_: &mut [u8]| Err(EntropyError)).is_err(), "{algorithm}");
        }
    }

    #[test]
    fn j12_rsa_signing_with_a_stuck_entropy_source_ends() {
        let mut stuck = |out: &mut [u8]| {
            out.fill(0);
            Ok(())
        };
        assert!(signer(Algorithm::RS256).sign(b"message", &mut stuck).is_err());
    }

    #[test]
    fn j12_pss_salt_of_another_length_is_refused() {
        let PrivateKey::Rsa { n, e, d, p, q } = private(pem!("rsa2048.pkcs8")) else { panic!("an RSA key") };
        let number = BoxedUint::from_be_slice_vartime;
        let primes = alloc::vec![number(&p), number(&q)];
        let key = RsaPrivateKey::from_components(number(&n), number(&e), number(&d), primes).unwrap();
        let (public, digest) = (PublicKey::Rsa { n, e }, Sha256::digest(b"message"));
        for (salt, accepted) in
            [(32, true), (0, false), (20, false), (31, false), (33, false), (64, false), (222, false)]
        {
            let mut entropy = counter();
            let scheme = Pss::<Sha256>::new_with_salt(salt);
            let signature = scheme.sign(Some(&mut Random::new(&mut entropy)), &key, &digest).unwrap();
            assert_eq!(judged(&public, Algorithm::PS256, b"message", &signature), Ok(accepted), "{salt}");
        }
    }
}
