//! The life of a remote issuer's keys, as a state machine without a lock or a clock (catalogue J9, J22).

use super::error::FetchError;
use super::policy::{CLOCK_STEP, DEADLINE, FRESH_FLOOR, GIVEN_UP, GRACE, KeyPolicy, RETRY, RETRY_CEILING};
use crate::jose::VerificationKeys;
use crate::{ConfigError, Timestamp};
use alloc::sync::Arc;

/// What a cache holds for now.
#[derive(Clone, Debug)]
#[expect(clippy::exhaustive_enums, reason = "the three ages of a key set")]
pub enum Lookup {
    /// Keys within their time.
    Fresh(KeySnapshot),
    /// Keys past their time, which serve while they are fetched again (for a minute) or while the issuer gives none.
    Stale(KeySnapshot),
    /// None that may verify.
    Missing,
}

/// Keys, and which fetch they are from.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct KeySnapshot {
    /// The keys.
    pub keys: Arc<VerificationKeys>,
    /// Counts successful fetches, from 1.
    pub generation: u64,
}

/// What keys somebody waits for.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[expect(clippy::exhaustive_enums, reason = "each way to need keys")]
pub enum Need {
    /// Any that may verify: there were none.
    Usable,
    /// Some that are within their time.
    Fresh,
    /// Some of a later generation: this one lacks a token's `kid`.
    Newer(u64),
}

/// What is to be done about a [`Need`].
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[expect(clippy::exhaustive_enums, reason = "met, begin, wait, or not now")]
#[must_use = "a fetch that began must end, or later ones wait for it in vain"]
pub enum Plan {
    /// Nothing: it is met.
    Met,
    /// A fetch, which has begun with this answer and bears this number.
    Begin(u64),
    /// The fetch under way, whose number this is, will tell.
    Await(u64),
    /// Nothing for now: there was a fetch for an unknown key id a moment ago, and what it brought is what there is.
    Throttled,
    /// Nothing for now: the last fetch failed, and it is not yet time for the next.
    Failing,
}

/// The keys of one issuer, and the history that decides about the next fetch.
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
    /// Fetches that were given up half-way.
    given_up: Option<Failure>,
    under_way: Option<UnderWay>,
    begun: u64,
    /// When a fetch for an unknown key id brought keys.
    unknown_kid_fetch: Option<Timestamp>,
}

#[derive(Debug)]
struct Held {
    snapshot: KeySnapshot,
    fetched: Timestamp,
    fresh_for: u64,
    /// The issuer has published a key set since in which they are not: these keys end with their freshness.
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

/// `seconds` have passed since `then`. A clock that stepped back far counts as passed time: nothing is young for ever.
pub(super) fn passed(now: Timestamp, then: Timestamp, seconds: u64) -> bool {
    now.since(then) >= seconds || now.plus(CLOCK_STEP) < then
}

impl KeyCache {
    /// Empty.
    ///
    /// # Errors
    /// Where the policy contradicts itself.
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

    /// What may verify now. Past their freshness keys serve for a minute, in which they should be fetched again; after that only if
    /// the issuer has turned out, a moment ago, to give none. J22, CRS-2.
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

    /// What to do about a need. At most one fetch is under way; what unknown key ids cause is spaced; failures are spaced
    /// wider each time. J9, J22.
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

    /// A fetch ended: with keys and for how many seconds its response may be cached, or without. `false` where another has
    /// begun in its place and this one no longer counts.
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
                // The same keys stay the same object: what was verified with them stays verified.
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

    /// A fetch was given up before it ended: as if it had not been tried, but for how often that may happen. Whoever makes requests and
    /// hangs up could otherwise make this server ask and ask.
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

    /// How many fetches have succeeded.
    #[must_use]
    pub fn generation(&self) -> u64 {
        self.held.as_ref().map_or(0, |held| held.snapshot.generation)
    }

    /// The issuer was asked a moment ago and gave no keys. A key set without them would have disowned those held.
    fn is_out(&self, now: Timestamp) -> bool {
        let asked_again_by = |failure: Failure| pause_after(failure.in_a_row).saturating_add(GRACE);
        self.failure.is_some_and(|failure| !passed(now, failure.at, asked_again_by(failure)))
    }

    fn is_met(&self, need: Need, now: Timestamp) -> bool {
        match (need, self.lookup(now)) {
            (Need::Usable, Lookup::Fresh(_) | Lookup::Stale(_)) | (Need::Fresh, Lookup::Fresh(_)) => true,
            // Stale data never authenticates an unknown kid.
            (Need::Newer(seen), Lookup::Fresh(held)) => held.generation > seen,
            (Need::Usable | Need::Fresh | Need::Newer(_), Lookup::Stale(_) | Lookup::Missing) => false,
        }
    }
}

/// 5, 10, 20, 40, 60, 60, ... seconds.
fn pause_after(failures: u32) -> u64 {
    let doublings = failures.saturating_sub(1).min(8);
    RETRY.checked_shl(doublings).unwrap_or(RETRY_CEILING).min(RETRY_CEILING)
}

#[cfg(test)]
mod tests;
