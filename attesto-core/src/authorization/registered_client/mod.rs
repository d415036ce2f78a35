//! A registered client, as far as this server needs to know it (HC-1).

pub(super) mod authentication;
pub(super) mod client;
pub(super) mod fault;
pub(super) mod grant_type;
pub(super) mod origin;
pub(super) mod soundness;
pub(super) mod tls_subject;
