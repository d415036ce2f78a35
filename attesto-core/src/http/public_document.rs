//! Serves a document that is public by design (P5, J18, MD-1).

use super::{Header, ResponseParts};
use alloc::vec::Vec;

/// The methods of a public document.
const ALLOW: &str = "GET, HEAD, OPTIONS";

/// Answers GET, HEAD and OPTIONS for a document that everyone may read, including scripts of every origin. P5, J18.
///
/// A browser whose script adds a header field to its GET (MCP clients in browsers send `MCP-Protocol-Version`) first
/// sends OPTIONS. Without a 2xx that allows the field, it never sends the GET (Fetch, CORS-preflight fetch). The
/// document is public, so every field is allowed: `*` covers all but `Authorization`, which is named. Credentials are
/// not allowed.
pub(crate) fn public_document(
    method: &str,
    media_type: &'static str,
    cache_control: &'static str,
    body: impl FnOnce() -> Vec<u8>,
) -> ResponseParts {
    match method {
        "GET" | "HEAD" => {
            let mut response = ResponseParts::new(200);
            response.headers.push(Header::own("content-type", media_type));
            response.headers.push(Header::own("cache-control", cache_control));
            response.headers.push(Header::own("access-control-allow-origin", "*"));
            if method == "GET" {
                response.body = body();
            }
            response
        }
        "OPTIONS" => preflight(),
        _ => {
            let mut refusal = ResponseParts::new(405);
            refusal.headers.push(Header::own("allow", ALLOW));
            refusal
        }
    }
}

/// Answers a preflight, and OPTIONS in general (RFC 9110 §9.3.7). It may be cached for a day, the longest that browsers
/// do.
fn preflight() -> ResponseParts {
    let mut response = ResponseParts::new(204);
    let fields = [
        ("allow", ALLOW),
        ("access-control-allow-origin", "*"),
        ("access-control-allow-methods", "GET, HEAD"),
        ("access-control-allow-headers", "*, Authorization, MCP-Protocol-Version"),
        ("access-control-max-age", "86400"),
    ];
    response.headers.extend(fields.map(|(name, value)| Header::own(name, value)));
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(method: &str) -> ResponseParts {
        public_document(method, "application/json", "public, max-age=3600", || b"{}".to_vec())
    }

    #[test]
    fn p5_a_preflight_of_a_public_document_is_answered() {
        let response = answer("OPTIONS");
        assert_eq!((response.status, response.body.len()), (204, 0));
        let only = |name| response.header(name).collect::<Vec<_>>();
        assert_eq!(only("access-control-allow-origin"), ["*"]);
        assert_eq!(only("access-control-allow-methods"), ["GET, HEAD"]);
        assert_eq!(only("access-control-allow-headers"), ["*, Authorization, MCP-Protocol-Version"]);
        assert_eq!(only("access-control-max-age"), ["86400"]);
        assert_eq!(only("allow"), ["GET, HEAD, OPTIONS"]);
        assert!(only("access-control-allow-credentials").is_empty());
    }

    #[test]
    fn p5_get_has_the_body_head_has_none_and_others_are_refused() {
        assert_eq!((answer("GET").status, answer("GET").body_text()), (200, "{}".into()));
        assert_eq!((answer("HEAD").status, answer("HEAD").body.len()), (200, 0));
        assert_eq!(answer("HEAD").headers, answer("GET").headers);
        for method in ["POST", "PUT", "get", "options", "TRACE", ""] {
            assert_eq!(answer(method).status, 405, "{method}");
            assert_eq!(answer(method).header("allow").collect::<Vec<_>>(), ["GET, HEAD, OPTIONS"]);
        }
    }
}
