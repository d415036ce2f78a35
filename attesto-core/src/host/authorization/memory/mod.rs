//! Stores in memory, for an authorization server of one process.
//!
//! Each is a table or two under one lock. A step is a few look-ups in hash maps, about a microsecond, and the request that asks it
//! has made or checked a signature, which takes a hundred times as long: no machine has the cores to make the lock the narrow
//! place. In return that a step is atomic can be seen at a glance, also where it concerns two tokens and their family. (Used
//! proofs come with every request to every resource; [`MemoryReplayStore`](crate::host::MemoryReplayStore) is sharded.)

mod codes;
mod consent_grants;
mod deny_list;
mod owners;
mod pushed_requests;
mod refresh_tokens;
mod shares;
mod table;

pub use codes::MemoryCodeStore;
pub use consent_grants::MemoryConsentGrants;
pub use deny_list::MemoryDenyList;
pub(super) use deny_list::ONE_QUESTION;
pub use pushed_requests::MemoryParStore;
pub use refresh_tokens::MemoryRefreshStore;

use crate::ConfigError;
use crate::authorization::{Answered, Unavailable};
use std::sync::Mutex;
use table::Freed;

/// Lapsed rows of one kind that one call frees; more than it may add, so a store catches up with any burst.
const FREED_PER_CALL: usize = 8;
/// Lapsed rows that a sweep frees under the lock at a time.
const FREED_PER_PORTION: usize = 256;
/// Rows that a share of a small store is not less than.
const SMALLEST_SHARE: usize = 64;
/// The most a store can be asked to hold.
const CAPACITY_CEILING: usize = 1 << 30;

fn capacity_is_sound(capacity: usize) -> Result<(), ConfigError> {
    if (1..=CAPACITY_CEILING).contains(&capacity) {
        Ok(())
    } else {
        Err(ConfigError::new("capacity", "a store holds from 1 to 2^30 rows"))
    }
}

/// One step. Where a panic has left something half done, nothing is known any more.
fn locked<T, A>(table: &Mutex<T>, step: impl FnOnce(&mut T) -> Answered<A>) -> Answered<A> {
    let mut table = table.lock().map_err(|_| Unavailable)?;
    step(&mut table)
}

/// Frees portion after portion, so that no request waits long for the lock.
fn sweep<T>(table: &Mutex<T>, free: impl Fn(&mut T, usize) -> Freed) -> usize {
    let mut total: usize = 0;
    while let Ok(Freed { rows, entries: 1.. }) = locked(table, |table| Ok(free(table, FREED_PER_PORTION))) {
        total = total.saturating_add(rows);
    }
    total
}

/// One part in so many of a store, and no less than a few rows of a small one: what one user, say, may have of it.
const fn share(capacity: usize, parts: usize) -> usize {
    match capacity.checked_div(parts) {
        Some(share) if share > SMALLEST_SHARE => share,
        Some(_) | None => SMALLEST_SHARE,
    }
}

#[cfg(test)]
mod tests;
