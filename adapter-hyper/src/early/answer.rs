//! The answer, and whether the connection can go on after it.

use super::reader::{Reader, now};
use super::unread::UnreadBodies;
use attesto_core::limits;
use http::header::{CONNECTION, EXPECT, HeaderValue};
use http::request::Parts;
use http::{Response, Version};
use http_body::Body;

/// Returns an answer that was made without the request's body, and reads the rest of the body, so that the answer reaches a client that
/// is still sending (RFC 9112 §9.6). The middlewares do this when they refuse a request. A service that refuses one itself, with
/// [`require`](crate::require) say, or does not read all of a body, passes the body in here:
///
/// ```
/// # use attesto_hyper::core::resource::Requirement;
/// # use http_body_util::Full;
/// # use hyper::{Request, Response, body::{Bytes, Incoming}};
/// use attesto_hyper::{answer_early, require};
///
/// async fn store(request: Request<Incoming>, write: &Requirement) -> Response<Full<Bytes>> {
///     let (parts, body) = request.into_parts();
///     match require(&parts, write) {
///         Ok(()) => Response::default(),
///         Err(refusal) => answer_early(&parts, body, refusal).await,
///     }
/// }
/// ```
///
/// Over HTTP/1, the rest of the body is read and dropped, without a runtime, and the answer does not wait for it. At most
/// [`limits::UNREAD_BODY`] bytes of a body are read; then the connection closes. It also closes when the body is still coming after
/// [`limits::UNREAD_BODY_SECONDS`], and when [`limits::UNREAD_BODIES`] later ones are being read. There is no timer: a client that falls
/// silent keeps its connection until other bodies come, or until the server closes it.
///
/// The answer carries `Connection: close` unless the whole body is there already. It tells the client to send no other request on the
/// connection; proxies were seen to send one in the middle of a body that they had not finished.
///
/// Two cases are left alone. In HTTP/2, each stream ends by itself. A client that waits for `100 Continue` before it sends (RFC 9110
/// §10.1.1) has not sent the body and need not: it is not asked for it, and the connection closes.
pub async fn answer_early<B, R>(parts: &Parts, body: B, mut answer: Response<R>) -> Response<R>
where
    B: Body + Send + 'static,
{
    if parts.version > Version::HTTP_11 || body.is_end_stream() {
        return answer;
    }
    if parts.headers.contains_key(EXPECT) || !Reader::start(body, &UNREAD, now()).ends_at_once().await {
        answer.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
    }
    answer
}

static UNREAD: UnreadBodies = UnreadBodies::new(limits::UNREAD_BODIES);
