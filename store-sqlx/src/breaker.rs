//! A circuit breaker: while the database is gone, questions are refused at once instead of waiting in a pile.
//!
//! A question is *answered* when the database says anything, an error included. It is *silent* when no connection could
//! be had, or no answer came in time. A silence opens the circuit if no question at all was answered while it lasted: a
//! single slow row, or a connection that broke, is no reason to refuse the others.

use crate::events::{Observer, StoreEvent};
use crate::failure::{Failure, FailureKind};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::Notify;
use tokio::time::Instant;

pub(crate) struct Breaker {
    pause: Duration,
    state: Mutex<State>,
    opened: Notify,
    observer: Observer,
}

struct State {
    circuit: Circuit,
    /// Questions that were answered.
    answers: u64,
}

#[derive(Clone, Copy, Eq, PartialEq)]
enum Circuit {
    Closed,
    /// Questions are refused until then.
    Open(Instant),
    /// One question tries; all others are refused.
    Trying,
}

/// A question that is on its way to the database. Dropped without an outcome, it says nothing about the database, and
/// if it was the one that tries, the next one does.
pub(crate) struct Attempt {
    breaker: Arc<Breaker>,
    began: Instant,
    answers_before: u64,
    tries: bool,
}

impl Breaker {
    pub(crate) fn new(pause: Duration, observer: Observer) -> Arc<Self> {
        let state = Mutex::new(State { circuit: Circuit::Closed, answers: 0 });
        Arc::new(Self { pause, state, opened: Notify::new(), observer })
    }

    /// # Errors
    /// [`FailureKind::CircuitOpen`] while the database was unreachable a moment ago.
    pub(crate) fn attempt(self: &Arc<Self>, now: Instant) -> Result<Attempt, Failure> {
        let mut state = self.state();
        let tries = match state.circuit {
            Circuit::Closed => false,
            Circuit::Open(until) if now >= until => true,
            Circuit::Open(_) | Circuit::Trying => return Err(is_open()),
        };
        if tries {
            state.circuit = Circuit::Trying;
        }
        Ok(Attempt { breaker: Arc::clone(self), began: now, answers_before: state.answers, tries })
    }

    /// Ends when the circuit opens: for questions that still wait for a connection.
    pub(crate) fn opened(&self) -> &Notify {
        &self.opened
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

pub(crate) fn is_open() -> Failure {
    Failure::new(FailureKind::CircuitOpen, "the database was unreachable a moment ago")
}

impl Attempt {
    /// The database said something.
    pub(crate) fn answered(self) {
        let mut state = self.breaker.state();
        state.answers = state.answers.wrapping_add(1);
        let was = std::mem::replace(&mut state.circuit, Circuit::Closed);
        drop(state);
        if was != Circuit::Closed {
            self.breaker.observer.emit(&StoreEvent::CircuitClosed);
        }
    }

    /// No connection could be had, or no answer came in time.
    pub(crate) fn silent(self, now: Instant) {
        let mut state = self.breaker.state();
        // The database has answered others meanwhile.
        if state.answers != self.answers_before {
            return;
        }
        let was =
            std::mem::replace(&mut state.circuit, Circuit::Open(now.checked_add(self.breaker.pause).unwrap_or(now)));
        drop(state);
        if was == Circuit::Closed {
            self.breaker.opened.notify_waiters();
            self.breaker.observer.emit(&StoreEvent::CircuitOpened);
        }
    }
}

impl Drop for Attempt {
    fn drop(&mut self) {
        if self.tries {
            let mut state = self.breaker.state();
            if state.circuit == Circuit::Trying {
                state.circuit = Circuit::Open(self.began);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicUsize, Ordering};

    const PAUSE: Duration = Duration::from_secs(1);

    /// A breaker, what it has reported, and a time to count from.
    fn breaker() -> (Arc<Breaker>, Arc<[AtomicUsize; 2]>, Instant) {
        let events = Arc::new([AtomicUsize::new(0), AtomicUsize::new(0)]);
        let seen = Arc::clone(&events);
        let observer = Observer::new(move |event| {
            let at = usize::from(matches!(event, StoreEvent::CircuitClosed));
            seen[at].fetch_add(1, Ordering::Relaxed);
        });
        (Breaker::new(PAUSE, observer), events, Instant::now())
    }

    fn counts(events: &[AtomicUsize; 2]) -> [usize; 2] {
        [events[0].load(Ordering::Relaxed), events[1].load(Ordering::Relaxed)]
    }

    fn is_refused(breaker: &Arc<Breaker>, now: Instant) -> bool {
        breaker.attempt(now).is_err_and(|failure| failure.kind == FailureKind::CircuitOpen)
    }

    #[test]
    fn a_silence_opens_the_circuit_for_one_pause() {
        let (breaker, events, now) = breaker();
        breaker.attempt(now).unwrap().silent(now);
        assert!(is_refused(&breaker, now + PAUSE / 2));
        breaker.attempt(now + PAUSE).unwrap().answered();
        assert!(!is_refused(&breaker, now + PAUSE));
        assert_eq!(counts(&events), [1, 1]);
    }

    #[test]
    fn one_question_tries_while_all_others_are_refused() {
        let (breaker, events, now) = breaker();
        breaker.attempt(now).unwrap().silent(now);
        let tries = breaker.attempt(now + PAUSE).unwrap();
        assert!(is_refused(&breaker, now + 10 * PAUSE));
        tries.silent(now + 10 * PAUSE);
        assert!(is_refused(&breaker, now + 10 * PAUSE));
        assert!(!is_refused(&breaker, now + 11 * PAUSE));
        assert_eq!(counts(&events), [1, 0]);
    }

    #[test]
    fn a_try_whose_request_went_away_is_taken_up_by_the_next() {
        let (breaker, _, now) = breaker();
        breaker.attempt(now).unwrap().silent(now);
        drop(breaker.attempt(now + PAUSE).unwrap());
        breaker.attempt(now + PAUSE).unwrap().answered();
        assert!(!is_refused(&breaker, now + PAUSE));
    }

    #[test]
    fn a_silence_while_others_are_answered_opens_nothing() {
        let (breaker, events, now) = breaker();
        let slow = breaker.attempt(now).unwrap();
        breaker.attempt(now).unwrap().answered();
        slow.silent(now);
        assert!(!is_refused(&breaker, now));
        assert_eq!(counts(&events), [0, 0]);
    }

    #[test]
    fn a_late_silence_does_not_open_a_circuit_that_has_closed() {
        let (breaker, events, now) = breaker();
        let (late, silent) = (breaker.attempt(now).unwrap(), breaker.attempt(now).unwrap());
        silent.silent(now);
        breaker.attempt(now + PAUSE).unwrap().answered();
        late.silent(now + PAUSE);
        assert!(!is_refused(&breaker, now + PAUSE));
        assert_eq!(counts(&events), [1, 1]);
    }

    #[test]
    fn an_attempt_without_an_outcome_opens_nothing() {
        let (breaker, events, now) = breaker();
        drop(breaker.attempt(now).unwrap());
        assert!(!is_refused(&breaker, now));
        assert_eq!(counts(&events), [0, 0]);
    }
}
