//! Refresh tokens and their families in memory (RT-3 to RT-7, ST-2).

use super::capacity::{FREED_PER_CALL, capacity_is_sound};
use super::lock::{locked, sweep};
use super::owners::{Owner, Owners, Uses};
use super::table::{Deadlines, Freed, Table};
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

/// The most access tokens recorded with one family; more than any server allows.
const NOTED_PER_FAMILY: usize = 1_024;
/// The client of a family that was revoked before it was seen, which is unknown. It has a client's share of its user's
/// places.
const NO_CLIENT: &str = "";

/// Keeps refresh tokens in memory, for a single process.
///
/// It never holds more than its capacity, where each family takes one place, however often its token is rotated: of the
/// spent tokens, only the last one is kept. A revoked family keeps its place for a day after its access tokens are
/// settled.
///
/// One user has at most a 64th of the places (1,024 in a smaller store, as long as that is at most a quarter of it; 64
/// in a very small one), and one client of a user at most a quarter of the user's share. If a user and a client exceed
/// their share, their least recently used family ends to make room. Its refresh token is unknown from then on, and
/// refused as such; its access tokens live until they expire, and can only be revoked one by one. No family of another
/// user or client ends for it. A revoked family always keeps its place: if the two have no other families, or the whole
/// store is full, a new family is [`Unavailable`].
///
/// Later calls free lapsed rows, a few at a time, by the `now` that they receive. A clock that goes backwards revives
/// no family: a token of a family that may have been revoked and freed is not stored. After a panic poisoned its lock,
/// the store answers `Unavailable`.
///
/// For the capacity, count the live authorizations, and those whose clients have gone away until their refresh token
/// expires. A family takes about 1.25 kilobytes; with a user of its own, and what an allocator adds, 2.
pub struct MemoryRefreshStore {
    state: Mutex<State>,
}

struct State {
    families: Table<FamilyId, Row>,
    index: Index,
    /// When to forget the salt of each family's spent token.
    salts: Deadlines<FamilyId>,
    capacity: usize,
}

/// The indexes by which families are found.
#[derive(Default)]
struct Index {
    /// By the key that all tokens of a family share.
    keys: HashMap<SecretDigest, FamilyId>,
    /// By their recorded access tokens.
    access: HashMap<String, FamilyId>,
    /// The number of families of each user and client, including revoked ones.
    owners: Owners,
    /// The families that are not revoked, by owner and last use.
    uses: Uses,
}

/// A family. A revoked one of which only the revocation is left has no tokens.
struct Row {
    owner: Arc<Owner>,
    /// The number of its last use.
    used: u64,
    revoked: bool,
    /// The time until which a revocation must be kept.
    keep_until: Timestamp,
    tokens: Option<Box<Tokens>>,
    /// Access tokens that may not have expired; for a revoked family, those not settled yet.
    access: Vec<IssuedAccessToken>,
}

struct Tokens {
    family_key: SecretDigest,
    current: SecretDigest,
    /// The current token. Its `access` is stored in the row instead.
    token: RefreshToken,
    last: Option<(SecretDigest, SpentRefresh)>,
}

impl MemoryRefreshStore {
    /// Creates a store of `capacity` places, if one process serves the issuer. A second process would not know the
    /// first one's tokens, nor does a new process know those of its predecessor.
    ///
    /// # Errors
    /// Fails for a capacity of 0, or of more than 2^30.
    pub fn single_node(capacity: usize) -> Result<Self, ConfigError> {
        capacity_is_sound(capacity)?;
        let (families, salts) = (Table::new(), Deadlines::new());
        Ok(Self { state: Mutex::new(State { families, index: Index::default(), salts, capacity }) })
    }

    /// The number of taken places, including those of lapsed rows that are not freed yet.
    #[must_use]
    pub fn len(&self) -> usize {
        locked(&self.state, |state| Ok(state.families.len())).unwrap_or_default()
    }

    /// Whether the store is empty.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Frees the rows that have lapsed by `now`, and returns the number of places. Never needed for correct answers.
    pub fn sweep(&self, now: Timestamp) -> usize {
        sweep(&self.state, |state, most| state.free(now, most))
    }
}

impl RefreshStore for MemoryRefreshStore {
    async fn load(&self, key: &RefreshKey) -> Answered<Option<RefreshState>> {
        locked(&self.state, |state| Ok(state.load(key)))
    }

    async fn insert(&self, new: &NewRefresh) -> Answered<bool> {
        locked(&self.state, |state| state.insert(new))
    }

    async fn rotate(&self, rotation: &Rotation) -> Answered<Rotated> {
        locked(&self.state, |state| state.rotate(rotation))
    }

    async fn record_repeat(&self, repeated: &RepeatedRefresh) -> Answered<bool> {
        locked(&self.state, |state| state.repeat(repeated))
    }

    async fn load_family(&self, jwt_id: &str) -> Answered<Option<RevocableFamily>> {
        locked(&self.state, |state| Ok(state.load_family(jwt_id)))
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

    /// The housekeeping of each call that receives the time.
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

    /// Makes room for one more family. If its user and client exceed their share, their least recently used family
    /// ends; other users and clients are not affected.
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

    /// Finds the family of a token, with its row.
    fn find(&self, key: &RefreshKey) -> Option<(FamilyId, &Row, &Tokens)> {
        let family = *self.index.keys.get(&key.family)?;
        let row = self.families.get(&family)?;
        Some((family, row, row.tokens.as_ref()?))
    }

    fn load(&self, key: &RefreshKey) -> Option<RefreshState> {
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

    /// Drops expired access tokens of a family.
    fn forget_expired(&mut self, family: FamilyId, now: Timestamp) -> Answered<usize> {
        let row = self.families.get_mut(&family).ok_or(Unavailable)?;
        let expired: Vec<_> = row.access.extract_if(.., |access| access.expires_at <= now).collect();
        forget(&mut self.index.access, expired.iter());
        Ok(row.access.len())
    }

    fn family_has_room(&mut self, family: FamilyId, most: usize, now: Timestamp) -> Answered<()> {
        if self.forget_expired(family, now)? < most { Ok(()) } else { Err(Unavailable) }
    }

    /// Records access tokens with a family, and returns until when the family is kept for them and its token.
    fn note(&mut self, family: FamilyId, noted: &[IssuedAccessToken], expires_at: Timestamp) -> Answered<Timestamp> {
        let row = self.families.get_mut(&family).ok_or(Unavailable)?;
        let new: Vec<_> = noted.iter().filter(|access| !row.access.contains(access)).cloned().collect();
        row.access.extend(new.iter().cloned());
        self.index.add_access(family, &new);
        Ok(latest(&new, expires_at))
    }

    fn load_family(&self, jwt_id: &str) -> Option<RevocableFamily> {
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

    /// Drops the tokens of a revoked family whose access tokens are settled, and keeps only the revocation.
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

    /// Removes a family, whose row is gone, from the indexes.
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

/// Returns the latest expiry of these tokens and `also`.
fn latest(access: &[IssuedAccessToken], also: Timestamp) -> Timestamp {
    access.iter().map(|access| access.expires_at).fold(also, Timestamp::max)
}

impl fmt::Debug for MemoryRefreshStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemoryRefreshStore").field("held", &self.len()).finish_non_exhaustive()
    }
}
