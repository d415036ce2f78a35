//! The endpoints: each reads a request, goes through its steps and answers.

pub(super) mod authorize;
pub(super) mod introspection;
pub(super) mod pushed;
pub(super) mod revocation;
pub(super) mod token;
