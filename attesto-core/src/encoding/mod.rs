//! Bytes to values, strictly: base64url, JSON, and the forms of header fields.

pub mod base64url;
pub mod form;
pub mod json;
mod strict;
pub(crate) mod text;
