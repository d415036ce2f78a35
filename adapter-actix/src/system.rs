//! The operating system's time and randomness, which the core takes as arguments.

use attesto_core::Timestamp;
use attesto_core::crypto::EntropyError;
use attesto_core::host::EntropySource;
use attesto_core::time::Clock;

/// Reads the system's time.
#[expect(clippy::disallowed_methods, reason = "an adapter is where time comes from")]
#[must_use]
pub fn system_clock() -> Clock {
    Clock::new(|| Timestamp::from(std::time::SystemTime::now()))
}

/// Draws the operating system's randomness.
#[must_use]
pub fn system_entropy() -> EntropySource {
    EntropySource::new(|out| getrandom::fill(out).map_err(|_| EntropyError))
}
