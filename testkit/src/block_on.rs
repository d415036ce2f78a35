//! A minimal executor.

use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::task::Wake;
use std::task::{Context, Poll, Waker};
use std::thread::{self, Thread};

struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

/// Runs a future on this thread until it completes, for tests without an async runtime. A future that needs its
/// runtime's timers or sockets must run there.
///
/// ```
/// assert_eq!(attesto_testkit::block_on(async { 6 * 7 }), 42);
/// ```
pub fn block_on<F: Future>(future: F) -> F::Output {
    let waker = Waker::from(Arc::new(Unpark(thread::current())));
    let mut context = Context::from_waker(&waker);
    let mut future = pin!(future);
    loop {
        match future.as_mut().poll(&mut context) {
            Poll::Ready(output) => return output,
            Poll::Pending => thread::park(),
        }
    }
}
