//! A request during its processing by an endpoint, and code shared by several endpoints.

pub(super) mod accept;
pub(super) mod cors;
pub(super) mod embedded;
pub(super) mod envelope;
pub(super) mod family;
pub(super) mod issued;
pub(super) mod own_tokens;
pub(super) mod prefetch;
pub(super) mod readers;
pub(super) mod received;
pub(super) mod refusal;
pub(super) mod response;
pub(super) mod sender;
pub(super) mod state;
