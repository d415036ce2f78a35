//! The two authentication schemes.

use core::fmt;

/// How an access token is presented: the authentication scheme of RFC 6750 or of RFC 9449.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
#[expect(clippy::exhaustive_enums, reason = "every match must handle a third scheme")]
pub enum AuthScheme {
    /// `Bearer`: RFC 6750 §2.1.
    Bearer,
    /// `DPoP`: RFC 9449 §7.1.
    Dpop,
}

impl AuthScheme {
    /// Both schemes.
    pub const ALL: [Self; 2] = [Self::Bearer, Self::Dpop];

    /// The name as it is written: `Bearer` or `DPoP`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Bearer => "Bearer",
            Self::Dpop => "DPoP",
        }
    }

    /// Returns the scheme of that name; names compare case-insensitively (RFC 9110 §11.1).
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|scheme| scheme.name().eq_ignore_ascii_case(name))
    }
}

impl fmt::Display for AuthScheme {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn w1_scheme_names_are_read_in_any_case_and_written_in_one() {
        assert_eq!(AuthScheme::from_name("dpop"), Some(AuthScheme::Dpop));
        assert_eq!(AuthScheme::from_name("BEARER"), Some(AuthScheme::Bearer));
        assert_eq!(AuthScheme::from_name("Basic"), None);
        assert_eq!(AuthScheme::from_name("Bearer "), None);
        assert_eq!(AuthScheme::Bearer.name(), "Bearer");
        assert_eq!(AuthScheme::Dpop.name(), "DPoP");
    }
}
