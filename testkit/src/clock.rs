//! A clock that a test controls.

use attesto_core::Timestamp;
use attesto_core::time::Clock;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// The time of a test. It stands still until the test moves it; clones show the same time.
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
    /// Starts at 2027-01-15T08:00:00Z.
    #[must_use]
    pub fn new() -> Self {
        Self::at(Timestamp::from_secs(1_800_000_000))
    }

    /// Starts at this time.
    #[must_use]
    pub fn at(now: Timestamp) -> Self {
        Self(Arc::new(AtomicU64::new(now.as_secs())))
    }

    /// The current time.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        Timestamp::from_secs(self.0.load(Ordering::SeqCst))
    }

    /// Sets the time.
    pub fn set(&self, now: Timestamp) {
        self.0.store(now.as_secs(), Ordering::SeqCst);
    }

    /// Moves forward by this many seconds.
    pub fn advance(&self, seconds: u64) {
        self.set(self.now().plus(seconds));
    }

    /// Moves backward, as a machine's clock may when it is corrected.
    pub fn jump_back(&self, seconds: u64) {
        self.set(self.now().minus(seconds));
    }

    /// Returns the clock for the application under test.
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
