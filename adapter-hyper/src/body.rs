//! Bodies: of requests whose form was read ahead, and of responses that may be a refusal.

use attesto_core::limits;
use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use http_body_util::{BodyExt, Either, Full};
use std::collections::VecDeque;
use std::pin::Pin;
use std::task::{Context, Poll};

/// The body of a protected service's response: the inner service's own, streamed as it is, or the refusal's.
pub type GuardedBody<B> = Either<Full<Bytes>, B>;

/// The body of a request behind [`Protect`](crate::Protect): the server's own, streamed as it is. Where the resource takes tokens
/// in form bodies, a form's beginning was read ahead, and comes first.
#[derive(Debug)]
pub struct RequestBody<B: Body> {
    read_ahead: VecDeque<Result<Frame<Bytes>, B::Error>>,
    rest: B,
}

impl<B: Body<Data = Bytes> + Unpin> RequestBody<B> {
    pub(crate) const fn untouched(body: B) -> Self {
        Self { read_ahead: VecDeque::new(), rest: body }
    }

    /// Reads a form of at most [`limits::FORM_BODY`] bytes. A longer or broken one cannot present a token.
    pub(crate) async fn read_form(mut body: B) -> (Option<Bytes>, Self) {
        let (form, last) = gather(&mut body).await;
        let whole = form.len() <= limits::FORM_BODY && !matches!(last, Some(Err(_)));
        let read_ahead = [Ok(Frame::data(form.clone()))].into_iter().chain(last).collect();
        (whole.then_some(form), Self { read_ahead, rest: body })
    }

    /// The server's own body, where nothing of it was read.
    ///
    /// # Errors
    /// This body, where its beginning was.
    pub fn into_untouched(self) -> Result<B, Self> {
        if self.read_ahead.is_empty() { Ok(self.rest) } else { Err(self) }
    }
}

/// A body of a form's size at most; a longer one up to where it becomes too long, and `None` of one that broke off.
pub(crate) async fn read_beyond<B: Body<Data = Bytes> + Unpin>(body: &mut B) -> Option<Bytes> {
    let (form, last) = gather(body).await;
    (!matches!(last, Some(Err(_)))).then_some(form)
}

/// What came until it was too much, and the trailers or the error behind it. Data is gathered in one place, so that a stranger's many
/// small frames cost no more than their bytes.
async fn gather<B: Body<Data = Bytes> + Unpin>(body: &mut B) -> (Bytes, Option<Result<Frame<Bytes>, B::Error>>) {
    let (mut form, mut last) = (Vec::new(), None);
    while last.is_none() && form.len() <= limits::FORM_BODY {
        match body.frame().await.map(|frame| frame.map(Frame::into_data)) {
            None => break,
            Some(Ok(Ok(data))) => form.extend_from_slice(&data),
            Some(Ok(Err(trailers))) => last = Some(Ok(trailers)),
            Some(Err(error)) => last = Some(Err(error)),
        }
    }
    (Bytes::from(form), last)
}

impl<B: Body<Data = Bytes> + Unpin> Body for RequestBody<B>
where
    B::Error: Unpin,
{
    type Data = Bytes;
    type Error = B::Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, B::Error>>> {
        match self.read_ahead.pop_front() {
            Some(frame) => Poll::Ready(Some(frame)),
            None => Pin::new(&mut self.rest).poll_frame(cx),
        }
    }

    fn is_end_stream(&self) -> bool {
        self.read_ahead.is_empty() && self.rest.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        let data = self.read_ahead.iter().flatten().filter_map(Frame::data_ref);
        let ahead = data.fold(0_u64, |sum, data| sum.saturating_add(u64::try_from(data.len()).unwrap_or(u64::MAX)));
        let rest = self.rest.size_hint();
        let mut hint = SizeHint::new();
        hint.set_lower(rest.lower().saturating_add(ahead));
        if let Some(upper) = rest.upper() {
            hint.set_upper(upper.saturating_add(ahead));
        }
        hint
    }
}
