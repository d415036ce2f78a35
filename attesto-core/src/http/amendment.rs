//! Changes to the header fields of a response that something else makes.

use super::Header;

/// One header field for a response that a protected service has made.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct Amendment {
    /// The field.
    pub header: Header,
    /// What becomes of fields of the same name.
    pub mode: AmendMode,
}

/// How an [`Amendment`] meets a field that is there already.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[expect(clippy::exhaustive_enums, reason = "an adapter must know how to do each")]
pub enum AmendMode {
    /// Joins it: lists such as `Access-Control-Expose-Headers`.
    Append,
    /// Takes its place.
    Replace,
    /// Yields to it.
    IfAbsent,
}

impl Amendment {
    /// A field of a grant: it replaces the service's own, but for the list of headers that scripts may read.
    pub(crate) fn of_grant(header: Header) -> Self {
        let mode = match header.name() {
            "access-control-expose-headers" => AmendMode::Append,
            _ => AmendMode::Replace,
        };
        Self { header, mode }
    }

    /// Where a token came as browsers send it by themselves, a shared cache must not keep the answer, unless the service has said
    /// what may be kept (RFC 9111 §3.5; catalogue W11).
    pub(crate) fn private_caching() -> Self {
        Self { header: Header::own("cache-control", "private"), mode: AmendMode::IfAbsent }
    }
}
