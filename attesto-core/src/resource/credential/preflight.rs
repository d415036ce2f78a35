//! Requests that carry no credential and need none.

use crate::http::{Lines, RequestParts};

/// Whether the request is a CORS preflight: `OPTIONS` with `Access-Control-Request-Method` (Fetch §3.2.3; C11).
///
/// A preflight carries no credentials and passes without them, but only if the adapter is configured to answer it
/// itself. Never use this function to admit any other request.
#[must_use]
pub fn is_cors_preflight(request: &RequestParts<'_>) -> bool {
    request.method == "OPTIONS"
        && matches!(request.headers.lines("access-control-request-method"), Lines::One(method) if !method.is_empty())
}
