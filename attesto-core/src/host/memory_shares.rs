//! Counts the records of each owner in the memory replay store, in a table of fixed size (ST-2).
//!
//! A hash with a random key selects one counter of each of two rows for an owner, who has at most as many records as the
//! lower counter says. Owners that have one counter in common do not affect each other. An owner whose both counters are
//! also those of owners that send too much is refused with them: of a million owners about 4 if one sends too much, and
//! about 380 if ten do.

use crate::dpop::ReplayOwner;
use crate::sync::{AtomicU32, HashKey, Ordering};
use alloc::boxed::Box;
use core::hash::BuildHasher;

/// Counters of a row. The model checker needs few.
const ROW: u16 = if cfg!(all(test, loom)) { 2 } else { 512 };

/// The counters of one owner: one in each row.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Places(pub(super) [u16; 2]);

impl Places {
    /// For records without an owner, which are not counted.
    pub(super) const NONE: Self = Self([u16::MAX; 2]);

    pub(super) fn of(owner: Option<&ReplayOwner>, hasher: &HashKey) -> Self {
        let Some(owner) = owner else { return Self::NONE };
        let hash = hasher.hash_one(owner);
        // ROW is a power of two.
        let within_row = |bits: u64| u16::try_from(bits & u64::from(ROW.wrapping_sub(1))).unwrap_or_default();
        Self([within_row(hash), within_row(hash >> 32)])
    }
}

/// The counters of all owners.
pub(super) struct Shares {
    rows: [Box<[AtomicU32]>; 2],
}

impl Shares {
    pub(super) fn new() -> Self {
        Self { rows: [(); 2].map(|()| (0..ROW).map(|_| AtomicU32::new(0)).collect()) }
    }

    /// Counts one more record, unless its owner then has more than `most`. Each thread counts its record in both rows
    /// before it looks, in one order for all threads: two threads may both be refused, but never both pass for one
    /// place.
    pub(super) fn take(&self, owner: Places, most: usize) -> bool {
        for counter in self.counters(owner) {
            counter.fetch_add(1, Ordering::SeqCst);
        }
        let with_this = self.counters(owner).map(|counter| counter.load(Ordering::SeqCst)).min();
        let fits =
            with_this.is_none_or(|with_this| usize::try_from(with_this).is_ok_and(|with_this| with_this <= most));
        if !fits {
            self.give_back(owner);
        }
        fits
    }

    /// Counts one record less.
    pub(super) fn give_back(&self, owner: Places) {
        for counter in self.counters(owner) {
            counter.fetch_sub(1, Ordering::SeqCst);
        }
    }

    #[cfg(test)]
    pub(super) fn is_empty(&self) -> bool {
        self.rows.iter().flatten().all(|counter| counter.load(Ordering::Relaxed) == 0)
    }

    fn counters(&self, owner: Places) -> impl Iterator<Item = &AtomicU32> {
        self.rows.iter().zip(owner.0).filter_map(|(row, at)| row.get(usize::from(at)))
    }
}
