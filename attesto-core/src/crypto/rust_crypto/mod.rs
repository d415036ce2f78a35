//! The pure Rust provider: p256, p384, p521, ed25519-dalek, rsa, sha2. It builds on every target of Rust.

mod ecdsa;
mod eddsa;
mod provider;
mod random;
mod rsa;

pub use provider::RustCrypto;
