//! Changes to the header fields of a response made by the protected service.

use super::{Header, ResponseParts};

/// One header field to add to a protected service's response.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct Amendment {
    /// The field.
    pub header: Header,
    /// How the field combines with fields of the same name.
    pub mode: AmendMode,
}

/// How an [`Amendment`] combines with an existing field.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[expect(clippy::exhaustive_enums, reason = "an adapter must know how to do each")]
pub enum AmendMode {
    /// Add to it: for lists such as `Access-Control-Expose-Headers`.
    Append,
    /// Replace it.
    Replace,
    /// Keep it, and drop the amendment.
    IfAbsent,
}

impl Amendment {
    /// A field of a grant. It replaces the service's own, except the list of headers that scripts may read, to which it
    /// is added.
    pub(crate) fn from_grant(header: Header) -> Self {
        let mode = match header.name() {
            "access-control-expose-headers" => AmendMode::Append,
            _ => AmendMode::Replace,
        };
        Self { header, mode }
    }

    /// `Cache-Control: private` for a token that browsers send by themselves: a shared cache must not store the
    /// response, unless the service sets its own policy (RFC 9111 §3.5; W11).
    pub(crate) fn private_caching() -> Self {
        Self { header: Header::own("cache-control", "private"), mode: AmendMode::IfAbsent }
    }
}

impl ResponseParts {
    /// Adds the fields that the response to a granted request must carry: for servers that use this type for their own
    /// responses.
    ///
    /// ```
    /// use attesto_core::http::{Header, ResponseParts};
    /// # fn demo(grant: &attesto_core::resource::Grant) -> Result<(), attesto_core::http::HeaderError> {
    /// let mut response = ResponseParts::new(200);
    /// response.headers.push(Header::new("content-type", "text/plain")?);
    /// response.amend(grant.amendments());
    /// # Ok(())
    /// # }
    /// ```
    pub fn amend(&mut self, amendments: impl IntoIterator<Item = Amendment>) {
        for Amendment { header, mode } in amendments {
            match mode {
                AmendMode::Append => {}
                AmendMode::IfAbsent if self.header(header.name()).next().is_some() => continue,
                AmendMode::Replace | AmendMode::IfAbsent => self.headers.retain(|own| own.name() != header.name()),
            }
            self.headers.push(header);
        }
    }
}
