//! Refresh tokens and their families in memory (catalogue RT-3 to RT-7, ST-2).

use super::table::{Deadlines, Table};
use super::{FREED_PER_CALL, capacity_is_sound, locked, sweep};
use crate::authorization::{
    Answered, Authorization, FamilyId, FamilyRevocation, IssuedAccessToken, LONGEST_GRACE, NewRefresh, RefreshState,
    RefreshToken, RepeatedRefresh, Rotated, Rotation, SecretDigest, SpentRefresh, Unavailable,
};
use crate::host::{RefreshStore, StoreReach};
use crate::jose::Thumbprint;
use crate::{ConfigError, Timestamp};
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt;
use std::sync::Mutex;

/// Access tokens that may be noted beside one refresh token. A client that lost more answers than this within a grace window
/// did not lose them: each time costs a row of memory.
const NOTED_PER_TOKEN: usize = 32;

/// Keeps refresh tokens in memory, for a single process.
///
/// It never holds more than its capacity, where each token takes one place, spent ones included, and each family one: a
/// rotation adds a token, and all are kept until the family ends. When it is full, new tokens are [`Unavailable`], and nothing
/// that lives is evicted. Rows that have lapsed are freed by later calls, a few at a time, by the `now` that they are given. A
/// clock that goes backwards revives no family: a token of one that may have been revoked and freed is not taken in. A lock
/// that was poisoned by a panic answers `Unavailable` from then on.
///
/// How much to hold: live authorizations, times how often a client refreshes within a family's lifetime. A token takes about
/// half a kilobyte.
pub struct MemoryRefreshStore {
    state: Mutex<State>,
}

struct State {
    tokens: Table<SecretDigest, Row>,
    families: Table<FamilyId, Family>,
    /// When the salt of which spent token is to be forgotten.
    salts: Deadlines<SecretDigest>,
    capacity: usize,
}

/// A token. What it is good for is kept once for all tokens of a family that agree in it.
struct Row {
    authorization: Arc<Authorization>,
    generation: u32,
    dpop_jkt: Option<Thumbprint>,
    x5t_s256: Option<Thumbprint>,
    expires_at: Timestamp,
    family_expires_at: Timestamp,
    access: Vec<IssuedAccessToken>,
    spent: Option<SpentRefresh>,
}

struct Family {
    revoked: bool,
    members: Vec<SecretDigest>,
}

impl MemoryRefreshStore {
    /// A store of `capacity` places, whose user affirms that one process serves the issuer. A second one would not know the
    /// tokens of the first, nor does a new process know those of its predecessor.
    ///
    /// # Errors
    /// A capacity of 0, or of more than 2^30.
    pub fn single_node(capacity: usize) -> Result<Self, ConfigError> {
        capacity_is_sound(capacity)?;
        let state = State { tokens: Table::new(), families: Table::new(), salts: Deadlines::new(), capacity };
        Ok(Self { state: Mutex::new(state) })
    }

    /// How many places are taken, those of rows that have lapsed and are not yet freed included.
    #[must_use]
    pub fn len(&self) -> usize {
        locked(&self.state, |state| Ok(state.held())).unwrap_or_default()
    }

    /// Whether nothing is held.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Frees what has lapsed by `now` and says how many places it was. Never needed for correct answers.
    pub fn sweep(&self, now: Timestamp) -> usize {
        sweep(&self.state, |state, most| state.free(now, most))
    }
}

impl RefreshStore for MemoryRefreshStore {
    async fn get(&self, digest: &SecretDigest) -> Answered<Option<RefreshState>> {
        locked(&self.state, |state| {
            let state_of = |row: &Row| RefreshState {
                token: row.token(),
                spent: row.spent.clone(),
                family_revoked: state.is_revoked(row.authorization.family),
            };
            Ok(state.tokens.get(digest).map(state_of))
        })
    }

    async fn insert(&self, new: &NewRefresh) -> Answered<bool> {
        locked(&self.state, |state| state.insert(new))
    }

    async fn rotate(&self, rotation: &Rotation) -> Answered<Rotated> {
        locked(&self.state, |state| state.rotate(rotation))
    }

    async fn repeat(&self, repeated: &RepeatedRefresh) -> Answered<bool> {
        locked(&self.state, |state| state.repeat(repeated))
    }

    async fn revoke_family(&self, revocation: &FamilyRevocation) -> Answered<Vec<IssuedAccessToken>> {
        locked(&self.state, |state| state.revoke_family(revocation))
    }

    fn reach(&self) -> StoreReach {
        StoreReach::Process
    }
}

impl State {
    fn held(&self) -> usize {
        self.tokens.len().saturating_add(self.families.len())
    }

    fn free(&mut self, now: Timestamp, most: usize) -> usize {
        let tokens = self.tokens.free(now, most);
        tokens.saturating_add(self.families.free(now, most))
    }

    /// What each call that is told the time does on its way.
    fn pass_by(&mut self, now: Timestamp) {
        self.free(now, FREED_PER_CALL);
        for _ in 0..FREED_PER_CALL {
            let Some(digest) = self.salts.next_before(now) else { break };
            if let Some(spent) = self.tokens.get_mut(&digest).and_then(|row| row.spent.as_mut()) {
                spent.salt = None;
            }
        }
    }

    fn room_for(&self, places: usize) -> Answered<()> {
        if self.held().saturating_add(places) <= self.capacity { Ok(()) } else { Err(Unavailable) }
    }

    /// A family whose row was freed before its last token's is one whose time is over.
    fn is_revoked(&self, family: FamilyId) -> bool {
        self.families.get(&family).is_none_or(|family| family.revoked)
    }

    fn insert(&mut self, new: &NewRefresh) -> Answered<bool> {
        self.pass_by(new.now);
        let family = new.token.authorization.family;
        let places = match self.families.get(&family) {
            Some(Family { revoked: true, .. }) => return Ok(false),
            Some(Family { revoked: false, .. }) => 1,
            None if self.families.may_have_forgotten(new.token.family_expires_at) => return Err(Unavailable),
            None => 2,
        };
        if self.tokens.get(&new.digest).is_some() {
            return Err(Unavailable);
        }
        self.room_for(places)?;
        let authorization = Arc::new(new.token.authorization.clone());
        self.add(new.digest, &new.token, authorization);
        Ok(true)
    }

    fn rotate(&mut self, rotation: &Rotation) -> Answered<Rotated> {
        self.pass_by(rotation.now);
        let Some(row) = self.tokens.get(&rotation.spent) else { return Ok(Rotated::Lost) };
        if self.is_revoked(row.authorization.family) {
            return Ok(Rotated::FamilyRevoked);
        }
        if row.spent.is_some() {
            return Ok(Rotated::Lost);
        }
        let authorization = &rotation.token.authorization;
        if row.authorization.family != authorization.family || self.tokens.get(&rotation.successor).is_some() {
            return Err(Unavailable);
        }
        self.room_for(1)?;
        let same = *row.authorization == *authorization;
        let authorization = if same { Arc::clone(&row.authorization) } else { Arc::new(authorization.clone()) };
        if let Some(row) = self.tokens.get_mut(&rotation.spent) {
            row.spent = Some(SpentRefresh { at: rotation.now, salt: rotation.salt.clone() });
            row.access.retain(|access| rotation.now < access.expires_at);
        }
        if rotation.salt.is_some() {
            self.salts.add(rotation.now.plus(LONGEST_GRACE), rotation.spent);
        }
        self.add(rotation.successor, &rotation.token, authorization);
        Ok(Rotated::Done)
    }

    fn add(&mut self, digest: SecretDigest, token: &RefreshToken, authorization: Arc<Authorization>) {
        let (family, until) = (authorization.family, token.family_expires_at);
        match self.families.get_mut(&family) {
            Some(known) => {
                known.members.push(digest);
                self.families.retain(&family, until);
            }
            None => self.families.insert(family, Family { revoked: false, members: [digest].into() }, until),
        }
        self.tokens.insert(digest, Row::new(token, authorization), until);
    }

    fn repeat(&mut self, repeated: &RepeatedRefresh) -> Answered<bool> {
        self.pass_by(repeated.now);
        let Some(row) = self.tokens.get(&repeated.digest) else { return Ok(false) };
        if row.spent.is_some() || self.is_revoked(row.authorization.family) {
            return Ok(false);
        }
        let Some(row) = self.tokens.get_mut(&repeated.digest) else { return Ok(false) };
        row.access.retain(|access| repeated.now < access.expires_at);
        if !row.access.contains(&repeated.access) {
            if row.access.len() >= NOTED_PER_TOKEN {
                return Err(Unavailable);
            }
            row.access.push(repeated.access.clone());
        }
        Ok(true)
    }

    fn revoke_family(&mut self, revocation: &FamilyRevocation) -> Answered<Vec<IssuedAccessToken>> {
        self.pass_by(revocation.now);
        let Some(family) = self.families.get_mut(&revocation.family) else {
            self.room_for(1)?;
            let revoked = Family { revoked: true, members: Vec::new() };
            self.families.insert(revocation.family, revoked, revocation.keep_until);
            return Ok(Vec::new());
        };
        family.revoked = true;
        let rows = family.members.iter().filter_map(|digest| self.tokens.get(digest));
        let living = |access: &&IssuedAccessToken| revocation.now < access.expires_at;
        let living = rows.flat_map(|row| &row.access).filter(living).cloned().collect();
        self.families.retain(&revocation.family, revocation.keep_until);
        Ok(living)
    }
}

impl Row {
    fn new(token: &RefreshToken, authorization: Arc<Authorization>) -> Self {
        Self {
            authorization,
            generation: token.generation,
            dpop_jkt: token.dpop_jkt,
            x5t_s256: token.x5t_s256,
            expires_at: token.expires_at,
            family_expires_at: token.family_expires_at,
            access: token.access.clone(),
            spent: None,
        }
    }

    fn token(&self) -> RefreshToken {
        RefreshToken {
            authorization: (*self.authorization).clone(),
            generation: self.generation,
            dpop_jkt: self.dpop_jkt,
            x5t_s256: self.x5t_s256,
            expires_at: self.expires_at,
            family_expires_at: self.family_expires_at,
            access: self.access.clone(),
        }
    }
}

impl fmt::Debug for MemoryRefreshStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemoryRefreshStore").field("held", &self.len()).finish_non_exhaustive()
    }
}
