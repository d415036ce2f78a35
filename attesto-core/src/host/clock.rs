//! Where a host takes the time from.

use crate::Timestamp;
use alloc::sync::Arc;
use core::fmt;

/// Tells the time. The core reads no clock: an adapter passes one in, and a test passes another.
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
    /// A clock that asks this function.
    pub fn new(now: impl Fn() -> Timestamp + Send + Sync + 'static) -> Self {
        Self(Arc::new(now))
    }

    /// The time. Ask again after whatever may have waited.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        (self.0)()
    }
}

/// One clock as one request reads it: never earlier than it was read before.
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

    /// As it was read last.
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
