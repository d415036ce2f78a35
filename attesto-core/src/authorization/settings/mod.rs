//! The settings of an authorization server, checked and ready to use.

pub(super) mod assertion_policy;
pub(super) mod documents;
pub(super) mod error_envelope;
pub(super) mod lifetimes;
pub(super) mod needs;
pub(super) mod pkce_exemption;
pub(super) mod redirect_policy;
pub(super) mod server;
pub(super) mod signers;
pub(super) mod tied_scopes;
