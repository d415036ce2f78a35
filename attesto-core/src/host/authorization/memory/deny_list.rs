//! Revoked access tokens in memory (catalogue RV-4).

use super::table::Table;
use super::{FREED_PER_CALL, capacity_is_sound, locked, sweep};
use crate::authorization::{Answered, IssuedAccessToken, RevokedAccessToken, Unavailable};
use crate::host::{AccessTokenDenyList, StoreReach};
use crate::{ConfigError, Timestamp};
use alloc::string::String;
use core::fmt;
use std::sync::Mutex;

/// Keeps revoked access tokens in memory, for a single process.
///
/// It never holds more than its capacity: when it is full, a further revocation is [`Unavailable`], and nothing that lives is
/// evicted. Rows that have lapsed are freed by later revocations, a few at a time, by the `now` that they are given. A clock
/// that goes backwards brings nothing back to life: of a token that may have been freed already nothing is known, which is
/// `Unavailable`. A lock that was poisoned by a panic answers so from then on.
pub struct MemoryDenyList {
    table: Mutex<Table<String, ()>>,
    capacity: usize,
    exp_leeway: u64,
}

impl MemoryDenyList {
    /// A list of `capacity` access tokens, whose user affirms that one process serves the issuer and the resources that consult it.
    ///
    /// # Errors
    /// A capacity of 0, or of more than 2^30.
    pub fn single_node(capacity: usize) -> Result<Self, ConfigError> {
        capacity_is_sound(capacity)?;
        Ok(Self { table: Mutex::new(Table::new()), capacity, exp_leeway: 0 })
    }

    /// Keeps each token for this many seconds after it has expired: the most that a resource which consults the list allows
    /// ([`TokenRules::exp_leeway`](crate::token::TokenRules::exp_leeway)). Default 0.
    #[must_use]
    pub const fn exp_leeway(mut self, seconds: u64) -> Self {
        self.exp_leeway = seconds;
        self
    }

    /// How many tokens are held, those that have lapsed and are not yet freed included.
    #[must_use]
    pub fn len(&self) -> usize {
        locked(&self.table, |list| Ok(list.len())).unwrap_or_default()
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
    async fn revoke(&self, revoked: &RevokedAccessToken) -> Answered<()> {
        let (access, until) = (&revoked.access, self.retain_until(&revoked.access));
        locked(&self.table, |list| {
            list.free(revoked.now, FREED_PER_CALL);
            if list.get(access.jwt_id.as_str()).is_some() {
                list.retain(access.jwt_id.as_str(), until);
                return Ok(());
            }
            if list.len() >= self.capacity {
                return Err(Unavailable);
            }
            list.insert(access.jwt_id.clone(), (), until);
            Ok(())
        })
    }

    async fn is_revoked(&self, access: &IssuedAccessToken) -> Answered<bool> {
        locked(&self.table, |list| match list.get(access.jwt_id.as_str()) {
            Some(()) => Ok(true),
            None if list.may_have_forgotten(self.retain_until(access)) => Err(Unavailable),
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
