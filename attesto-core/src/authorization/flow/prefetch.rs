//! Detects browsers that fetch an address before the user has followed it (Fetch, `Sec-Purpose`; AZ-1).

use crate::authorization::error::at_endpoint::RequestError;
use crate::authorization::error::reason::Reason;
use crate::http::RequestParts;

/// Refuses a prefetch. It would spend what the real visit needs (a pushed request, a consent grant), and its code would
/// be lost. After an unsuccessful response, the browser requests again when the user follows the link. Older browsers
/// send `Purpose` or `X-Moz`. AZ-1.
pub(crate) fn is_no_prefetch(request: &RequestParts<'_>) -> Result<(), Reason> {
    let mut ahead = false;
    for name in ["sec-purpose", "purpose", "x-moz"] {
        request.headers.visit(name, &mut |line| ahead |= says_prefetch(line));
    }
    if ahead && request.method == "GET" { Err(Reason::Request(RequestError::Prefetch)) } else { Ok(()) }
}

/// Whether an item, or a list of them, has the token `prefetch`, ignoring parameters (RFC 9651 §3): `prefetch`,
/// `prefetch;prerender`.
fn says_prefetch(line: &[u8]) -> bool {
    let items = line.split(|byte| *byte == b',');
    let tokens = items.map(|item| item.split(|byte| *byte == b';').next().unwrap_or_default().trim_ascii());
    tokens.into_iter().any(|token| token.eq_ignore_ascii_case(b"prefetch"))
}
