//! Strict decoding: base64url, JSON, and form encoding.

pub mod base64url;
pub mod form;
pub mod json;
mod strict;
pub(crate) mod text;
