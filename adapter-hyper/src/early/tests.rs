use super::answer_early;
use super::reader::Reader;
use super::unread::UnreadBodies;
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

fn unread(most: usize) -> &'static UnreadBodies {
    Box::leak(Box::new(UnreadBodies::new(most)))
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
    Reader::start(sender.body(), unread, start());
    for _ in 0..1000 {
        sender.send(1024);
    }
    // Each look in vain has cost a byte.
    let left = limits::UNREAD_BODY - sender.taken() - 1001;
    sender.send(left - 2);
    assert!(!sender.gone(), "{left}");
    sender.send(1);
    assert!(sender.gone());
    assert_eq!(unread.len(), 0);
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
fn too_many_bodies_evict_the_oldest_and_a_new_one_evicts_the_late() {
    let (unread, start) = (unread(2), start());
    let senders: Vec<Sender> = (0..5).map(|_| Sender::default()).collect();
    let gone = || senders.iter().map(Sender::gone).collect::<Vec<_>>();
    Reader::start(senders[0].body(), unread, start);
    Reader::start(senders[1].body(), unread, start);
    assert_eq!(gone(), [false; 5]);
    Reader::start(senders[2].body(), unread, start);
    assert_eq!(gone(), [true, false, false, false, false]);
    let later = start + Duration::from_secs(limits::UNREAD_BODY_SECONDS);
    Reader::start(senders[3].body(), unread, later);
    assert_eq!(gone(), [true, true, false, false, false], "in time to the second");
    Reader::start(senders[4].body(), unread, later + Duration::from_nanos(1));
    assert_eq!(gone(), [true, true, true, false, false]);
    assert_eq!(unread.len(), 2);
}

#[test]
fn who_trickles_for_too_long_is_let_go_at_the_next_byte() {
    let (unread, sender) = (unread(2), Sender::default());
    let long_ago =
        start().checked_sub(Duration::from_secs(limits::UNREAD_BODY_SECONDS + 1)).expect("a running machine");
    Reader::start(sender.body(), unread, long_ago);
    assert_eq!((sender.taken(), sender.gone()), (0, true), "late already");
    let reader = unread.enter_until(long_ago, long_ago, |place| Reader::new(Sender::default().body(), place));
    drop(reader);
    assert_eq!(unread.len(), 0, "dropped by its source, and forgotten");
}

/// It would never come to rest if its reader looked as often as it is woken.
#[test]
fn a_body_that_wakes_its_reader_for_nothing_is_let_go() {
    struct Restless(Arc<Mutex<usize>>);

    impl Body for Restless {
        type Data = Bytes;
        type Error = Infallible;

        fn poll_frame(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
            *self.0.lock().expect("no panic") += 1;
            cx.waker().wake_by_ref();
            Poll::Pending
        }
    }

    let looks = Arc::new(Mutex::new(0));
    Reader::start(Restless(Arc::clone(&looks)), unread(1), start());
    assert_eq!(*looks.lock().expect("no panic"), limits::UNREAD_BODY);
}

#[test]
fn bodies_are_read_from_many_threads_without_losing_a_wake() {
    let unread = unread(8);
    let senders: Vec<Sender> = (0..8).map(|_| Sender::default()).collect();
    for sender in &senders {
        Reader::start(sender.body(), unread, start());
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
    assert_eq!(unread.len(), 0);
}
