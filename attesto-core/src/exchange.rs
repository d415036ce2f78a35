//! Questions and answers: how an endpoint that has to ask its host several things in turn stays free of IO.
//!
//! A flow runs until it needs something that only the host knows. Then it stops and gives a [`Step::Ask`]: one typed question.
//! Answering it is the only way on, and consumes it. The questions are an enum with one variant for each, and each variant holds a
//! [`Query`]. The [authorization server](crate::authorization) has its own enum, and names its `Step` and `Query` after it:
//!
//! ```
//! use attesto_core::authorization::{Ask, Step};
//! use attesto_core::http::ResponseParts;
//!
//! fn run(mut step: Step) -> ResponseParts {
//!     loop {
//!         step = match step {
//!             Step::Done(response) => return response,
//!             Step::Ask(Ask::LoadClient(query)) => query.answer(Ok(None)), // nobody is registered here
//!             Step::Ask(Ask::VerifySecret(query)) => query.answer(Ok(false)),
//!             Step::Ask(_) => unreachable!("who is not known is not asked about"),
//!         };
//!     }
//! }
//! ```
//!
//! [`host::drive`](crate::host::drive) does this with the traits of [`host`](crate::host). Dropping a question drops the flow: nothing
//! is issued, and what was asked before stays as the answers left it.
//!
//! Inside, a flow is an `async` block that only ever awaits `Asker::ask`. No runtime is involved: the future is polled with a
//! waker that does nothing, exactly when an answer is there. This file alone knows of it.

use crate::http::ResponseParts;
use alloc::boxed::Box;
use alloc::sync::Arc;
use core::fmt;
use core::future::{Future, poll_fn};
use core::pin::Pin;
use core::task::{Context, Poll, Waker};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// What comes next. `Questions` is the enum of what one kind of flow asks.
#[derive(Debug)]
#[must_use = "a flow that is not driven to its end answers nobody"]
#[expect(clippy::exhaustive_enums, reason = "a flow asks or it is done")]
pub enum Step<Questions> {
    /// The flow cannot go on without an answer.
    Ask(Questions),
    /// The response to send.
    Done(ResponseParts),
}

/// One question, with the flow that waits for its answer.
#[must_use = "an unanswered question ends the flow"]
pub struct Query<Questions, Q, A> {
    question: Q,
    slot: Slot<A>,
    rest: Exchange<Questions>,
}

/// Where one answer is put, and found by the flow.
type Slot<A> = Arc<Mutex<Option<A>>>;
/// A question that waits to be joined with its flow.
type Raised<Questions> = Box<dyn FnOnce(Exchange<Questions>) -> Questions + Send>;

impl<Questions, Q, A> Query<Questions, Q, A> {
    /// What is asked.
    pub const fn question(&self) -> &Q {
        &self.question
    }

    /// Answers, and runs the flow to its next question or its end.
    pub fn answer(self, answer: A) -> Step<Questions> {
        *lock(&self.slot) = Some(answer);
        self.rest.advance()
    }
}

impl<Questions, Q: fmt::Debug, A> fmt::Debug for Query<Questions, Q, A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Query").field(&self.question).finish()
    }
}

/// A flow that has stopped.
struct Exchange<Questions> {
    // Polled through exclusive access only; the lock makes a waiting question `Sync`.
    flow: Mutex<Pin<Box<dyn Future<Output = ResponseParts> + Send>>>,
    raised: Slot<Raised<Questions>>,
}

impl<Questions> Exchange<Questions> {
    fn advance(mut self) -> Step<Questions> {
        let flow = self.flow.get_mut().unwrap_or_else(PoisonError::into_inner);
        match flow.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(response) => Step::Done(response),
            Poll::Pending => {
                let raised = lock(&self.raised).take();
                // Waiting for nothing: cannot happen, and must neither hang nor grant if it does.
                raised.map_or_else(|| Step::Done(ResponseParts::new(500)), |raise| Step::Ask(raise(self)))
            }
        }
    }
}

/// Starts a flow and runs it to its first question or its end.
pub(crate) fn begin<Questions, F>(flow: impl FnOnce(Asker<Questions>) -> F) -> Step<Questions>
where
    F: Future<Output = ResponseParts> + Send + 'static,
{
    let raised = Slot::default();
    let flow = Box::pin(flow(Asker { raised: Arc::clone(&raised) }));
    Exchange { flow: Mutex::new(flow), raised }.advance()
}

/// The flow's end of the line.
pub(crate) struct Asker<Questions> {
    raised: Slot<Raised<Questions>>,
}

impl<Questions> Asker<Questions> {
    /// Asks, and is given the answer.
    pub(crate) async fn ask<Q, A>(&self, wrap: fn(Query<Questions, Q, A>) -> Questions, question: Q) -> A
    where
        Q: Send + 'static,
        A: Send + 'static,
        Questions: 'static,
    {
        let slot = Slot::default();
        let answered = Arc::clone(&slot);
        *lock(&self.raised) = Some(Box::new(move |rest| wrap(Query { question, slot, rest })));
        poll_fn(|_| lock(&answered).take().map_or(Poll::Pending, Poll::Ready)).await
    }
}

/// No code that can panic runs under these locks, and each is held for one assignment.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
