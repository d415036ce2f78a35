//! One shard of the memory replay store: a hash table in which a claim costs the same at any size.
//!
//! Records are stored in chunks that never move. Each is linked by index into two lists: the chain of its hash bucket,
//! and the list of the second in which it lapses. The table grows one bucket at a time (linear hashing), and lapsed
//! records are freed a few at a time, so no single claim pays for many. A record takes 52 bytes, 32 of them the key;
//! bucket and list heads bring that to 57 to 69, measured from a thousand records to ten million.

use super::memory_shares::Places;
use crate::Timestamp;
use crate::dpop::{ReplayClaim, ReplayKey};
use alloc::collections::BTreeMap;
use alloc::vec::Vec;

/// No record.
const NIL: u32 = u32::MAX;
/// Records allocated together.
const CHUNK: usize = 32;
/// Buckets of an empty table; a power of two.
const FEWEST_BUCKETS: usize = 4;

#[derive(Clone, Copy, Debug)]
struct Record {
    key: ReplayKey,
    /// Where the records of its owner are counted.
    owner: Places,
    /// The number's bytes, which need no alignment.
    retain_until: [u8; 8],
    /// The next record in the same bucket, or in the free list.
    next_in_bucket: u32,
    /// The next record in the same second.
    next_in_second: u32,
}

/// The links are broken. This cannot happen; if it does, the shard fails every claim from then on.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Broken;

/// The result of looking up a claim, before room is made for it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Known {
    /// On record.
    Recorded,
    /// Not on record, and never forgotten either.
    New,
    /// Not on record, but a record of that age may have been freed: the clock went backwards.
    Forgotten,
}

#[derive(Debug)]
pub(super) struct Shard {
    chunks: Vec<Vec<Record>>,
    /// Heads of the buckets' chains. Linear hashing: `half` is a power of two, `half <= buckets.len() <= 2 * half`.
    buckets: Vec<u32>,
    half: usize,
    /// Heads of the lists by `retain_until`.
    seconds: BTreeMap<u64, u32>,
    free: u32,
    len: usize,
    /// The greatest `retain_until` for which a record may be missing.
    forgotten_until: Option<u64>,
}

impl Shard {
    pub(super) fn new(forgotten_until: Option<Timestamp>) -> Self {
        Self {
            chunks: Vec::new(),
            buckets: alloc::vec![NIL; FEWEST_BUCKETS],
            half: FEWEST_BUCKETS,
            seconds: BTreeMap::new(),
            free: NIL,
            len: 0,
            forgotten_until: forgotten_until.map(Timestamp::as_secs),
        }
    }

    /// Looks up a claim. A record that has lapsed by `now` counts as absent, whether or not it was freed.
    pub(super) fn find(&self, claim: &ReplayClaim, hash: u64, now: Timestamp) -> Result<Known, Broken> {
        let mut at = *self.buckets.get(self.bucket_of(hash)).ok_or(Broken)?;
        while at != NIL {
            let record = self.record(at)?;
            if record.key == claim.key && u64::from_ne_bytes(record.retain_until) >= now.as_secs() {
                return Ok(Known::Recorded);
            }
            at = record.next_in_bucket;
        }
        match self.forgotten_until {
            Some(forgotten) if claim.retain_until.as_secs() <= forgotten => Ok(Known::Forgotten),
            Some(_) | None => Ok(Known::New),
        }
    }

    /// Records a claim of an owner. `hash_of` is the table's hash, for the bucket that is split at the same time.
    pub(super) fn insert(
        &mut self,
        claim: &ReplayClaim,
        owner: Places,
        hash: u64,
        hash_of: impl Fn(&ReplayKey) -> u64,
    ) -> Result<(), Broken> {
        if self.len >= self.buckets.len() {
            self.split_one_bucket(hash_of)?;
        }
        let at = self.take_slot()?;
        let bucket = self.bucket_of(hash);
        let in_bucket = self.buckets.get_mut(bucket).ok_or(Broken)?;
        let retain_until = claim.retain_until.as_secs();
        let in_second = self.seconds.entry(retain_until).or_insert(NIL);
        let record = Record {
            key: claim.key,
            owner,
            retain_until: retain_until.to_ne_bytes(),
            next_in_bucket: *in_bucket,
            next_in_second: *in_second,
        };
        (*in_bucket, *in_second) = (at, at);
        *self.record_mut(at)? = record;
        self.len = self.len.saturating_add(1);
        Ok(())
    }

    /// Frees at most `most` records that have lapsed by `now`, oldest first, and returns their number. Calls `left` with
    /// the owner of each.
    pub(super) fn free_lapsed(
        &mut self,
        now: Timestamp,
        most: usize,
        hash_of: impl Fn(&ReplayKey) -> u64,
        left: impl Fn(Places),
    ) -> Result<usize, Broken> {
        for freed in 0..most {
            let Some(mut oldest) = self.seconds.first_entry() else { return Ok(freed) };
            if *oldest.key() >= now.as_secs() {
                return Ok(freed);
            }
            let (second, at) = (*oldest.key(), *oldest.get());
            let record = *record_of(&self.chunks, at)?;
            match record.next_in_second {
                NIL => drop(oldest.remove()),
                next => *oldest.get_mut() = next,
            }
            self.unlink(at, hash_of(&record.key))?;
            self.record_mut(at)?.next_in_bucket = self.free;
            self.free = at;
            self.len = self.len.saturating_sub(1);
            left(record.owner);
            self.forgotten_until = self.forgotten_until.max(Some(second));
        }
        Ok(most)
    }

    /// Removes a record from its bucket's chain.
    fn unlink(&mut self, at: u32, hash: u64) -> Result<(), Broken> {
        let next = self.record(at)?.next_in_bucket;
        let bucket = self.bucket_of(hash);
        let head = self.buckets.get_mut(bucket).ok_or(Broken)?;
        if *head == at {
            *head = next;
            return Ok(());
        }
        let mut before = *head;
        loop {
            let record = self.record_mut(before)?;
            if record.next_in_bucket == at {
                record.next_in_bucket = next;
                return Ok(());
            }
            before = record.next_in_bucket;
        }
    }

    /// Appends one bucket and moves the records that now belong to it.
    fn split_one_bucket(&mut self, hash_of: impl Fn(&ReplayKey) -> u64) -> Result<(), Broken> {
        if self.buckets.len() == self.half.saturating_mul(2) {
            self.half = self.buckets.len();
        }
        let split = self.buckets.len().saturating_sub(self.half);
        let mut at = core::mem::replace(self.buckets.get_mut(split).ok_or(Broken)?, NIL);
        self.buckets.push(NIL);
        while at != NIL {
            let record = *self.record(at)?;
            let bucket = self.bucket_of(hash_of(&record.key));
            let head = self.buckets.get_mut(bucket).ok_or(Broken)?;
            let next = core::mem::replace(head, at);
            self.record_mut(at)?.next_in_bucket = next;
            at = record.next_in_bucket;
        }
        Ok(())
    }

    /// Returns the bucket of a hash: its low bits, with one more bit for buckets that were already split.
    fn bucket_of(&self, hash: u64) -> usize {
        let low_bits = |of: usize| {
            let mask = u64::try_from(of).unwrap_or(u64::MAX).wrapping_sub(1);
            usize::try_from(hash & mask).unwrap_or(0)
        };
        let bucket = low_bits(self.half.wrapping_mul(2));
        if bucket < self.buckets.len() { bucket } else { low_bits(self.half) }
    }

    /// Returns a slot for one record: a freed one, or the next of the last chunk.
    fn take_slot(&mut self) -> Result<u32, Broken> {
        if self.free != NIL {
            let at = self.free;
            self.free = self.record(at)?.next_in_bucket;
            return Ok(at);
        }
        if self.chunks.last().is_none_or(|chunk| chunk.len() >= CHUNK) {
            self.chunks.push(Vec::with_capacity(CHUNK));
        }
        let full_chunks = self.chunks.len().saturating_sub(1).saturating_mul(CHUNK);
        let chunk = self.chunks.last_mut().ok_or(Broken)?;
        let at = u32::try_from(full_chunks.saturating_add(chunk.len())).map_err(|_| Broken)?;
        let key = ReplayKey::from_bytes([0; 32]);
        let (owner, retain_until) = (Places::NONE, [0; 8]);
        chunk.push(Record { key, owner, retain_until, next_in_bucket: NIL, next_in_second: NIL });
        if at == NIL { Err(Broken) } else { Ok(at) }
    }

    fn record(&self, at: u32) -> Result<&Record, Broken> {
        record_of(&self.chunks, at)
    }

    fn record_mut(&mut self, at: u32) -> Result<&mut Record, Broken> {
        let at = usize::try_from(at).map_err(|_| Broken)?;
        self.chunks.get_mut(at / CHUNK).and_then(|chunk| chunk.get_mut(at % CHUNK)).ok_or(Broken)
    }
}

fn record_of(chunks: &[Vec<Record>], at: u32) -> Result<&Record, Broken> {
    let at = usize::try_from(at).map_err(|_| Broken)?;
    chunks.get(at / CHUNK).and_then(|chunk| chunk.get(at % CHUNK)).ok_or(Broken)
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::collections::BTreeMap;
    use proptest::prelude::*;

    fn claim(key: u8, retain_until: u64) -> ReplayClaim {
        ReplayClaim::new(ReplayKey::from_bytes([key; 32]), Timestamp::from_secs(retain_until))
    }

    /// A poor hash, which makes chains long.
    fn hash_of(key: &ReplayKey) -> u64 {
        u64::from(key.as_bytes()[0] % 16)
    }

    proptest! {
        #[test]
        fn a_shard_agrees_with_a_plain_map(steps in prop::collection::vec((0u8..80, 0u64..40, 0usize..4), 0..400)) {
            let mut shard = Shard::new(None);
            let mut model: BTreeMap<u8, u64> = BTreeMap::new();
            let mut held = 0;
            for (second, (key, lifetime, most)) in steps.into_iter().enumerate() {
                let now = Timestamp::from_secs(second as u64 / 4);
                held -= shard.free_lapsed(now, most, hash_of, |_| ()).unwrap();
                let claim = claim(key, now.plus(lifetime).as_secs());
                let live = model.get(&key).is_some_and(|until| *until >= now.as_secs());
                let expected = if live { Known::Recorded } else { Known::New };
                prop_assert_eq!(shard.find(&claim, hash_of(&claim.key), now), Ok(expected));
                if !live {
                    shard.insert(&claim, Places::NONE, hash_of(&claim.key), hash_of).unwrap();
                    model.insert(key, claim.retain_until.as_secs());
                    held += 1;
                }
                prop_assert_eq!(shard.len, held);
            }
            let end = Timestamp::from_secs(10_000);
            prop_assert_eq!(shard.free_lapsed(end, usize::MAX, hash_of, |_| ()), Ok(held));
            prop_assert!(shard.seconds.is_empty() && shard.buckets.iter().all(|head| *head == NIL));
        }
    }

    #[test]
    fn r3_freed_slots_are_used_again() {
        let mut shard = Shard::new(None);
        for round in 0..50u64 {
            for key in 0..200 {
                let claim = claim(key, round);
                shard.insert(&claim, Places::NONE, hash_of(&claim.key), hash_of).unwrap();
            }
            assert_eq!(shard.free_lapsed(Timestamp::from_secs(round + 1), usize::MAX, hash_of, |_| ()), Ok(200));
        }
        assert_eq!(shard.chunks.len(), 200usize.div_ceil(CHUNK));
    }
}
