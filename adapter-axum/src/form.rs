//! Form bodies, read only where the resource server opted in (catalogue C8).

use attesto_core::limits;
use axum::body::Body;
use bytes::Bytes;
use http::Method;
use http::header::CONTENT_TYPE;
use http::request::Parts;
use http_body::{Body as HttpBody, Frame};
use http_body_util::BodyExt;
use std::collections::VecDeque;
use std::pin::Pin;
use std::task::{Context, Poll};

const FORM: &[u8] = b"application/x-www-form-urlencoded";

/// Whether the body may be a form with a token in it. Whether it is one, the core decides.
pub(crate) fn may_hold_token(parts: &Parts) -> bool {
    let form = |value: &http::HeaderValue| {
        value.as_bytes().get(..FORM.len()).is_some_and(|start| start.eq_ignore_ascii_case(FORM))
    };
    parts.method != Method::GET && parts.method != Method::HEAD && parts.headers.get(CONTENT_TYPE).is_some_and(form)
}

/// Reads a form of at most [`limits::FORM_BODY`] bytes, and gives it back together with a body that plays it again. A
/// longer or broken form cannot present a token; the body then plays what was read, and goes on where that ended.
pub(crate) async fn read(mut body: Body) -> (Option<Bytes>, Body) {
    let mut form = Vec::new();
    // Data is gathered in one place, so that a stranger's many small frames cost no more than their bytes.
    let mut last = None;
    let mut whole = true;
    while whole && last.is_none() {
        match body.frame().await {
            None => break,
            Some(Ok(frame)) => match frame.into_data() {
                Ok(data) => {
                    form.extend_from_slice(&data);
                    whole = form.len() <= limits::FORM_BODY;
                }
                Err(trailers) => last = Some(Ok(trailers)),
            },
            Some(Err(error)) => {
                whole = false;
                last = Some(Err(error));
            }
        }
    }
    let form = Bytes::from(form);
    let frames = [Ok(Frame::data(form.clone()))].into_iter().chain(last).collect();
    (whole.then_some(form), Body::new(Replay { frames, rest: body }))
}

/// Frames that were read ahead, then the rest.
struct Replay {
    frames: VecDeque<Result<Frame<Bytes>, axum::Error>>,
    rest: Body,
}

impl HttpBody for Replay {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        match self.frames.pop_front() {
            Some(frame) => Poll::Ready(Some(frame)),
            None => Pin::new(&mut self.rest).poll_frame(cx),
        }
    }
}
