//! The records that a host stores.

pub(super) mod authorization;
pub(super) mod code;
pub(super) mod consent_grant;
pub(super) mod prompt;
pub(super) mod pushed;
pub(super) mod refresh;
pub(super) mod request;
pub(crate) mod storable;
pub(super) mod ticket;
