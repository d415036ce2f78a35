//! DPoP: proofs of possession (RFC 9449).

pub mod htu;
mod replay;

pub use replay::{ReplayClaim, ReplayKey};
