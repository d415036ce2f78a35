//! Reasons of refusals, and the error codes that clients receive.

pub(super) mod at_authorize;
pub(super) mod at_endpoint;
pub(super) mod at_token;
pub(super) mod code;
pub(super) mod reason;
#[cfg(test)]
mod tests;
