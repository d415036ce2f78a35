//! The shape of one kind of issuer's tokens, where it differs from RFC 9068 (J13, A8 to A10, A13).

mod issuer_profile;
mod options;
mod products;
mod sessions;
mod workloads;

pub use issuer_profile::IssuerProfile;
pub(crate) use issuer_profile::{NAMES_OF_USERS, OTHER_KINDS};
