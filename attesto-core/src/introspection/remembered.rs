//! The cache of answers behind a lock.

use super::cache::{AnswerCache, Digest};
use crate::Timestamp;
use crate::token::ForeignClaims;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Answers by token, shared between requests.
#[derive(Debug)]
pub(crate) struct Remembered(Mutex<AnswerCache>);

impl Remembered {
    pub(crate) const fn new(capacity: usize, seconds: u64) -> Self {
        Self(Mutex::new(AnswerCache::new(capacity, seconds)))
    }

    pub(crate) fn get(&self, token: &Digest, now: Timestamp) -> Option<ForeignClaims> {
        self.cache().get(token, now)
    }

    pub(crate) fn put(&self, token: Digest, claims: &ForeignClaims, now: Timestamp) {
        let expires = claims.expiry();
        self.cache().put(token, claims.clone(), expires, now);
    }

    /// Locks the cache. No code under the lock panics, and a cache that lost an entry still works.
    fn cache(&self) -> MutexGuard<'_, AnswerCache> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
