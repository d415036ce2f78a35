//! The life cycle of a remote issuer's keys, as a state machine without a lock or a clock (J9, J22).

use super::error::FetchError;
use super::policy::{CLOCK_STEP, DEADLINE, FRESH_FLOOR, GIVEN_UP, GRACE, KeyPolicy, RETRY, RETRY_CEILING};
use crate::jose::VerificationKeys;
use crate::{ConfigError, Timestamp};
use alloc::sync::Arc;

/// The current contents of a cache.
#[derive(Clone, Debug)]
#[expect(clippy::exhaustive_enums, reason = "the three ages of a key set")]
pub enum Lookup {
    /// Keys within their freshness.
    Fresh(KeySnapshot),
    /// Keys past their freshness. They still verify for a minute while they are fetched again, or while the issuer is
    /// out.
    Stale(KeySnapshot),
    /// No keys that may verify.
    Missing,
}

/// Keys, and the fetch that returned them.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct KeySnapshot {
    /// The keys.
    pub keys: Arc<VerificationKeys>,
    /// The number of successful fetches, from 1.
    pub generation: u64,
}

/// The keys that a caller needs.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[expect(clippy::exhaustive_enums, reason = "each way to need keys")]
pub enum Need {
    /// Any keys that may verify: there were none.
    Usable,
    /// Keys within their freshness.
    Fresh,
    /// Keys of a later generation: this one lacks a token's `kid`.
    Newer(u64),
}

/// What to do about a [`Need`].
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[expect(clippy::exhaustive_enums, reason = "met, begin, wait, or not now")]
#[must_use = "a fetch that began must end, or later ones wait for it in vain"]
pub enum Plan {
    /// Nothing: the need is met.
    Met,
    /// Fetch the keys. The fetch has begun with this answer and has this number.
    Begin(u64),
    /// Wait for the running fetch with this number.
    Await(u64),
    /// Nothing for now: a fetch for an unknown key id ended a moment ago, and its result stands.
    Throttled,
    /// Nothing for now: the last fetch failed, and the pause before the next is not over.
    Failing,
}

/// The keys of one issuer, and the history that determines the next fetch.
///
/// ```
/// use attesto_core::Timestamp;
/// use attesto_core::remote::{FetchError, KeyCache, KeyPolicy, Lookup, Need, Plan};
/// use attesto_core::jose::VerificationKeys;
///
/// let mut cache = KeyCache::new(KeyPolicy::new())?;
/// let now = Timestamp::from_secs(1_800_000_000);
/// let Plan::Begin(fetch) = cache.plan(Need::Usable, now) else { panic!("nothing is held yet") };
/// assert_eq!(cache.plan(Need::Usable, now), Plan::Await(fetch)); // one at a time
///
/// cache.ended(fetch, Err(FetchError::Timeout), now);
/// assert_eq!(cache.plan(Need::Usable, now.plus(4)), Plan::Failing);
/// assert!(matches!(cache.plan(Need::Usable, now.plus(5)), Plan::Begin(_)));
/// # Ok::<(), attesto_core::ConfigError>(())
/// ```
#[derive(Debug)]
pub struct KeyCache {
    policy: KeyPolicy,
    held: Option<Held>,
    failure: Option<Failure>,
    /// Fetches that were abandoned.
    given_up: Option<Failure>,
    under_way: Option<UnderWay>,
    begun: u64,
    /// The time of the last fetch for an unknown key id that returned keys.
    unknown_kid_fetch: Option<Timestamp>,
}

#[derive(Debug)]
struct Held {
    snapshot: KeySnapshot,
    fetched: Timestamp,
    fresh_for: u64,
    /// Whether the issuer has published a key set without these keys since: they are then usable only while fresh.
    disowned: bool,
}

#[derive(Clone, Copy, Debug)]
struct Failure {
    at: Timestamp,
    in_a_row: u32,
}

#[derive(Clone, Copy, Debug)]
struct UnderWay {
    number: u64,
    since: Timestamp,
    for_unknown_kid: bool,
}

/// Whether `seconds` have passed since `then`. A clock that stepped back far counts as passed time, so that nothing
/// stays young.
pub(super) fn passed(now: Timestamp, then: Timestamp, seconds: u64) -> bool {
    now.since(then) >= seconds || now.plus(CLOCK_STEP) < then
}

impl KeyCache {
    /// Creates an empty cache.
    ///
    /// # Errors
    /// Fails if the policy contradicts itself.
    pub fn new(policy: KeyPolicy) -> Result<Self, ConfigError> {
        policy.is_consistent()?;
        Ok(Self {
            policy,
            held: None,
            failure: None,
            given_up: None,
            under_way: None,
            begun: 0,
            unknown_kid_fetch: None,
        })
    }

    /// Returns the keys that may verify now. Past their freshness, keys are usable for a minute, in which they should
    /// be fetched again. After that they are usable only if a recent fetch found the issuer out. J22, CRS-2.
    #[must_use]
    pub fn lookup(&self, now: Timestamp) -> Lookup {
        match &self.held {
            Some(held) if !passed(now, held.fetched, held.fresh_for) => Lookup::Fresh(held.snapshot.clone()),
            Some(held)
                if !held.disowned
                    && !passed(now, held.fetched, self.policy.stale)
                    && (!passed(now, held.fetched, held.fresh_for.saturating_add(GRACE)) || self.is_out(now)) =>
            {
                Lookup::Stale(held.snapshot.clone())
            }
            Some(_) | None => Lookup::Missing,
        }
    }

    /// Decides what to do about a need. At most one fetch runs at a time. Fetches for unknown key ids are spaced, and
    /// each failure lengthens the pause before the next fetch. J9, J22.
    pub fn plan(&mut self, need: Need, now: Timestamp) -> Plan {
        if self.is_met(need, now) {
            return Plan::Met;
        }
        match self.under_way {
            Some(fetch) if !passed(now, fetch.since, DEADLINE) => return Plan::Await(fetch.number),
            Some(_) | None => {}
        }
        if self.failure.is_some_and(|failure| !passed(now, failure.at, pause_after(failure.in_a_row))) {
            return Plan::Failing;
        }
        if self.given_up.is_some_and(|given_up| given_up.in_a_row >= GIVEN_UP && !passed(now, given_up.at, RETRY)) {
            return Plan::Failing;
        }
        let for_unknown_kid = matches!(need, Need::Newer(_));
        if for_unknown_kid
            && self.unknown_kid_fetch.is_some_and(|last| !passed(now, last, self.policy.unknown_kid_spacing))
        {
            return Plan::Throttled;
        }
        self.begun = self.begun.wrapping_add(1);
        self.under_way = Some(UnderWay { number: self.begun, since: now, for_unknown_kid });
        Plan::Begin(self.begun)
    }

    /// Records the end of a fetch: its keys and for how many seconds its response may be cached, or its failure.
    /// Returns `false` if another fetch has begun in its place and this one no longer counts.
    pub fn ended(
        &mut self,
        number: u64,
        result: Result<(VerificationKeys, Option<u64>), FetchError>,
        now: Timestamp,
    ) -> bool {
        let Some(fetch) = self.under_way.filter(|fetch| fetch.number == number) else { return false };
        self.under_way = None;
        self.given_up = None;
        match result {
            Ok((keys, cacheable)) => {
                let floor = FRESH_FLOOR.min(self.policy.fresh);
                let fresh_for = cacheable.unwrap_or(self.policy.fresh).clamp(floor, self.policy.fresh);
                // Equal keys stay the same object, so that tokens verified with them stay remembered.
                let keys = match &self.held {
                    Some(held) if held.snapshot.keys.are_the_same_as(&keys) => Arc::clone(&held.snapshot.keys),
                    Some(_) | None => Arc::new(keys),
                };
                let snapshot = KeySnapshot { keys, generation: self.generation().saturating_add(1) };
                self.held = Some(Held { snapshot, fetched: now, fresh_for, disowned: false });
                self.failure = None;
                if fetch.for_unknown_kid {
                    self.unknown_kid_fetch = Some(now);
                }
            }
            Err(error) => {
                let in_a_row = self.failure.map_or(0, |failure| failure.in_a_row).saturating_add(1);
                self.failure = Some(Failure { at: now, in_a_row });
                if let (Some(held), true) = (&mut self.held, error.disowns_keys()) {
                    held.disowned = true;
                }
            }
        }
        true
    }

    /// Records that a fetch was abandoned: as if it had not been tried, except that the number of such fetches is
    /// limited. Otherwise clients that send requests and hang up could make this server send fetch after fetch.
    pub fn abandoned(&mut self, number: u64) {
        let Some(fetch) = self.under_way.filter(|fetch| fetch.number == number) else { return };
        self.under_way = None;
        self.given_up = match self.given_up {
            Some(before) if !passed(fetch.since, before.at, RETRY) => {
                Some(Failure { in_a_row: before.in_a_row.saturating_add(1), ..before })
            }
            Some(_) | None => Some(Failure { at: fetch.since, in_a_row: 1 }),
        };
    }

    /// Whether the fetch with this number has neither ended nor been replaced.
    #[must_use]
    pub fn is_under_way(&self, number: u64) -> bool {
        self.under_way.is_some_and(|fetch| fetch.number == number)
    }

    /// The number of successful fetches.
    #[must_use]
    pub fn generation(&self) -> u64 {
        self.held.as_ref().map_or(0, |held| held.snapshot.generation)
    }

    /// Whether a recent fetch failed, so that the issuer counts as out. A key set without the held keys would have
    /// disowned them.
    fn is_out(&self, now: Timestamp) -> bool {
        let asked_again_by = |failure: Failure| pause_after(failure.in_a_row).saturating_add(GRACE);
        self.failure.is_some_and(|failure| !passed(now, failure.at, asked_again_by(failure)))
    }

    fn is_met(&self, need: Need, now: Timestamp) -> bool {
        match (need, self.lookup(now)) {
            (Need::Usable, Lookup::Fresh(_) | Lookup::Stale(_)) | (Need::Fresh, Lookup::Fresh(_)) => true,
            // Stale keys never decide that a `kid` is unknown.
            (Need::Newer(seen), Lookup::Fresh(held)) => held.generation > seen,
            (Need::Usable | Need::Fresh | Need::Newer(_), Lookup::Stale(_) | Lookup::Missing) => false,
        }
    }
}

/// Returns the pause after a number of failures: 5, 10, 20, 40, 60, 60, ... seconds.
fn pause_after(failures: u32) -> u64 {
    let doublings = failures.saturating_sub(1).min(8);
    RETRY.checked_shl(doublings).unwrap_or(RETRY_CEILING).min(RETRY_CEILING)
}

#[cfg(test)]
#[path = "cache_tests.rs"]
mod tests;
