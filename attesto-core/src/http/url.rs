//! Absolute web URLs of a configuration, checked strictly and kept as written (RFC 3986).

use crate::{ConfigError, limits};
use alloc::boxed::Box;
use alloc::format;
use alloc::string::String;
use core::net::{Ipv4Addr, Ipv6Addr};

/// Whether a URL may be plain `http`.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum PlainHttp {
    /// Never: `https` only.
    Refused,
    /// If the host is this machine: for development.
    LoopbackOnly,
}

/// `https://host[:port][path][?query]`: no userinfo, no fragment, RFC 3986 characters only. The text is never changed,
/// because identifiers are compared byte for byte.
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub(crate) struct WebUrl {
    text: Box<str>,
    origin_end: usize,
    path_end: usize,
}

/// Why a text is not such a URL.
type Fault = &'static str;

impl WebUrl {
    /// Checks `text`. `member` is the configuration member that an error names.
    pub(crate) fn parse(member: &'static str, text: &str, plain_http: PlainHttp) -> Result<Self, ConfigError> {
        Self::check(text, plain_http).map_err(|fault| ConfigError::new(member, format!("{text:?}: {fault}")))
    }

    fn check(text: &str, plain_http: PlainHttp) -> Result<Self, Fault> {
        if text.len() > limits::URI {
            return Err("is longer than the limit for URIs");
        }
        let (scheme, after_scheme) = text.split_once("://").ok_or("is not an absolute URL")?;
        if after_scheme.contains('#') {
            return Err("has a fragment; leave it out");
        }
        let authority_len = after_scheme.find(['/', '?']).unwrap_or(after_scheme.len());
        let (authority, path_and_query) = after_scheme.split_at_checked(authority_len).unwrap_or((after_scheme, ""));
        let host = host_of(authority)?;
        scheme_is_allowed(scheme, host, plain_http)?;

        let (path, query) = path_and_query.split_once('?').unwrap_or((path_and_query, ""));
        if !is_uri_text(path, b"/") || !is_uri_text(query, b"/?") {
            return Err("has a character or percent-encoding that RFC 3986 does not allow");
        }
        if path.split('/').any(is_dot_segment) {
            return Err(
                "has a dot segment, which clients remove before they send a request; write the path without it",
            );
        }
        let origin_end = text.len().saturating_sub(path_and_query.len());
        Ok(Self { text: text.into(), origin_end, path_end: origin_end.saturating_add(path.len()) })
    }

    /// The text as given.
    pub(crate) fn as_str(&self) -> &str {
        &self.text
    }

    /// Scheme, host and port, without a trailing slash.
    pub(crate) fn origin(&self) -> &str {
        self.text.get(..self.origin_end).unwrap_or_default()
    }

    /// The path; empty if the URL has none.
    pub(crate) fn path(&self) -> &str {
        self.text.get(self.origin_end..self.path_end).unwrap_or_default()
    }

    /// The query without its `?`.
    pub(crate) fn query(&self) -> Option<&str> {
        self.text.get(self.path_end..).and_then(|rest| rest.strip_prefix('?'))
    }

    /// Whether the scheme is plain `http`.
    pub(crate) fn is_plain_http(&self) -> bool {
        self.text.get(..5).is_some_and(|scheme| scheme.eq_ignore_ascii_case("http:"))
    }

    /// Returns this absolute path below the URL's own.
    pub(crate) fn below(&self, path: &str) -> String {
        [self.path().strip_suffix('/').unwrap_or(self.path()), path].concat()
    }

    /// Whether the host is this machine.
    pub(crate) fn is_loopback(&self) -> bool {
        let authority = self.origin().split_once("://").map(|(_, authority)| authority);
        authority.and_then(|authority| host_of(authority).ok()).is_some_and(is_loopback)
    }

    /// Returns the URL at this absolute path of the same origin.
    pub(crate) fn sibling(&self, path: &str) -> String {
        [self.origin(), path].concat()
    }
}

/// Checks that the scheme is `https`, or `http` to this machine if that is allowed.
fn scheme_is_allowed(scheme: &str, host: &str, plain_http: PlainHttp) -> Result<(), Fault> {
    if scheme.eq_ignore_ascii_case("https") {
        return Ok(());
    }
    if !scheme.eq_ignore_ascii_case("http") {
        return Err("is not an https URL");
    }
    match plain_http {
        PlainHttp::Refused => {
            Err("is plain http; use https, or, for development on this machine, danger_insecure_loopback")
        }
        PlainHttp::LoopbackOnly if is_loopback(host) => Ok(()),
        PlainHttp::LoopbackOnly => Err("is plain http to another machine; use https"),
    }
}

/// Returns the host of a valid authority: no userinfo, and at most a port from 1 to 65535.
fn host_of(authority: &str) -> Result<&str, Fault> {
    if authority.contains('@') {
        return Err("has userinfo; leave it out");
    }
    // The port's colon is the one after an IP literal's bracket; elsewhere there is at most one.
    let host_len = match authority.find(']') {
        Some(bracket) => bracket.saturating_add(1),
        None => authority.find(':').unwrap_or(authority.len()),
    };
    let (host, port) = authority.split_at_checked(host_len).ok_or("has no valid host")?;
    if !is_host(host) {
        return Err("has no valid host");
    }
    let port_is_valid = match port.strip_prefix(':') {
        Some(digits) => is_port(digits),
        None => port.is_empty(),
    };
    if port_is_valid { Ok(host) } else { Err("has no valid port: 1 to 65535") }
}

/// Whether this is an IPv6 literal in brackets, an IPv4 address, or a name of non-empty labels (one trailing dot
/// allowed), no longer than a request's host may be.
fn is_host(host: &str) -> bool {
    if let Some(literal) = host.strip_prefix('[') {
        return literal.strip_suffix(']').is_some_and(|literal| literal.parse::<Ipv6Addr>().is_ok());
    }
    let labels = host.strip_suffix('.').unwrap_or(host);
    let is_label = |label: &str| {
        !label.is_empty() && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
    };
    host.len() <= limits::HOST && labels.split('.').all(is_label)
}

fn is_port(digits: &str) -> bool {
    digits.bytes().all(|byte| byte.is_ascii_digit()) && digits.parse::<u16>().is_ok_and(|port| port != 0)
}

/// Whether the host is this machine: `localhost`, 127.0.0.0/8 or `[::1]`.
fn is_loopback(host: &str) -> bool {
    let literal = host.strip_prefix('[').and_then(|literal| literal.strip_suffix(']'));
    host.eq_ignore_ascii_case("localhost")
        || host.parse().is_ok_and(|address: Ipv4Addr| address.is_loopback())
        || literal.is_some_and(|literal| literal.parse().is_ok_and(|address: Ipv6Addr| address.is_loopback()))
}

/// Whether the segment is `.` or `..`, plain or percent-encoded: URL parsers treat both alike.
fn is_dot_segment(segment: &str) -> bool {
    let mut rest = segment;
    let mut dots: usize = 0;
    while let Some(tail) = ["%2e", "%2E", "."].into_iter().find_map(|dot| rest.strip_prefix(dot)) {
        rest = tail;
        dots = dots.saturating_add(1);
    }
    rest.is_empty() && matches!(dots, 1 | 2)
}

/// Checks for `*( pchar / extra )` of RFC 3986 §3.3, with complete percent-encoding.
fn is_uri_text(text: &str, extra: &[u8]) -> bool {
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        let is_allowed = match byte {
            b'%' => [bytes.next(), bytes.next()].iter().all(|hex| hex.is_some_and(|hex| hex.is_ascii_hexdigit())),
            _ => is_pchar(byte) || extra.contains(&byte),
        };
        if !is_allowed {
            return false;
        }
    }
    true
}

/// Whether the byte is a `pchar` of RFC 3986 §3.3, without percent-encoding.
const fn is_pchar(byte: u8) -> bool {
    byte.is_ascii_alphanumeric()
        || matches!(byte, b'-' | b'.' | b'_' | b'~') // unreserved
        || matches!(byte, b'!' | b'$' | b'&'..=b',' | b';' | b'=') // sub-delims
        || matches!(byte, b':' | b'@')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parses(text: &str) -> bool {
        WebUrl::parse("url", text, PlainHttp::Refused).is_ok()
    }

    #[test]
    fn p1_url_is_split_and_kept_as_written() {
        let url = WebUrl::parse("url", "https://API.example.com:8443/a%2Fb/?x=1&y=?/", PlainHttp::Refused).unwrap();
        assert_eq!(url.as_str(), "https://API.example.com:8443/a%2Fb/?x=1&y=?/");
        assert_eq!(url.origin(), "https://API.example.com:8443");
        assert_eq!((url.path(), url.query()), ("/a%2Fb/", Some("x=1&y=?/")));
        let bare = WebUrl::parse("url", "https://h", PlainHttp::Refused).unwrap();
        assert_eq!((bare.origin(), bare.path(), bare.query()), ("https://h", "", None));
        let query = WebUrl::parse("url", "https://h?", PlainHttp::Refused).unwrap();
        assert_eq!((query.origin(), query.path(), query.query()), ("https://h", "", Some("")));
    }

    #[test]
    fn p1_scheme_is_https_and_url_absolute() {
        assert!(parses("https://h") && parses("HTTPS://h"));
        for text in ["http://h", "ftp://h", "h", "//h", "/h", "https:h", "https:/h", "", "://h", " https://h"] {
            assert!(!parses(text), "{text}");
        }
    }

    #[test]
    fn p1_host_is_present_and_valid() {
        for text in ["https://a.b-c.d_e", "https://a.", "https://1.2.3.4", "https://[::1]", "https://[2001:db8::1]:1/"]
        {
            assert!(parses(text), "{text}");
        }
        for text in [
            "https://",
            "https:///p",
            "https://?q",
            "https://.",
            "https://a..b",
            "https://.a",
            "https://a b",
            "https://é",
            "https://a%41",
            "https://[::1",
            "https://::1",
            "https://[::1]x",
            "https://[v1.a]",
            "https://[fe80::1%25e]",
            "https://a\\b",
            "https://[]",
            "https://a]",
            "https://:443",
        ] {
            assert!(!parses(text), "{text}");
        }
    }

    #[test]
    fn p1_host_is_one_that_a_request_can_name() {
        let url = |len: usize| format!("https://{}", "a".repeat(len));
        assert!(parses(&url(limits::HOST)) && !parses(&url(limits::HOST + 1)));
        assert!(!parses(&format!("https://{}", "a.".repeat(limits::HOST))));
    }

    #[test]
    fn p1_port_is_a_port() {
        assert!(parses("https://h:1") && parses("https://h:65535/"));
        for port in ["", "0", "65536", "+1", "a", "1:2", "99999999999"] {
            assert!(!parses(&format!("https://h:{port}")), "{port}");
        }
    }

    #[test]
    fn p1_no_userinfo_and_no_fragment() {
        for text in ["https://u@h", "https://u:p@h/", "https://@h", "https://h#", "https://h/p#f", "https://h?q#f"] {
            assert!(!parses(text), "{text}");
        }
        assert!(parses("https://h/@"));
    }

    #[test]
    fn p1_percent_encoding_and_characters_are_valid() {
        for text in ["https://h/%41%ff", "https://h/a:b@c!$&'()*+,;=~", "https://h/?a/b?%20"] {
            assert!(parses(text), "{text}");
        }
        for tail in ["%", "%4", "%4g", "%%41", "a b", "\"", "<", "é", "\\", "^", "`", "{", "|", "[", "\n", "\u{0}"] {
            assert!(!parses(&format!("https://h/{tail}")), "{tail:?}");
            assert!(!parses(&format!("https://h/?{tail}")), "{tail:?}");
        }
    }

    #[test]
    fn p2_dot_segments_are_refused_since_no_client_would_send_them() {
        for text in ["https://h/.", "https://h/a/../b", "https://h/a/..", "https://h/%2e%2E/a", "https://h/.%2e"] {
            assert!(!parses(text), "{text}");
        }
        assert!(parses("https://h/.a/..b/.../%2e%2ea") && parses("https://h/?/../"));
    }

    #[test]
    fn p1_length_is_bounded() {
        let text = |len: usize| format!("https://h/{}", "a".repeat(len - 10));
        assert!(parses(&text(limits::URI)) && !parses(&text(limits::URI + 1)));
    }

    #[test]
    fn p1_plain_http_only_to_this_machine_and_only_when_asked() {
        let dev = |text: &str| WebUrl::parse("url", text, PlainHttp::LoopbackOnly).is_ok();
        for text in
            ["http://localhost:3000/mcp", "http://127.0.0.1", "http://127.9.9.9/", "http://[::1]:1", "https://h"]
        {
            assert!(dev(text), "{text}");
        }
        for text in ["http://h", "http://localhost.example.com", "http://128.0.0.1", "http://[::2]", "http://127.1"] {
            assert!(!dev(text), "{text}");
        }
        assert!(!parses("http://localhost"));
    }
}
