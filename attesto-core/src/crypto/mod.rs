//! Signatures, digests and keys, behind one object: [`CryptoProvider`].

mod algorithm;
mod provider;
#[cfg(feature = "rust-crypto")]
mod rust_crypto;

pub use algorithm::{Algorithm, AlgorithmSet, KeyKind};
pub use provider::{
    CryptoProvider, Entropy, EntropyError, InvalidSignature, KeyError, PrivateKey, PublicKey, Signer, SignerError,
    VerifyingKey,
};
#[cfg(feature = "rust-crypto")]
pub use rust_crypto::RustCrypto;
