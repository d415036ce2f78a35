//! How much an in-memory store holds, and how much of it one owner may have.

use crate::ConfigError;

/// Lapsed rows of one kind that one call frees: more than it may add, so the store catches up after any burst.
pub(super) const FREED_PER_CALL: usize = 8;
/// Lapsed rows that a sweep frees at a time under the lock.
pub(super) const FREED_PER_PORTION: usize = 256;
/// The smallest share in a small store, in rows.
const SMALLEST_SHARE: usize = 64;
/// The largest configurable capacity.
pub(super) const CAPACITY_CEILING: usize = 1 << 30;

/// Checks that a capacity is between 1 and the largest.
pub(super) fn capacity_is_sound(capacity: usize) -> Result<(), ConfigError> {
    if (1..=CAPACITY_CEILING).contains(&capacity) {
        Ok(())
    } else {
        Err(ConfigError::new("capacity", "a store holds from 1 to 2^30 rows"))
    }
}

/// Returns the share of a store that one user, for example, may have: this fraction, or a few rows in a small store.
pub(super) const fn share(capacity: usize, parts: usize) -> usize {
    match capacity.checked_div(parts) {
        Some(share) if share > SMALLEST_SHARE => share,
        Some(_) | None => SMALLEST_SHARE,
    }
}
