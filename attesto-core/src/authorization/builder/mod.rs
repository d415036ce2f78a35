//! The options of an authorization server (CF-1, CF-2).

mod browsers;
mod build;
mod discovery;
pub(super) mod options;
pub(super) mod profile;
mod profile_rules;
