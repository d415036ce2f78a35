//! Bodies that arrive in the smallest pieces, through the adapters: forms, and what comes after an answer was given.

use crate::measured_input::{Row, bytes};
use crate::meter::{Work, heap};
use actix_web::dev::{Payload, Service};
use actix_web::error::PayloadError;
use actix_web::web::Bytes;
use attesto_core::Timestamp;
use attesto_core::host::{Guard, MemoryReplayStore};
use attesto_core::limits;
use attesto_core::resource::CredentialPolicy;
use attesto_core::time::Clock;
use attesto_hyper::Middleware;
use attesto_tests::{NOW, World};
use futures_core::Stream;
use http_body_util::Empty;
use hyper::body::{Body, Frame};
use hyper::{Request, Response, Version};
use std::convert::Infallible;
use std::future::Future;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, Waker};

const FORM: &str = "application/x-www-form-urlencoded";
/// More than is read.
const FRAMES: usize = 4 * limits::FORM_BODY;

fn guard() -> Guard {
    let server = World::new().builder().credentials(CredentialPolicy::new().accept_form_body()).build();
    let store = MemoryReplayStore::single_node(1).expect("a capacity");
    Guard::builder(server.expect("a sound configuration")).replay_store(store).build().expect("a sound guard")
}

fn clock() -> Clock {
    Clock::new(|| Timestamp::from_secs(NOW))
}

/// One byte after another; how many were taken can be seen.
#[derive(Clone)]
struct Bytewise(Arc<AtomicUsize>);

/// Like the above, without an end.
struct Endless(Bytewise);

impl Body for Endless {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        self.0.0.fetch_add(1, Ordering::Relaxed);
        Poll::Ready(Some(Ok(Frame::data(Bytes::from_static(b"a")))))
    }
}

impl Bytewise {
    fn next(&self) -> Option<Bytes> {
        (self.0.fetch_add(1, Ordering::Relaxed) < FRAMES).then(|| Bytes::from_static(b"a"))
    }
}

impl Body for Bytewise {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        Poll::Ready(self.next().map(|byte| Ok(Frame::data(byte))))
    }
}

impl Stream for Bytewise {
    type Item = Result<Bytes, PayloadError>;

    fn poll_next(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        Poll::Ready(self.next().map(Ok))
    }
}

/// Runs a future that never waits, and returns its cost and its output.
fn counted<T>(future: impl Future<Output = T>) -> (Work, T) {
    let mut future = pin!(future);
    let mut given = None;
    let (allocations, bytes) = heap(&mut || {
        let mut look = || future.as_mut().poll(&mut Context::from_waker(Waker::noop()));
        // An early answer lets the connection's task run once.
        given = match look() {
            Poll::Ready(value) => Some(value),
            Poll::Pending => match look() {
                Poll::Ready(value) => Some(value),
                Poll::Pending => panic!("nothing to wait for"),
            },
        };
    });
    (Work { allocations, bytes, ..Work::default() }, given.expect("run"))
}

/// Refused, since there is no token in it; and no more was read than a form may hold.
fn through_hyper() -> Work {
    let taken = Arc::new(AtomicUsize::new(0));
    let request = Request::builder()
        .method("POST")
        .uri("https://mcp.example.com/mcp")
        .version(Version::HTTP_2) // over HTTP/1 more is read of it, after the answer
        .header("content-type", FORM)
        .body(Bytewise(Arc::clone(&taken)))
        .expect("a request");
    let protect = attesto_hyper::Protect::new(guard()).clock(clock());
    let call = |_| async { Ok::<_, Infallible>(Response::new(Empty::<Bytes>::new())) };
    let (work, answer) = counted(protect.pass(request, call));
    assert!(answer.is_ok_and(|answer| answer.status().is_client_error()));
    assert_eq!(taken.load(Ordering::Relaxed), limits::FORM_BODY + 1);
    work
}

fn through_actix() -> Work {
    let taken = Arc::new(AtomicUsize::new(0));
    let protect = attesto_actix::Protect::new(guard()).clock(clock());
    actix_web::rt::System::new().block_on(async {
        let app = actix_web::test::init_service(actix_web::App::new().wrap(protect)).await;
        let mut request = actix_web::test::TestRequest::post()
            .uri("/mcp")
            .insert_header(("host", "mcp.example.com"))
            .insert_header(("content-type", FORM))
            .to_request();
        let stream: Pin<Box<dyn Stream<Item = _>>> = Box::pin(Bytewise(Arc::clone(&taken)));
        *request.payload() = Payload::from(stream);
        let (work, answer) = counted(app.call(request));
        assert!(answer.is_ok_and(|answer| answer.status().is_client_error()));
        assert_eq!(taken.load(Ordering::Relaxed), limits::FORM_BODY + 1);
        work
    })
}

pub(crate) fn frames_of_a_form() -> Row {
    let [hyper, actix] = [through_hyper(), through_actix()];
    let work = Work {
        allocations: hyper.allocations.max(actix.allocations),
        bytes: hyper.bytes.max(actix.bytes),
        ..Work::default()
    };
    assert!(work.bytes < 4 * limits::FORM_BODY, "{work:?}");
    Row {
        input: "The same in frames of one byte, through an adapter: the most that any holds of it",
        limit: bytes(limits::FORM_BODY),
        beyond: "not read".into(),
        work,
    }
}

/// Beside the refusal's own work: a place in the list, and what reads.
pub(crate) fn unread_body() -> Row {
    let taken = Arc::new(AtomicUsize::new(0));
    let request = Request::builder()
        .method("POST")
        .uri("https://mcp.example.com/mcp")
        .body(Endless(Bytewise(Arc::clone(&taken))))
        .expect("a request");
    let protect = attesto_hyper::Protect::new(guard()).clock(clock());
    let call = |_| async { Ok::<_, Infallible>(Response::new(Empty::<Bytes>::new())) };
    let (work, answer) = counted(protect.pass(request, call));
    assert!(answer.is_ok_and(|answer| answer.status().is_client_error()));
    assert_eq!(taken.load(Ordering::Relaxed), limits::UNREAD_BODY);
    let (seconds, connections) = (limits::UNREAD_BODY_SECONDS, limits::UNREAD_BODIES);
    Row {
        input: "The rest of a body whose request was refused early, over HTTP/1 through attesto-hyper or -axum: read, and not kept",
        limit: format!("{}, {seconds} s, {connections} connections at once", bytes(limits::UNREAD_BODY)),
        beyond: "the connection closes; of too many, the oldest".into(),
        work,
    }
}
