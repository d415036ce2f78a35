//! Revoked access tokens in memory (RV-4).

use super::shares::Shares;
use super::table::{Freed, Table};
use super::{FREED_PER_CALL, capacity_is_sound, locked, share, sweep};
use crate::authorization::{Answered, IssuedAccessToken, RevokedAccessTokens, Unavailable};
use crate::host::{AccessTokenDenyList, StoreReach};
use crate::{ConfigError, Timestamp};
use alloc::string::String;
use alloc::sync::Arc;
use core::fmt;
use std::sync::Mutex;

/// Keeps revoked access tokens in memory, for a single process.
///
/// It never holds more than its capacity, and no more than a 16th of it (1,000 tokens where that is less) for one
/// subject: beyond that, a further revocation is [`Unavailable`] and changes nothing, and nothing that lives is evicted. Rows that have lapsed are freed by later revocations, a few at a time, by the `now` that they are given. A clock
/// that goes backwards brings nothing back to life: of a token that may have been freed already nothing is known, which is
/// `Unavailable`. A lock that was poisoned by a panic answers so from then on.
pub struct MemoryDenyList {
    table: Mutex<List>,
    capacity: usize,
    exp_leeway: u64,
}

struct List {
    /// By `jti`; whose they are.
    tokens: Table<String, Arc<str>>,
    subjects: Shares,
}

/// One subject has no more than one in so many of the places,
const SUBJECTS: usize = 16;
/// but as many as one question may name.
pub(in super::super) const ONE_QUESTION: usize = 1_000;

impl List {
    fn free(&mut self, now: Timestamp, most: usize) -> Freed {
        let subjects = &mut self.subjects;
        self.tokens.free_each(now, most, |_, subject| subjects.give_back(&subject, 1))
    }
}

impl MemoryDenyList {
    /// A list of `capacity` access tokens, whose user affirms that one process serves the issuer and the resources that consult it.
    ///
    /// Give it as many places as one family may have access tokens at the very least (100, or what
    /// [`access_tokens_at_a_time`](crate::authorization::RefreshPolicy::access_tokens_at_a_time) says): a family that has more than the
    /// list has places can never be denied whole, and its revocation is [`Unavailable`] for as long as they live.
    ///
    /// # Errors
    /// A capacity of 0, or of more than 2^30.
    pub fn single_node(capacity: usize) -> Result<Self, ConfigError> {
        capacity_is_sound(capacity)?;
        let list = List { tokens: Table::new(), subjects: Shares::default() };
        Ok(Self { table: Mutex::new(list), capacity, exp_leeway: 60 })
    }

    /// The most seconds after its `exp` for which a resource that consults the list takes a token
    /// ([`TokenRules::exp_leeway`](crate::token::TokenRules::exp_leeway)): each is kept so much longer than it is asked to be. Default 60.
    #[must_use]
    pub const fn exp_leeway(mut self, seconds: u64) -> Self {
        self.exp_leeway = seconds;
        self
    }

    /// How many tokens are held, those that have lapsed and are not yet freed included.
    #[must_use]
    pub fn len(&self) -> usize {
        locked(&self.table, |list| Ok(list.tokens.len())).unwrap_or_default()
    }

    /// Whether none is held.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Frees what has lapsed by `now` and says how much it was. Never needed for correct answers.
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
}

impl fmt::Debug for MemoryDenyList {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemoryDenyList")
            .field("held", &self.len())
            .field("capacity", &self.capacity)
            .finish_non_exhaustive()
    }
}
