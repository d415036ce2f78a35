//! The host's clock.

use crate::Timestamp;
use alloc::sync::Arc;
use core::fmt;

/// Tells the time. The core reads no clock: an adapter passes the system's, and a test passes its own.
///
/// ```
/// use attesto_core::Timestamp;
/// use attesto_core::host::Clock;
///
/// let stopped = Clock::new(|| Timestamp::from_secs(1_800_000_000));
/// assert_eq!(stopped.now().as_secs(), 1_800_000_000);
/// ```
#[derive(Clone)]
pub struct Clock(Arc<dyn Fn() -> Timestamp + Send + Sync>);

impl Clock {
    /// Creates a clock that calls this function.
    pub fn new(now: impl Fn() -> Timestamp + Send + Sync + 'static) -> Self {
        Self(Arc::new(now))
    }

    /// Returns the time. Call it again after every wait.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        (self.0)()
    }
}

/// A clock during one request: its time never goes backwards.
pub(super) struct Watch<'c> {
    clock: &'c Clock,
    latest: Timestamp,
}

impl<'c> Watch<'c> {
    pub(super) fn start(clock: &'c Clock) -> Self {
        Self { clock, latest: clock.now() }
    }

    pub(super) const fn clock(&self) -> &'c Clock {
        self.clock
    }

    /// The last reading.
    pub(super) const fn latest(&self) -> Timestamp {
        self.latest
    }

    pub(super) fn read(&mut self) -> Timestamp {
        self.latest = self.latest.max(self.clock.now());
        self.latest
    }
}

impl fmt::Debug for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Clock")
    }
}
