//! The hook by which an application writes JSON errors in its own form (EP-9).

use crate::resource::{ErrorView, RenderedBody};
use alloc::string::String;
use core::fmt;

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
