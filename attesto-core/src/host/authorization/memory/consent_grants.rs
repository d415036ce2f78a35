//! Consent grants in memory (AZ-26).

use super::capacity::{FREED_PER_CALL, capacity_is_sound};
use super::lock::{locked, sweep};
use super::table::{Freed, Table};
use crate::authorization::{Answered, ConsentGrant, ConsentRedemption, NewConsentGrant, SecretDigest, Unavailable};
use crate::host::{ConsentGrantStore, StoreReach};
use crate::{ConfigError, Timestamp};
use alloc::collections::VecDeque;
use alloc::string::String;
use core::fmt;
use std::collections::HashMap;
use std::sync::Mutex;

/// The most grants of one user: one for each consent page that they have just answered.
const PER_SUBJECT: usize = 16;

/// Keeps consent grants in memory, for a single process.
///
/// It never holds more than its capacity, and at most 16 grants of one user. Another click drops the user's oldest
/// grant, whose page is then shown once more. Later calls free lapsed rows, a few at a time, by the `now` that they
/// receive. When the store is full, a further click is [`Unavailable`].
pub struct MemoryConsentGrantStore {
    table: Mutex<Kept>,
    capacity: usize,
}

struct Kept {
    rows: Table<SecretDigest, ConsentGrant>,
    /// Each user's grants, oldest first.
    subjects: HashMap<String, VecDeque<SecretDigest>>,
}

impl Kept {
    fn free(&mut self, now: Timestamp, most: usize) -> Freed {
        let subjects = &mut self.subjects;
        self.rows.free_each(now, most, |digest, grant| forget(subjects, &grant.subject, digest))
    }

    fn remove(&mut self, digest: &SecretDigest) -> Option<ConsentGrant> {
        let removed = self.rows.remove(digest)?;
        forget(&mut self.subjects, &removed.subject, digest);
        Some(removed)
    }

    /// Drops the oldest grant of a user who has the most allowed.
    fn make_room(&mut self, subject: &str) {
        let grants = self.subjects.get(subject).filter(|grants| grants.len() >= PER_SUBJECT);
        if let Some(oldest) = grants.and_then(VecDeque::front).copied() {
            self.remove(&oldest);
        }
    }
}

fn forget(subjects: &mut HashMap<String, VecDeque<SecretDigest>>, subject: &str, digest: &SecretDigest) {
    let Some(grants) = subjects.get_mut(subject) else { return };
    grants.retain(|own| own != digest);
    if grants.is_empty() {
        subjects.remove(subject);
    }
}

impl MemoryConsentGrantStore {
    /// Creates a store for `capacity` grants, if one process serves the issuer: another process would not know them.
    ///
    /// # Errors
    /// Fails for a capacity of 0, or of more than 2^30.
    pub fn single_node(capacity: usize) -> Result<Self, ConfigError> {
        capacity_is_sound(capacity)?;
        Ok(Self { table: Mutex::new(Kept { rows: Table::new(), subjects: HashMap::new() }), capacity })
    }

    /// Stores the grant from a click on your consent page, before the browser is sent back.
    ///
    /// # Errors
    /// Fails if the store is full, or already has the grant.
    pub fn insert(&self, new: &NewConsentGrant, now: Timestamp) -> Answered<()> {
        let (digest, grant) = (new.digest(), new.grant());
        locked(&self.table, |kept| {
            kept.free(now, FREED_PER_CALL);
            if kept.rows.get(&digest).is_some() {
                return Err(Unavailable);
            }
            kept.make_room(&grant.subject);
            if kept.rows.len() >= self.capacity {
                return Err(Unavailable);
            }
            kept.subjects.entry(grant.subject.clone()).or_default().push_back(digest);
            kept.rows.insert(digest, grant.clone(), grant.expires_at);
            Ok(())
        })
    }

    /// Frees the rows that have lapsed by `now`, and returns their number. Never needed for correct answers.
    pub fn sweep(&self, now: Timestamp) -> usize {
        sweep(&self.table, |kept, most| kept.free(now, most))
    }
}

impl ConsentGrantStore for MemoryConsentGrantStore {
    async fn take(&self, redemption: &ConsentRedemption) -> Answered<Option<ConsentGrant>> {
        let (now, binding) = (redemption.now, redemption.binding);
        locked(&self.table, |kept| {
            kept.free(now, FREED_PER_CALL);
            let fits = |grant: &ConsentGrant| now < grant.expires_at && grant.binding == binding;
            let fits = kept.rows.get(&redemption.digest).is_some_and(fits);
            Ok(if fits { kept.remove(&redemption.digest) } else { None })
        })
    }

    fn reach(&self) -> StoreReach {
        StoreReach::Process
    }
}

impl fmt::Debug for MemoryConsentGrantStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemoryConsentGrantStore").field("capacity", &self.capacity).finish_non_exhaustive()
    }
}
