//! Responses to the browser itself: errors before a redirect URI is verified, and the host's pages (AZ-32,
//! EP-8).

use super::html;
use crate::authorization::error::reason::Reason;
use crate::authorization::flow::response;
use crate::authorization::flow::state::Flow;
use crate::http::{Header, ResponseParts};
use alloc::vec::Vec;

/// The methods of this endpoint.
const METHODS: &str = "GET, POST";

/// A refusal before a redirect URI of the client is verified.
#[derive(Debug)]
pub(crate) struct Direct(pub(crate) Reason);

impl From<Reason> for Direct {
    fn from(reason: Reason) -> Self {
        Self(reason)
    }
}

/// Builds the error as a page or as JSON, with fixed texts and nothing from the request. EP-10, AZ-32.
pub(crate) fn response(flow: &Flow, Direct(reason): Direct) -> ResponseParts {
    guarded(if flow.request.prefers_html {
        let mut page = html::error_page(reason);
        page.headers.extend(response::demanded(&flow.server, reason, METHODS));
        page
    } else {
        response::error(&flow.server, reason.status(), reason, Vec::new(), METHODS)
    })
}

/// Guards a page of the host. Its forms lead back to the host, which checks their `Origin`, and with `no-referrer` that
/// would be `null` (Fetch, "append a request `Origin` header"). Other sites learn no more than with `no-referrer`.
/// EP-8.
pub(crate) fn guarded_page(mut page: ResponseParts) -> ResponseParts {
    if page.header("referrer-policy").next().is_none() {
        page.headers.push(Header::own("referrer-policy", "same-origin"));
    }
    guarded(page)
}

/// Adds the fields of every response of this endpoint: not cached, not framed, and no referrer (RFC 6749 §10.13,
/// RFC 9700 §4.2.4). Fields that the host has set are kept. EP-8.
pub(crate) fn guarded(mut response: ResponseParts) -> ResponseParts {
    let fixed = [
        ("cache-control", "no-store"),
        ("pragma", "no-cache"),
        ("referrer-policy", "no-referrer"),
        ("x-content-type-options", "nosniff"),
    ];
    for (name, value) in fixed {
        if response.header(name).next().is_none() {
            response.headers.push(Header::own(name, value));
        }
    }
    // A browser enforces every policy: one more can only forbid.
    if !response.header("content-security-policy").any(|policy| policy.contains("frame-ancestors")) {
        response.headers.push(Header::own("content-security-policy", "frame-ancestors 'none'"));
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ep8_the_hosts_pages_are_guarded_and_its_own_policy_stays() {
        let mut page = ResponseParts::new(200);
        page.headers.push(Header::own("cache-control", "private, no-store"));
        page.headers.push(Header::own("content-security-policy", "default-src 'self'"));
        page.headers.push(Header::own("set-cookie", "a=b"));
        let page = guarded_page(page);
        let all = |name| page.header(name).collect::<Vec<_>>();
        assert_eq!(all("cache-control"), ["private, no-store"]);
        assert_eq!(all("pragma"), ["no-cache"]);
        assert_eq!(all("referrer-policy"), ["same-origin"]);
        assert_eq!(all("x-content-type-options"), ["nosniff"]);
        assert_eq!(all("content-security-policy"), ["default-src 'self'", "frame-ancestors 'none'"]);
        assert_eq!(all("set-cookie"), ["a=b"]);
        let mut framed = ResponseParts::new(200);
        framed.headers.push(Header::own("content-security-policy", "frame-ancestors 'self'"));
        framed.headers.push(Header::own("referrer-policy", "no-referrer"));
        let framed = guarded_page(framed);
        assert_eq!(framed.header("content-security-policy").count(), 1);
        assert_eq!(framed.header("referrer-policy").collect::<Vec<_>>(), ["no-referrer"]);
    }
}
