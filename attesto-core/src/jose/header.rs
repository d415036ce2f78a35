//! The protected header of a JWS (RFC 7515 §4).
use crate::crypto::Algorithm;
use crate::encoding::json;
use alloc::borrow::Cow;

/// What is read of a protected header. Everything else is ignored (J15, D18).
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Header<'h> {
    /// `alg`.
    pub alg: Algorithm,
    /// `kid`; never empty.
    pub kid: Option<Cow<'h, str>>,
    /// `typ`, as written.
    pub typ: Option<Cow<'h, str>>,
    /// `jwk`, whatever value it has: only a DPoP proof's is ever looked at.
    pub jwk: Option<json::Value<'h>>,
}

impl Header<'_> {
    /// Whether `typ` is `expected`, ASCII case-insensitively and with or without `application/` before it (RFC 7515 §4.1.9). J13.
    #[must_use]
    pub fn typ_is(&self, _expected: &str) -> bool {
        todo!()
    }
}
