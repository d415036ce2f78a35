//! The questions of the authorization server to its host, and the events that it reports.

pub(super) mod client_secret;
pub(super) mod consent;
pub(super) mod events;
pub(super) mod login;
pub(super) mod question;
pub(super) mod visit;
