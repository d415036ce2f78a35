//! Absolute `http` and `https` URIs without query and fragment, in parts.

use super::Scheme;
use super::authority::Authority;
use crate::limits;
use alloc::string::{String, ToString};
use core::fmt;

/// The URI of a request, without query and fragment, as far as the server can tell: an origin and the raw path
/// (D10, "Observed URI").
///
/// Made by [`EffectiveOrigin::uri`](super::EffectiveOrigin::uri), or by [`parse`](Self::parse) if the host itself
/// determines the URI. It is not normalised; [`htu_matches`](crate::dpop::htu::htu_matches) normalises while it
/// compares. `Display` writes scheme, authority and path. The path is the client's text: escape it before it reaches a
/// log.
#[derive(Clone, Copy, Debug)]
pub struct ObservedUri<'r> {
    pub(crate) scheme: Scheme,
    pub(crate) authority: Authority<'r>,
    pub(crate) prefix: &'r str,
    pub(crate) path: &'r str,
}

impl<'r> ObservedUri<'r> {
    /// Builds a URI from its parts. If `path` is not a path (`*`, a stray backslash), the result matches no `htu`.
    pub(crate) fn from_parts(scheme: Scheme, authority: Authority<'r>, prefix: &'r str, path: &'r str) -> Self {
        Self { scheme, authority, prefix, path: until(path, &['?', '#']) }
    }

    /// Reads an absolute `http` or `https` URI; query and fragment are dropped.
    ///
    /// `None` for anything else, and for userinfo, an empty or malformed host, a port outside 1 to 65535, a backslash,
    /// a control character, a space, a byte outside ASCII or a broken percent triplet anywhere (query included), and
    /// for more than [`limits::URI`] bytes. Other characters that RFC 3986 requires to be escaped (`[`, `|`) are
    /// accepted, since browsers send them raw.
    ///
    /// ```
    /// use attesto_core::http::ObservedUri;
    ///
    /// let uri = ObservedUri::parse("HTTPS://API.example.com:443/a%7Eb?q=1").unwrap();
    /// assert_eq!(uri.to_string(), "https://api.example.com/a%7Eb");
    /// assert!(ObservedUri::parse("/a").is_none());
    /// assert!(ObservedUri::parse("https://user@api.example.com/a").is_none());
    /// ```
    #[must_use]
    pub fn parse(uri: &'r str) -> Option<Self> {
        if uri.len() > limits::URI || !has_legal_characters(uri) {
            return None;
        }
        let (scheme, rest) = uri.split_once("://")?;
        let authority = until(rest, &['/', '?', '#']);
        let path = rest.strip_prefix(authority)?;
        Some(Self::from_parts(Scheme::parse(scheme)?, Authority::parse(authority)?, "", path))
    }

    /// The scheme.
    #[must_use]
    pub const fn scheme(&self) -> Scheme {
        self.scheme
    }

    /// Whether the host is this machine: `localhost` or a loopback address.
    pub(crate) fn is_loopback(&self) -> bool {
        self.authority.host.is_loopback()
    }

    /// Whether the path is absolute or empty, has legal characters only, and is not too long with its prefix. Always
    /// true for a URI from [`parse`](Self::parse); the path of a request line may be anything.
    pub(crate) fn path_is_comparable(&self) -> bool {
        self.prefix.len().saturating_add(self.path.len()) <= limits::URI
            && (self.path.is_empty() || self.path.starts_with('/'))
            && has_legal_characters(self.path)
    }
}

impl fmt::Display for ObservedUri<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://", self.scheme)?;
        self.authority.write(self.scheme, f)?;
        write!(f, "{}{}", self.prefix, self.path)
    }
}

/// An observed URI that outlives its request, part by part. A check that borrowed it before a wait gets the same URI
/// after it, whatever the path contains (D10).
#[derive(Debug)]
pub(crate) struct KeptUri {
    scheme: Scheme,
    text: String,
    /// The positions at which prefix and path begin.
    prefix: usize,
    path: usize,
}

impl KeptUri {
    pub(crate) fn from_uri(uri: &ObservedUri<'_>) -> Self {
        let text = uri.to_string();
        let path = text.len().saturating_sub(uri.path.len());
        Self { scheme: uri.scheme, prefix: path.saturating_sub(uri.prefix.len()), path, text }
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.text
    }

    pub(crate) fn observed(&self) -> Option<ObservedUri<'_>> {
        let (rest, path) = self.text.split_at_checked(self.path)?;
        let (origin, prefix) = rest.split_at_checked(self.prefix)?;
        let authority = origin.split_once("://").and_then(|(_, authority)| Authority::parse(authority))?;
        Some(ObservedUri { scheme: self.scheme, authority, prefix, path })
    }
}

/// Returns `text` up to the first of `ends`.
pub(crate) fn until<'t>(text: &'t str, ends: &[char]) -> &'t str {
    text.split(ends).next().unwrap_or(text)
}

/// Checks for visible ASCII without backslash, in which every `%` starts a triplet (`pct-encoded = "%" HEXDIG HEXDIG`,
/// RFC 3986 §2.1).
pub(crate) fn has_legal_characters(text: &str) -> bool {
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        let legal = match byte {
            b'\\' => false,
            b'%' => is_hex(bytes.next()) && is_hex(bytes.next()),
            _ => byte.is_ascii_graphic(),
        };
        if !legal {
            return false;
        }
    }
    true
}

fn is_hex(byte: Option<u8>) -> bool {
    byte.is_some_and(|byte| byte.is_ascii_hexdigit())
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::format;
    use alloc::string::ToString;

    #[test]
    fn d_norm_query_and_fragment_are_dropped() {
        for uri in ["https://h/a", "https://h/a?b", "https://h/a?b#c", "https://h/a#c?b", "https://h/a?"] {
            assert_eq!(ObservedUri::parse(uri).unwrap().to_string(), "https://h/a", "{uri}");
        }
        for uri in ["https://h", "https://h?b", "https://h#c", "https://h:443"] {
            assert_eq!(ObservedUri::parse(uri).unwrap().to_string(), "https://h", "{uri}");
        }
    }

    #[test]
    fn d_norm_a_uri_that_is_not_absolute_http_is_refused() {
        for uri in [
            "",
            "h",
            "//h/",
            "https:",
            "https:/h",
            "https:///a",
            "https://",
            "ftp://h/",
            "httpss://h/",
            " https://h/",
            "https://h/ ",
            "https://h/a b",
            "https://h/a\u{e9}",
            "https://h/\\",
            "https://h\\@i/",
            "https://h/a\n",
            "https://h/\u{7f}",
            "https://h/%",
            "https://h/%2",
            "https://h/%zz",
            "https://h/%2 f",
            "https://h/?%",
            "https://h/?a b",
            "https://u@h/",
            "https://@h/",
            "https://:443/",
            "https://h:x/",
            "https://?x",
            "https://#",
        ] {
            assert!(ObservedUri::parse(uri).is_none(), "{uri:?}");
        }
    }

    #[test]
    fn d10_uri_is_the_same_when_it_was_kept() {
        for authority in ["h", "API.example.com:8443", "[2001:db8::1]", "192.0.2.1:443"] {
            for (prefix, path) in [("", ""), ("", "*"), ("/p", "*"), ("/p", ""), ("", "/100%"), ("/p", "/a\\b\u{e9}")] {
                let uri = ObservedUri::from_parts(Scheme::Https, Authority::parse(authority).unwrap(), prefix, path);
                let kept = KeptUri::from_uri(&uri);
                let again = kept.observed().unwrap();
                assert_eq!((again.prefix, again.path), (prefix, path));
                assert!(again.authority.agrees_with(&uri.authority, Scheme::Https) && again.scheme == Scheme::Https);
                assert_eq!((again.to_string(), kept.as_str()), (uri.to_string(), uri.to_string().as_str()));
                assert_eq!(again.path_is_comparable(), uri.path_is_comparable());
            }
        }
    }

    #[test]
    fn d_norm_a_uri_has_at_most_8_kib() {
        let uri = format!("https://h/{}", "a".repeat(limits::URI - 10));
        assert!(ObservedUri::parse(&uri).is_some());
        assert!(ObservedUri::parse(&format!("{uri}a")).is_none());
    }
}
