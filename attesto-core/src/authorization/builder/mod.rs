//! Configures an authorization server (catalogue CF-1, CF-2).

mod browsers;
mod build;
pub(super) mod options;
pub(super) mod profile;
