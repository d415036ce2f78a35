//! DPoP: proofs of possession (RFC 9449).

mod replay;

pub use replay::{ReplayClaim, ReplayKey};
