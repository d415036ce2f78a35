//! The origin that the client called.

use super::authority::Authority;
use super::{ObservedUri, Scheme};
use core::fmt;

/// The origin that the client called: scheme, host and port, and the prefix that a pin adds before every path.
///
/// `Display` writes the origin in its normal form: lower case, no default port, the prefix at the end.
#[derive(Clone, Copy, Debug)]
pub struct EffectiveOrigin<'r> {
    scheme: Scheme,
    authority: Authority<'r>,
    prefix: &'r str,
}

impl<'r> EffectiveOrigin<'r> {
    pub(crate) const fn from_parts(scheme: Scheme, authority: Authority<'r>, prefix: &'r str) -> Self {
        Self { scheme, authority, prefix }
    }

    /// The effective scheme.
    #[must_use]
    pub const fn scheme(&self) -> Scheme {
        self.scheme
    }

    /// Whether the effective scheme is `https`.
    #[must_use]
    pub fn is_https(&self) -> bool {
        self.scheme == Scheme::Https
    }

    /// Returns the URI of the raw, undecoded `path` at this origin, including any mount prefix that a router stripped.
    /// Cuts off a query or fragment. If `path` is not a path (`*`), the URI matches no `htu`.
    #[must_use]
    pub fn uri(&self, path: &'r str) -> ObservedUri<'r> {
        ObservedUri::from_parts(self.scheme, self.authority, self.prefix, path)
    }
}

impl fmt::Display for EffectiveOrigin<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.uri("").fmt(f)
    }
}
