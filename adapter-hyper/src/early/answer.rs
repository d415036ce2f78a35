//! What an early answer leaves unread of a request's body.
//!
//! An answer that does not wait for the body is given while the client, or the proxy before it, is still sending. hyper closes an
//! HTTP/1 connection whose request was not read to its end; the kernel meets what still comes with a reset, the client's write fails,
//! and the answer is lost with it: a proxy sends its own 502 in place of a challenge. RFC 9112 §9.6 asks servers to go on reading.
//!
//! Nothing here needs a runtime. hyper drops a response's body with its last byte, and a service is asked no more once it has answered,
//! so neither can do the reading. The body's own waker does: hyper wakes the reader of a body, inside of the connection's task, whenever
//! there is more of it; and this waker reads.

use attesto_core::limits;
use bytes::Buf;
use http::header::{CONNECTION, EXPECT, HeaderValue};
use http::request::Parts;
use http::{Response, Version};
use http_body::Body;
use std::collections::BTreeMap;
use std::future::poll_fn;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::task::{Context, Poll, Wake, Waker};
use std::time::{Duration, Instant};

/// Sends an answer that was given without the request's body, so that it reaches a client that is still sending one (RFC 9112 §9.6). The
/// stages do this with what they refuse; a service that answers by itself, with [`require`](crate::require) say, or takes less of a
/// body than there is, hands the body over here:
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
/// Over HTTP/1, what still comes of the body is read and thrown away, without a runtime and without anybody waiting for it. Of a body,
/// [`limits::UNREAD_BODY`] bytes are read at most; then the connection closes. It also closes where the body still comes after
/// [`limits::UNREAD_BODY_SECONDS`], and where [`limits::UNREAD_BODIES`] others are read after it. There is no timer: a client that falls
/// silent keeps its connection until others come, or until the server ends it.
///
/// The answer says `Connection: close` unless the whole body is there already. Who reads it knows that no other request may follow on
/// the connection; proxies were seen to send one in the middle of a body that they had not finished.
///
/// Left alone are HTTP/2, where each stream ends by itself; and clients that wait for `100 Continue` before they send anything (RFC 9110
/// §10.1.1), because they then have no need to: they are not asked for the body, and the connection closes.
pub async fn answer_early<B, R>(parts: &Parts, body: B, mut answer: Response<R>) -> Response<R>
where
    B: Body + Send + 'static,
{
    if parts.version > Version::HTTP_11 || body.is_end_stream() {
        return answer;
    }
    if parts.headers.contains_key(EXPECT) || !UNREAD.read(body, now()).ends_at_once().await {
        answer.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
    }
    answer
}

static UNREAD: Unread = Unread::new(limits::UNREAD_BODIES);

#[expect(clippy::disallowed_methods, reason = "an adapter is where time comes from")]
fn now() -> Instant {
    Instant::now()
}

/// The bodies that are being read.
#[derive(Debug)]
struct Unread {
    most: usize,
    bodies: Mutex<Bodies>,
}

#[derive(Debug)]
struct Bodies {
    next: u64,
    /// By the order in which they came.
    known: BTreeMap<u64, Known>,
}

#[derive(Debug)]
struct Known {
    until: Instant,
    /// The body's source owns it, by its waker.
    reader: Weak<dyn End>,
}

impl Unread {
    const fn new(most: usize) -> Self {
        Self { most, bodies: Mutex::new(Bodies { next: 0, known: BTreeMap::new() }) }
    }

    fn bodies(&self) -> MutexGuard<'_, Bodies> {
        self.bodies.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Begins to read, and goes on as the body comes.
    fn read<B: Body + Send + 'static>(&'static self, body: B, now: Instant) -> Reading {
        let until = now + Duration::from_secs(limits::UNREAD_BODY_SECONDS);
        let (reader, ended) = self.admit(body, until, now);
        for late in ended.iter().filter_map(Weak::upgrade) {
            late.end();
        }
        let whole = Arc::clone(&reader.whole);
        reader.wake();
        Reading { whole }
    }

    /// Enters one more, and says whose time is over: those that are late, and the oldest where there are too many.
    fn admit<B: Body + Send + 'static>(
        &'static self,
        body: B,
        until: Instant,
        now: Instant,
    ) -> (Arc<Reader<B>>, Vec<Weak<dyn End>>) {
        let mut bodies = self.bodies();
        let mut ended = Vec::new();
        while let Some(oldest) = bodies.known.first_entry() {
            if now <= oldest.get().until && bodies.known.len() < self.most {
                break;
            }
            ended.extend(bodies.known.pop_first().map(|(_, known)| known.reader));
        }
        let number = bodies.next;
        bodies.next = number.wrapping_add(1);
        let reader = Arc::new(Reader {
            body: Mutex::new(Some(Rest { body: Box::pin(body), left: limits::UNREAD_BODY })),
            wakes: AtomicUsize::new(0),
            over: AtomicBool::new(false),
            whole: Arc::default(),
            until,
            number,
            among: self,
        });
        let known: Arc<dyn End> = reader.clone();
        bodies.known.insert(number, Known { until, reader: Arc::downgrade(&known) });
        (reader, ended)
    }

    fn forget(&self, number: u64) {
        self.bodies().known.remove(&number);
    }
}

/// A body that is being read.
struct Reading {
    whole: Arc<AtomicBool>,
}

impl Reading {
    /// Whether nothing of the body is still to come. hyper hands over what it has received when the connection's task runs next, and so
    /// this lets the task run once, and does not wait.
    async fn ends_at_once(self) -> bool {
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

/// Something whose time can be over.
trait End: Send + Sync + std::fmt::Debug {
    fn end(self: Arc<Self>);
}

/// Reads a body whenever the body wakes it.
struct Reader<B> {
    /// Until it has been read, or enough of it.
    body: Mutex<Option<Rest<B>>>,
    /// How often it was woken since it last came to rest. Who wakes it first reads, for all that come meanwhile.
    wakes: AtomicUsize,
    over: AtomicBool,
    /// Whether the body came to its end.
    whole: Arc<AtomicBool>,
    until: Instant,
    number: u64,
    among: &'static Unread,
}

impl<B> std::fmt::Debug for Reader<B> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Reader").field("number", &self.number).field("until", &self.until).finish_non_exhaustive()
    }
}

impl<B: Body + Send + 'static> End for Reader<B> {
    fn end(self: Arc<Self>) {
        self.over.store(true, Ordering::Release);
        self.wake();
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

impl<B: Body + Send + 'static> Reader<B> {
    /// Reads what is there, and lets go of the body when that was the last, or enough.
    fn read_on(self: &Arc<Self>) {
        let mut place = self.body.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(rest) = place.as_mut() else { return };
        let late = self.over.load(Ordering::Acquire) || now() > self.until;
        if !late {
            let Poll::Ready(whole) = rest.poll(&mut Context::from_waker(&Waker::from(Arc::clone(self)))) else {
                return;
            };
            self.whole.store(whole, Ordering::Release);
        }
        let rest = place.take();
        drop(place);
        drop(rest);
        self.among.forget(self.number);
    }
}

impl<B> Drop for Reader<B> {
    /// A body whose source went away without a word.
    fn drop(&mut self) {
        self.among.forget(self.number);
    }
}

/// A body, and how much more of it is read.
struct Rest<B> {
    body: Pin<Box<B>>,
    left: usize,
}

impl<B: Body> Rest<B> {
    /// Ready at the end, at an error, and where no more is to be read; says whether it was the end. Each look costs at least a byte, so
    /// that there is one, whatever the body does.
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

#[cfg(test)]
mod tests {
    use super::{Unread, answer_early};
    use attesto_core::limits;
    use attesto_testkit::block_on;
    use bytes::Bytes;
    use http::{HeaderValue, Request, Response, Version};
    use http_body::{Body, Frame};
    use std::convert::Infallible;
    use std::pin::Pin;
    use std::sync::{Arc, Mutex};
    use std::task::{Context, Poll, Waker};
    use std::time::{Duration, Instant};

    /// The two ends of a body.
    #[derive(Default)]
    struct Pipe {
        arrived: Vec<Bytes>,
        ended: bool,
        taken: usize,
        looks: usize,
        gone: bool,
        waker: Option<Waker>,
    }

    #[derive(Clone, Default)]
    struct Sender(Arc<Mutex<Pipe>>);

    struct Receiver(Sender);

    impl Sender {
        fn body(&self) -> Receiver {
            Receiver(self.clone())
        }

        fn with<T>(&self, read: impl FnOnce(&mut Pipe) -> T) -> T {
            read(&mut self.0.lock().expect("no panic"))
        }

        fn send(&self, length: usize) {
            self.with(|pipe| pipe.arrived.push(Bytes::from(vec![b'x'; length])));
            self.wake();
        }

        fn wake(&self) {
            if let Some(waker) = self.with(|pipe| pipe.waker.take()) {
                waker.wake();
            }
        }

        fn taken(&self) -> usize {
            self.with(|pipe| pipe.taken)
        }

        fn gone(&self) -> bool {
            self.with(|pipe| pipe.gone)
        }
    }

    impl Body for Receiver {
        type Data = Bytes;
        type Error = Infallible;

        fn poll_frame(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
            self.0.with(|pipe| {
                pipe.looks += 1;
                if !pipe.arrived.is_empty() {
                    let data = pipe.arrived.remove(0);
                    pipe.taken += data.len();
                    return Poll::Ready(Some(Ok(Frame::data(data))));
                }
                pipe.waker = Some(cx.waker().clone());
                if pipe.ended { Poll::Ready(None) } else { Poll::Pending }
            })
        }
    }

    impl Drop for Receiver {
        fn drop(&mut self) {
            self.0.with(|pipe| pipe.gone = true);
        }
    }

    fn request(version: Version, expect: Option<&'static str>) -> http::request::Parts {
        let mut request = Request::new(());
        *request.version_mut() = version;
        if let Some(expect) = expect {
            request.headers_mut().insert("expect", HeaderValue::from_static(expect));
        }
        request.into_parts().0
    }

    /// Whether the answer closes the connection.
    fn closes(parts: &http::request::Parts, sender: &Sender) -> bool {
        let answer = block_on(answer_early(parts, sender.body(), Response::new(())));
        match answer.headers().get("connection") {
            None => false,
            Some(value) => value == "close",
        }
    }

    fn unread(most: usize) -> &'static Unread {
        Box::leak(Box::new(Unread::new(most)))
    }

    #[expect(clippy::disallowed_methods, reason = "only to have one to count from")]
    fn start() -> Instant {
        Instant::now()
    }

    #[test]
    fn what_comes_after_an_early_answer_is_read_as_it_comes_and_to_its_end() {
        for version in [Version::HTTP_10, Version::HTTP_11] {
            let sender = Sender::default();
            sender.send(10);
            assert!(closes(&request(version, None), &sender));
            assert_eq!((sender.taken(), sender.gone()), (10, false));
            sender.send(300_000);
            sender.send(1);
            assert_eq!((sender.taken(), sender.gone()), (300_011, false));
            sender.with(|pipe| pipe.ended = true);
            sender.wake();
            assert!(sender.gone());
        }
    }

    #[test]
    fn the_connection_is_kept_where_the_whole_body_is_there_already() {
        let sender = Sender::default();
        sender.send(10);
        sender.with(|pipe| pipe.ended = true);
        assert!(!closes(&request(Version::HTTP_11, None), &sender));
        assert_eq!((sender.taken(), sender.gone()), (10, true));
    }

    #[test]
    fn a_body_is_read_up_to_the_limit_and_then_let_go() {
        let unread = unread(1);
        let sender = Sender::default();
        unread.read(sender.body(), start());
        for _ in 0..1000 {
            sender.send(1024);
        }
        // Each look in vain has cost a byte.
        let left = limits::UNREAD_BODY - sender.taken() - 1001;
        sender.send(left - 2);
        assert!(!sender.gone(), "{left}");
        sender.send(1);
        assert!(sender.gone());
        assert_eq!(unread.bodies().known.len(), 0);
    }

    #[test]
    fn http2_and_clients_that_wait_for_100_continue_are_left_alone() {
        for (version, expect) in [(Version::HTTP_2, None), (Version::HTTP_11, Some("100-continue"))] {
            let sender = Sender::default();
            sender.send(10);
            assert_eq!(closes(&request(version, expect), &sender), expect.is_some());
            assert_eq!(sender.with(|pipe| (pipe.looks, pipe.gone)), (0, true));
        }
    }

    #[test]
    fn the_oldest_goes_where_there_are_too_many_and_whoever_is_late_where_another_comes() {
        let (unread, start) = (unread(2), start());
        let senders: Vec<Sender> = (0..5).map(|_| Sender::default()).collect();
        let gone = || senders.iter().map(Sender::gone).collect::<Vec<_>>();
        unread.read(senders[0].body(), start);
        unread.read(senders[1].body(), start);
        assert_eq!(gone(), [false; 5]);
        unread.read(senders[2].body(), start);
        assert_eq!(gone(), [true, false, false, false, false]);
        let later = start + Duration::from_secs(limits::UNREAD_BODY_SECONDS);
        unread.read(senders[3].body(), later);
        assert_eq!(gone(), [true, true, false, false, false], "in time to the second");
        unread.read(senders[4].body(), later + Duration::from_nanos(1));
        assert_eq!(gone(), [true, true, true, false, false]);
        assert_eq!(unread.bodies().known.len(), 2);
    }

    #[test]
    fn who_trickles_for_too_long_is_let_go_at_the_next_byte() {
        let (unread, sender) = (unread(2), Sender::default());
        let long_ago =
            start().checked_sub(Duration::from_secs(limits::UNREAD_BODY_SECONDS + 1)).expect("a running machine");
        unread.read(sender.body(), long_ago);
        assert_eq!((sender.taken(), sender.gone()), (0, true), "late already");
        let (reader, _) = unread.admit(Sender::default().body(), long_ago, long_ago);
        drop(reader);
        assert_eq!(unread.bodies().known.len(), 0, "dropped by its source, and forgotten");
    }

    /// It would never come to rest if its reader looked as often as it is woken.
    #[test]
    fn a_body_that_wakes_its_reader_for_nothing_is_let_go() {
        struct Restless(Arc<Mutex<usize>>);

        impl Body for Restless {
            type Data = Bytes;
            type Error = Infallible;

            fn poll_frame(
                self: Pin<&mut Self>,
                cx: &mut Context<'_>,
            ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
                *self.0.lock().expect("no panic") += 1;
                cx.waker().wake_by_ref();
                Poll::Pending
            }
        }

        let looks = Arc::new(Mutex::new(0));
        unread(1).read(Restless(Arc::clone(&looks)), start());
        assert_eq!(*looks.lock().expect("no panic"), limits::UNREAD_BODY);
    }

    #[test]
    fn bodies_are_read_from_many_threads_without_losing_a_wake() {
        let unread = unread(8);
        let senders: Vec<Sender> = (0..8).map(|_| Sender::default()).collect();
        for sender in &senders {
            unread.read(sender.body(), start());
        }
        std::thread::scope(|scope| {
            for sender in &senders {
                for _ in 0..4 {
                    scope.spawn(|| (0..1000).for_each(|_| sender.send(10)));
                }
            }
        });
        for sender in &senders {
            assert_eq!(sender.taken(), 40_000);
            sender.with(|pipe| pipe.ended = true);
            sender.wake();
            assert!(sender.gone());
        }
        assert_eq!(unread.bodies().known.len(), 0);
    }
}
