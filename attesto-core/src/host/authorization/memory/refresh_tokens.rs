//! Refresh tokens and their families in memory (RT-3 to RT-7, ST-2).

use super::owners::{Owner, Owners, Uses};
use super::table::{Deadlines, Freed, Table};
use super::{FREED_PER_CALL, capacity_is_sound, locked, sweep};
use crate::authorization::{
    Answered, FamilyId, FamilyRevocation, IssuedAccessToken, LONGEST_GRACE, NewRefresh, RefreshKey, RefreshState,
    RefreshToken, RepeatedRefresh, RevocableFamily, Rotated, Rotation, SecretDigest, SettledRevocation, SpentRefresh,
    Unavailable,
};
use crate::host::{RefreshStore, StoreReach};
use crate::{ConfigError, Timestamp};
use alloc::boxed::Box;
use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt;
use std::collections::HashMap;
use std::sync::Mutex;

/// Access tokens that may be noted with one family; more than any server lets one have.
const NOTED_PER_FAMILY: usize = 1_024;
/// Of what is revoked before it was ever seen, no client is known. It has a client's share of its user's places.
const NO_CLIENT: &str = "";

/// Keeps refresh tokens in memory, for a single process.
///
/// It never holds more than its capacity, where each family takes one place, however often its token is rotated: of spent tokens
/// nothing is kept but the one spent last. A revoked family keeps its place for a day after its access tokens are taken care of.
///
/// No user has more than a 64th of the places (1,024 of a smaller store, as long as that is no more than a quarter of it; 64 of a very small
/// one), and no client of a user more than a quarter of what the user may have. Where a user and a client are over their share, the family
/// of theirs that was used longest ago ends and makes room: its refresh token is unknown from then on, and refused as such; its access
/// tokens live until they expire, and can be revoked one by one only. No other user's or client's family ends for it. What is revoked
/// keeps its place even then: where the two have nothing else, or the whole store is full, a new family is [`Unavailable`].
///
/// Rows that have lapsed are freed by later calls, a few at a time, by the `now` that they are given. A
/// clock that goes backwards revives no family: a token of one that may have been revoked and freed is not taken in. A lock
/// that was poisoned by a panic answers `Unavailable` from then on.
///
/// How much to hold: live authorizations, and those whose clients have gone away until their refresh token expires. A family takes
/// about 1.25 kilobytes.
pub struct MemoryRefreshStore {
    state: Mutex<State>,
}

struct State {
    families: Table<FamilyId, Row>,
    index: Index,
    /// When the salt of which family's spent token is to be forgotten.
    salts: Deadlines<FamilyId>,
    capacity: usize,
}

/// How families are found.
#[derive(Default)]
struct Index {
    /// By what all their tokens have in common.
    keys: HashMap<SecretDigest, FamilyId>,
    /// By the access tokens noted with them.
    access: HashMap<String, FamilyId>,
    /// How many they are of a user and a client, the revoked ones included.
    owners: Owners,
    /// By whose they are, those that are not revoked.
    uses: Uses,
}

/// A family. Without tokens: one that was revoked, of which nothing else is left.
struct Row {
    owner: Arc<Owner>,
    /// Stands for its last use.
    used: u64,
    revoked: bool,
    /// How long a revocation is kept at least.
    keep_until: Timestamp,
    tokens: Option<Box<Tokens>>,
    /// Access tokens that may live still; of a revoked family those that were not settled.
    access: Vec<IssuedAccessToken>,
}

struct Tokens {
    family_key: SecretDigest,
    current: SecretDigest,
    /// Of the current one. Its `access` is kept beside.
    token: RefreshToken,
    last: Option<(SecretDigest, SpentRefresh)>,
}

impl MemoryRefreshStore {
    /// A store of `capacity` places, whose user affirms that one process serves the issuer. A second one would not know the
    /// tokens of the first, nor does a new process know those of its predecessor.
    ///
    /// # Errors
    /// A capacity of 0, or of more than 2^30.
    pub fn single_node(capacity: usize) -> Result<Self, ConfigError> {
        capacity_is_sound(capacity)?;
        let (families, salts) = (Table::new(), Deadlines::new());
        Ok(Self { state: Mutex::new(State { families, index: Index::default(), salts, capacity }) })
    }

    /// How many places are taken, those of rows that have lapsed and are not yet freed included.
    #[must_use]
    pub fn len(&self) -> usize {
        locked(&self.state, |state| Ok(state.families.len())).unwrap_or_default()
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
    async fn get(&self, key: &RefreshKey) -> Answered<Option<RefreshState>> {
        locked(&self.state, |state| Ok(state.get(key)))
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

    async fn find_family(&self, jwt_id: &str) -> Answered<Option<RevocableFamily>> {
        locked(&self.state, |state| Ok(state.find_family(jwt_id)))
    }

    async fn revoke_family(&self, revocation: &FamilyRevocation) -> Answered<Vec<IssuedAccessToken>> {
        locked(&self.state, |state| state.revoke_family(revocation))
    }

    async fn settle_revocation(&self, settled: &SettledRevocation) -> Answered<()> {
        locked(&self.state, |state| {
            state.settle(settled);
            Ok(())
        })
    }

    fn reach(&self) -> StoreReach {
        StoreReach::Process
    }
}

impl State {
    fn free(&mut self, now: Timestamp, most: usize) -> Freed {
        let Self { families, index, .. } = self;
        families.free_each(now, most, |_, row| index.let_go(&row))
    }

    /// What each call that is given the time does on its way.
    fn pass_by(&mut self, now: Timestamp) {
        self.free(now, FREED_PER_CALL);
        for _ in 0..FREED_PER_CALL {
            let Some(family) = self.salts.next_before(now) else { break };
            let last = self.families.get_mut(&family).and_then(|row| row.tokens.as_mut()?.last.as_mut());
            if let Some((_, spent)) = last.filter(|(_, spent)| spent.at.plus(LONGEST_GRACE) < now) {
                spent.salt = None;
            }
        }
    }

    /// Finds a place for one more family. Where its user and client are over their share, the one of theirs that was used longest ago
    /// ends: no other user or client notices.
    fn make_room(&mut self, subject: &str, client: &str) -> Answered<()> {
        if !self.index.owners.one_more_fits(subject, client, self.capacity) {
            let owner = self.index.owners.find(subject, client).ok_or(Unavailable)?;
            let oldest = self.index.uses.oldest(&owner).ok_or(Unavailable)?;
            let ended = self.families.end(&oldest).ok_or(Unavailable)?;
            self.index.let_go(&ended);
        }
        if self.families.len() < self.capacity { Ok(()) } else { Err(Unavailable) }
    }

    fn note_use(&mut self, family: FamilyId) {
        let Some(row) = self.families.get_mut(&family) else { return };
        self.index.uses.remove(&row.owner, row.used);
        row.used = self.index.uses.add(&row.owner, family);
    }

    /// The family of a token, and its row.
    fn find(&self, key: &RefreshKey) -> Option<(FamilyId, &Row, &Tokens)> {
        let family = *self.index.keys.get(&key.family)?;
        let row = self.families.get(&family)?;
        Some((family, row, row.tokens.as_ref()?))
    }

    fn get(&self, key: &RefreshKey) -> Option<RefreshState> {
        let (_, row, tokens) = self.find(key)?;
        let mut token = tokens.token.clone();
        let spent = tokens.spent(&key.token);
        if spent.is_none() && !row.revoked {
            token.access.clone_from(&row.access);
        }
        let undenied = if row.revoked { row.access.clone() } else { Vec::new() };
        Some(RefreshState { token, spent, family_revoked: row.revoked, undenied })
    }

    fn insert(&mut self, new: &NewRefresh) -> Answered<bool> {
        self.pass_by(new.now);
        let authorization = &new.token.authorization;
        let family = authorization.family;
        match self.families.get(&family) {
            Some(row) if row.revoked => return Ok(false),
            Some(_) => return Err(Unavailable),
            None if self.families.may_have_forgotten(new.token.family_expires_at) => return Err(Unavailable),
            None => {}
        }
        if self.index.keys.contains_key(&new.key.family) {
            return Err(Unavailable);
        }
        self.make_room(&authorization.subject, &authorization.client_id)?;
        let mut token = new.token.clone();
        let access = core::mem::take(&mut token.access);
        let until = latest(&access, token.expires_at);
        self.index.add_access(family, &access);
        self.index.keys.insert(new.key.family, family);
        let owner = self.index.owners.take(&authorization.subject, &authorization.client_id);
        let used = self.index.uses.add(&owner, family);
        let tokens = Tokens { family_key: new.key.family, current: new.key.token, token, last: None };
        let (tokens, keep_until) = (Some(Box::new(tokens)), Timestamp::default());
        self.families.insert(family, Row { owner, used, revoked: false, keep_until, tokens, access }, until);
        Ok(true)
    }

    fn rotate(&mut self, rotation: &Rotation) -> Answered<Rotated> {
        self.pass_by(rotation.now);
        let Some((family, row, tokens)) = self.find(&rotation.spent) else { return Ok(Rotated::Lost) };
        if row.revoked {
            return Ok(Rotated::FamilyRevoked);
        }
        if tokens.current != rotation.spent.token {
            return Ok(Rotated::Lost);
        }
        if family != rotation.token.authorization.family || rotation.successor == tokens.current {
            return Err(Unavailable);
        }
        let mut token = rotation.token.clone();
        let noted = core::mem::take(&mut token.access);
        self.family_has_room(family, NOTED_PER_FAMILY, rotation.now)?;
        let until = self.note(family, &noted, token.expires_at)?;
        self.families.retain(&family, until);
        let row = self.families.get_mut(&family).and_then(|row| row.tokens.as_mut()).ok_or(Unavailable)?;
        row.last = Some((row.current, SpentRefresh { at: rotation.now, salt: rotation.salt.clone() }));
        row.current = rotation.successor;
        row.token = token;
        if rotation.salt.is_some() {
            self.salts.add(rotation.now.plus(LONGEST_GRACE), family);
        }
        self.note_use(family);
        Ok(Rotated::Done)
    }

    fn repeat(&mut self, repeated: &RepeatedRefresh) -> Answered<bool> {
        self.pass_by(repeated.now);
        let Some((family, row, tokens)) = self.find(&repeated.key) else { return Ok(false) };
        if row.revoked || tokens.current != repeated.key.token {
            return Ok(false);
        }
        if self.index.access.get(&repeated.access.jwt_id) != Some(&family) {
            self.family_has_room(family, repeated.at_most.min(NOTED_PER_FAMILY), repeated.now)?;
        }
        let until = self.note(family, core::slice::from_ref(&repeated.access), repeated.expires_at)?;
        self.families.retain(&family, until);
        let tokens = self.families.get_mut(&family).and_then(|row| row.tokens.as_mut()).ok_or(Unavailable)?;
        tokens.token.expires_at = tokens.token.expires_at.max(repeated.expires_at);
        self.note_use(family);
        Ok(true)
    }

    /// Drops access tokens of a family that have expired.
    fn forget_expired(&mut self, family: FamilyId, now: Timestamp) -> Answered<usize> {
        let row = self.families.get_mut(&family).ok_or(Unavailable)?;
        let expired: Vec<_> = row.access.extract_if(.., |access| access.expires_at <= now).collect();
        forget(&mut self.index.access, expired.iter());
        Ok(row.access.len())
    }

    fn family_has_room(&mut self, family: FamilyId, most: usize, now: Timestamp) -> Answered<()> {
        if self.forget_expired(family, now)? < most { Ok(()) } else { Err(Unavailable) }
    }

    /// Notes access tokens with a family. Answers how long the family is kept for them and for its token.
    fn note(&mut self, family: FamilyId, noted: &[IssuedAccessToken], expires_at: Timestamp) -> Answered<Timestamp> {
        let row = self.families.get_mut(&family).ok_or(Unavailable)?;
        let new: Vec<_> = noted.iter().filter(|access| !row.access.contains(access)).cloned().collect();
        row.access.extend(new.iter().cloned());
        self.index.add_access(family, &new);
        Ok(latest(&new, expires_at))
    }

    fn find_family(&self, jwt_id: &str) -> Option<RevocableFamily> {
        let family = *self.index.access.get(jwt_id)?;
        let tokens = self.families.get(&family)?.tokens.as_ref()?;
        Some(RevocableFamily { family, client_id: tokens.token.authorization.client_id.clone() })
    }

    fn revoke_family(&mut self, revocation: &FamilyRevocation) -> Answered<Vec<IssuedAccessToken>> {
        self.pass_by(revocation.now);
        let family = revocation.family;
        if self.families.get(&family).is_none() {
            self.make_room(&revocation.subject, NO_CLIENT)?;
            let (owner, keep_until) = (self.index.owners.take(&revocation.subject, NO_CLIENT), revocation.keep_until);
            let row = Row { owner, used: 0, revoked: true, keep_until, tokens: None, access: Vec::new() };
            self.families.insert(family, row, keep_until);
        }
        let row = self.families.get_mut(&family).ok_or(Unavailable)?;
        row.revoked = true;
        self.index.uses.remove(&row.owner, row.used);
        row.keep_until = row.keep_until.max(revocation.keep_until);
        let until = self.note(family, &revocation.access, revocation.keep_until)?;
        self.families.retain(&family, until);
        self.forget_expired(family, revocation.now)?;
        let living = self.families.get(&family).map(|row| row.access.clone()).unwrap_or_default();
        self.forget_tokens(family);
        Ok(living)
    }

    fn settle(&mut self, settled: &SettledRevocation) {
        let Some(row) = self.families.get_mut(&settled.family).filter(|row| row.revoked) else { return };
        row.access.retain(|access| !settled.access.contains(access));
        forget(&mut self.index.access, settled.access.iter());
        self.forget_tokens(settled.family);
    }

    /// Of a revoked family whose access tokens are taken care of, the revocation is all that is kept.
    fn forget_tokens(&mut self, family: FamilyId) {
        let Some(row) = self.families.get_mut(&family).filter(|row| row.revoked && row.access.is_empty()) else {
            return;
        };
        row.access = Vec::new();
        if let Some(tokens) = row.tokens.take() {
            self.index.keys.remove(&tokens.family_key);
            let keep_until = row.keep_until;
            self.families.retain_only(&family, keep_until);
        }
    }
}

impl Index {
    fn add_access(&mut self, family: FamilyId, access: &[IssuedAccessToken]) {
        self.access.extend(access.iter().map(|access| (access.jwt_id.clone(), family)));
    }

    /// Finds a family no more, whose row is gone.
    fn let_go(&mut self, row: &Row) {
        self.owners.give_back_of(&row.owner);
        self.uses.remove(&row.owner, row.used);
        if let Some(tokens) = &row.tokens {
            self.keys.remove(&tokens.family_key);
        }
        forget(&mut self.access, row.access.iter());
    }
}

impl Tokens {
    fn spent(&self, token: &SecretDigest) -> Option<SpentRefresh> {
        match &self.last {
            _ if self.current == *token => None,
            Some((last, spent)) if last == token => Some(spent.clone()),
            Some(_) | None => Some(SpentRefresh::default()),
        }
    }
}

fn forget<'a>(access: &mut HashMap<String, FamilyId>, gone: impl Iterator<Item = &'a IssuedAccessToken>) {
    gone.for_each(|gone| {
        access.remove(&gone.jwt_id);
    });
}

/// The latest end of these, and of `also`.
fn latest(access: &[IssuedAccessToken], also: Timestamp) -> Timestamp {
    access.iter().map(|access| access.expires_at).fold(also, Timestamp::max)
}

impl fmt::Debug for MemoryRefreshStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemoryRefreshStore").field("held", &self.len()).finish_non_exhaustive()
    }
}
