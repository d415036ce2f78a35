//! Outgoing HTTP for the core: fetching an issuer's metadata and keys, and introspecting opaque tokens.
//!
//! The core makes the requests and checks the responses. An implementation of [`HttpClient`] moves the bytes.

use crate::future::BoxFuture;
use crate::http::{HttpFailure, IncomingResponse, OutgoingRequest};
use alloc::boxed::Box;
use core::future::Future;

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
/// use attesto_core::host::HttpClient;
/// use attesto_core::http::{HttpFailure, IncomingResponse, OutgoingRequest};
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
