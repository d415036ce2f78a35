//! Revoked access tokens in memory (RV-4).

use super::capacity::{FREED_PER_CALL, capacity_is_sound, share};
use super::lock::{locked, sweep};
use super::shares::Shares;
use super::table::{Freed, Table};
use crate::authorization::{Answered, IssuedAccessToken, RevokedAccessTokens, Unavailable};
use crate::host::{AccessTokenDenyList, StoreReach};
use crate::{ConfigError, Timestamp};
use alloc::string::String;
use alloc::sync::Arc;
use core::fmt;
use core::time::Duration;
use std::sync::Mutex;

/// Keeps revoked access tokens in memory, for a single process.
///
/// It never holds more than its capacity, and at most a 16th of it (or 1,000 tokens, if that is more) for one subject.
/// Beyond that, a further revocation is [`Unavailable`] and changes nothing, and no live row is evicted. Later
/// revocations free lapsed rows, a few at a time, by the `now` that they receive. If the clock goes backwards, the list
/// does not know whether a token was already freed, and answers `Unavailable`. It also does so after a panic poisoned
/// its lock.
pub struct MemoryDenyList {
    table: Mutex<List>,
    capacity: usize,
    exp_leeway: u64,
}

struct List {
    /// The subject of each token, by `jti`.
    tokens: Table<String, Arc<str>>,
    subjects: Shares,
}

/// One subject has at most this fraction of the places,
const SUBJECTS: usize = 16;
/// but at least as many as one question may name.
pub(in super::super) const ONE_QUESTION: usize = 1_000;

impl List {
    fn free(&mut self, now: Timestamp, most: usize) -> Freed {
        let subjects = &mut self.subjects;
        self.tokens.free_each(now, most, |_, subject| subjects.give_back(&subject, 1))
    }
}

impl MemoryDenyList {
    /// Creates a list of `capacity` access tokens, if one process serves the issuer and the resources that consult the
    /// list.
    ///
    /// Give it at least as many places as one family may have access tokens (100, or the value of
    /// [`access_tokens_at_a_time`](crate::authorization::RefreshPolicy::access_tokens_at_a_time)). A family with more
    /// access tokens than the list has places can never be denied completely, so
    /// [`AuthorizationHostBuilder::build`](crate::host::AuthorizationHostBuilder::build) refuses such a list.
    ///
    /// # Errors
    /// Fails for a capacity of 0, or of more than 2^30.
    pub fn single_node(capacity: usize) -> Result<Self, ConfigError> {
        capacity_is_sound(capacity)?;
        let list = List { tokens: Table::new(), subjects: Shares::default() };
        Ok(Self { table: Mutex::new(list), capacity, exp_leeway: 60 })
    }

    /// Sets the longest time after `exp` for which a resource that consults the list accepts a token
    /// ([`TokenRules::exp_leeway`](crate::token::TokenRules::exp_leeway)): each token is kept that much longer than
    /// requested. Default 60.
    #[must_use]
    pub const fn exp_leeway(mut self, leeway: Duration) -> Self {
        self.exp_leeway = leeway.as_secs();
        self
    }

    /// The number of tokens, including lapsed ones that are not freed yet.
    #[must_use]
    pub fn len(&self) -> usize {
        locked(&self.table, |list| Ok(list.tokens.len())).unwrap_or_default()
    }

    /// Whether the list is empty.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Frees the rows that have lapsed by `now`, and returns their number. Never needed for correct answers.
    pub fn sweep(&self, now: Timestamp) -> usize {
        sweep(&self.table, |list, most| list.free(now, most))
    }

    const fn retain_until(&self, access: &IssuedAccessToken) -> Timestamp {
        access.expires_at.plus(self.exp_leeway)
    }
}

impl AccessTokenDenyList for MemoryDenyList {
    async fn revoke(&self, revoked: &RevokedAccessTokens) -> Answered<()> {
        locked(&self.table, |list| {
            list.free(revoked.now, FREED_PER_CALL.max(revoked.access.len().saturating_mul(2)));
            let new = revoked.access.iter().filter(|access| list.tokens.get(access.jwt_id.as_str()).is_none()).count();
            let of_subject = list.subjects.held_by(&revoked.subject).saturating_add(new);
            let fits = list.tokens.len().saturating_add(new) <= self.capacity
                && of_subject <= share(self.capacity, SUBJECTS).max(ONE_QUESTION);
            if new > 0 && !fits {
                return Err(Unavailable);
            }
            let subject: Arc<str> = revoked.subject.as_str().into();
            for access in &revoked.access {
                let (jwt_id, until) = (access.jwt_id.as_str(), self.retain_until(access));
                if list.tokens.get(jwt_id).is_some() {
                    list.tokens.retain(jwt_id, until);
                } else {
                    list.tokens.insert(jwt_id.into(), Arc::clone(&subject), until);
                    list.subjects.take(&subject, 1);
                }
            }
            Ok(())
        })
    }

    async fn is_revoked(&self, access: &IssuedAccessToken) -> Answered<bool> {
        locked(&self.table, |list| match list.tokens.get(access.jwt_id.as_str()) {
            Some(_) => Ok(true),
            None if list.tokens.may_have_forgotten(self.retain_until(access)) => Err(Unavailable),
            None => Ok(false),
        })
    }

    fn reach(&self) -> StoreReach {
        StoreReach::Process
    }

    fn capacity(&self) -> Option<usize> {
        Some(self.capacity)
    }
}

impl fmt::Debug for MemoryDenyList {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemoryDenyList")
            .field("held", &self.len())
            .field("capacity", &self.capacity)
            .finish_non_exhaustive()
    }
}
