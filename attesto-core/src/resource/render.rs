//! The body of an error response (W12 to W14).

use crate::http::{Header, is_field_value};
use alloc::borrow::Cow;
use alloc::vec::Vec;
use core::fmt;

/// The input of a renderer: status, error and description as sent to the client, and the header fields, which it cannot
/// change.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct ErrorView<'v> {
    /// The HTTP status code.
    pub status: u16,
    /// The `error` code; `None` if nothing was presented.
    pub error: Option<&'static str>,
    /// The public description.
    pub description: Option<&'v str>,
    /// The header fields already decided, challenges first.
    pub headers: &'v [Header],
}

/// A rendered body with its media type.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct RenderedBody {
    /// The media type, for `Content-Type`. If it is not a valid field value, the default body is sent.
    pub content_type: &'static str,
    /// The body.
    pub bytes: Vec<u8>,
}

impl RenderedBody {
    /// Creates a body of this media type.
    pub fn new(content_type: &'static str, bytes: impl Into<Vec<u8>>) -> Self {
        Self { content_type, bytes: bytes.into() }
    }
}

impl RenderedBody {
    /// Whether the media type can be sent, since a host's renderer must not break the response. RFC 9110 §5.5.
    pub(super) fn is_sendable(&self) -> bool {
        is_field_value(self.content_type)
    }
}

/// Renders error bodies in an application's own envelope. Called for every refusal. It decides media type and body
/// only; status, challenges and caching are fixed.
pub trait ErrorRenderer: fmt::Debug + Send + Sync {
    /// Renders the body; `None` sends none.
    fn render(&self, view: &ErrorView<'_>) -> Option<RenderedBody>;
}

impl ErrorView<'_> {
    /// Renders the default: `error` and `error_description` as JSON, or no body if nothing was presented (RFC 6750
    /// §3.1).
    #[must_use]
    pub fn json(&self) -> Option<RenderedBody> {
        let error = self.error?;
        let mut body = serde_json::Map::new();
        body.insert("error".into(), error.into());
        if let Some(description) = self.description {
            body.insert("error_description".into(), description.into());
        }
        let bytes = serde_json::to_vec(&body).unwrap_or_default();
        Some(RenderedBody { content_type: "application/json", bytes })
    }
}

/// Returns the public description, with the reason appended if the development switch is on (W13).
pub(super) fn described(description: Option<&'static str>, reason: Option<&'static str>) -> Option<Cow<'static, str>> {
    match (description, reason) {
        (Some(text), Some(reason)) => Some(alloc::format!("{text} [{reason}]").into()),
        (Some(text), None) => Some(text.into()),
        (None, _) => None,
    }
}
