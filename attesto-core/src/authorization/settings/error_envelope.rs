//! The hook by which an application writes JSON errors in its own form (EP-9).

use crate::resource::{ErrorView, RenderedBody};
use alloc::string::String;
use core::fmt;

/// The format of an application's JSON errors: the body, and two header fields. Set by
/// [`error_envelope`](crate::authorization::AuthorizationServerBuilder::error_envelope), for the errors of every
/// endpoint.
///
/// A hook changes bytes only. Status, error code, and whether and what to challenge are decided before it runs. If a
/// hook's field contradicts the server's, the server's is used, and also if a hook returns `None` or panics. Each of
/// the three hooks is optional.
///
/// OAuth clients look for the member `error` (RFC 6749 §5.2): they cannot interpret a body without it.
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
/// A [`ResourceServer`](crate::resource::ResourceServer)'s [`ErrorRenderer`](crate::resource::ErrorRenderer) takes the
/// same view and returns the same body, so that one can call the other.
pub trait ErrorEnvelope: fmt::Debug + Send + Sync {
    /// The body, and its media type.
    fn body(&self, error: &ErrorView<'_>) -> Option<RenderedBody> {
        let _ = error;
        None
    }

    /// Returns the value of `WWW-Authenticate`, given the server's own. It may add parameters; the scheme and the
    /// existing parameters must stay.
    fn challenge(&self, challenge: &str) -> Option<String> {
        let _ = challenge;
        None
    }

    /// Returns the value of `Cache-Control`, which must include `no-store`.
    fn no_store(&self) -> Option<String> {
        None
    }
}
