//! Signatures, digests and keys, behind one object: [`CryptoProvider`].

mod algorithm;
#[cfg(feature = "aws-lc-rs")]
mod aws_lc;
#[cfg(any(feature = "aws-lc-rs", feature = "rust-crypto"))]
mod edwards;
mod provider;
#[cfg(test)]
#[cfg(feature = "rust-crypto")]
mod provider_tests;
#[cfg(any(feature = "aws-lc-rs", feature = "rust-crypto"))]
mod rsa_bounds;
#[cfg(feature = "rust-crypto")]
mod rust_crypto;

pub use algorithm::{Algorithm, AlgorithmSet, KeyKind};
#[cfg(feature = "aws-lc-rs")]
pub use aws_lc::AwsLc;
pub use provider::{
    CryptoProvider, Entropy, EntropyError, InvalidSignature, KeyError, PrivateKey, PublicKey, Signer, SignerError,
    VerifyingKey,
};
#[cfg(feature = "rust-crypto")]
pub use rust_crypto::RustCrypto;
