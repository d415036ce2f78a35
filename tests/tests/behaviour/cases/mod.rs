//! The cases, by topic.

pub(crate) mod access;
pub(crate) mod bodies;
pub(crate) mod early;
pub(crate) mod host;
pub(crate) mod metadata;
pub(crate) mod methods;
pub(crate) mod negative;
pub(crate) mod proxies;
pub(crate) mod replay;
