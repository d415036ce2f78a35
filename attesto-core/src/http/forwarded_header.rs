//! Which header field the trusted proxies forward in: the operator decides.

/// The header field in which trusted proxies forward. Only this one is read: a proxy that sets one field passes the
/// other on as the client wrote it.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
#[non_exhaustive]
pub enum ForwardedHeader {
    /// None.
    #[default]
    None,
    /// `Forwarded` (RFC 7239), with its parameters `proto`, `host` and `for`. One proxy writes a whole element.
    Forwarded,
    /// The named fields of `X-Forwarded-*`.
    XForwarded(XForwarded),
}

impl From<XForwarded> for ForwardedHeader {
    fn from(fields: XForwarded) -> Self {
        Self::XForwarded(fields)
    }
}

/// The `X-Forwarded-*` fields to read: those that the proxy sets on **every** request. There is no default, because
/// proxies differ in what they set, and a field that the proxy does not set arrives as the client wrote it. `HOST` and
/// `PORT` only have an effect with [`OriginPolicy::hosts`](super::OriginPolicy::hosts). These lines set one field each,
/// and suffice:
///
/// | proxy | sets by default | the line for `PROTO` |
/// |---|---|---|
/// | nginx | none | `proxy_set_header X-Forwarded-Proto $scheme;` (beside every other `proxy_set_header` of the block) |
/// | HAProxy | none | `http-request set-header X-Forwarded-Proto %[ssl_fc,iif(https,http)]` |
/// | Apache | `HOST` and `FOR`, appended | `RequestHeader set X-Forwarded-Proto "expr=%{REQUEST_SCHEME}"` |
/// | Caddy | `PROTO`, `HOST`, `FOR` | none needed |
/// | Envoy | `PROTO` and `FOR`, with `use_remote_address: true` | that one |
///
/// ```
/// use attesto_core::http::XForwarded;
///
/// let by_caddy = XForwarded::PROTO.and(XForwarded::FOR);
/// assert!(by_caddy.names(XForwarded::PROTO) && !by_caddy.names(XForwarded::PORT));
/// ```
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct XForwarded(u8);

impl XForwarded {
    /// `X-Forwarded-Proto`: the scheme that the client used.
    pub const PROTO: Self = Self(1);
    /// `X-Forwarded-Host`: the host, and possibly the port, that the client named.
    pub const HOST: Self = Self(2);
    /// `X-Forwarded-Port`: the port that the client used, if the host has none.
    pub const PORT: Self = Self(4);
    /// `X-Forwarded-For`: the client's address, for events.
    pub const FOR: Self = Self(8);

    /// Combines both sets of fields.
    #[must_use]
    pub const fn and(self, others: Self) -> Self {
        Self(self.0 | others.0)
    }

    /// Whether all of `others` are in this set.
    #[must_use]
    pub const fn names(self, others: Self) -> bool {
        self.0 & others.0 == others.0
    }
}
