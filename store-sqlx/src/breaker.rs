//! A circuit breaker: while the database is gone, questions are refused at once instead of waiting in a pile.

use crate::failure::{Failure, FailureKind};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Open after a failure to reach the database, for one pause; then one question at a time tries again.
pub(crate) struct Breaker {
    pause: Duration,
    retry_at: Mutex<Option<Instant>>,
}

/// A question that is on its way to the database.
pub(crate) struct Attempt<'b> {
    breaker: &'b Breaker,
}

impl Breaker {
    pub(crate) const fn new(pause: Duration) -> Self {
        Self { pause, retry_at: Mutex::new(None) }
    }

    /// # Errors
    /// [`FailureKind::CircuitOpen`] while the database was unreachable a moment ago.
    pub(crate) fn attempt(&self) -> Result<Attempt<'_>, Failure> {
        let mut retry_at = self.retry_at.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(at) = *retry_at {
            let now = Instant::now();
            if now < at {
                return Err(Failure::new(FailureKind::CircuitOpen, "the database was unreachable a moment ago"));
            }
            // This question tries; the others wait for what it finds, for one more pause at most.
            *retry_at = now.checked_add(self.pause);
        }
        Ok(Attempt { breaker: self })
    }
}

impl Attempt<'_> {
    pub(crate) fn ended<T>(self, answer: &Result<T, Failure>) {
        let mut retry_at = self.breaker.retry_at.lock().unwrap_or_else(PoisonError::into_inner);
        match answer {
            Ok(_) => *retry_at = None,
            Err(failure) if matches!(failure.kind, FailureKind::Unreachable | FailureKind::TimedOut) => {
                *retry_at = Instant::now().checked_add(self.breaker.pause);
            }
            // The database answered.
            Err(_) => *retry_at = None,
        }
    }
}
