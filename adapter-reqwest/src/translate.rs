//! Between the core's records of outgoing HTTP and reqwest's types.

use crate::failure::Failure;
use attesto_core::http::{Header, IncomingResponse, OutgoingRequest};
use attesto_core::limits;
use bytes::Bytes;
use reqwest::header::{
    ACCEPT_ENCODING, AUTHORIZATION, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue,
};
use reqwest::{Method, Request, Response, StatusCode, Url};

/// Translates a request to `url`, with its time limit.
pub(crate) fn request(request: OutgoingRequest, url: Url) -> Result<Request, Failure> {
    let method = match request.method {
        "GET" => Method::GET,
        "POST" => Method::POST,
        _ => return Err(Failure::Request("the method is neither GET nor POST")),
    };
    let mut translated = Request::new(method, url);
    for header in &request.headers {
        let (name, value) = field(header).ok_or(Failure::Request("a header field is malformed"))?;
        translated.headers_mut().append(name, value);
    }
    if !request.body.is_empty() {
        // Zeroized when the last byte is sent.
        *translated.body_mut() = Some(Bytes::from_owner(request.body).into());
    }
    // Without the field, a server may choose any coding (RFC 9110 §12.5.3).
    translated.headers_mut().insert(ACCEPT_ENCODING, HeaderValue::from_static("identity"));
    *translated.timeout_mut() = Some(request.time_limit);
    Ok(translated)
}

/// Translates a response, reading at most `limit` bytes of its body.
pub(crate) async fn response(mut response: Response, is_post: bool, limit: usize) -> Result<IncomingResponse, Failure> {
    let (status, headers) = (response.status(), response.headers());
    let encoded = |coding: &HeaderValue| !coding.as_bytes().eq_ignore_ascii_case(b"identity");
    let is_encoded = headers.get_all(CONTENT_ENCODING).iter().any(encoded);
    let (content_type, cache_control) = (joined(headers, &CONTENT_TYPE), joined(headers, &CACHE_CONTROL));
    let body = match (status, is_encoded) {
        (StatusCode::OK, true) => return Err(Failure::ContentCoding),
        (StatusCode::OK, false) => body(&mut response, limit).await?,
        // An introspection endpoint may explain in the body that the token is the reason. If the body is unreadable, the status counts.
        (StatusCode::BAD_REQUEST | StatusCode::UNAUTHORIZED, false) if is_post => {
            body(&mut response, limit.min(limits::ERROR_RESPONSE)).await.unwrap_or_default()
        }
        // The core uses the status alone, so a body that cannot be read must not hide it.
        (_, _) => Vec::new(),
    };
    let mut answer = IncomingResponse::new(status.as_u16(), body);
    answer.content_type = content_type;
    answer.cache_control = cache_control;
    Ok(answer)
}

fn field(header: &Header) -> Option<(HeaderName, HeaderValue)> {
    let name = HeaderName::from_bytes(header.name().as_bytes()).ok()?;
    let mut value = HeaderValue::from_str(header.value()).ok()?;
    value.set_sensitive(name == AUTHORIZATION);
    Some((name, value))
}

/// Joins all lines of a field (RFC 9110 §5.3), leaving out lines that are not text.
fn joined(headers: &HeaderMap, name: &HeaderName) -> Option<String> {
    let lines: Vec<&str> = headers.get_all(name).iter().filter_map(|value| value.to_str().ok()).collect();
    (!lines.is_empty()).then(|| lines.join(", "))
}

/// Reads a body, and stops at the first byte beyond `limit`.
async fn body(response: &mut Response, limit: usize) -> Result<Vec<u8>, Failure> {
    let announced = response.content_length().map(usize::try_from);
    if announced.is_some_and(|length| length.map_or(true, |length| length > limit)) {
        return Err(Failure::TooLarge);
    }
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await? {
        if chunk.len() > limit.saturating_sub(body.len()) {
            return Err(Failure::TooLarge);
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}
