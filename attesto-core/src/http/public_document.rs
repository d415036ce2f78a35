//! How a document that is public by design is served (catalogue P5, J18, MD-1).

use super::{Header, ResponseParts};
use alloc::vec::Vec;

/// Methods that a public document answers.
const ALLOW: &str = "GET, HEAD, OPTIONS";

/// Answers a request for a document that everybody may read, scripts of every origin included: GET, HEAD and OPTIONS. P5, J18.
///
/// A script that sends a field of its own with its GET (MCP clients in browsers send `MCP-Protocol-Version`) has its browser ask with
/// OPTIONS first, and without a 2xx that allows the field the GET is never sent (Fetch, CORS-preflight fetch). The document is open, so
/// every field is allowed: `*` stands for all but `Authorization`, which is named. No credentials are.
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

/// The answer to what a browser asks first, and to OPTIONS at large (RFC 9110 §9.3.7). It may be kept for a day, as long as browsers do.
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
