//! JSON errors in the host's format (EP-9).

use crate::authorization::error::reason::Reason;
use crate::authorization::settings::error_envelope::ErrorEnvelope;
use crate::authorization::settings::server::Settings;
use crate::challenge::parse_challenges;
use crate::http::{Header, ResponseParts, is_field_value};
use crate::resource::{ErrorView, RenderedBody};
use alloc::string::{String, ToString};
use core::panic::AssertUnwindSafe;
use serde_json::{Map, Value};
use std::panic::catch_unwind;

/// Returns a hook's result, if it is usable.
fn given<T>(
    server: &Settings,
    hook: impl FnOnce(&(dyn ErrorEnvelope + 'static)) -> Option<T>,
    fits: impl FnOnce(&T) -> bool,
) -> Option<T> {
    let envelope = server.envelope.as_deref()?;
    catch_unwind(AssertUnwindSafe(|| hook(envelope))).ok().flatten().filter(fits)
}

/// Returns `Cache-Control` for an error: the host's value, if it forbids caching. EP-8, EP-9.
pub(crate) fn cache_control(server: &Settings) -> Header {
    // In quotes, a directive's name would be part of another directive's value.
    let forbids = |value: &String| {
        is_field_value(value)
            && !value.contains('"')
            && value.split(',').any(|directive| directive.trim().eq_ignore_ascii_case("no-store"))
    };
    match given(server, |envelope| envelope.no_store(), forbids) {
        Some(value) => Header::own("cache-control", value),
        None => Header::own("cache-control", "no-store"),
    }
}

/// Returns the challenge: the host's value, if it is equivalent. EP-9.
pub(crate) fn challenge(server: &Settings, own: String) -> Header {
    let written = given(server, |envelope| envelope.challenge(&own), |value| says_the_same(value, &own));
    Header::own("www-authenticate", written.unwrap_or(own))
}

/// Sets the body: the host's, or `error` and `error_description` (RFC 6749 §5.2). EP-9.
pub(crate) fn body(server: &Settings, reason: Reason, response: &mut ResponseParts) {
    let description = reason.to_string();
    let view = ErrorView {
        status: response.status,
        error: Some(reason.error().code()),
        description: Some(&description),
        headers: &response.headers,
    };
    let rendered = given(server, |envelope| envelope.body(&view), |body| is_field_value(body.content_type));
    let rendered = rendered.unwrap_or_else(|| {
        let own = Value::Object(error_members(reason)).to_string();
        RenderedBody::new("application/json", own)
    });
    response.headers.push(Header::own("content-type", rendered.content_type));
    response.body = rendered.bytes;
}

/// Whether the value is one challenge of the same scheme, with every parameter of our own.
fn says_the_same(value: &str, own: &str) -> bool {
    let (Ok(written), Ok(own)) = (parse_challenges(value), parse_challenges(own)) else { return false };
    let ([written], [own]) = (written.as_slice(), own.as_slice()) else { return false };
    is_field_value(value)
        && written.scheme().eq_ignore_ascii_case(own.scheme())
        && written.token68() == own.token68()
        && own.parameters().all(|(name, value)| written.get(name) == Some(value))
}

/// `error` and `error_description`.
pub(crate) fn error_members(reason: Reason) -> Map<String, Value> {
    let mut members = Map::new();
    members.insert("error".into(), reason.error().code().into());
    members.insert("error_description".into(), reason.to_string().into());
    members
}
