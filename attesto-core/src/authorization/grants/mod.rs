//! One file per grant (RFC 6749 §1.3). Each asks in the order that the table of questions in docs/rules/authorization-server.md gives.

pub(super) mod authorization_code;
pub(super) mod client_credentials;
pub(super) mod refresh_token;
