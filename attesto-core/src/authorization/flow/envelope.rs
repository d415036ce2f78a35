//! JSON errors in the host's own form (catalogue EP-9).

use super::response::error_members;
use crate::authorization::error::reason::Reason;
use crate::authorization::server::Settings;
use crate::challenge::parse_challenges;
use crate::http::{Header, ResponseParts, is_field_value};
use crate::resource::{ErrorView, RenderedBody};
use alloc::string::{String, ToString};
use core::fmt;
use core::panic::AssertUnwindSafe;
use serde_json::Value;
use std::panic::catch_unwind;

/// The form of an application's JSON errors: how the body looks, and how two fields are written. Set by
/// [`error_envelope`](crate::authorization::AuthorizationServerBuilder::error_envelope), for the errors of every endpoint alike.
///
/// A hook changes bytes. Status, error code, whether there is a challenge and what it says are decided before, and a field that says
/// something else than the server's own is replaced by that. A hook that gives `None`, or panics, leaves the server's own too. Nobody
/// has to write all three.
///
/// Clients of OAuth look for the member `error` (RFC 6749 §5.2): a body without it is a server that they do not understand.
///
/// ```
/// use attesto_core::authorization::ErrorEnvelope;
/// use attesto_core::resource::{ErrorView, RenderedBody};
///
/// /// `{"error": .., "error_description": .., "docs": ..}`
/// #[derive(Debug)]
/// struct Documented;
///
/// impl ErrorEnvelope for Documented {
///     fn body(&self, error: &ErrorView<'_>) -> Option<RenderedBody> {
///         let body = serde_json::json!({
///             "error": error.error,
///             "error_description": error.description,
///             "docs": "https://docs.example.com/errors",
///         });
///         Some(RenderedBody::new("application/json", body.to_string()))
///     }
///     fn no_store(&self) -> Option<String> {
///         Some("private, no-store".into())
///     }
/// }
/// # let _ = Documented;
/// ```
///
/// A [`ResourceServer`](crate::resource::ResourceServer)'s [`ErrorRenderer`](crate::resource::ErrorRenderer) takes the same view and
/// gives the same body: `body` can hand one on to the other.
pub trait ErrorEnvelope: fmt::Debug + Send + Sync {
    /// The body, and its media type.
    fn body(&self, error: &ErrorView<'_>) -> Option<RenderedBody> {
        let _ = error;
        None
    }

    /// The value of `WWW-Authenticate`, given the server's own. Parameters may be added to it; its scheme and what it has stay.
    fn challenge(&self, challenge: &str) -> Option<String> {
        let _ = challenge;
        None
    }

    /// The value of `Cache-Control`. It holds `no-store`.
    fn no_store(&self) -> Option<String> {
        None
    }
}

/// What a hook gives, if it gives anything that can be used.
fn given<T>(
    server: &Settings,
    hook: impl FnOnce(&(dyn ErrorEnvelope + 'static)) -> Option<T>,
    fits: impl FnOnce(&T) -> bool,
) -> Option<T> {
    let envelope = server.envelope.as_deref()?;
    catch_unwind(AssertUnwindSafe(|| hook(envelope))).ok().flatten().filter(fits)
}

/// `Cache-Control` for an error: in the host's words, as long as nobody keeps it. EP-8, EP-9.
pub(crate) fn cache_control(server: &Settings) -> Header {
    // In quotes a directive's name would be part of another one's value.
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

/// The challenge, in the host's words, as long as it says the same. EP-9.
pub(crate) fn challenge(server: &Settings, own: String) -> Header {
    let written = given(server, |envelope| envelope.challenge(&own), |value| says_the_same(value, &own));
    Header::own("www-authenticate", written.unwrap_or(own))
}

/// The body: the host's, or `error` and `error_description` (RFC 6749 §5.2). EP-9.
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

/// One challenge of the same scheme, with every parameter that the other has.
fn says_the_same(value: &str, own: &str) -> bool {
    let (Ok(written), Ok(own)) = (parse_challenges(value), parse_challenges(own)) else { return false };
    let ([written], [own]) = (written.as_slice(), own.as_slice()) else { return false };
    is_field_value(value)
        && written.scheme().eq_ignore_ascii_case(own.scheme())
        && written.token68() == own.token68()
        && own.parameters().all(|(name, value)| written.get(name) == Some(value))
}
