//! Outgoing HTTP for the core: fetching an issuer's metadata and keys, and introspecting opaque tokens.
//!
//! The core makes the requests and checks the responses. An implementation of [`HttpClient`] moves the bytes.

use super::BoxFuture;
use crate::http::Header;
use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;
use core::future::Future;
use core::time::Duration;
use zeroize::Zeroizing;

/// One request for an [`HttpClient`] to send.
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
    /// Creates a GET request.
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

    /// Creates a POST request with this body.
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

    /// Sets `Content-Type`.
    #[must_use]
    pub fn content_type(mut self, value: impl Into<String>) -> Self {
        self.content_type = Some(value.into());
        self
    }

    /// Sets `Cache-Control`.
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

/// Sends requests. An implementation must
///
/// - give up after [`OutgoingRequest::time_limit`] with [`HttpFailure::Timeout`]: the core has no clock for that, and
///   the requests that wait for the response would wait forever;
/// - follow no redirect to another origin, preferably none at all;
/// - stop reading at [`OutgoingRequest::response_limit`], send `Accept-Encoding: identity` and decode no content
///   coding;
/// - never send cookies, and verify TLS certificates;
/// - return the status of any response, and the body of a 200. It should also return the body of a 400 or 401 to a
///   `POST`, up to [`limits::ERROR_RESPONSE`](crate::limits::ERROR_RESPONSE): some issuers report an unknown token
///   there, and without the body the endpoint counts as failing.
///
/// `attesto-reqwest` is one. Write an `async fn` for another:
///
/// ```
/// use attesto_core::host::{HttpClient, HttpFailure, IncomingResponse, OutgoingRequest};
///
/// struct Canned;
///
/// impl HttpClient for Canned {
///     async fn send(&self, request: OutgoingRequest) -> Result<IncomingResponse, HttpFailure> {
///         match request.url.as_str() {
///             "https://auth.example.com/jwks" => Ok(IncomingResponse::new(200, br#"{"keys":[]}"#.to_vec())),
///             _ => Err(HttpFailure::Transport),
///         }
///     }
/// }
/// ```
pub trait HttpClient: Send + Sync {
    /// Sends one request and reads its response to the end.
    fn send(&self, request: OutgoingRequest) -> impl Future<Output = Result<IncomingResponse, HttpFailure>> + Send;

    /// Runs a task of the core in the background (a refresh while old keys are still used). An implementation without a
    /// runtime returns the task, and the current request runs it.
    ///
    /// # Errors
    /// The task, if it was not taken.
    fn spawn(&self, task: BoxFuture<'static, ()>) -> Result<(), BoxFuture<'static, ()>> {
        Err(task)
    }
}

/// [`HttpClient`] behind a pointer.
pub trait DynHttpClient: Send + Sync {
    /// [`HttpClient::send`].
    fn send_boxed(&self, request: OutgoingRequest) -> BoxFuture<'_, Result<IncomingResponse, HttpFailure>>;

    /// [`HttpClient::spawn`].
    ///
    /// # Errors
    /// The task, if it was not taken.
    fn spawn_boxed(&self, task: BoxFuture<'static, ()>) -> Result<(), BoxFuture<'static, ()>>;
}

impl<C: HttpClient> DynHttpClient for C {
    fn send_boxed(&self, request: OutgoingRequest) -> BoxFuture<'_, Result<IncomingResponse, HttpFailure>> {
        Box::pin(self.send(request))
    }

    fn spawn_boxed(&self, task: BoxFuture<'static, ()>) -> Result<(), BoxFuture<'static, ()>> {
        self.spawn(task)
    }
}
