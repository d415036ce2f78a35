//! Outgoing HTTP, as far as the core needs it: fetching an issuer's metadata and keys, and asking about opaque tokens.
//!
//! The core says what to send and judges what comes back. Whoever implements [`HttpClient`] moves the bytes.

use crate::future::BoxFuture;
use crate::http::{HttpFailure, IncomingResponse, OutgoingRequest};
use alloc::boxed::Box;
use core::future::Future;

/// Sends requests. An implementation must
///
/// - give up after [`OutgoingRequest::time_limit`] with [`HttpFailure::Timeout`]: the core has no clock to do it with, and those who
///   wait for the response wait for ever;
/// - follow no redirect to another origin, best none at all;
/// - stop reading at [`OutgoingRequest::response_limit`], say `Accept-Encoding: identity` and undo no content coding;
/// - never send cookies, and verify TLS certificates;
/// - give the status of whatever came back, and the body of a 200. The body of a 400 or 401 to a `POST`, up to
///   [`limits::ERROR_RESPONSE`](crate::limits::ERROR_RESPONSE), should come along: some issuers say in it that they do not know a token, and
///   without it they count as out of order.
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

    /// Runs a task of the core's in the background (a refresh while old keys still serve). An implementation without a
    /// runtime at hand gives the task back, and the request at hand runs it.
    ///
    /// # Errors
    /// The task, where it was not taken.
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
    /// The task, where it was not taken.
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
