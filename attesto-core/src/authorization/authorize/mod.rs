//! The steps of the authorization endpoint: identify the client, check the request, ask for login and consent, issue the code.

pub(super) mod asked_scopes;
pub(super) mod challenge;
pub(super) mod check;
pub(super) mod consent;
pub(super) mod direct;
pub(super) mod html;
pub(super) mod identified;
pub(super) mod identify;
pub(super) mod issue;
pub(super) mod login;
pub(super) mod loopback;
pub(super) mod outcome;
pub(super) mod redirect;
pub(super) mod reply;
pub(super) mod resume;
pub(super) mod rules;
#[cfg(test)]
#[cfg(feature = "rust-crypto")]
mod tests;
pub(super) mod ticket;
