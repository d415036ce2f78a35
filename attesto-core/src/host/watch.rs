//! How one request reads the clock.

use crate::time::{Clock, Timestamp};

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

    /// As it was read last.
    pub(super) const fn latest(&self) -> Timestamp {
        self.latest
    }

    pub(super) fn read(&mut self) -> Timestamp {
        self.latest = self.latest.max(self.clock.now());
        self.latest
    }
}
