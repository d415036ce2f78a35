//! The endpoints. Each reads a request, runs its steps and responds.

pub(super) mod authorize;
pub(super) mod introspection;
pub(super) mod pushed;
pub(super) mod revocation;
pub(super) mod token;
