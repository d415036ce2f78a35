//! JOSE, as far as access tokens and proofs need it: compact JWS, JWK, JWK Set, thumbprints, key input.

mod compact;
mod header;
mod jwk;
mod jwk_set;
mod key_material;
mod thumbprint;

pub use compact::{CompactJws, JwsError, JwsLimits};
pub use header::Header;
pub use jwk::{Jwk, JwkError};
pub use jwk_set::JwkSet;
pub use key_material::KeyMaterial;
pub use thumbprint::Thumbprint;
