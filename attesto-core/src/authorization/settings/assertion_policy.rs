//! Which client assertions count (RFC 7523 §3; CA-4 to CA-6).

use crate::crypto::AlgorithmSet;

/// The policy for assertions.
#[derive(Clone, Copy)]
pub(crate) struct AssertionPolicy {
    pub(crate) algorithms: AlgorithmSet,
    /// The most seconds from now to `exp`, and from `iat` to now.
    pub(crate) lifetime: u64,
}

impl AssertionPolicy {
    /// Seconds that a client's clock may be ahead.
    pub(crate) const CLOCK_SKEW: u64 = 60;

    pub(crate) const DEFAULT: Self = Self { algorithms: AlgorithmSet::FAPI, lifetime: 300 };

    /// The longest time that a used assertion is stored, in seconds.
    pub(crate) const fn replay_window(&self) -> u64 {
        self.lifetime.saturating_add(Self::CLOCK_SKEW.saturating_mul(2)).saturating_add(1)
    }
}
