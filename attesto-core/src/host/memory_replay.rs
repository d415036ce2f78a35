//! A replay store in memory, for a service of one process (catalogue R1 to R3, R8).

use super::memory_shard::{Broken, Known, Shard};
use super::{ReplayStore, StoreReach};
use crate::dpop::ReplayAnswer;
use crate::dpop::{ReplayClaim, ReplayKey};
use crate::sync::{AtomicU64, AtomicUsize, HashKey, Mutex, Ordering};
use crate::{ConfigError, Timestamp};
use alloc::boxed::Box;
use alloc::vec::Vec;
use core::fmt;
use core::future::Future;
use core::hash::BuildHasher;

/// Shards of a large store. Twice the cores of a common server, so that two requests seldom meet.
const MOST_SHARDS: usize = 64;
/// Records per shard below which more shards would only cost memory. The model checker gets small stores with several.
const RECORDS_PER_SHARD: usize = if cfg!(all(test, loom)) { 1 } else { 1024 };
/// Lapsed records that one claim frees; more than the one it may add, so the store catches up with any burst.
const FREED_PER_CLAIM: usize = 4;
/// Lapsed records that a sweep frees under one lock.
const FREED_PER_PORTION: usize = 256;
/// The most a store can be asked to hold.
const CAPACITY_CEILING: usize = 1 << 30;

/// Remembers first uses in memory, for a single process.
///
/// - **Bounded.** It never holds more than its capacity, counted exactly over all shards. When it is full, a new claim
///   is answered [`Unavailable`](ReplayAnswer::Unavailable); live records are never evicted. R3.
/// - **Clockless.** Time is the `now` of each claim. A record counts through `retain_until` and is freed by later
///   claims, a few at a time, on any shard if room is needed. A clock that goes backwards admits nothing twice: a claim
///   to be kept no longer than a record that was freed already cannot be proven fresh and is answered `Unavailable`, as
///   is one that is past its own `retain_until`.
/// - **Flat.** A claim does the same work at any size, lapsing included: at most a few records are freed, one hash bucket
///   is split. (In time, a store that outgrows the processor's caches pays for a few accesses to memory: a microsecond.) A record takes about 60 bytes with its key. Buckets and shards are chosen by a hash with a random key,
///   so nobody can aim at one. Memory is kept for the next burst, not returned.
/// - **Closed on failure.** A shard whose lock was poisoned by a panic answers `Unavailable` from then on.
///
/// It has no shares: a claim names no owner, so one client with a good token can fill it, by sending more requests per second than the
/// capacity divided by the seconds that a record is kept. All requests with proofs are then refused until records lapse. Limit the rate of
/// each client before it.
///
/// How much to hold: requests with proofs per second, times the seconds a record is kept (the proof's window, `max_age
/// + 2 * future_skew + 1`, at most), with room to spare.
pub struct MemoryReplayStore {
    shards: Box<[Mutex<Shard>]>,
    hasher: HashKey,
    capacity: usize,
    held: AtomicUsize,
    /// One more than the last second at which a full store had nothing to free anywhere; 0 at first.
    nothing_to_free: AtomicU64,
}

impl MemoryReplayStore {
    /// A store for `capacity` records, whose user affirms that one process serves the resource. R8.
    ///
    /// A second process would not know what the first has seen, and every proof would pass once in each. Nor does a new
    /// process know what its predecessor has seen: see [`after_restart`](Self::after_restart).
    ///
    /// # Errors
    ///
    /// A capacity of 0, or of more than 2^30.
    pub fn single_instance(capacity: usize) -> Result<Self, ConfigError> {
        Self::build(capacity, None)
    }

    /// Like [`single_instance`](Self::single_instance), but claims to be kept until `distrusted` or earlier are
    /// answered `Unavailable`: a process that ended before may have seen them. R3.
    ///
    /// The store does not see when a proof was made, only how long its record is to be kept, which the policy fixes as
    /// `iat + max_age + future_skew + 1`. So `started + max_age + future_skew` refuses every proof made before
    /// `started`, and another `future_skew` on top also those whose client's clock ran ahead.
    ///
    /// # Errors
    ///
    /// As for `single_instance`.
    pub fn after_restart(capacity: usize, distrusted: Timestamp) -> Result<Self, ConfigError> {
        Self::build(capacity, Some(distrusted))
    }

    fn build(capacity: usize, distrusted: Option<Timestamp>) -> Result<Self, ConfigError> {
        if capacity == 0 || capacity > CAPACITY_CEILING {
            return Err(ConfigError::new("capacity", "a replay store holds from 1 to 2^30 records"));
        }
        let shards = (capacity / RECORDS_PER_SHARD).clamp(1, MOST_SHARDS);
        let shards: Vec<_> = (0..shards).map(|_| Mutex::new(Shard::new(distrusted))).collect();
        Ok(Self {
            shards: shards.into_boxed_slice(),
            hasher: HashKey::default(),
            capacity,
            held: AtomicUsize::new(0),
            nothing_to_free: AtomicU64::new(0),
        })
    }

    /// [`ReplayStore::claim`] without a future: nothing here ever waits for anything but a short lock.
    pub fn record(&self, claim: &ReplayClaim, now: Timestamp) -> ReplayAnswer {
        if claim.retain_until < now {
            return ReplayAnswer::Unavailable;
        }
        self.try_record(claim, now).unwrap_or(ReplayAnswer::Unavailable)
    }

    /// Frees what has lapsed by `now` and says how much it was. Never needed for correct answers; it gives an idle
    /// store its room back before the next claim.
    pub fn sweep(&self, now: Timestamp) -> usize {
        let mut total: usize = 0;
        for shard in &self.shards {
            // In portions, so that no claim waits long for the lock.
            while let Ok(freed @ 1..) = self.free(shard, now, FREED_PER_PORTION, 0) {
                total = total.saturating_add(freed);
            }
        }
        total
    }

    /// How many records are held, those that have lapsed and are not yet freed included.
    #[must_use]
    pub fn len(&self) -> usize {
        self.held.load(Ordering::Relaxed)
    }

    /// Whether nothing is held.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The most that is ever held.
    #[must_use]
    pub fn capacity(&self) -> usize {
        self.capacity
    }

    fn try_record(&self, claim: &ReplayClaim, now: Timestamp) -> Result<ReplayAnswer, Broken> {
        if let Some(answer) = self.insert_if_room(claim, now, |store| store.reserve())? {
            return Ok(answer);
        }
        // Full. The shard's lock is released by now: never are two held at once. What was not found lapsed may have been freed by
        // somebody else meanwhile.
        if !self.free_one_anywhere(now)? && !self.reserve() {
            return Ok(ReplayAnswer::Unavailable);
        }
        let mut place_is_free = true;
        let answer = self.insert_if_room(claim, now, |_| core::mem::take(&mut place_is_free));
        if place_is_free {
            self.held.fetch_sub(1, Ordering::Relaxed);
        }
        Ok(answer?.unwrap_or(ReplayAnswer::Unavailable))
    }

    /// Tests and sets, under one lock. `None`: the claim is new, but `take_place` found no place for it.
    fn insert_if_room(
        &self,
        claim: &ReplayClaim,
        now: Timestamp,
        take_place: impl FnOnce(&Self) -> bool,
    ) -> Result<Option<ReplayAnswer>, Broken> {
        let hash = self.hash(&claim.key);
        let mut shard = self.shard(hash)?.lock().map_err(|_| Broken)?;
        let freed = shard.free_lapsed(now, FREED_PER_CLAIM, |key| self.hash(key))?;
        self.held.fetch_sub(freed, Ordering::Relaxed);
        match shard.find(claim, hash, now)? {
            Known::Recorded => return Ok(Some(ReplayAnswer::Replay)),
            Known::Forgotten => return Ok(Some(ReplayAnswer::Unavailable)),
            Known::New => {}
        }
        if !take_place(self) {
            return Ok(None);
        }
        shard.insert(claim, hash, |key| self.hash(key))?;
        Ok(Some(ReplayAnswer::Fresh))
    }

    /// Takes one of the places that are left, if one is.
    fn reserve(&self) -> bool {
        let one_more = |held: usize| held.checked_add(1).filter(|held| *held <= self.capacity);
        self.held.fetch_update(Ordering::Relaxed, Ordering::Relaxed, one_more).is_ok()
    }

    /// Makes room in a full store and keeps one place for the caller. Looks through the shards for one with lapsed
    /// records, in vain at most once a second: until the clock moves on, nothing more can lapse.
    fn free_one_anywhere(&self, now: Timestamp) -> Result<bool, Broken> {
        let mark = now.as_secs().saturating_add(1);
        if self.nothing_to_free.load(Ordering::Relaxed) == mark {
            return Ok(false);
        }
        for shard in &self.shards {
            if self.free(shard, now, FREED_PER_CLAIM, 1)? > 0 {
                return Ok(true);
            }
        }
        self.nothing_to_free.store(mark, Ordering::Relaxed);
        Ok(false)
    }

    /// Frees lapsed records of one shard, and gives their places back but for those that the caller keeps. Under the lock: who
    /// finds nothing lapsed in the shard afterwards finds the places.
    fn free(&self, shard: &Mutex<Shard>, now: Timestamp, most: usize, kept: usize) -> Result<usize, Broken> {
        let mut shard = shard.lock().map_err(|_| Broken)?;
        let freed = shard.free_lapsed(now, most, |key| self.hash(key))?;
        self.held.fetch_sub(freed.saturating_sub(kept), Ordering::Relaxed);
        Ok(freed)
    }

    fn hash(&self, key: &ReplayKey) -> u64 {
        self.hasher.hash_one(key)
    }

    /// The high half of the hash chooses the shard; the low half is left to the shard's buckets.
    fn shard(&self, hash: u64) -> Result<&Mutex<Shard>, Broken> {
        let high = usize::try_from(hash >> 32).unwrap_or(0);
        high.checked_rem(self.shards.len()).and_then(|at| self.shards.get(at)).ok_or(Broken)
    }
}

impl ReplayStore for MemoryReplayStore {
    fn claim(&self, claim: &ReplayClaim, now: Timestamp) -> impl Future<Output = ReplayAnswer> + Send {
        core::future::ready(self.record(claim, now))
    }

    fn reach(&self) -> StoreReach {
        StoreReach::Process
    }
}

impl fmt::Debug for MemoryReplayStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemoryReplayStore")
            .field("held", &self.len())
            .field("capacity", &self.capacity)
            .finish_non_exhaustive()
    }
}

// Two attributes each: Clippy knows a test module by the first.
#[cfg(test)]
#[cfg(loom)]
#[path = "memory_replay_interleavings.rs"]
mod interleavings;
#[cfg(test)]
#[cfg(not(loom))]
#[path = "memory_replay_tests.rs"]
mod tests;
