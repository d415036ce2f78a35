//! Remembers verified tokens, so that their signature need not be verified again.

use super::recalled::Recalled;
use crate::ConfigError;
use crate::crypto::VerifyingKey;
use crate::sync::{HashKey, Mutex, MutexGuard};
use alloc::boxed::Box;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt;
use core::hash::BuildHasher;

/// Twice the cores of a common server, so that two requests rarely contend.
const MOST_SHARDS: usize = 64;
/// With fewer tokens per shard, more shards would only make eviction less fair.
const TOKENS_PER_SHARD: usize = 256;
/// The largest capacity that can be configured.
const CAPACITY_CEILING: usize = 1 << 24;

/// Remembers which tokens were verified with which keys. Owned by one resource server, since the tokens were accepted
/// under its rules. Every rule except the signature is still checked each time.
///
/// - **Bounded.** Never holds more than its capacity. A full shard evicts its oldest token. A token takes at most 96
///   bytes, plus the parsed key of its DPoP client if it has one; memory is allocated as needed.
/// - **Only verified tokens.** A token enters only after its issuer's signature verified and the rules accepted it, so
///   an attacker without tokens cannot evict others.
/// - **Bound to the keys.** An entry is valid while the issuer's keys are the very same object. Removing a key, or
///   fetching a set that differs, invalidates every entry at once.
/// - **Closed on failure.** A shard whose lock was poisoned by a panic remembers nothing from then on.
///
/// A hash with a random key chooses shards and buckets, so a client that can obtain tokens cannot target one of them.
pub(crate) struct VerifiedTokens {
    shards: Box<[Mutex<Shard>]>,
    hasher: HashKey,
}

impl VerifiedTokens {
    /// Creates a memory for `capacity` tokens.
    ///
    /// # Errors
    /// A capacity of 0, or of more than 2^24.
    pub(crate) fn new(capacity: usize) -> Result<Self, ConfigError> {
        if capacity == 0 || capacity > CAPACITY_CEILING {
            return Err(ConfigError::new(
                "remember_tokens",
                "from 1 to 2^24 tokens; to remember none, say without_token_memory()",
            ));
        }
        let shards = (capacity / TOKENS_PER_SHARD).clamp(1, MOST_SHARDS);
        let each = capacity.checked_div(shards).unwrap_or(capacity);
        let shards: Vec<_> = (0..shards).map(|_| Mutex::new(Shard::new(each))).collect();
        Ok(Self { shards: shards.into_boxed_slice(), hasher: HashKey::default() })
    }

    pub(super) fn recall(&self, token: &[u8; 32]) -> Option<Recalled> {
        let (shard, hash) = self.shard(token)?;
        let entry = shard.entries.get(shard.find(token, hash)?)?;
        Some(entry.recalled.clone())
    }

    pub(super) fn remember(&self, token: &[u8; 32], recalled: Recalled) {
        if let Some((mut shard, hash)) = self.shard(token) {
            shard.remember(token, hash, recalled);
        }
    }

    pub(super) fn keep_bound_key(&self, token: &[u8; 32], key: Arc<dyn VerifyingKey>) {
        if let Some((mut shard, hash)) = self.shard(token)
            && let Some(at) = shard.find(token, hash)
            && let Some(entry) = shard.entries.get_mut(at)
        {
            entry.recalled.bound_key = Some(key);
        }
    }

    /// Returns the token's shard, unless it is poisoned, and the half of the hash that selects the bucket.
    fn shard(&self, token: &[u8; 32]) -> Option<(MutexGuard<'_, Shard>, u32)> {
        let hash = self.hasher.hash_one(token);
        let [a, b, c, d, within @ ..] = hash.to_be_bytes();
        let among = usize::try_from(u32::from_be_bytes([a, b, c, d])).ok()?;
        let shard = self.shards.get(among.checked_rem(self.shards.len())?)?;
        Some((shard.lock().ok()?, u32::from_be_bytes(within)))
    }
}

impl fmt::Debug for VerifiedTokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("VerifiedTokens").field("shards", &self.shards.len()).finish_non_exhaustive()
    }
}

/// Marks the end of a chain.
const NIL: u32 = u32::MAX;

struct Entry {
    token: [u8; 32],
    recalled: Recalled,
    bucket: u32,
    next: u32,
}

/// A ring of entries in order of arrival, with a chained hash table over it.
struct Shard {
    entries: Vec<Entry>,
    buckets: Box<[u32]>,
    capacity: usize,
    /// The index of the oldest entry once the ring is full.
    oldest: usize,
}

impl Shard {
    fn new(capacity: usize) -> Self {
        let buckets = alloc::vec![NIL; capacity.next_power_of_two()];
        Self { entries: Vec::new(), buckets: buckets.into_boxed_slice(), capacity, oldest: 0 }
    }

    fn bucket(&self, hash: u32) -> Option<usize> {
        usize::try_from(hash).ok()?.checked_rem(self.buckets.len())
    }

    fn find(&self, token: &[u8; 32], hash: u32) -> Option<usize> {
        let mut at = *self.buckets.get(self.bucket(hash)?)?;
        // Takes at most as many steps as there are entries, so a corrupt chain cannot loop.
        for _ in 0..self.entries.len() {
            let index = usize::try_from(at).ok()?;
            let entry = self.entries.get(index)?;
            if entry.token == *token {
                return Some(index);
            }
            at = entry.next;
        }
        None
    }

    /// Remembers a token. A token already present keeps its place and its client's key: only the issuer's keys have
    /// changed.
    fn remember(&mut self, token: &[u8; 32], hash: u32, recalled: Recalled) {
        if let Some(entry) = self.find(token, hash).and_then(|at| self.entries.get_mut(at)) {
            let bound_key = entry.recalled.bound_key.take();
            entry.recalled = Recalled { bound_key, ..recalled };
            return;
        }
        let Some(bucket) = self.bucket(hash).and_then(|bucket| u32::try_from(bucket).ok()) else { return };
        let entry = Entry { token: *token, recalled, bucket, next: NIL };
        if self.entries.len() < self.capacity {
            if self.entries.len() == self.entries.capacity() {
                // Doubles the room, but never beyond the capacity.
                let room = self.capacity.saturating_sub(self.entries.len());
                self.entries.reserve_exact(self.entries.len().clamp(1, room));
            }
            self.entries.push(entry);
            self.link(self.entries.len().saturating_sub(1));
            return;
        }
        let at = self.oldest;
        self.unlink(at);
        if let Some(slot) = self.entries.get_mut(at) {
            *slot = entry;
            self.link(at);
        }
        self.oldest = at.saturating_add(1).checked_rem(self.capacity).unwrap_or(0);
    }

    fn link(&mut self, at: usize) {
        if let (Some(entry), Ok(index)) = (self.entries.get_mut(at), u32::try_from(at))
            && let Ok(bucket) = usize::try_from(entry.bucket)
            && let Some(head) = self.buckets.get_mut(bucket)
        {
            entry.next = core::mem::replace(head, index);
        }
    }

    fn unlink(&mut self, at: usize) {
        let Some((bucket, next)) = self.entries.get(at).map(|entry| (entry.bucket, entry.next)) else { return };
        let Some(head) = usize::try_from(bucket).ok().and_then(|bucket| self.buckets.get_mut(bucket)) else { return };
        let is_it = |index: u32| usize::try_from(index).is_ok_and(|index| index == at);
        if is_it(*head) {
            *head = next;
            return;
        }
        let mut before = *head;
        for _ in 0..self.entries.len() {
            let Some(entry) = usize::try_from(before).ok().and_then(|before| self.entries.get_mut(before)) else {
                return;
            };
            if is_it(entry.next) {
                entry.next = next;
                return;
            }
            before = entry.next;
        }
    }
}

// Two attributes each: Clippy recognizes a test module by the first.
#[cfg(test)]
#[cfg(loom)]
#[path = "verified_interleavings.rs"]
mod interleavings;
#[cfg(test)]
#[cfg(not(loom))]
#[path = "verified_tests.rs"]
mod tests;
