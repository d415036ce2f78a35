//! In-memory stores for an authorization server of one process.
//!
//! Each is one or two tables under one lock. A step takes a few hash map look-ups, about a microsecond. The request
//! that makes it has made or verified a signature, which takes a hundred times as long, so no machine has enough cores
//! to make the lock a bottleneck. In return it is easy to see that a step is atomic, even if it involves two tokens and
//! their family. (Used proofs come with every request to every resource;
//! [`MemoryReplayStore`](crate::host::MemoryReplayStore) is sharded.)

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
pub use pushed_requests::MemoryPushedRequestStore;
pub use refresh_tokens::MemoryRefreshStore;

use crate::ConfigError;
use crate::authorization::{Answered, Unavailable};
use std::sync::Mutex;
use table::Freed;

/// Lapsed rows of one kind that one call frees: more than it may add, so the store catches up after any burst.
const FREED_PER_CALL: usize = 8;
/// Lapsed rows that a sweep frees at a time under the lock.
const FREED_PER_PORTION: usize = 256;
/// The smallest share in a small store, in rows.
const SMALLEST_SHARE: usize = 64;
/// The largest configurable capacity.
const CAPACITY_CEILING: usize = 1 << 30;

fn capacity_is_sound(capacity: usize) -> Result<(), ConfigError> {
    if (1..=CAPACITY_CEILING).contains(&capacity) {
        Ok(())
    } else {
        Err(ConfigError::new("capacity", "a store holds from 1 to 2^30 rows"))
    }
}

/// Runs one step under the lock. After a panic in a step the contents are unreliable, and every step fails.
fn locked<T, A>(table: &Mutex<T>, step: impl FnOnce(&mut T) -> Answered<A>) -> Answered<A> {
    let mut table = table.lock().map_err(|_| Unavailable)?;
    step(&mut table)
}

/// Frees in portions, so that no request waits long for the lock.
fn sweep<T>(table: &Mutex<T>, free: impl Fn(&mut T, usize) -> Freed) -> usize {
    let mut total: usize = 0;
    while let Ok(Freed { rows, entries: 1.. }) = locked(table, |table| Ok(free(table, FREED_PER_PORTION))) {
        total = total.saturating_add(rows);
    }
    total
}

/// Returns the share of a store that one user, for example, may have: this fraction, or a few rows in a small store.
const fn share(capacity: usize, parts: usize) -> usize {
    match capacity.checked_div(parts) {
        Some(share) if share > SMALLEST_SHARE => share,
        Some(_) | None => SMALLEST_SHARE,
    }
}

#[cfg(test)]
mod tests;
