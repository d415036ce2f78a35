//! Responses: from the core's parts to `http` types.

use attesto_core::http::{Header, ResponseParts};
use attesto_core::resource::Grant;
use bytes::Bytes;
use http::header::{CACHE_CONTROL, HeaderName, HeaderValue};
use http::{HeaderMap, Response, StatusCode};
use http_body_util::{Either, Full};

/// The body of a protected service's response: the inner service's own, streamed as it is, or the refusal's.
pub type GuardedBody<B> = Either<Full<Bytes>, B>;

/// A whole response of the core's.
pub(crate) fn response(parts: ResponseParts) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(Bytes::from(parts.body)));
    *response.status_mut() = StatusCode::from_u16(parts.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    for header in &parts.headers {
        if let Some((name, value)) = translate(header) {
            response.headers_mut().append(name, value);
        }
    }
    response
}

/// Adds what a granted request's response must carry.
pub(crate) fn granted<B>(grant: &Grant, mut response: Response<B>) -> Response<GuardedBody<B>> {
    let headers = response.headers_mut();
    for (name, value) in grant.response_headers().iter().filter_map(translate) {
        if name == http::header::ACCESS_CONTROL_EXPOSE_HEADERS {
            headers.append(name, value);
        } else {
            headers.insert(name, value);
        }
    }
    if grant.wants_private_caching() {
        set_private_if_silent(headers);
    }
    response.map(Either::Right)
}

fn set_private_if_silent(headers: &mut HeaderMap) {
    headers.entry(CACHE_CONTROL).or_insert(HeaderValue::from_static("private"));
}

/// The core emits visible ASCII only, so this never fails; a header that could not be sent is left out rather than a panic.
fn translate(header: &Header) -> Option<(HeaderName, HeaderValue)> {
    Some((HeaderName::from_static(header.name), HeaderValue::from_str(&header.value).ok()?))
}

/// For what stands behind no [`ProtectLayer`](crate::ProtectLayer) at all: nothing is known that a challenge could say, and
/// nothing is let through (catalogue S10).
pub(crate) fn bare_unauthorized() -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::default());
    *response.status_mut() = StatusCode::UNAUTHORIZED;
    response.headers_mut().insert(http::header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}
