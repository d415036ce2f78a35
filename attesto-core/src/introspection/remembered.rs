//! The cache behind a lock, by token.

use super::cache::AnswerCache;
use crate::Timestamp;
use crate::crypto::CryptoProvider;
use crate::token::ForeignClaims;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Answers by token, shared.
#[derive(Debug)]
pub(crate) struct Remembered(Mutex<AnswerCache>);

impl Remembered {
    pub(crate) const fn new(capacity: usize, seconds: u64) -> Self {
        Self(Mutex::new(AnswerCache::new(capacity, seconds)))
    }

    pub(crate) fn get(&self, provider: &dyn CryptoProvider, token: &str, now: Timestamp) -> Option<ForeignClaims> {
        let digest = provider.sha256(&[token.as_bytes()]);
        self.cache().get(&digest, now)
    }

    pub(crate) fn put(&self, provider: &dyn CryptoProvider, token: &str, claims: &ForeignClaims, now: Timestamp) {
        let digest = provider.sha256(&[token.as_bytes()]);
        let expires = claims.expiry();
        self.cache().put(digest, claims.clone(), expires, now);
    }

    /// No panic happens under the lock, and a cache that lost an entry is a cache all the same.
    fn cache(&self) -> MutexGuard<'_, AnswerCache> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
