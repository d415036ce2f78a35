//! One body that is being read after its answer.

use super::unread::{End, Place, UnreadBodies};
use attesto_core::limits;
use bytes::Buf;
use http_body::Body;
use std::future::poll_fn;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, Wake, Waker};
use std::time::Instant;

/// Reads a body whenever the body wakes it.
pub(super) struct Reader<B> {
    /// Until it has been read, or enough of it.
    body: Mutex<Option<Rest<B>>>,
    /// How often it was woken since it last came to rest. The first wake reads, for all that come meanwhile.
    wakes: AtomicUsize,
    over: AtomicBool,
    /// Whether the body came to its end.
    whole: Arc<AtomicBool>,
    place: Place,
}

impl<B: Body + Send + 'static> Reader<B> {
    /// Begins to read a body, and goes on as it comes.
    pub(super) fn start(body: B, among: &'static UnreadBodies, now: Instant) -> Reading {
        let reader = among.enter(now, |place| Self::new(body, place));
        let whole = Arc::clone(&reader.whole);
        reader.wake();
        Reading { whole }
    }

    pub(super) fn new(body: B, place: Place) -> Arc<Self> {
        Arc::new(Self {
            body: Mutex::new(Some(Rest { body: Box::pin(body), left: limits::UNREAD_BODY })),
            wakes: AtomicUsize::new(0),
            over: AtomicBool::new(false),
            whole: Arc::default(),
            place,
        })
    }

    /// Reads what is there, and lets go of the body when that was the last of it, or enough.
    fn read_on(self: &Arc<Self>) {
        let mut body = self.body.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(rest) = body.as_mut() else { return };
        let late = self.over.load(Ordering::Acquire) || self.place.is_late(now());
        if !late {
            let Poll::Ready(whole) = rest.poll(&mut Context::from_waker(&Waker::from(Arc::clone(self)))) else {
                return;
            };
            self.whole.store(whole, Ordering::Release);
        }
        let rest = body.take();
        drop(body);
        drop(rest);
        self.place.leave();
    }
}

impl<B: Body + Send + 'static> Wake for Reader<B> {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        if self.wakes.fetch_add(1, Ordering::AcqRel) > 0 {
            return; // also where the body wakes its reader while it is being read
        }
        let mut seen = 1;
        loop {
            self.read_on();
            match self.wakes.compare_exchange(seen, 0, Ordering::AcqRel, Ordering::Acquire) {
                Ok(_) => return,
                Err(more) => seen = more,
            }
        }
    }
}

impl<B: Body + Send + 'static> End for Reader<B> {
    fn end(self: Arc<Self>) {
        self.over.store(true, Ordering::Release);
        self.wake();
    }
}

impl<B> Drop for Reader<B> {
    /// Leaves, where the body's source dropped its waker without a last wake.
    fn drop(&mut self) {
        self.place.leave();
    }
}

impl<B> std::fmt::Debug for Reader<B> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Reader").field("place", &self.place).finish_non_exhaustive()
    }
}

/// A body that is being read, as the one who answers early sees it.
pub(super) struct Reading {
    whole: Arc<AtomicBool>,
}

impl Reading {
    /// Whether nothing of the body is still to come. hyper hands over what it has received when the connection's task runs next, and so
    /// this lets the task run once, and does not wait.
    pub(super) async fn ends_at_once(self) -> bool {
        let mut ran = false;
        poll_fn(|cx| {
            let whole = self.whole.load(Ordering::Acquire);
            if whole || ran {
                return Poll::Ready(whole);
            }
            ran = true;
            cx.waker().wake_by_ref();
            Poll::Pending
        })
        .await
    }
}

/// A body, and how much more of it is read.
struct Rest<B> {
    body: Pin<Box<B>>,
    left: usize,
}

impl<B: Body> Rest<B> {
    /// Ready at the end, at an error, and where no more is to be read; the value tells whether it was the end. Each look costs at least a
    /// byte, so that reading ends, whatever the body does.
    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<bool> {
        while self.left > 0 {
            let polled = self.body.as_mut().poll_frame(cx);
            let read = match &polled {
                Poll::Ready(None) => return Poll::Ready(true),
                Poll::Ready(Some(Err(_))) => return Poll::Ready(false),
                Poll::Ready(Some(Ok(frame))) => frame.data_ref().map_or(0, Buf::remaining),
                Poll::Pending => 0,
            };
            self.left = self.left.saturating_sub(read.max(1));
            if polled.is_pending() && self.left > 0 {
                return Poll::Pending;
            }
        }
        Poll::Ready(false)
    }
}

#[expect(clippy::disallowed_methods, reason = "an adapter is where time comes from")]
pub(super) fn now() -> Instant {
    Instant::now()
}
