//! A visit of a browser to the authorization endpoint, and what the host knows browsers by (AZ-24, AZ-27).

use crate::Timestamp;
use crate::authorization::records::request::AuthorizationRequest;
use crate::authorization::registered_client::client::Client;
use crate::http::HeaderLines;
use alloc::string::String;
use alloc::sync::Arc;
use core::fmt;
use core::net::IpAddr;
use zeroize::Zeroizing;

/// The most bytes of cookies, and of languages, that are passed on; beyond it, the host receives none.
const FIELD: usize = crate::limits::HEADER_VALUE;

/// What the host can recognize a browser by.
#[derive(Clone, Default)]
#[non_exhaustive]
pub struct UserAgent {
    /// The `Cookie` fields, joined by `; ` (RFC 9113 §8.2.3).
    pub cookies: Option<Zeroizing<String>>,
    /// The `Accept-Language` fields, joined by `, `.
    pub languages: Option<String>,
    /// The client's address, as reported by trusted proxies.
    pub address: Option<IpAddr>,
}

impl UserAgent {
    pub(crate) fn from_headers(headers: &dyn HeaderLines, address: Option<IpAddr>) -> Self {
        let languages = joined(headers, "accept-language", ", ").map(|languages| String::from(languages.as_str()));
        Self { cookies: joined(headers, "cookie", "; "), languages, address }
    }

    /// The value of the first cookie of this name, as sent.
    #[must_use]
    pub fn cookie(&self, name: &str) -> Option<&str> {
        let pairs = self.cookies.as_ref()?.split(';').filter_map(|pair| pair.trim_ascii().split_once('='));
        pairs.filter(|(own, _)| *own == name).map(|(_, value)| value).next()
    }
}

/// Joins all lines of a field; `None` if there is none, one is not text, or they are too long.
fn joined(headers: &dyn HeaderLines, name: &str, separator: &str) -> Option<Zeroizing<String>> {
    let mut length: usize = 0;
    headers.visit(name, &mut |line| length = length.saturating_add(line.len()).saturating_add(separator.len()));
    if length == 0 || length > FIELD {
        return None;
    }
    // Reserved at once, so that a cookie does not leave copies of its beginning behind as it grows.
    let mut joined = Zeroizing::new(String::with_capacity(length));
    let mut is_text = true;
    headers.visit(name, &mut |line| {
        if !joined.is_empty() {
            joined.push_str(separator);
        }
        match core::str::from_utf8(line) {
            Ok(text) => joined.push_str(text),
            Err(_) => is_text = false,
        }
    });
    is_text.then_some(joined)
}

/// Prints no cookie.
impl fmt::Debug for UserAgent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UserAgent").field("address", &self.address).finish_non_exhaustive()
    }
}

/// One visit of a browser to the authorization endpoint, with a checked request.
#[derive(Clone)]
#[non_exhaustive]
pub struct Visit {
    /// The client.
    pub client: Arc<Client>,
    /// The client's request.
    pub request: Arc<AuthorizationRequest>,
    /// The browser.
    pub user_agent: Arc<UserAgent>,
    /// When.
    pub now: Timestamp,
    /// When the browser first came with this request, or the client pushed it. What the user has done since then counts
    /// for this request.
    pub since: Timestamp,
    pub(crate) resume_url: String,
}

impl Visit {
    /// The URL to send the browser to when your page is done. The same request then starts again from the beginning, as
    /// often as necessary. No state is kept here meanwhile.
    #[must_use]
    pub fn resume_url(&self) -> &str {
        &self.resume_url
    }
}

/// Prints without the URL, which always has `state` and may have the reference to a pushed request.
impl fmt::Debug for Visit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Visit")
            .field("client", &self.client.id)
            .field("request", &self.request)
            .field("user_agent", &self.user_agent)
            .field("now", &self.now)
            .field("since", &self.since)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::format;
    use alloc::vec::Vec;

    fn user_agent(lines: &[(&str, &[u8])]) -> UserAgent {
        let lines: Vec<(&str, &[u8])> = lines.to_vec();
        UserAgent::from_headers(&lines.as_slice(), None)
    }

    #[test]
    fn az24_cookies_of_all_lines_are_handed_on_and_not_shown() {
        let agent = user_agent(&[("cookie", b"a=1; sid=s3cret"), ("cookie", b"b=x=y"), ("accept-language", b"de")]);
        assert_eq!(agent.cookies.as_ref().map(|all| all.as_str()), Some("a=1; sid=s3cret; b=x=y"));
        assert_eq!((agent.cookie("sid"), agent.cookie("b"), agent.cookie("si")), (Some("s3cret"), Some("x=y"), None));
        assert_eq!(agent.languages.as_deref(), Some("de"));
        assert!(!format!("{agent:?}").contains("s3cret"));
        assert!(user_agent(&[]).cookies.is_none());
        assert!(user_agent(&[("cookie", b"a=1"), ("cookie", b"\xff")]).cookies.is_none());
        assert!(user_agent(&[("cookie", &[b'a'; FIELD - 1])]).cookies.is_none());
    }
}
