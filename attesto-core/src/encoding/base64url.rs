//! Canonical base64url without padding (RFC 7515 §2, RFC 4648 §3.5 and §5; catalogue J3).

use alloc::string::String;
use alloc::vec::Vec;

/// The text is not canonical base64url without padding, or does not fit.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("not canonical base64url")]
#[expect(clippy::exhaustive_structs, reason = "text is canonical or it is not")]
pub struct NotBase64Url;

/// Decodes to exactly `N` bytes.
pub fn decode_array<const N: usize>(_encoded: &[u8]) -> Result<[u8; N], NotBase64Url> {
    todo!()
}
/// Decodes into a buffer that is large enough.
pub fn decode_into<'b>(_encoded: &[u8], _out: &'b mut [u8]) -> Result<&'b [u8], NotBase64Url> {
    todo!()
}
/// Decodes and appends. On failure `out` is as it was.
pub fn decode_append(_encoded: &[u8], _out: &mut Vec<u8>) -> Result<(), NotBase64Url> {
    todo!()
}
/// Encodes.
#[must_use]
pub fn encode(_bytes: &[u8]) -> String {
    todo!()
}
/// Encodes and appends.
pub fn encode_append(_bytes: &[u8], _out: &mut String) {
    todo!()
}
