//! One file per grant (RFC 6749 §1.3). Each asks its questions in the order of the catalogue.

pub(super) mod authorization_code;
pub(super) mod client_credentials;
pub(super) mod refresh_token;
