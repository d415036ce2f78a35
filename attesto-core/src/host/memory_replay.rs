//! A replay store in memory, for a service of one process (R1 to R3, R8).

use super::memory_shard::{Broken, Known, Shard};
use super::memory_shares::{Places, Shares};
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

/// The most shards of a store. Twice the cores of a common server, so that two requests rarely contend.
const MOST_SHARDS: usize = 64;
/// With fewer records per shard, more shards would only cost memory. The model checker gets small stores with several
/// shards.
const RECORDS_PER_SHARD: usize = if cfg!(all(test, loom)) { 1 } else { 1024 };
/// Lapsed records that one claim frees: more than the one it may add, so the store catches up after any burst.
const FREED_PER_CLAIM: usize = 4;
/// Lapsed records that a sweep frees under one lock.
const FREED_PER_PORTION: usize = 256;
/// Places that are left for each record of one owner.
const PLACES_PER_RECORD: usize = 4;
/// Records that one owner may have in any case, while there is room.
const SMALLEST_SHARE: usize = if cfg!(all(test, loom)) { 1 } else { 64 };
/// The largest configurable capacity.
const CAPACITY_CEILING: usize = 1 << 30;

/// Records first uses in memory, for a single process.
///
/// - **Bounded.** It never holds more than its capacity, counted exactly over all shards. When it is full, it answers a
///   new claim with [`Unavailable`](ReplayAnswer::Unavailable); it never evicts live records. R3.
/// - **Clockless.** Time is the `now` of each claim. A record counts through `retain_until` and is freed by later
///   claims, a few at a time, on any shard if room is needed. A clock that goes backwards admits nothing twice: a claim
///   whose record would not outlive an already freed one cannot be proven fresh, and is answered `Unavailable`, as is a
///   claim past its own `retain_until`.
/// - **Flat.** A claim does the same work at any size, lapsing included: it frees at most a few records and splits one
///   hash bucket. Only a claim over its owner's share frees all that has lapsed before it is refused. (A store that
///   outgrows the processor's caches costs a few more memory accesses: a microsecond.) A record takes about 65 bytes
///   with its key. A hash with a random key chooses buckets and shards, so a client cannot target one. Memory is kept
///   for the next burst, not returned.
/// - **Closed on failure.** A shard whose lock was poisoned by a panic answers `Unavailable` from then on.
/// - **Fair.** One [owner](ReplayClaim::owner) may have a quarter as many records as places are left, or 64. Beyond
///   that, its claims are answered [`OverShare`](ReplayAnswer::OverShare). So one client with one key has a fifth of the
///   store at most, ten such keys have nine tenths of it together, and a client with few records finds a place. A token
///   that is bound to another key belongs to another owner: limit how many tokens a client may have. A small table
///   counts owners by two hashes with random keys, so two owners count as one only by chance: while one client is over
///   its share, about four of a million others are refused with it; while ten are, about 380 of a million. ST-2.
///
/// For the capacity, multiply the requests with proofs per second by the seconds a record is kept (at most the proof's
/// window, `max_age + 2 * future_skew + 1`), and add a margin. Multiply by five more where all requests come from one
/// client.
pub struct MemoryReplayStore {
    shards: Box<[Mutex<Shard>]>,
    hasher: HashKey,
    capacity: usize,
    held: AtomicUsize,
    owners: Shares,
    /// One more than the last second at which a full store had nothing to free; 0 at first.
    nothing_to_free: AtomicU64,
}

impl MemoryReplayStore {
    /// Creates a store for `capacity` records, if one process serves the resource. R8.
    ///
    /// A second process would not know the first one's records, and every proof would be accepted once in each. A new
    /// process does not know its predecessor's records either: see [`after_restart`](Self::after_restart).
    ///
    /// # Errors
    ///
    /// Fails for a capacity of 0, or of more than 2^30.
    pub fn single_node(capacity: usize) -> Result<Self, ConfigError> {
        Self::build(capacity, None)
    }

    /// Like [`single_node`](Self::single_node), but answers `Unavailable` to claims with `retain_until` at or
    /// before `distrusted`: a previous process may have seen them. R3.
    ///
    /// The store does not know when a proof was made, only how long its record must be kept, which the policy computes
    /// as `iat + max_age + future_skew + 1`. So `started + max_age + future_skew` refuses every proof made before
    /// `started`, and another `future_skew` on top also refuses those of clients whose clock was ahead.
    ///
    /// # Errors
    ///
    /// As for `single_node`.
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
            owners: Shares::new(),
            nothing_to_free: AtomicU64::new(0),
        })
    }

    /// [`ReplayStore::claim`] without a future: it only waits for a short lock.
    pub fn record(&self, claim: &ReplayClaim, now: Timestamp) -> ReplayAnswer {
        if claim.retain_until < now {
            return ReplayAnswer::Unavailable;
        }
        self.try_record(claim, now).unwrap_or(ReplayAnswer::Unavailable)
    }

    /// Frees the records that have lapsed by `now`, and returns their number. Never needed for correct answers; it
    /// returns the room of an idle store before the next claim.
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

    /// The number of records, including lapsed ones that are not freed yet.
    #[must_use]
    pub fn len(&self) -> usize {
        self.held.load(Ordering::Relaxed)
    }

    /// Whether the store has no records.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The largest number of records.
    #[must_use]
    pub fn capacity(&self) -> usize {
        self.capacity
    }

    fn try_record(&self, claim: &ReplayClaim, now: Timestamp) -> Result<ReplayAnswer, Broken> {
        let mut answer = self.record_if_room(claim, now)?;
        // What has lapsed counts until it is freed: the owner's own, and what makes the store look fuller than it is.
        while answer == ReplayAnswer::OverShare && self.free_some_everywhere(now)? {
            answer = self.record_if_room(claim, now)?;
        }
        Ok(answer)
    }

    fn record_if_room(&self, claim: &ReplayClaim, now: Timestamp) -> Result<ReplayAnswer, Broken> {
        if let Some(answer) = self.insert_if_room(claim, now, |store| store.reserve())? {
            return Ok(answer);
        }
        // Full. The shard's lock was released, since two are never held at once. Another thread may have freed lapsed
        // records meanwhile.
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

    /// Tests and sets, under one lock. Returns `None` if the claim is new but `take_place` found no place for it.
    fn insert_if_room(
        &self,
        claim: &ReplayClaim,
        now: Timestamp,
        take_place: impl FnOnce(&Self) -> bool,
    ) -> Result<Option<ReplayAnswer>, Broken> {
        let hash = self.hash(&claim.key);
        let mut shard = self.shard(hash)?.lock().map_err(|_| Broken)?;
        let freed =
            shard.free_lapsed(now, FREED_PER_CLAIM, |key| self.hash(key), |owner| self.owners.give_back(owner))?;
        self.held.fetch_sub(freed, Ordering::Relaxed);
        match shard.find(claim, hash, now)? {
            Known::Recorded => return Ok(Some(ReplayAnswer::Replay)),
            Known::Forgotten => return Ok(Some(ReplayAnswer::Unavailable)),
            Known::New => {}
        }
        if !take_place(self) {
            return Ok(None);
        }
        let owner = Places::of(claim.owner.as_ref(), &self.hasher);
        if !self.owners.take(owner, self.share()) {
            self.held.fetch_sub(1, Ordering::Relaxed);
            return Ok(Some(ReplayAnswer::OverShare));
        }
        shard.insert(claim, owner, hash, |key| self.hash(key))?;
        Ok(Some(ReplayAnswer::Fresh))
    }

    /// Takes one of the remaining places, if there is one.
    fn reserve(&self) -> bool {
        let one_more = |held: usize| held.checked_add(1).filter(|held| *held <= self.capacity);
        self.held.fetch_update(Ordering::Relaxed, Ordering::Relaxed, one_more).is_ok()
    }

    /// The most records that an owner may have, once a place is reserved for its next one.
    fn share(&self) -> usize {
        let left = self.capacity.saturating_sub(self.held.load(Ordering::Relaxed)).saturating_add(1);
        (left / PLACES_PER_RECORD).max(SMALLEST_SHARE)
    }

    /// Frees a portion of lapsed records on each shard, and returns whether any had lapsed. Searches without success at
    /// most once a second, as below.
    fn free_some_everywhere(&self, now: Timestamp) -> Result<bool, Broken> {
        if self.has_nothing_to_free(now) {
            return Ok(false);
        }
        let mut any = false;
        for shard in &self.shards {
            any |= self.free(shard, now, FREED_PER_PORTION, 0)? > 0;
        }
        if !any {
            self.note_nothing_to_free(now);
        }
        Ok(any)
    }

    /// Makes room in a full store and reserves one place for the caller. Searches the shards for lapsed records,
    /// without success at most once a second: nothing more can lapse until the clock moves on.
    fn free_one_anywhere(&self, now: Timestamp) -> Result<bool, Broken> {
        if self.has_nothing_to_free(now) {
            return Ok(false);
        }
        for shard in &self.shards {
            if self.free(shard, now, FREED_PER_CLAIM, 1)? > 0 {
                return Ok(true);
            }
        }
        self.note_nothing_to_free(now);
        Ok(false)
    }

    fn has_nothing_to_free(&self, now: Timestamp) -> bool {
        self.nothing_to_free.load(Ordering::Relaxed) == now.as_secs().saturating_add(1)
    }

    fn note_nothing_to_free(&self, now: Timestamp) {
        self.nothing_to_free.store(now.as_secs().saturating_add(1), Ordering::Relaxed);
    }

    /// Frees lapsed records of one shard, and returns their places except those that the caller keeps. It does so under
    /// the lock: a thread that then finds nothing lapsed in the shard finds the places.
    fn free(&self, shard: &Mutex<Shard>, now: Timestamp, most: usize, kept: usize) -> Result<usize, Broken> {
        let mut shard = shard.lock().map_err(|_| Broken)?;
        let freed = shard.free_lapsed(now, most, |key| self.hash(key), |owner| self.owners.give_back(owner))?;
        self.held.fetch_sub(freed.saturating_sub(kept), Ordering::Relaxed);
        Ok(freed)
    }

    fn hash(&self, key: &ReplayKey) -> u64 {
        self.hasher.hash_one(key)
    }

    /// Selects the shard by the high half of the hash; the low half selects the bucket.
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

// Two attributes each: Clippy recognizes a test module by the first.
#[cfg(test)]
#[cfg(loom)]
#[path = "memory_replay_interleavings.rs"]
mod interleavings;
#[cfg(test)]
#[cfg(not(loom))]
#[path = "memory_replay_share_tests.rs"]
mod share_tests;
#[cfg(test)]
#[cfg(not(loom))]
#[path = "memory_replay_tests.rs"]
mod tests;
