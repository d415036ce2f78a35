//! `http` and `https`.

use core::fmt;

/// The scheme of an HTTP origin.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[expect(clippy::exhaustive_enums, reason = "HTTP has these two (RFC 9110 §4.2)")]
pub enum Scheme {
    /// `http`: without TLS.
    Http,
    /// `https`.
    Https,
}

impl Scheme {
    /// Reads a scheme's name, in any case (RFC 3986 §3.1).
    pub(crate) fn parse(name: &str) -> Option<Self> {
        [Self::Https, Self::Http].into_iter().find(|scheme| scheme.as_str().eq_ignore_ascii_case(name))
    }

    /// Reads a forwarded scheme. `ws` and `wss` are WebSockets' names, whose requests are http and https. RFC 7239
    /// §5.4, RFC 6455 §3; P13.
    pub(crate) fn parse_forwarded(name: &str) -> Option<Self> {
        let is = |scheme: &str| name.eq_ignore_ascii_case(scheme);
        Self::parse(name).or_else(|| is("wss").then_some(Self::Https)).or_else(|| is("ws").then_some(Self::Http))
    }

    /// The name, in lower case.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Http => "http",
            Self::Https => "https",
        }
    }

    /// The port of a URI that names none.
    pub(crate) const fn default_port(self) -> u16 {
        match self {
            Self::Http => 80,
            Self::Https => 443,
        }
    }
}

impl fmt::Display for Scheme {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
