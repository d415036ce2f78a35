//! Bodies: of requests whose form was read ahead, and of responses that may be a refusal.

use attesto_core::limits;
use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use http_body_util::{BodyExt, Either, Full};
use std::collections::VecDeque;
use std::pin::Pin;
use std::task::{Context, Poll};

/// The body of a response from behind a middleware: the service's own, streamed as it is, or the middleware's answer.
pub type GuardedBody<B> = Either<Full<Bytes>, B>;

/// The body of a request behind [`Protect`](crate::Protect): the server's own, streamed as it is. Where the resource takes tokens
/// in form bodies, a form's beginning was read ahead, and comes first.
#[derive(Debug)]
pub struct RequestBody<B: Body> {
    read_ahead: VecDeque<Result<Frame<Bytes>, B::Error>>,
    /// Whether `rest` has come to its end: it must not be polled again.
    ended: bool,
    rest: B,
}

impl<B: Body<Data = Bytes> + Unpin> RequestBody<B> {
    pub(crate) const fn untouched(body: B) -> Self {
        Self { read_ahead: VecDeque::new(), ended: false, rest: body }
    }

    /// Reads a form of at most [`limits::FORM_BODY`] bytes. A longer or broken one cannot present a token.
    pub(crate) async fn read_form(mut body: B) -> (Option<Bytes>, Self) {
        let Gathered { form, last, ended } = gather(&mut body).await;
        let whole = form.len() <= limits::FORM_BODY && !matches!(last, Some(Err(_)));
        let read_ahead = [Ok(Frame::data(form.clone()))].into_iter().chain(last).collect();
        (whole.then_some(form), Self { read_ahead, ended, rest: body })
    }

    /// Returns the server's own body, where nothing of it was read.
    ///
    /// # Errors
    /// This body, where its beginning was read.
    pub fn into_untouched(self) -> Result<B, Self> {
        if self.read_ahead.is_empty() { Ok(self.rest) } else { Err(self) }
    }
}

/// Reads a body of at most a form's size. Returns a longer one up to where it became too long, and `None` for one that broke off; and the
/// rest of the body, where it has not come to its end.
pub(crate) async fn read_beyond<B: Body<Data = Bytes> + Unpin>(mut body: B) -> (Option<Bytes>, Option<B>) {
    let Gathered { form, last, ended } = gather(&mut body).await;
    ((!matches!(last, Some(Err(_)))).then_some(form), (!ended).then_some(body))
}

/// The beginning of a body.
struct Gathered<E> {
    form: Bytes,
    /// The trailers or the error behind it.
    last: Option<Result<Frame<Bytes>, E>>,
    /// Whether the body has ended or failed. Some bodies panic when they are polled after that.
    ended: bool,
}

/// Reads until the end, an error, or more than a form's size. The data is gathered in one buffer, so that many small frames cost no more
/// than their bytes.
async fn gather<B: Body<Data = Bytes> + Unpin>(body: &mut B) -> Gathered<B::Error> {
    let (mut form, mut last, mut ended) = (Vec::new(), None, false);
    while !ended && form.len() <= limits::FORM_BODY {
        match body.frame().await.map(|frame| frame.map(Frame::into_data)) {
            None => ended = true,
            Some(Ok(Ok(data))) => form.extend_from_slice(&data),
            Some(Ok(Err(trailers))) => (last, ended) = (Some(Ok(trailers)), true),
            Some(Err(error)) => (last, ended) = (Some(Err(error)), true),
        }
    }
    Gathered { form: Bytes::from(form), last, ended }
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
            None if self.ended => Poll::Ready(None),
            None => Pin::new(&mut self.rest).poll_frame(cx),
        }
    }

    fn is_end_stream(&self) -> bool {
        self.read_ahead.is_empty() && (self.ended || self.rest.is_end_stream())
    }

    fn size_hint(&self) -> SizeHint {
        let data = self.read_ahead.iter().flatten().filter_map(Frame::data_ref);
        let ahead = data.fold(0_u64, |sum, data| sum.saturating_add(u64::try_from(data.len()).unwrap_or(u64::MAX)));
        let rest = if self.ended { SizeHint::with_exact(0) } else { self.rest.size_hint() };
        let mut hint = SizeHint::new();
        hint.set_lower(rest.lower().saturating_add(ahead));
        if let Some(upper) = rest.upper() {
            hint.set_upper(upper.saturating_add(ahead));
        }
        hint
    }
}

#[cfg(test)]
mod tests {
    use super::{RequestBody, read_beyond};
    use attesto_testkit::block_on;
    use bytes::Bytes;
    use http_body::{Body, Frame};
    use http_body_util::BodyExt;
    use std::pin::Pin;
    use std::task::{Context, Poll};

    /// Ends with a frame that fails or with none, and must not be polled again, as streams made of closures must not.
    struct Once {
        fails: bool,
        looks: u8,
    }

    impl Body for Once {
        type Data = Bytes;
        type Error = &'static str;

        fn poll_frame(
            mut self: Pin<&mut Self>,
            _: &mut Context<'_>,
        ) -> Poll<Option<Result<Frame<Bytes>, &'static str>>> {
            self.looks += 1;
            match self.looks {
                1 => Poll::Ready(Some(Ok(Frame::data(Bytes::from_static(b"a=b"))))),
                2 => Poll::Ready(self.fails.then_some(Err("broken off"))),
                _ => panic!("polled after its end"),
            }
        }
    }

    #[test]
    fn a_body_is_not_polled_after_its_end() {
        let (form, rest) = block_on(read_beyond(Once { fails: false, looks: 0 }));
        assert_eq!(form.as_deref(), Some(&b"a=b"[..]));
        assert!(rest.is_none(), "nothing is left to be read after the answer");
        let (form, rest) = block_on(read_beyond(Once { fails: true, looks: 0 }));
        assert!(form.is_none() && rest.is_none());

        let (form, body) = block_on(RequestBody::read_form(Once { fails: false, looks: 0 }));
        assert_eq!(form.as_deref(), Some(&b"a=b"[..]));
        assert!(!body.is_end_stream());
        assert_eq!(body.size_hint().exact(), Some(3));
        assert_eq!(block_on(body.collect()).expect("whole").to_bytes(), "a=b");
    }
}
