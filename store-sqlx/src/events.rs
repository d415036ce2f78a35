//! Events for the operator. Names and fields are public API.

use crate::failure::Failure;
use attesto_core::Timestamp;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Duration;

/// What happened between the stores and their database. It has no secret, no value of a row and no address.
///
/// ```
/// use attesto_sqlx::{SqliteOptions, StoreEvent};
///
/// let options = SqliteOptions::memory().on_event(|event: &StoreEvent<'_>| eprintln!("{event}"));
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum StoreEvent<'a> {
    /// `store_failed`: a question was not answered. Its request ends with 503.
    #[non_exhaustive]
    Failed {
        /// The verb and the table, for example `update codes`. Suits the label of a metric.
        operation: &'a str,
        /// Why it was not answered.
        failure: &'a Failure,
    },
    /// `circuit_opened`: the database cannot be reached. Questions are refused at once, until one that tries is answered.
    CircuitOpened,
    /// `circuit_closed`: the database answers again.
    CircuitClosed,
    /// `swept`: a sweep came to the end of every table.
    #[non_exhaustive]
    Swept {
        /// How many rows it removed.
        rows: u64,
        /// How long it took.
        took: Duration,
    },
    /// `sweep_behind`: a sweep did not come to the end of a table within its interval. The next one goes on there.
    /// Sweep more often, or in larger batches.
    #[non_exhaustive]
    SweepBehind {
        /// The table, for example `replays`.
        table: &'static str,
        /// How many rows of it were removed.
        rows: u64,
    },
    /// `not_swept`: rows are long past their time. No [`Sweeper`](crate::Sweeper) runs on any node, or all fail. The
    /// answers of the stores stay right, and the tables grow.
    #[non_exhaustive]
    NotSwept {
        /// A table with such rows.
        table: &'a str,
        /// When the row that is past its time for longest could have gone.
        since: Timestamp,
    },
}

impl StoreEvent<'_> {
    /// The name, in snake_case; stable.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Failed { .. } => "store_failed",
            Self::CircuitOpened => "circuit_opened",
            Self::CircuitClosed => "circuit_closed",
            Self::Swept { .. } => "swept",
            Self::SweepBehind { .. } => "sweep_behind",
            Self::NotSwept { .. } => "not_swept",
        }
    }
}

/// One line: the name, and the fields in the order of their declaration.
impl fmt::Display for StoreEvent<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())?;
        match self {
            Self::Failed { operation, failure } => {
                write!(f, " operation={operation:?} kind={:?} failure={:?}", failure.kind.name(), failure.to_string())
            }
            Self::CircuitOpened | Self::CircuitClosed => Ok(()),
            Self::Swept { rows, took } => write!(f, " rows=\"{rows}\" took_ms=\"{}\"", took.as_millis()),
            Self::SweepBehind { table, rows } => write!(f, " table={table:?} rows=\"{rows}\""),
            Self::NotSwept { table, since } => write!(f, " table={table:?} since=\"{}\"", since.as_secs()),
        }
    }
}

/// Receives the events. It sees them while a request waits, so it must not block.
#[derive(Clone, Default)]
pub(crate) struct Observer(Option<Arc<Observe>>);

type Observe = dyn Fn(&StoreEvent<'_>) + Send + Sync;

impl Observer {
    pub(crate) fn new(observer: impl Fn(&StoreEvent<'_>) + Send + Sync + 'static) -> Self {
        Self(Some(Arc::new(observer)))
    }

    /// A panic of the observer ends here, and fails no request.
    pub(crate) fn emit(&self, event: &StoreEvent<'_>) {
        if let Some(observer) = &self.0 {
            // What the panic carries may panic itself when dropped, so it is not dropped.
            if let Err(panic) = catch_unwind(AssertUnwindSafe(|| observer(event))) {
                std::mem::forget(panic);
            }
        }
    }
}

impl fmt::Debug for Observer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Observer")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::failure::FailureKind;
    use std::sync::atomic::{AtomicUsize, Ordering};

    #[test]
    fn an_event_is_one_line() {
        let failure = Failure::new(FailureKind::TimedOut, "line one\nline two");
        for (event, line) in [
            (
                StoreEvent::Failed { operation: "update codes", failure: &failure },
                r#"store_failed operation="update codes" kind="timed_out" failure="line one\nline two""#,
            ),
            (StoreEvent::CircuitOpened, "circuit_opened"),
            (StoreEvent::CircuitClosed, "circuit_closed"),
            (StoreEvent::Swept { rows: 7, took: Duration::from_millis(1_500) }, r#"swept rows="7" took_ms="1500""#),
            (StoreEvent::SweepBehind { table: "replays", rows: 9_000 }, r#"sweep_behind table="replays" rows="9000""#),
            (
                StoreEvent::NotSwept { table: "codes", since: Timestamp::from_secs(1_800_000_000) },
                r#"not_swept table="codes" since="1800000000""#,
            ),
        ] {
            assert_eq!(event.to_string(), line);
        }
    }

    #[test]
    fn an_observer_that_panics_fails_nothing() {
        struct PanicsWhenDropped;
        impl Drop for PanicsWhenDropped {
            fn drop(&mut self) {
                std::panic::resume_unwind(Box::new("dropped"));
            }
        }
        let seen = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&seen);
        let observer = Observer::new(move |_| {
            count.fetch_add(1, Ordering::Relaxed);
            std::panic::resume_unwind(Box::new(PanicsWhenDropped));
        });
        observer.emit(&StoreEvent::CircuitOpened);
        observer.emit(&StoreEvent::CircuitClosed);
        Observer::default().emit(&StoreEvent::CircuitClosed);
        assert_eq!(seen.load(Ordering::Relaxed), 2);
    }
}
