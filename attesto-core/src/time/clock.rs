//! Where the time comes from.

use super::Timestamp;
use alloc::sync::Arc;
use core::fmt;

/// Tells the time. The core reads no clock: an adapter passes the system's, and a test passes its own.
///
/// ```
/// use attesto_core::Timestamp;
/// use attesto_core::time::Clock;
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

impl fmt::Debug for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Clock")
    }
}
