//! The parts of a response that the core makes.

use super::{AmendMode, Amendment};
use alloc::borrow::Cow;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

/// A header field of a response. The value is visible ASCII and spaces only: the core never emits anything else.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct Header {
    /// The name, in lower case.
    pub name: &'static str,
    /// The value.
    pub value: Cow<'static, str>,
}

impl Header {
    /// A header field.
    pub fn new(name: &'static str, value: impl Into<Cow<'static, str>>) -> Self {
        Self { name, value: value.into() }
    }
}

/// A whole response: status, header fields in order, and the body. `Debug` shows neither the values of the fields nor the body: there
/// are tokens, codes and cookies among them.
#[derive(Clone, Eq, PartialEq)]
#[non_exhaustive]
pub struct ResponseParts {
    /// The HTTP status code.
    pub status: u16,
    /// The header fields, in the order they are to be sent. A name may occur more than once.
    pub headers: Vec<Header>,
    /// The body; empty means none.
    pub body: Vec<u8>,
}

impl ResponseParts {
    /// A response without header fields and body.
    #[must_use]
    pub const fn new(status: u16) -> Self {
        Self { status, headers: Vec::new(), body: Vec::new() }
    }

    /// A page, which nobody may keep: for the login and consent pages of a host.
    ///
    /// ```
    /// use attesto_core::http::ResponseParts;
    ///
    /// let page = ResponseParts::html(200, "<!doctype html><title>Sign in</title>");
    /// assert_eq!(page.header("content-type").collect::<Vec<_>>(), ["text/html; charset=utf-8"]);
    /// ```
    #[must_use]
    pub fn html(status: u16, page: impl Into<String>) -> Self {
        let content_type = Header::new("content-type", "text/html; charset=utf-8");
        let headers = Vec::from([content_type, Header::new("cache-control", "no-store")]);
        Self { status, headers, body: page.into().into_bytes() }
    }

    /// Sends a browser on, to be fetched with GET whatever brought it here (RFC 9110 §15.4.4). `None` where the location cannot be
    /// a field's value: visible ASCII.
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
        let headers = || Vec::from([Header::new("location", location), Header::new("cache-control", "no-store")]);
        fits.then(|| Self { status: 303, headers: headers(), body: Vec::new() })
    }

    /// The values of the field lines called `name` (lower case).
    pub fn header<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.headers.iter().filter(move |header| header.name == name).map(|header| header.value.as_ref())
    }

    /// Adds what the response to a granted request must carry: for servers whose own responses are these.
    ///
    /// ```
    /// use attesto_core::http::{Header, ResponseParts};
    /// # fn demo(grant: &attesto_core::resource::Grant) {
    /// let mut response = ResponseParts::new(200);
    /// response.headers.push(Header::new("content-type", "text/plain"));
    /// response.amend(grant.amendments());
    /// # }
    /// ```
    pub fn amend(&mut self, amendments: impl IntoIterator<Item = Amendment>) {
        for Amendment { header, mode } in amendments {
            match mode {
                AmendMode::Append => {}
                AmendMode::IfAbsent if self.header(header.name).next().is_some() => continue,
                AmendMode::Replace | AmendMode::IfAbsent => self.headers.retain(|own| own.name != header.name),
            }
            self.headers.push(header);
        }
    }

    /// The body as text, for tests and logs; empty where it is not UTF-8.
    #[must_use]
    pub fn body_text(&self) -> String {
        String::from_utf8(self.body.clone()).unwrap_or_default()
    }
}

impl fmt::Debug for ResponseParts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<&str> = self.headers.iter().map(|header| header.name).collect();
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
    use alloc::vec;

    #[test]
    fn debug_shows_neither_values_nor_body() {
        let mut response = ResponseParts::new(200);
        response.headers.push(Header::new("location", "https://app/?code=s3cret"));
        response.body = b"s3cret".to_vec();
        let shown = alloc::format!("{response:?}");
        assert_eq!(shown, "ResponseParts { status: 200, headers: [\"location\"], body: 6 }");
    }

    #[test]
    fn w11_amendments_join_replace_or_yield() {
        let own = || {
            let mut response = ResponseParts::new(200);
            response.headers.push(Header::new("cache-control", "max-age=60"));
            response.headers.push(Header::new("access-control-expose-headers", "x-own"));
            response.headers.push(Header::new("dpop-nonce", "forged"));
            response
        };
        let mut response = own();
        response.amend([
            Amendment::of_grant(Header::new("dpop-nonce", "n")),
            Amendment::of_grant(Header::new("access-control-expose-headers", "DPoP-Nonce")),
            Amendment::private_caching(),
        ]);
        let values = |name| response.header(name).collect::<Vec<_>>();
        assert_eq!(values("dpop-nonce"), ["n"]);
        assert_eq!(values("access-control-expose-headers"), ["x-own", "DPoP-Nonce"]);
        assert_eq!(values("cache-control"), ["max-age=60"], "the service has said what may be kept");
        let mut silent = ResponseParts::new(200);
        silent.amend([Amendment::private_caching()]);
        assert_eq!(silent.headers, vec![Header::new("cache-control", "private")]);
    }
}
