//! The pinned origin (P11).

use super::authority::{Authority, OwnedAuthority};
use super::uri::{has_legal_characters, until};
use super::{EffectiveOrigin, Scheme};
use crate::{ConfigError, limits};
use alloc::borrow::ToOwned;
use alloc::string::{String, ToString};
use core::fmt;
use core::str::FromStr;

const MEMBER: &str = "canonical_origin";

/// The origin under which clients know this resource, as configured: `scheme://host[:port][/prefix]`.
///
/// As a [pin](super::OriginPolicy::canonical) it alone determines the request's origin; header fields have no effect.
/// Use it for a proxy that removes a prefix from the path, or that forwards nothing. An `https` pin also asserts that
/// clients reach the resource through TLS only (P14): only the terminator may be able to reach the plain listener
/// behind it.
#[derive(Clone, Eq, PartialEq)]
pub struct CanonicalOrigin {
    scheme: Scheme,
    authority: OwnedAuthority,
    prefix: String,
}

impl CanonicalOrigin {
    /// Reads `scheme://host[:port][/prefix]`.
    ///
    /// The prefix is what the proxy in front removes from the path; it is added before every observed path. One
    /// trailing slash is ignored: `https://h/api/` is `https://h/api`, and `https://h/` is `https://h`, since every
    /// path brings its own leading slash.
    ///
    /// ```
    /// use attesto_core::http::CanonicalOrigin;
    ///
    /// assert_eq!(CanonicalOrigin::parse("https://API.h.example:443/v1/")?.to_string(), "https://api.h.example/v1");
    /// assert!(CanonicalOrigin::parse("api.example.com").is_err());
    /// # Ok::<(), attesto_core::ConfigError>(())
    /// ```
    ///
    /// # Errors
    /// [`ConfigError`] if the text does not have that form: another scheme, userinfo, a malformed host or port, a
    /// query, a fragment, a prefix with an empty or dot segment or a character that a URI path cannot have.
    pub fn parse(text: &str) -> Result<Self, ConfigError> {
        if text.len() > limits::URI || !has_legal_characters(text) || text.contains(['?', '#']) {
            return refuse("must be scheme://host[:port][/prefix], without spaces, query or fragment");
        }
        let Some((scheme, rest)) = text.split_once("://") else {
            return refuse("must be absolute: begin it with https://");
        };
        let Some(scheme) = Scheme::parse(scheme) else {
            return refuse("the scheme must be https (or http, in development)");
        };
        let written = until(rest, &['/']);
        let Some(authority) = OwnedAuthority::parse(written) else {
            return refuse("needs a host name or address, without user name, and a port from 1 to 65535 if any");
        };
        let prefix = rest.strip_prefix(written).unwrap_or_default();
        let prefix = prefix.strip_suffix('/').unwrap_or(prefix);
        if !prefix_is_plain(prefix) {
            return refuse("the prefix must not have empty segments or dot segments");
        }
        Ok(Self { scheme, authority, prefix: prefix.to_owned() })
    }

    /// Returns the pin as the origin of a request.
    #[must_use]
    pub fn origin(&self) -> EffectiveOrigin<'_> {
        EffectiveOrigin::from_parts(self.scheme, self.authority(), &self.prefix)
    }

    /// Host and port.
    pub(crate) fn authority(&self) -> Authority<'_> {
        self.authority.lent()
    }
}

/// Whether every segment is non-empty and none is `.` or `..` in any spelling.
fn prefix_is_plain(prefix: &str) -> bool {
    prefix.split('/').skip(1).all(|segment| {
        let literal = segment.to_ascii_lowercase().replace("%2e", ".");
        !matches!(literal.as_str(), "" | "." | "..")
    })
}

fn refuse(problem: &'static str) -> Result<CanonicalOrigin, ConfigError> {
    Err(ConfigError::new(MEMBER, problem))
}

impl FromStr for CanonicalOrigin {
    type Err = ConfigError;

    fn from_str(text: &str) -> Result<Self, ConfigError> {
        Self::parse(text)
    }
}

impl fmt::Display for CanonicalOrigin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.origin().fmt(f)
    }
}

impl fmt::Debug for CanonicalOrigin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("CanonicalOrigin").field(&self.to_string()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn p11_a_pin_is_scheme_host_port_and_prefix() {
        for (text, shown) in [
            ("https://h", "https://h"),
            ("https://h/", "https://h"),
            ("https://h:443", "https://h"),
            ("https://h:", "https://h"),
            ("HTTPS://H:8443/Api/v1", "https://h:8443/Api/v1"),
            ("https://h/api/", "https://h/api"),
            ("http://localhost:3000", "http://localhost:3000"),
            ("https://192.0.2.1/x", "https://192.0.2.1/x"),
            ("https://[2001:DB8::1]:8443", "https://[2001:db8::1]:8443"),
            ("https://h/a%2Fb", "https://h/a%2Fb"),
        ] {
            assert_eq!(CanonicalOrigin::parse(text).unwrap().to_string(), shown, "{text}");
        }
    }

    #[test]
    fn p11_anything_else_is_a_configuration_error() {
        for text in [
            "",
            "h",
            "//h",
            "https://",
            "https:///a",
            "https://u@h",
            "https://h?x",
            "https://h/a?x",
            "https://h#x",
            "ftp://h",
            "https://h:0",
            "https://h:65536",
            "https://h/a//",
            "https://h//",
            "https://h//a",
            "https://h/./a",
            "https://h/a/..",
            "https://h/%2E%2e/a",
            "https://h/.%2e",
            "https://h/%2",
            "https://h/a b",
            " https://h",
            "https://h\\",
            "https://[::1",
            "*",
            "https://*",
        ] {
            let error = CanonicalOrigin::parse(text).expect_err(text);
            assert_eq!(error.member(), "canonical_origin");
        }
    }
}
