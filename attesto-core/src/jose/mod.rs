//! JOSE for access tokens and proofs: compact JWS, JWK, JWK Set, thumbprints, key import.

mod compact;
mod header;
mod jwk;
mod jwk_set;
mod jws_error;
#[cfg(feature = "rust-crypto")]
mod key_material;
#[cfg(feature = "rust-crypto")]
mod key_numbers;
#[cfg(feature = "rust-crypto")]
mod pem;
mod thumbprint;
mod verification_keys;

pub use compact::{CompactJws, JwsLimits};
pub use header::JoseHeader;
pub(crate) use jwk::RsaNumbers;
pub use jwk::{Jwk, JwkError};
pub use jwk_set::JwkSet;
pub use jws_error::JwsError;
#[cfg(feature = "rust-crypto")]
pub use key_material::KeyMaterial;
pub use thumbprint::Thumbprint;
#[cfg(feature = "std")]
pub use verification_keys::RotatingKeys;
pub(crate) use verification_keys::{KeyMismatch, StaticKeys};
pub use verification_keys::{KeySource, VerificationKeys};
