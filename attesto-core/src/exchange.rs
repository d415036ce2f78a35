//! Questions and answers, by which an endpoint that asks its host several things in turn stays free of IO.
//!
//! A flow runs until it needs something that only the host knows. Then it stops and returns a [`Step::Ask`] with one
//! typed question. Answering the question consumes it and continues the flow. The questions are an enum with one
//! variant for each, and each variant holds a [`Query`]. The [authorization server](crate::authorization) has its own
//! enum, and its own `Step` and `Query` for it:
//!
//! ```
//! use attesto_core::authorization::{ClientQuestion, Question, Step};
//! use attesto_core::http::ResponseParts;
//!
//! fn run(mut step: Step) -> ResponseParts {
//!     loop {
//!         step = match step {
//!             Step::Done(response) => return response,
//!             Step::Ask(Question::Clients(ClientQuestion::Load(query))) => query.answer(Ok(None)), // no client is registered here
//!             Step::Ask(Question::Clients(ClientQuestion::VerifySecret(query))) => query.answer(Ok(false)),
//!             Step::Ask(_) => unreachable!("no question is asked about an unknown client"),
//!         };
//!     }
//! }
//! ```
//!
//! [`host::drive`](crate::host::drive) does this with the traits of [`host`](crate::host). Dropping a question drops
//! the flow: it issues nothing, and earlier answers keep their effects in the stores.
//!
//! A flow is an `async` block that awaits only `Asker::ask`. There is no runtime: the future is polled with a no-op
//! waker, each time an answer is present. Only this file depends on that.

use crate::http::ResponseParts;
use alloc::boxed::Box;
use alloc::sync::Arc;
use core::fmt;
use core::future::{Future, poll_fn};
use core::pin::Pin;
use core::task::{Context, Poll, Waker};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// The next step of a flow. `Questions` is the enum of what one kind of flow asks.
#[derive(Debug)]
#[must_use = "a flow that is not driven to its end sends no response"]
#[expect(clippy::exhaustive_enums, reason = "a flow asks or it is done")]
pub enum Step<Questions> {
    /// The flow needs an answer to continue.
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

/// Holds one answer until the flow takes it.
type Slot<A> = Arc<Mutex<Option<A>>>;
/// A question that has not been joined with its flow yet.
type Raised<Questions> = Box<dyn FnOnce(Exchange<Questions>) -> Questions + Send>;

impl<Questions, Q, A> Query<Questions, Q, A> {
    /// The question.
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

/// A stopped flow.
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
                // The flow waits without a question. This cannot happen; if it does, it must neither hang nor grant.
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

/// The flow's side of the exchange.
pub(crate) struct Asker<Questions> {
    raised: Slot<Raised<Questions>>,
}

impl<Questions> Asker<Questions> {
    /// Asks the host, and returns its answer.
    ///
    /// `wrap` is the variant that holds the question, of `Questions` or of a group of them.
    pub(crate) async fn ask<Q, A, K>(&self, wrap: fn(Query<Questions, Q, A>) -> K, question: Q) -> A
    where
        Q: Send + 'static,
        A: Send + 'static,
        K: Into<Questions> + 'static,
        Questions: 'static,
    {
        let slot = Slot::default();
        let answered = Arc::clone(&slot);
        *lock(&self.raised) = Some(Box::new(move |rest| wrap(Query { question, slot, rest }).into()));
        poll_fn(|_| lock(&answered).take().map_or(Poll::Pending, Poll::Ready)).await
    }
}

/// Locks a mutex. No code that can panic runs under these locks, and each is held for one assignment.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
