//! Rows that are taken once and gone, in memory: pushed requests (catalogue AZ-28) and consent grants (AZ-26).

use super::table::{Deadlines, Table};
use super::{FREED_PER_CALL, capacity_is_sound, locked, sweep};
use crate::authorization::{
    Answered, ConsentGrant, ConsentRedemption, LONGEST_VISIT, NewConsentGrant, NewPushedRequest, PushedRequest,
    SecretDigest, SecretQuery, Unavailable,
};
use crate::host::{ConsentGrantStore, ParStore, StoreReach};
use crate::{ConfigError, Timestamp};
use core::fmt;
use std::sync::Mutex;

/// Keeps pushed authorization requests in memory, for a single process.
///
/// It never holds more than its capacity. Rows that have lapsed are freed by later calls, a few at a time, by the `now` that they are
/// given. When it is full, requests that no browser need come with any more make room, the oldest first: of a user who is slow to log in
/// just then, and of all those that nobody came with at all. Where there are none, a new request is [`Unavailable`].
///
/// How much to hold: requests pushed per second, times the seconds within which a browser must come with one
/// ([`pushed_request_lifetime`](crate::authorization::AuthorizationServerBuilder::pushed_request_lifetime)); more, and users who take
/// their time are served in a flood, too.
pub struct MemoryParStore(Rows<PushedRequest>);

/// Keeps consent grants in memory, for a single process: bounded and freed like [`MemoryParStore`]'s requests.
pub struct MemoryConsentGrants(Rows<ConsentGrant>);

struct Rows<V> {
    table: Mutex<Kept<V>>,
    capacity: usize,
}

struct Kept<V> {
    rows: Table<SecretDigest, V>,
    /// When which row may go if room is needed; also of rows that are gone, for a while.
    late: Deadlines<SecretDigest>,
}

impl<V> Kept<V> {
    /// Frees what has lapsed, a few rows.
    fn pass_by(&mut self, now: Timestamp) {
        self.rows.free(now, FREED_PER_CALL);
        for _ in 0..FREED_PER_CALL {
            // Long gone by themselves.
            if self.late.next_before(now.minus(LONGEST_VISIT)).is_none() {
                break;
            }
        }
    }

    /// Drops one row that may go.
    fn make_room(&mut self, now: Timestamp) -> bool {
        while let Some(digest) = self.late.next_before(now) {
            if self.rows.remove(&digest).is_some() {
                return true;
            }
        }
        false
    }
}

impl MemoryParStore {
    /// A store for `capacity` requests, whose user affirms that one process serves the issuer: another one would not know them.
    ///
    /// # Errors
    /// A capacity of 0, or of more than 2^30.
    pub fn single_node(capacity: usize) -> Result<Self, ConfigError> {
        Rows::new(capacity).map(Self)
    }

    /// Frees what has lapsed by `now` and says how much it was. Never needed for correct answers.
    pub fn sweep(&self, now: Timestamp) -> usize {
        self.0.sweep(now)
    }
}

impl MemoryConsentGrants {
    /// A store for `capacity` grants, whose user affirms that one process serves the issuer: another one would not know them.
    ///
    /// # Errors
    /// A capacity of 0, or of more than 2^30.
    pub fn single_node(capacity: usize) -> Result<Self, ConfigError> {
        Rows::new(capacity).map(Self)
    }

    /// Stores what a click on your consent page made, before the browser is sent back.
    ///
    /// # Errors
    /// Where the store is full, or has it already.
    pub fn put(&self, new: &NewConsentGrant, now: Timestamp) -> Answered<()> {
        let (grant, until) = (new.grant(), new.grant().expires_at);
        self.0.put(new.digest(), grant.clone(), [until, until], now)
    }

    /// Frees what has lapsed by `now` and says how much it was. Never needed for correct answers.
    pub fn sweep(&self, now: Timestamp) -> usize {
        self.0.sweep(now)
    }
}

impl<V: Clone> Rows<V> {
    fn new(capacity: usize) -> Result<Self, ConfigError> {
        capacity_is_sound(capacity)?;
        Ok(Self { table: Mutex::new(Kept { rows: Table::new(), late: Deadlines::new() }), capacity })
    }

    /// `late`: from then on it may go, if room is needed.
    fn put(&self, digest: SecretDigest, row: V, [late, expires_at]: [Timestamp; 2], now: Timestamp) -> Answered<()> {
        locked(&self.table, |kept| {
            kept.pass_by(now);
            if kept.rows.get(&digest).is_some() || (kept.rows.len() >= self.capacity && !kept.make_room(now)) {
                return Err(Unavailable);
            }
            if late < expires_at {
                kept.late.add(late, digest);
            }
            kept.rows.insert(digest, row, expires_at);
            Ok(())
        })
    }

    fn take_if(&self, digest: &SecretDigest, now: Timestamp, fits: impl FnOnce(&V) -> bool) -> Answered<Option<V>> {
        locked(&self.table, |kept| {
            kept.pass_by(now);
            if kept.rows.get(digest).is_some_and(fits) { Ok(kept.rows.remove(digest)) } else { Ok(None) }
        })
    }

    fn sweep(&self, now: Timestamp) -> usize {
        sweep(&self.table, |kept, most| kept.rows.free(now, most))
    }
}

impl ParStore for MemoryParStore {
    async fn put(&self, new: &NewPushedRequest) -> Answered<()> {
        let request = &new.request;
        let until = [request.present_by, request.expires_at];
        self.0.put(new.digest, request.clone(), until, request.pushed_at)
    }

    async fn fetch(&self, digest: &SecretDigest) -> Answered<Option<PushedRequest>> {
        locked(&self.0.table, |kept| Ok(kept.rows.get(digest).cloned()))
    }

    async fn take(&self, redemption: &SecretQuery) -> Answered<Option<PushedRequest>> {
        let now = redemption.now;
        self.0.take_if(&redemption.digest, now, |request| now < request.expires_at)
    }

    fn reach(&self) -> StoreReach {
        StoreReach::Process
    }
}

impl ConsentGrantStore for MemoryConsentGrants {
    async fn consume(&self, redemption: &ConsentRedemption) -> Answered<Option<ConsentGrant>> {
        let (now, binding) = (redemption.now, redemption.binding);
        self.0.take_if(&redemption.digest, now, |grant| now < grant.expires_at && grant.binding == binding)
    }

    fn reach(&self) -> StoreReach {
        StoreReach::Process
    }
}

impl fmt::Debug for MemoryParStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemoryParStore").field("capacity", &self.0.capacity).finish_non_exhaustive()
    }
}

impl fmt::Debug for MemoryConsentGrants {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemoryConsentGrants").field("capacity", &self.0.capacity).finish_non_exhaustive()
    }
}
