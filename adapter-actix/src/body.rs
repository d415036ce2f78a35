//! Bodies of requests, read where a form in them counts: where a resource takes tokens in forms (C8), and at an
//! authorization server's endpoints.

use actix_web::dev::Payload;
use actix_web::error::PayloadError;
use actix_web::web::{Bytes, BytesMut};
use attesto_core::limits;
use futures_core::Stream;
use std::future::poll_fn;
use std::pin::Pin;
use std::task::{Context, Poll};

/// Reads a form of at most [`limits::FORM_BODY`] bytes, and returns it with a payload that plays it again. A longer or broken form
/// cannot present a token.
pub(crate) async fn read_form(mut payload: Payload) -> (Option<Bytes>, Payload) {
    let (form, failure) = gather(&mut payload).await;
    let whole = failure.is_none() && form.len() <= limits::FORM_BODY;
    let ahead = Some(Ok(form.clone()));
    (
        whole.then_some(form),
        Payload::from(Box::pin(Replay { ahead, failure, rest: payload }) as Pin<Box<dyn Stream<Item = _>>>),
    )
}

/// Reads a body of at most a form's size. Returns a longer one up to where it became too long, and `None` for one that broke off.
pub(crate) async fn read_beyond(mut payload: Payload) -> Option<Bytes> {
    let (form, failure) = gather(&mut payload).await;
    failure.is_none().then_some(form)
}

/// Reads until the end, an error, or more than a form's size.
async fn gather(payload: &mut Payload) -> (Bytes, Option<PayloadError>) {
    let mut form = BytesMut::new();
    while form.len() <= limits::FORM_BODY {
        match poll_fn(|cx| Pin::new(&mut *payload).poll_next(cx)).await {
            None => break,
            Some(Ok(data)) => form.extend_from_slice(&data),
            Some(Err(error)) => return (form.freeze(), Some(error)),
        }
    }
    (form.freeze(), None)
}

/// Plays what was read ahead, then the rest.
struct Replay {
    ahead: Option<Result<Bytes, PayloadError>>,
    failure: Option<PayloadError>,
    rest: Payload,
}

impl Stream for Replay {
    type Item = Result<Bytes, PayloadError>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if let Some(next) = self.ahead.take().or_else(|| self.failure.take().map(Err)) {
            return Poll::Ready(Some(next));
        }
        Pin::new(&mut self.rest).poll_next(cx)
    }
}
