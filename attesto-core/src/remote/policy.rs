//! The durations and limits of a key cache.

use crate::ConfigError;
use core::time::Duration;

/// How long fetched keys are used, and how often they may be fetched. All in seconds.
///
/// ```
/// use attesto_core::remote::KeyPolicy;
/// use core::time::Duration;
///
/// let policy = KeyPolicy::new().fresh(Duration::from_secs(120)).stale(Duration::from_secs(1_800));
/// ```
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[must_use]
pub struct KeyPolicy {
    pub(super) fresh: u64,
    pub(super) stale: u64,
    pub(super) unknown_kid_spacing: u64,
}

/// The shortest freshness that `Cache-Control` can set: a document that forbids caching must not cause one fetch per
/// request.
pub(super) const FRESH_FLOOR: u64 = 30;
/// The pause before the first retry after a failure; each further failure doubles it.
pub(super) const RETRY: u64 = 5;
/// The longest pause between retries.
pub(super) const RETRY_CEILING: u64 = 60;
/// A fetch that has not ended by then counts as lost, and another may begin. The timeouts of its requests add up to
/// less.
pub(super) const DEADLINE: u64 = 15;
/// For how long keys past their freshness are used while the issuer is being asked, or just after it failed to respond.
pub(super) const GRACE: u64 = 60;
/// How often within [`RETRY`] seconds a fetch may be abandoned and begun again.
pub(super) const GIVEN_UP: u32 = 8;
/// How far a clock may step back before what is younger than now counts as old.
pub(super) const CLOCK_STEP: u64 = 60;
/// For how long a discovered `jwks_uri` is used without reading the metadata again.
#[cfg(feature = "std")]
pub(super) const LOCATION: u64 = 3_600;

impl KeyPolicy {
    /// Fresh for 5 minutes, usable for an hour while the issuer is out, one fetch per 30 seconds for unknown key ids
    /// (J9, J22).
    pub const fn new() -> Self {
        Self { fresh: 300, stale: 3_600, unknown_kid_spacing: 30 }
    }

    /// Sets for how long keys are used before they are fetched again; `Cache-Control` may shorten it to no less than 30
    /// seconds.
    pub const fn fresh(mut self, fresh: Duration) -> Self {
        self.fresh = fresh.as_secs();
        self
    }

    /// Sets the age at which keys stop verifying in any case. A withdrawn key can stay in use for that long while the
    /// issuer cannot be reached, or serves anything but a key set. If the issuer serves a key set, the limit is its
    /// freshness plus a minute.
    pub const fn stale(mut self, stale: Duration) -> Self {
        self.stale = stale.as_secs();
        self
    }

    /// Sets the shortest time between two fetches for tokens with an unknown `kid`, or with a known one and an
    /// algorithm that its keys do not support, over all such tokens. A client chooses both, so this bounds the requests
    /// to the issuer that clients can cause.
    pub const fn unknown_kid_spacing(mut self, unknown_kid_spacing: Duration) -> Self {
        self.unknown_kid_spacing = unknown_kid_spacing.as_secs();
        self
    }

    pub(super) fn is_consistent(&self) -> Result<(), ConfigError> {
        let wrong = |text: &'static str| Err(ConfigError::new("key_policy", text));
        if self.fresh < FRESH_FLOOR {
            return wrong("keys must be fresh for 30 seconds at least");
        }
        if self.stale < self.fresh || self.stale > 86_400 {
            return wrong("keys must stop to verify between the end of their freshness and one day");
        }
        if self.unknown_kid_spacing == 0 {
            return wrong("unknown key ids must not cause a fetch each");
        }
        Ok(())
    }
}

impl Default for KeyPolicy {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn j22_policy_has_bounds() {
        let new = KeyPolicy::new;
        for sound in [
            new(),
            new().fresh(Duration::from_secs(30)).stale(Duration::from_secs(30)),
            new().fresh(Duration::from_secs(86_400)).stale(Duration::from_secs(86_400)),
            new().unknown_kid_spacing(Duration::from_secs(1)),
        ] {
            assert!(sound.is_consistent().is_ok(), "{sound:?}");
        }
        for wrong in [
            new().fresh(Duration::from_secs(29)),
            new().stale(Duration::from_secs(299)),
            new().stale(Duration::from_secs(86_401)),
            new().unknown_kid_spacing(Duration::from_secs(0)),
        ] {
            assert!(wrong.is_consistent().is_err(), "{wrong:?}");
        }
    }
}
