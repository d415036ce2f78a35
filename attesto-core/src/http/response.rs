//! The parts of a response, built by the core.

use alloc::borrow::Cow;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

/// A valid header field: the name is a token in lower case (RFC 9110 §5.1), the value visible ASCII, spaces and tabs
/// (§5.5). The constructor checks both, so a server can send it without further checks.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Header {
    name: Cow<'static, str>,
    value: Cow<'static, str>,
}

/// Why a header field is invalid.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum HeaderError {
    /// The name is not a token. RFC 9110 §5.1.
    #[error("the name of a header field is letters, digits and !#$%&'*+-.^_`|~")]
    Name,
    /// The value has a line break, another control character, or a character outside ASCII. RFC 9110 §5.5.
    #[error("the value of a header field is visible ASCII and spaces; percent-encode what else a URL holds")]
    Value,
}

impl Header {
    /// Creates a header field. The name may be in any case.
    ///
    /// ```
    /// use attesto_core::http::{Header, HeaderError};
    ///
    /// assert_eq!(Header::new("Set-Cookie", "a=b")?.name(), "set-cookie");
    /// assert_eq!(Header::new("location", "/caf\u{e9}"), Err(HeaderError::Value));
    /// assert_eq!(Header::new("x", "a\r\nset-cookie: a=b"), Err(HeaderError::Value));
    /// # Ok::<(), HeaderError>(())
    /// ```
    ///
    /// # Errors
    /// [`HeaderError`] if name or value cannot be sent.
    pub fn new(name: impl Into<Cow<'static, str>>, value: impl Into<Cow<'static, str>>) -> Result<Self, HeaderError> {
        let (mut name, value) = (name.into(), value.into());
        let is_tchar = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
        if name.is_empty() || !name.bytes().all(is_tchar) {
            return Err(HeaderError::Name);
        }
        if !are_field_bytes(&value) {
            return Err(HeaderError::Value);
        }
        if name.bytes().any(|byte| byte.is_ascii_uppercase()) {
            name.to_mut().make_ascii_lowercase();
        }
        Ok(Self { name, value })
    }

    /// Creates one of the core's own fields, whose name and fixed values are literals. A computed value should be ASCII
    /// as well. If it is not, it is percent-encoded, because omitting a field such as `Location` would change the
    /// response's meaning.
    pub(crate) fn own(name: &'static str, value: impl Into<Cow<'static, str>>) -> Self {
        let value = value.into();
        let encoded = match &value {
            Cow::Owned(text) if !are_field_bytes(text) => Some(percent_encoded(text)),
            Cow::Owned(_) | Cow::Borrowed(_) => None,
        };
        let value = encoded.map_or(value, Cow::Owned);
        Self { name: Cow::Borrowed(name), value }
    }

    /// The name, in lower case.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The value.
    #[must_use]
    pub fn value(&self) -> &str {
        &self.value
    }

    /// Returns name and value, for servers that store them.
    #[must_use]
    pub fn into_parts(self) -> (Cow<'static, str>, Cow<'static, str>) {
        (self.name, self.value)
    }
}

const fn is_field_byte(byte: u8) -> bool {
    matches!(byte, b' '..=b'~' | b'\t')
}

/// Whether every byte may be in a field value. Branch-free, so that the compiler vectorizes it: each refusal has some
/// hundred bytes.
fn are_field_bytes(value: &str) -> bool {
    value.bytes().fold(true, |all, byte| all & ((byte.wrapping_sub(b' ') < 95) | (byte == b'\t')))
}

fn percent_encoded(value: &str) -> String {
    let mut out = String::with_capacity(value.len());
    for byte in value.bytes() {
        if is_field_byte(byte) {
            out.push(char::from(byte));
        } else {
            out.push_str(&alloc::format!("%{byte:02X}"));
        }
    }
    out
}

/// Whether the value is visible ASCII with inner spaces, and not empty.
pub(crate) fn is_field_value(value: &str) -> bool {
    !value.is_empty() && value.trim() == value && value.bytes().all(|byte| matches!(byte, b' '..=b'~'))
}

/// A whole response: status, header fields in order, and the body. `Debug` prints neither field values nor the body,
/// which may hold tokens, codes and cookies.
#[derive(Clone, Eq, PartialEq)]
#[non_exhaustive]
pub struct ResponseParts {
    /// The HTTP status code.
    pub status: u16,
    /// The header fields, in the order to send them. A name may occur more than once.
    pub headers: Vec<Header>,
    /// The body; empty means none.
    pub body: Vec<u8>,
}

impl ResponseParts {
    /// Creates a response without header fields and body.
    #[must_use]
    pub const fn new(status: u16) -> Self {
        Self { status, headers: Vec::new(), body: Vec::new() }
    }

    /// Creates an HTML page that must not be cached: for a host's login and consent pages.
    ///
    /// ```
    /// use attesto_core::http::ResponseParts;
    ///
    /// let page = ResponseParts::html(200, "<!doctype html><title>Sign in</title>");
    /// assert_eq!(page.header("content-type").collect::<Vec<_>>(), ["text/html; charset=utf-8"]);
    /// ```
    #[must_use]
    pub fn html(status: u16, page: impl Into<String>) -> Self {
        let content_type = Header::own("content-type", "text/html; charset=utf-8");
        let headers = Vec::from([content_type, Header::own("cache-control", "no-store")]);
        Self { status, headers, body: page.into().into_bytes() }
    }

    /// Redirects a browser, which fetches the location with GET whatever the request's method was (RFC 9110 §15.4.4).
    /// `None` if the location is not a valid field value: visible ASCII.
    ///
    /// ```
    /// use attesto_core::http::ResponseParts;
    ///
    /// assert_eq!(ResponseParts::see_other("/login").map(|response| response.status), Some(303));
    /// assert!(ResponseParts::see_other("/login\r\nset-cookie: a=b").is_none());
    /// ```
    #[must_use]
    pub fn see_other(location: impl Into<String>) -> Option<Self> {
        let location = location.into();
        let fits = !location.is_empty() && location.bytes().all(|byte| byte.is_ascii_graphic());
        let headers = || Vec::from([Header::own("location", location), Header::own("cache-control", "no-store")]);
        fits.then(|| Self { status: 303, headers: headers(), body: Vec::new() })
    }

    /// Returns the values of the field lines called `name`, in any case.
    pub fn header<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        let named = move |header: &&Header| header.name.eq_ignore_ascii_case(name);
        self.headers.iter().filter(named).map(Header::value)
    }

    /// The body as text, for tests and logs; empty if it is not UTF-8.
    #[must_use]
    pub fn body_text(&self) -> String {
        String::from_utf8(self.body.clone()).unwrap_or_default()
    }
}

impl fmt::Debug for ResponseParts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<&str> = self.headers.iter().map(Header::name).collect();
        f.debug_struct("ResponseParts")
            .field("status", &self.status)
            .field("headers", &names)
            .field("body", &self.body.len())
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::Amendment;
    use alloc::vec;

    #[test]
    fn debug_shows_neither_values_nor_body() {
        let mut response = ResponseParts::new(200);
        response.headers.push(Header::own("location", "https://app/?code=s3cret"));
        response.body = b"s3cret".to_vec();
        let shown = alloc::format!("{response:?}");
        assert_eq!(shown, "ResponseParts { status: 200, headers: [\"location\"], body: 6 }");
    }

    #[test]
    fn header_fields_are_checked_when_they_are_made() {
        for name in ["", "a b", "a:", "a\n", "\u{fc}", "x\0", "(a)"] {
            assert_eq!(Header::new(name, "v"), Err(HeaderError::Name), "{name:?}");
        }
        for value in ["a\nb", "a\r", "\0", "caf\u{e9}", "\u{7f}", "https://h/\u{1f511}"] {
            assert_eq!(Header::new("location", value), Err(HeaderError::Value), "{value:?}");
            assert_eq!(Header::new("location", String::from(value)), Err(HeaderError::Value), "{value:?}");
        }
        let header = Header::new(String::from("Set-Cookie"), "a=b; c\t~").unwrap();
        assert_eq!((header.name(), header.value()), ("set-cookie", "a=b; c\t~"));
        assert_eq!(Header::new("x", "").unwrap().value(), "");
    }

    #[test]
    fn what_the_core_puts_together_is_never_left_out() {
        let header = Header::own("location", String::from("https://h/caf\u{e9}\n?a=%20"));
        assert_eq!(header.value(), "https://h/caf%C3%A9%0A?a=%20");
    }

    #[test]
    fn w11_amendments_compare_names_without_case() {
        let mut response = ResponseParts::new(200);
        response.headers.push(Header::new("Cache-Control", "max-age=60").unwrap());
        response.headers.push(Header::new("DPoP-Nonce", "forged").unwrap());
        response.amend([Amendment::from_grant(Header::own("dpop-nonce", "n")), Amendment::private_caching()]);
        assert_eq!(response.header("DPoP-Nonce").collect::<Vec<_>>(), ["n"]);
        assert_eq!(response.header("cache-control").collect::<Vec<_>>(), ["max-age=60"]);
    }

    #[test]
    fn w11_amendments_join_replace_or_yield() {
        let own = || {
            let mut response = ResponseParts::new(200);
            response.headers.push(Header::own("cache-control", "max-age=60"));
            response.headers.push(Header::own("access-control-expose-headers", "x-own"));
            response.headers.push(Header::own("dpop-nonce", "forged"));
            response
        };
        let mut response = own();
        response.amend([
            Amendment::from_grant(Header::own("dpop-nonce", "n")),
            Amendment::from_grant(Header::own("access-control-expose-headers", "DPoP-Nonce")),
            Amendment::private_caching(),
        ]);
        let values = |name| response.header(name).collect::<Vec<_>>();
        assert_eq!(values("dpop-nonce"), ["n"]);
        assert_eq!(values("access-control-expose-headers"), ["x-own", "DPoP-Nonce"]);
        assert_eq!(values("cache-control"), ["max-age=60"], "the service has said what may be kept");
        let mut silent = ResponseParts::new(200);
        silent.amend([Amendment::private_caching()]);
        assert_eq!(silent.headers, vec![Header::own("cache-control", "private")]);
    }

    #[test]
    fn w14_both_looks_at_a_byte_agree() {
        for byte in 0..0x80_u8 {
            assert_eq!(are_field_bytes(&String::from(char::from(byte))), is_field_byte(byte), "{byte}");
        }
        assert!(are_field_bytes("") && !are_field_bytes("a\u{e9}"));
    }
}
