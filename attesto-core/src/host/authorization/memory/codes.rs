//! Authorization codes in memory (AC-2, AC-6, ST-2).

use super::capacity::{FREED_PER_CALL, capacity_is_sound};
use super::lock::{locked, sweep};
use super::owners::Owners;
use super::table::{Freed, Table};
use crate::authorization::{
    Answered, AuthorizationCode, CodeRedemption, IssuedAccessToken, NewCode, SecretDigest, SecretQuery, SpentCode,
    TakenCode, Unavailable,
};
use crate::host::{CodeStore, StoreReach};
use crate::{ConfigError, Timestamp};
use alloc::boxed::Box;
use core::fmt;
use std::sync::Mutex;

/// Seconds for which a taken code waits for its access token to be recorded, even if it expires meanwhile.
const RECORDED_WITHIN: u64 = 60;

/// Keeps authorization codes in memory, for a single process.
///
/// It never holds more than its capacity, and for one user at most a 64th of it (1,024 codes in a smaller store, as
/// long as that is at most a quarter of it; 64 in a very small one). One client of a user may have at most a quarter of
/// the user's share. Beyond that, a new code is [`Unavailable`] for this user and client, and no live row is evicted.
/// Later calls free lapsed rows, a few at a time, by the `now` that they receive. After a panic poisoned its lock, the
/// store answers `Unavailable`.
///
/// For the capacity, multiply the codes issued per second by the seconds that an access token lives.
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
    Recorded(IssuedAccessToken),
}

impl MemoryCodeStore {
    /// Creates a store for `capacity` codes, if one process serves the issuer. A second process would not know the
    /// first one's codes, nor does a new process know those of its predecessor.
    ///
    /// # Errors
    /// Fails for a capacity of 0, or of more than 2^30.
    pub fn single_node(capacity: usize) -> Result<Self, ConfigError> {
        capacity_is_sound(capacity)?;
        Ok(Self { table: Mutex::new(Codes { rows: Table::new(), owners: Owners::default() }), capacity })
    }

    /// The number of codes, including lapsed ones that are not freed yet.
    #[must_use]
    pub fn len(&self) -> usize {
        locked(&self.table, |codes| Ok(codes.rows.len())).unwrap_or_default()
    }

    /// Whether the store has no codes.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Frees the rows that have lapsed by `now`, and returns their number. Never needed for correct answers.
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
    async fn insert(&self, new: &NewCode) -> Answered<()> {
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

    async fn load(&self, digest: &SecretDigest) -> Answered<Option<AuthorizationCode>> {
        locked(&self.table, |codes| Ok(codes.rows.get(digest).map(|row| (*row.code).clone())))
    }

    async fn take(&self, presented: &SecretQuery) -> Answered<TakenCode> {
        locked(&self.table, |codes| {
            codes.free(presented.now, FREED_PER_CALL);
            let Some(row) = codes.rows.get_mut(&presented.digest) else { return Ok(TakenCode::Unknown) };
            let taken = row.take();
            if matches!(taken, TakenCode::Fresh(_)) {
                codes.rows.retain(&presented.digest, presented.now.plus(RECORDED_WITHIN));
            }
            Ok(taken)
        })
    }

    async fn record(&self, redemption: &CodeRedemption) -> Answered<()> {
        locked(&self.table, |codes| {
            codes.rows.get_mut(&redemption.digest).ok_or(Unavailable)?.record(&redemption.access)?;
            codes.rows.retain(&redemption.digest, redemption.access.expires_at);
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
        let spent = |recorded| {
            let mut spent = SpentCode::new(authorization.client_id.as_str(), authorization.family);
            spent.recorded = recorded;
            TakenCode::Spent(spent)
        };
        match &self.progress {
            Progress::Fresh => {
                self.progress = Progress::Taken;
                TakenCode::Fresh(self.code.clone())
            }
            Progress::Taken => spent(None),
            Progress::Recorded(access) => spent(Some(access.clone())),
        }
    }

    fn record(&mut self, access: &IssuedAccessToken) -> Answered<()> {
        match &self.progress {
            Progress::Taken => {
                self.progress = Progress::Recorded(access.clone());
                Ok(())
            }
            Progress::Recorded(noted) if noted == access => Ok(()),
            Progress::Fresh | Progress::Recorded(_) => Err(Unavailable),
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
