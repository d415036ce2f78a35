//! The records that a host stores.

pub(super) mod code;
pub(super) mod pushed;
