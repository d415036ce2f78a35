//! Outgoing HTTP as values: what to send, and what came back.

use super::Header;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;
use core::time::Duration;
use zeroize::Zeroizing;

/// One request for an [`HttpClient`](crate::host::HttpClient) to send.
#[non_exhaustive]
pub struct OutgoingRequest {
    /// `GET` or `POST`.
    pub method: &'static str,
    /// An absolute URL that the core has checked: https, or http on a loopback host if development allows it.
    pub url: String,
    /// The header fields, in order. They may hold credentials.
    pub headers: Vec<Header>,
    /// The body; empty for `GET`. It may hold a token or a secret.
    pub body: Zeroizing<Vec<u8>>,
    /// The longest response body to read, in bytes. If the body turns out longer, fail with [`HttpFailure::TooLarge`].
    pub response_limit: usize,
    /// The time limit of the whole exchange; a client may use a shorter one.
    pub time_limit: Duration,
}

/// The default time limit.
const TIME_LIMIT: Duration = Duration::from_secs(5);

impl OutgoingRequest {
    /// A GET.
    #[must_use]
    pub fn get(url: impl Into<String>, response_limit: usize) -> Self {
        Self {
            method: "GET",
            url: url.into(),
            headers: Vec::new(),
            body: Zeroizing::default(),
            response_limit,
            time_limit: TIME_LIMIT,
        }
    }

    /// A POST with this body.
    #[must_use]
    pub fn post(url: impl Into<String>, body: Vec<u8>, response_limit: usize) -> Self {
        Self { method: "POST", body: Zeroizing::new(body), ..Self::get(url, response_limit) }
    }

    /// Sets the time limit of the whole exchange. Five seconds by default.
    #[must_use]
    pub const fn time_limit(mut self, time_limit: Duration) -> Self {
        self.time_limit = time_limit;
        self
    }

    /// Adds a header field.
    #[must_use]
    pub fn header(mut self, header: Header) -> Self {
        self.headers.push(header);
        self
    }
}

/// Prints neither header fields nor body, which may hold credentials and tokens.
impl fmt::Debug for OutgoingRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OutgoingRequest")
            .field("method", &self.method)
            .field("url", &self.url)
            .field("response_limit", &self.response_limit)
            .finish_non_exhaustive()
    }
}

/// A response, whatever its status.
#[derive(Clone)]
#[non_exhaustive]
pub struct IncomingResponse {
    /// The HTTP status code.
    pub status: u16,
    /// `Content-Type`, as sent.
    pub content_type: Option<String>,
    /// `Cache-Control`, as sent; several lines joined by commas.
    pub cache_control: Option<String>,
    /// The body, at most [`OutgoingRequest::response_limit`] bytes, not decoded by any content coding.
    pub body: Vec<u8>,
}

impl IncomingResponse {
    /// Creates a response without the optional header fields.
    #[must_use]
    pub const fn new(status: u16, body: Vec<u8>) -> Self {
        Self { status, content_type: None, cache_control: None, body }
    }

    /// With `Content-Type`.
    #[must_use]
    pub fn content_type(mut self, value: impl Into<String>) -> Self {
        self.content_type = Some(value.into());
        self
    }

    /// With `Cache-Control`.
    #[must_use]
    pub fn cache_control(mut self, value: impl Into<String>) -> Self {
        self.cache_control = Some(value.into());
        self
    }
}

/// Prints only the length of the body, which may hold claims of a token.
impl fmt::Debug for IncomingResponse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("IncomingResponse")
            .field("status", &self.status)
            .field("content_type", &self.content_type)
            .field("body_len", &self.body.len())
            .finish_non_exhaustive()
    }
}

/// Why no response arrived. An implementation logs the details itself.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum HttpFailure {
    /// The response did not arrive in time.
    #[error("the response did not come in time")]
    Timeout,
    /// The body is longer than the limit.
    #[error("the response body is longer than the limit")]
    TooLarge,
    /// No connection, a broken one, a TLS failure, or a forbidden address.
    #[error("no response")]
    Transport,
    /// The response was redirected or has a content coding. The server did respond.
    #[error("the response is redirected or encoded")]
    Unacceptable,
}
