//! Signatures, digests and keys, behind one object: [`CryptoProvider`].
//!
//! # Which provider
//!
//! The code that builds a server or a client names its provider. There is no process-wide default, and a feature adds a choice
//! without making it.
//!
//! | | `RustCrypto` (feature `rust-crypto`, default) | `AwsLc` (feature `aws-lc-rs`) |
//! |---|---|---|
//! | Made of | p256, p384, p521, ed25519-dalek, rsa, sha2: Rust throughout | AWS-LC: C and assembly, bound by aws-lc-rs |
//! | Builds | wherever Rust does, without `std` too | where AWS-LC does; needs `std` and a C compiler |
//! | Take it for | clients, tests, small or unusual targets | servers that verify many tokens, and all that sign with RSA |
//! | Randomness for signatures | only what is passed in; ECDSA is deterministic | the library's own, seeded by the operating system |
//!
//! Both accept the same keys and the same signatures, and refuse the same: one list of tests and all vectors run on both. Where
//! the libraries differ, the stricter answer was made the answer of both. Tokens, keys and key sets can pass from one to the
//! other. Keys are read by [`jose::KeyMaterial`](crate::jose::KeyMaterial), which needs `rust-crypto` whatever signs with them.
//!
//! # Signing with RSA
//!
//! The `rsa` crate before 0.10 leaks a private key to an observer who times many operations
//! ([RUSTSEC-2023-0071](https://rustsec.org/advisories/RUSTSEC-2023-0071.html)). The version used here is 0.10, whose authors say
//! that they have resolved it: it computes on constant-time numbers and blinds each operation with the entropy that is passed in.
//! That code is young and has not been audited since it was rewritten. So prefer to sign with RSA keys through `AwsLc`, or a
//! [`Signer`] whose key is elsewhere, in an HSM or a KMS (one reached over the network is served by
//! [`UnsignedToken`](crate::token::UnsignedToken)), or use EC and Ed25519 keys. Verifying uses public numbers only and is not
//! concerned.

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
