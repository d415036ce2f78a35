//! Authorization codes in memory (AC-2, AC-6, ST-2).

use super::owners::Owners;
use super::table::{Freed, Table};
use super::{FREED_PER_CALL, capacity_is_sound, locked, sweep};
use crate::authorization::{
    Answered, AuthorizationCode, FinalizedCode, IssuedAccessToken, NewCode, SecretDigest, SecretQuery, SpentCode,
    TakenCode, Unavailable,
};
use crate::host::{CodeStore, StoreReach};
use crate::{ConfigError, Timestamp};
use alloc::boxed::Box;
use core::fmt;
use std::sync::Mutex;

/// Seconds for which a code that was taken waits to be finalized, even if it expires meanwhile.
const FINALIZED_WITHIN: u64 = 60;

/// Keeps authorization codes in memory, for a single process.
///
/// It never holds more than its capacity, for no user more than a 64th of it (1,024 codes of a smaller store, as long as that is no more
/// than a quarter of it; 64 of a very small one), and for no client of a user more than a quarter of what the user may have: beyond that, a
/// new code is [`Unavailable`] for this user and client, and nothing that lives is evicted.
/// Rows that have lapsed are freed by later calls, a few at a time, by the `now` that they are given. A lock that was poisoned
/// by a panic answers `Unavailable` from then on.
///
/// How much to hold: codes issued per second, times the seconds that the access token made for one lives.
pub struct MemoryCodeStore {
    table: Mutex<Codes>,
    capacity: usize,
}

struct Codes {
    rows: Table<SecretDigest, Row>,
    owners: Owners,
}

impl Codes {
    fn free(&mut self, now: Timestamp, most: usize) -> Freed {
        let owners = &mut self.owners;
        self.rows.free_each(now, most, |_, row| {
            let authorization = &row.code.authorization;
            owners.give_back(&authorization.subject, &authorization.client_id);
        })
    }
}

struct Row {
    code: Box<AuthorizationCode>,
    progress: Progress,
}

enum Progress {
    Fresh,
    Taken,
    Finalized(IssuedAccessToken),
}

impl MemoryCodeStore {
    /// A store for `capacity` codes, whose user affirms that one process serves the issuer. A second one would not know the
    /// codes of the first, nor does a new process know those of its predecessor.
    ///
    /// # Errors
    /// A capacity of 0, or of more than 2^30.
    pub fn single_node(capacity: usize) -> Result<Self, ConfigError> {
        capacity_is_sound(capacity)?;
        Ok(Self { table: Mutex::new(Codes { rows: Table::new(), owners: Owners::default() }), capacity })
    }

    /// How many codes are held, those that have lapsed and are not yet freed included.
    #[must_use]
    pub fn len(&self) -> usize {
        locked(&self.table, |codes| Ok(codes.rows.len())).unwrap_or_default()
    }

    /// Whether none is held.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Frees what has lapsed by `now` and says how much it was. Never needed for correct answers.
    pub fn sweep(&self, now: Timestamp) -> usize {
        sweep(&self.table, |codes, most| codes.free(now, most))
    }
}

#[cfg(test)]
impl MemoryCodeStore {
    pub(super) fn poison(&self) {
        let _held = self.table.lock().unwrap();
        panic!("with the lock held");
    }
}

impl CodeStore for MemoryCodeStore {
    async fn put(&self, new: &NewCode) -> Answered<()> {
        locked(&self.table, |codes| {
            codes.free(new.now, FREED_PER_CALL);
            let (subject, client) = (&new.code.authorization.subject, &new.code.authorization.client_id);
            let fits = codes.rows.len() < self.capacity && codes.owners.one_more_fits(subject, client, self.capacity);
            if codes.rows.get(&new.digest).is_some() || !fits {
                return Err(Unavailable);
            }
            codes.owners.take(subject, client);
            let row = Row { code: Box::new(new.code.clone()), progress: Progress::Fresh };
            codes.rows.insert(new.digest, row, new.code.expires_at);
            Ok(())
        })
    }

    async fn peek(&self, digest: &SecretDigest) -> Answered<Option<AuthorizationCode>> {
        locked(&self.table, |codes| Ok(codes.rows.get(digest).map(|row| (*row.code).clone())))
    }

    async fn take(&self, presented: &SecretQuery) -> Answered<TakenCode> {
        locked(&self.table, |codes| {
            codes.free(presented.now, FREED_PER_CALL);
            let Some(row) = codes.rows.get_mut(&presented.digest) else { return Ok(TakenCode::Unknown) };
            let taken = row.take();
            if matches!(taken, TakenCode::Fresh(_)) {
                codes.rows.retain(&presented.digest, presented.now.plus(FINALIZED_WITHIN));
            }
            Ok(taken)
        })
    }

    async fn finalize(&self, finalized: &FinalizedCode) -> Answered<()> {
        locked(&self.table, |codes| {
            codes.rows.get_mut(&finalized.digest).ok_or(Unavailable)?.finalize(&finalized.access)?;
            codes.rows.retain(&finalized.digest, finalized.access.expires_at);
            Ok(())
        })
    }

    fn reach(&self) -> StoreReach {
        StoreReach::Process
    }
}

impl Row {
    fn take(&mut self) -> TakenCode {
        let authorization = &self.code.authorization;
        let spent = |finalized| {
            let mut spent = SpentCode::new(authorization.client_id.as_str(), authorization.family);
            spent.finalized = finalized;
            TakenCode::Spent(spent)
        };
        match &self.progress {
            Progress::Fresh => {
                self.progress = Progress::Taken;
                TakenCode::Fresh(self.code.clone())
            }
            Progress::Taken => spent(None),
            Progress::Finalized(access) => spent(Some(access.clone())),
        }
    }

    fn finalize(&mut self, access: &IssuedAccessToken) -> Answered<()> {
        match &self.progress {
            Progress::Taken => {
                self.progress = Progress::Finalized(access.clone());
                Ok(())
            }
            Progress::Finalized(noted) if noted == access => Ok(()),
            Progress::Fresh | Progress::Finalized(_) => Err(Unavailable),
        }
    }
}

impl fmt::Debug for MemoryCodeStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemoryCodeStore")
            .field("held", &self.len())
            .field("capacity", &self.capacity)
            .finish_non_exhaustive()
    }
}
