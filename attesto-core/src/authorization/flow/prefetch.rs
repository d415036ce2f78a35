//! Browsers that fetch an address before anybody has followed it (Fetch, `Sec-Purpose`; AZ-1).

use crate::authorization::error::reason::Reason;
use crate::http::RequestParts;

/// A GET made ahead would spend what the visit needs (a pushed request, a consent grant), and its code would be lost. An answer that
/// is no success makes the browser come again when the user does. Older browsers say `Purpose` or `X-Moz`. AZ-1.
pub(crate) fn is_no_prefetch(request: &RequestParts<'_>) -> Result<(), Reason> {
    let mut ahead = false;
    for name in ["sec-purpose", "purpose", "x-moz"] {
        request.headers.visit(name, &mut |line| ahead |= says_prefetch(line));
    }
    if ahead && request.method == "GET" { Err(Reason::Prefetch) } else { Ok(()) }
}

/// An item or a list of them, each with parameters (RFC 9651 §3): `prefetch`, `prefetch;prerender`.
fn says_prefetch(line: &[u8]) -> bool {
    let items = line.split(|byte| *byte == b',');
    let tokens = items.map(|item| item.split(|byte| *byte == b';').next().unwrap_or_default().trim_ascii());
    tokens.into_iter().any(|token| token.eq_ignore_ascii_case(b"prefetch"))
}
