//! Rows that are taken once and gone, in memory: pushed requests (catalogue AZ-28) and consent grants (AZ-26).

use super::table::Table;
use super::{FREED_PER_CALL, capacity_is_sound, locked, sweep};
use crate::authorization::{
    Answered, ConsentGrant, ConsentRedemption, NewConsentGrant, NewPushedRequest, PushedRequest, SecretDigest,
    SecretQuery, Unavailable,
};
use crate::host::{ConsentGrantStore, ParStore, StoreReach};
use crate::{ConfigError, Timestamp};
use core::fmt;
use std::sync::Mutex;

/// Keeps pushed authorization requests in memory, for a single process.
///
/// It never holds more than its capacity: when it is full, a new request is [`Unavailable`], and nothing that lives is evicted. Rows
/// that have lapsed are freed by later calls, a few at a time, by the `now` that they are given.
///
/// How much to hold: requests pushed per second, times the seconds that they live.
pub struct MemoryParStore(Rows<PushedRequest>);

/// Keeps consent grants in memory, for a single process: bounded and freed like [`MemoryParStore`]'s requests.
pub struct MemoryConsentGrants(Rows<ConsentGrant>);

struct Rows<V> {
    table: Mutex<Table<SecretDigest, V>>,
    capacity: usize,
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
        self.0.put(new.digest(), new.grant().clone(), new.grant().expires_at, now)
    }

    /// Frees what has lapsed by `now` and says how much it was. Never needed for correct answers.
    pub fn sweep(&self, now: Timestamp) -> usize {
        self.0.sweep(now)
    }
}

impl<V: Clone> Rows<V> {
    fn new(capacity: usize) -> Result<Self, ConfigError> {
        capacity_is_sound(capacity)?;
        Ok(Self { table: Mutex::new(Table::new()), capacity })
    }

    fn put(&self, digest: SecretDigest, row: V, expires_at: Timestamp, now: Timestamp) -> Answered<()> {
        locked(&self.table, |rows| {
            rows.free(now, FREED_PER_CALL);
            if rows.get(&digest).is_some() || rows.len() >= self.capacity {
                return Err(Unavailable);
            }
            rows.insert(digest, row, expires_at);
            Ok(())
        })
    }

    fn take_if(&self, digest: &SecretDigest, now: Timestamp, fits: impl FnOnce(&V) -> bool) -> Answered<Option<V>> {
        locked(&self.table, |rows| {
            rows.free(now, FREED_PER_CALL);
            if rows.get(digest).is_some_and(fits) { Ok(rows.remove(digest)) } else { Ok(None) }
        })
    }

    fn sweep(&self, now: Timestamp) -> usize {
        sweep(&self.table, |rows, most| rows.free(now, most))
    }
}

impl ParStore for MemoryParStore {
    async fn put(&self, new: &NewPushedRequest) -> Answered<()> {
        let request = &new.request;
        self.0.put(new.digest, request.clone(), request.expires_at, request.pushed_at)
    }

    async fn fetch(&self, digest: &SecretDigest) -> Answered<Option<PushedRequest>> {
        locked(&self.0.table, |rows| Ok(rows.get(digest).cloned()))
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
