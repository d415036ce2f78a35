//! A clock that a test holds in its hand.

use attesto_core::Timestamp;
use attesto_core::time::Clock;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// The time of a test. It stands still unless it is moved; clones show the same time.
///
/// ```
/// use attesto_testkit::ManualClock;
///
/// let time = ManualClock::new();
/// let clock = time.clock(); // for the layer or middleware
/// let before = clock.now();
/// time.advance(61);
/// assert_eq!(clock.now().since(before), 61);
/// time.jump_back(3600);
/// assert!(clock.now() < before);
/// ```
#[derive(Clone, Debug)]
pub struct ManualClock(Arc<AtomicU64>);

impl ManualClock {
    /// Shows 2027-01-15T08:00:00Z.
    #[must_use]
    pub fn new() -> Self {
        Self::at(Timestamp::from_secs(1_800_000_000))
    }

    /// Shows this time.
    #[must_use]
    pub fn at(now: Timestamp) -> Self {
        Self(Arc::new(AtomicU64::new(now.as_secs())))
    }

    /// What it shows.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        Timestamp::from_secs(self.0.load(Ordering::SeqCst))
    }

    /// From now on it shows this.
    pub fn set(&self, now: Timestamp) {
        self.0.store(now.as_secs(), Ordering::SeqCst);
    }

    /// Goes on by this many seconds.
    pub fn advance(&self, seconds: u64) {
        self.set(self.now().plus(seconds));
    }

    /// Goes back, as a machine's clock may when it is corrected.
    pub fn jump_back(&self, seconds: u64) {
        self.set(self.now().minus(seconds));
    }

    /// The clock for whatever is under test.
    #[must_use]
    pub fn clock(&self) -> Clock {
        let shown = self.clone();
        Clock::new(move || shown.now())
    }
}

impl Default for ManualClock {
    fn default() -> Self {
        Self::new()
    }
}
