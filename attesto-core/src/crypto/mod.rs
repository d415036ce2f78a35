//! Signatures, digests and keys, behind one object: [`CryptoProvider`].
//!
//! # Which provider
//!
//! The code that builds a server or a client names its provider. There is no process-wide default: a feature adds a
//! provider without selecting it.
//!
//! | | `RustCrypto` (feature `rust-crypto`, default) | `AwsLc` (feature `aws-lc-rs`) |
//! |---|---|---|
//! | Made of | p256, p384, p521, ed25519-dalek, rsa, sha2: Rust throughout | AWS-LC: C and assembly, bound by aws-lc-rs |
//! | Builds | wherever Rust does, without `std` too | where AWS-LC does; needs `std` and a C compiler |
//! | Take it for | clients, tests, small or unusual targets | servers that verify many tokens, and all that sign with RSA |
//! | Randomness for signatures | only what is passed in; ECDSA is deterministic | the library's own, seeded by the operating system |
//!
//! Both accept the same keys and signatures, and refuse the same: the same tests and all vectors run on both. If the
//! libraries differ, both providers use the stricter check. Tokens, keys and key sets can pass from one to the other.
//! [`jose::KeyMaterial`](crate::jose::KeyMaterial) parses keys, and requires `rust-crypto` whichever provider signs
//! with them.
//!
//! # Signing with RSA
//!
//! The `rsa` crate before 0.10 leaks a private key to an observer who times many operations
//! ([RUSTSEC-2023-0071](https://rustsec.org/advisories/RUSTSEC-2023-0071.html)). The version used here is 0.10, whose
//! authors state that it is resolved: it computes on constant-time numbers and blinds each operation with the entropy
//! that is passed in. That code is young and has not been audited since it was rewritten. So prefer to sign with RSA
//! keys through `AwsLc`, or with a [`Signer`] whose key is in an HSM or a KMS (for one reached over the network, use
//! [`UnsignedToken`](crate::token::UnsignedToken)), or use EC and Ed25519 keys. Verifying uses only public numbers and
//! is not affected.

mod algorithm;
#[cfg(feature = "aws-lc-rs")]
mod aws_lc;
#[cfg(any(feature = "aws-lc-rs", feature = "rust-crypto"))]
mod edwards;
mod provider;
#[cfg(any(feature = "aws-lc-rs", feature = "rust-crypto"))]
mod rsa_bounds;
#[cfg(feature = "rust-crypto")]
mod rust_crypto;
#[cfg(test)]
#[cfg(feature = "rust-crypto")]
pub(crate) mod tests;

pub use algorithm::{Algorithm, AlgorithmSet, KeyKind};
#[cfg(feature = "aws-lc-rs")]
pub use aws_lc::AwsLc;
pub use provider::{
    CryptoProvider, Entropy, EntropyError, InvalidSignature, KeyError, PrivateKey, PublicKey, Signer, SignerError,
    VerifyingKey,
};
#[cfg(feature = "rust-crypto")]
pub use rust_crypto::RustCrypto;
