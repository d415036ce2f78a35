//! Client authentication (RFC 6749 §2.3; CA-1 to CA-15).

pub(super) mod assertion;
mod authenticate;
pub(super) mod certificate;
pub(super) mod presented;
pub(super) mod secret;
#[cfg(test)]
#[cfg(feature = "rust-crypto")]
mod tests;

pub(super) use authenticate::{AuthenticatedClient, authenticate, is_client_id, load, registration_is_sound};
