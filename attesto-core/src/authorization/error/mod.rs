//! Reasons of refusals, and the error codes that clients receive.

pub(super) mod code;
pub(super) mod reason;
#[cfg(test)]
mod tests;
