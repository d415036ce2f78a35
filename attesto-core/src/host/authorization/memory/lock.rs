//! The lock around a table.

use super::capacity::FREED_PER_PORTION;
use super::table::Freed;
use crate::authorization::{Answered, Unavailable};
use std::sync::Mutex;

/// Runs one step under the lock. After a panic in a step the contents are unreliable, and every step fails.
pub(super) fn locked<T, A>(table: &Mutex<T>, step: impl FnOnce(&mut T) -> Answered<A>) -> Answered<A> {
    let mut table = table.lock().map_err(|_| Unavailable)?;
    step(&mut table)
}

/// Frees in portions, so that no request waits long for the lock.
pub(super) fn sweep<T>(table: &Mutex<T>, free: impl Fn(&mut T, usize) -> Freed) -> usize {
    let mut total: usize = 0;
    while let Ok(Freed { rows, entries: 1.. }) = locked(table, |table| Ok(free(table, FREED_PER_PORTION))) {
        total = total.saturating_add(rows);
    }
    total
}
