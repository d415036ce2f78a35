//! ECDSA over the three NIST curves (RFC 7518 §3.4): raw `r || s` of exact length, DER refused, high `s` accepted because
//! JOSE does not forbid it.

use crate::crypto::{Algorithm, Entropy, InvalidSignature, KeyError, PublicKey, Signer, SignerError, VerifyingKey};
use alloc::vec::Vec;
use core::fmt;

macro_rules! curve {
    ($curve:ident, $algorithm:ident, $kind:ident, $key:ident, $signer:ident, $bytes:literal) => {
        /// A public key.
        #[derive(Debug)]
        pub(super) struct $key($curve::ecdsa::VerifyingKey);

        impl $key {
            /// Parses a key: checks that the point is on the curve. RFC 7518 §6.2.2; J11.
            pub(super) fn parse(x: &[u8; $bytes], y: &[u8; $bytes]) -> Result<Self, KeyError> {
                let point = $curve::Sec1Point::from_affine_coordinates(&(*x).into(), &(*y).into(), false);
                $curve::ecdsa::VerifyingKey::from_sec1_point(&point).map(Self).map_err(|_| KeyError::Invalid)
            }
        }

        impl VerifyingKey for $key {
            fn verify(&self, algorithm: Algorithm, message: &[u8], signature: &[u8]) -> Result<(), InvalidSignature> {
                use $curve::ecdsa::signature::Verifier;
                if algorithm != Algorithm::$algorithm {
                    return Err(InvalidSignature);
                }
                // Refuses any other length, and an r or s that is zero or not below the order. J12.
                let signature = $curve::ecdsa::Signature::from_slice(signature).map_err(|_| InvalidSignature)?;
                self.0.verify(message, &signature).map_err(|_| InvalidSignature)
            }
        }

        /// A private key; the scalar is zeroized by its crate.
        pub(super) struct $signer {
            key: $curve::ecdsa::SigningKey,
            public: PublicKey,
        }

        impl $signer {
            pub(super) fn parse(d: &[u8; $bytes]) -> Result<Self, KeyError> {
                let key = $curve::ecdsa::SigningKey::from_slice(d).map_err(|_| KeyError::Invalid)?;
                let point = key.verifying_key().to_sec1_point(false);
                let coordinate = |bytes: Option<&[u8]>| {
                    bytes.and_then(|bytes| <[u8; $bytes]>::try_from(bytes).ok()).ok_or(KeyError::Invalid)
                };
                let x = coordinate(point.x().map(|x| x.as_slice()))?;
                let y = coordinate(point.y().map(|y| y.as_slice()))?;
                Ok(Self { key, public: PublicKey::$kind { x, y } })
            }
        }

        impl Signer for $signer {
            fn algorithm(&self) -> Algorithm {
                Algorithm::$algorithm
            }

            fn public_key(&self) -> &PublicKey {
                &self.public
            }

            /// Deterministic (RFC 6979): needs no entropy.
            fn sign(&self, message: &[u8], _: &mut dyn Entropy) -> Result<Vec<u8>, SignerError> {
                use $curve::ecdsa::signature::Signer as _;
                let signature: $curve::ecdsa::Signature =
                    self.key.try_sign(message).map_err(|_| SignerError::Unavailable)?;
                Ok(signature.to_bytes().to_vec())
            }
        }

        impl fmt::Debug for $signer {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(concat!(stringify!($signer), "(..)"))
            }
        }
    };
}

curve!(p256, ES256, P256, P256Key, P256Signer, 32);
curve!(p384, ES384, P384, P384Key, P384Signer, 48);
curve!(p521, ES512, P521, P521Key, P521Signer, 66);
