use super::{BOTH, NOW, is_about, pause};
use crate::{assert_refresh_store_conforms, block_on, check_refresh_store_conforms};
use attesto_core::Timestamp;
use attesto_core::authorization::{
    Answered, FamilyId, FamilyRevocation, IssuedAccessToken, NewRefresh, RefreshKey, RefreshState, RepeatedRefresh,
    RevocableFamily, Rotated, Rotation, SecretDigest, SettledRevocation, Unavailable,
};
use attesto_core::host::{MemoryRefreshStore, RefreshStore, StoreReach};
use std::sync::{Mutex, MutexGuard};

#[test]
fn rt3_the_memory_store_conforms() {
    for racing in BOTH {
        let store = MemoryRefreshStore::single_node(500).unwrap();
        block_on(assert_refresh_store_conforms(&store, NOW, racing));
        block_on(assert_refresh_store_conforms(&store, NOW.plus(2_000), racing));
    }
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Fault {
    DropsSpentAtExpiry,
    DropsTheRevocation,
    FindsNoFamily,
    FoldsCase,
    ForgetsAccess,
    ForgetsGivenAccess,
    ForgetsSpent,
    ForgetsUndenied,
    Full,
    HidesRevocation,
    InsertsIntoRevoked,
    KeepsNoEarlyRevocation,
    LosesMembers,
    LosesSalt,
    KeepsTheTime,
    NotesNoRepetition,
    OlderCount,
    Overwrites,
    OverwritesBySuccessor,
    ReadsThenInserts,
    ReadsThenRepeats,
    ReadsThenRotates,
    ReadsThenRotatesRevoked,
    RepeatsRevoked,
    RepeatsSpent,
    RevivesByRotation,
    RevokesAll,
    SaysAllThatEverLived,
    SaysNothingLives,
    SettlesAll,
    SettlesNothing,
    ShortKeys,
    StoresLosers,
    TrimsBlanks,
}

/// Breaks one promise, and keeps the others.
struct Broken {
    inner: MemoryRefreshStore,
    fault: Fault,
    seen: Mutex<Seen>,
}

#[derive(Default)]
struct Seen {
    latest: Timestamp,
    families: Vec<FamilyId>,
    /// The revoked families of stores that check first and act later, which do not pass the revocation on to the inner
    /// store.
    revoked: Vec<FamilyId>,
    noted: Vec<(FamilyId, IssuedAccessToken)>,
    settled: Vec<IssuedAccessToken>,
    losers: Vec<SecretDigest>,
    keep_until: Timestamp,
}

impl Broken {
    fn seen(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().unwrap()
    }

    fn key(&self, key: &RefreshKey) -> RefreshKey {
        let [family, token] = [key.family, key.token].map(|digest| {
            let mut bytes = *digest.as_bytes();
            if self.fault == Fault::ShortKeys {
                bytes[16..].fill(0);
            }
            SecretDigest::from_bytes(bytes)
        });
        RefreshKey { family, token }
    }

    /// The unexpired access tokens of a family that was revoked without the inner store's knowledge.
    fn listed(&self, family: FamilyId, now: Timestamp) -> Vec<IssuedAccessToken> {
        let seen = self.seen();
        let of_family = seen.noted.iter().filter(|(of, _)| *of == family).map(|(_, access)| access);
        of_family.filter(|access| now < access.expires_at && !seen.settled.contains(access)).cloned().collect()
    }

    fn passes(&self, now: Timestamp) {
        let mut seen = self.seen();
        seen.latest = seen.latest.max(now);
    }

    /// Checks whether the family is revoked; what follows is another step.
    async fn looks_first(&self, fault: Fault, family: FamilyId) -> bool {
        if self.fault != fault {
            return false;
        }
        let revoked = self.seen().revoked.contains(&family);
        pause().await;
        revoked
    }

    fn keeps_its_own_list(&self) -> bool {
        let lists = [Fault::ReadsThenInserts, Fault::ReadsThenRepeats, Fault::ReadsThenRotatesRevoked];
        lists.contains(&self.fault)
    }

    fn is_listed(&self, family: FamilyId) -> bool {
        self.keeps_its_own_list() && self.seen().revoked.contains(&family)
    }
}

impl RefreshStore for Broken {
    async fn load(&self, key: &RefreshKey) -> Answered<Option<RefreshState>> {
        let Some(mut state) = self.inner.load(&self.key(key)).await? else { return Ok(None) };
        let family = state.token.authorization.family;
        if self.is_listed(family) {
            state.family_revoked = true;
            let latest = self.seen().latest;
            state.undenied = self.listed(family, latest);
        }
        match self.fault {
            Fault::ForgetsAccess => state.token.access.truncate(1),
            Fault::ForgetsUndenied => state.undenied.clear(),
            Fault::OlderCount if state.spent.as_ref().is_some_and(|spent| spent.at == Timestamp::default()) => {
                state.spent = None;
            }
            Fault::StoresLosers if self.seen().losers.contains(&key.token) => state.spent = None,
            Fault::ForgetsSpent if state.spent.is_some() => return Ok(None),
            Fault::DropsSpentAtExpiry if state.spent.is_some() && self.seen().latest >= state.token.expires_at => {
                return Ok(None);
            }
            Fault::HidesRevocation => state.family_revoked = false,
            Fault::LosesMembers => state.token.authorization.resources.clear(),
            Fault::LosesSalt => {
                let latest = self.seen().latest;
                if let Some(spent) = state.spent.as_mut().filter(|spent| latest.since(spent.at) >= 60) {
                    spent.salt = None;
                }
            }
            _ => {}
        }
        Ok(Some(state))
    }

    async fn insert(&self, new: &NewRefresh) -> Answered<bool> {
        let new = NewRefresh { key: self.key(&new.key), ..new.clone() };
        let family = new.token.authorization.family;
        self.passes(new.now);
        self.seen().families.push(family);
        if self.looks_first(Fault::ReadsThenInserts, family).await
            || (self.fault != Fault::ReadsThenInserts && self.is_listed(family))
        {
            return Ok(false);
        }
        let answer = self.inner.insert(&new).await;
        if answer == Ok(true) {
            self.seen().noted.extend(new.token.access.iter().map(|access| (family, access.clone())));
        }
        match self.fault {
            Fault::Full => Err(Unavailable),
            Fault::Overwrites => answer.or(Ok(true)),
            Fault::InsertsIntoRevoked => answer.map(|_| true),
            Fault::DropsTheRevocation if new.now >= self.seen().keep_until => answer.map(|_| true),
            _ => answer,
        }
    }

    async fn rotate(&self, rotation: &Rotation) -> Answered<Rotated> {
        let mut rotation = rotation.clone();
        let successor = self.key(&RefreshKey { token: rotation.successor, ..rotation.spent });
        (rotation.spent, rotation.successor) = (self.key(&rotation.spent), successor.token);
        let family = rotation.token.authorization.family;
        self.passes(rotation.now);
        let unspent = self.inner.load(&rotation.spent).await?.is_some_and(|state| state.spent.is_none());
        if self.fault == Fault::ReadsThenRotates {
            pause().await;
        }
        if self.looks_first(Fault::ReadsThenRotatesRevoked, family).await
            || (self.fault != Fault::ReadsThenRotatesRevoked && self.is_listed(family))
        {
            return Ok(Rotated::FamilyRevoked);
        }
        let answer = self.inner.rotate(&rotation).await;
        if answer == Ok(Rotated::Done) {
            self.seen().noted.extend(rotation.token.access.iter().map(|access| (family, access.clone())));
        }
        match (self.fault, answer) {
            (Fault::ReadsThenRotates, Ok(Rotated::Lost)) if unspent => Ok(Rotated::Done),
            (Fault::StoresLosers, Ok(Rotated::Lost)) => {
                self.seen().losers.push(rotation.successor);
                Ok(Rotated::Lost)
            }
            (Fault::RevivesByRotation, Ok(Rotated::FamilyRevoked)) => Ok(Rotated::Done),
            (Fault::OverwritesBySuccessor, Err(Unavailable)) => Ok(Rotated::Done),
            (_, answer) => answer,
        }
    }

    async fn record_repeat(&self, repeated: &RepeatedRefresh) -> Answered<bool> {
        let mut repeated = RepeatedRefresh { key: self.key(&repeated.key), ..repeated.clone() };
        let Some(state) = self.inner.load(&repeated.key).await? else { return Ok(false) };
        let family = state.token.authorization.family;
        if self.looks_first(Fault::ReadsThenRepeats, family).await
            || (self.fault != Fault::ReadsThenRepeats && self.is_listed(family))
        {
            return Ok(false);
        }
        match self.fault {
            Fault::NotesNoRepetition if state.spent.is_none() && !state.family_revoked => return Ok(true),
            Fault::RepeatsSpent if state.spent.is_some() && !state.family_revoked => return Ok(true),
            Fault::RepeatsRevoked if state.spent.is_none() && state.family_revoked => return Ok(true),
            Fault::KeepsTheTime => repeated.expires_at = Timestamp::default(),
            _ => {}
        }
        let answer = self.inner.record_repeat(&repeated).await;
        if answer == Ok(true) && !self.seen().noted.contains(&(family, repeated.access.clone())) {
            self.seen().noted.push((family, repeated.access));
        }
        answer
    }

    async fn load_family(&self, jwt_id: &str) -> Answered<Option<RevocableFamily>> {
        let same = |known: &str| match self.fault {
            Fault::FoldsCase => known.eq_ignore_ascii_case(jwt_id),
            Fault::TrimsBlanks => known == jwt_id.trim_end(),
            _ => known == jwt_id,
        };
        let known = self.seen().noted.iter().map(|(_, access)| access.jwt_id.clone()).find(|known| same(known));
        match (self.fault, known) {
            (Fault::FindsNoFamily, _) => Ok(None),
            (Fault::FoldsCase | Fault::TrimsBlanks, Some(known)) => self.inner.load_family(&known).await,
            _ => self.inner.load_family(jwt_id).await,
        }
    }

    async fn revoke_family(&self, revocation: &FamilyRevocation) -> Answered<Vec<IssuedAccessToken>> {
        let mut revocation = revocation.clone();
        let family = revocation.family;
        self.passes(revocation.now);
        self.seen().keep_until = revocation.keep_until;
        if self.fault == Fault::ForgetsGivenAccess {
            revocation.access.clear();
        }
        if self.keeps_its_own_list() {
            let given = revocation.access.into_iter().map(|access| (family, access));
            self.seen().noted.extend(given);
            self.seen().revoked.push(family);
            return Ok(self.listed(family, revocation.now));
        }
        let families = self.seen().families.clone();
        match self.fault {
            Fault::KeepsNoEarlyRevocation if !families.contains(&family) => return Ok(Vec::new()),
            Fault::RevokesAll => {
                for family in families {
                    self.inner.revoke_family(&FamilyRevocation { family, ..revocation.clone() }).await?;
                }
            }
            _ => {}
        }
        let living = self.inner.revoke_family(&revocation).await?;
        match self.fault {
            Fault::SaysNothingLives => Ok(Vec::new()),
            Fault::SaysAllThatEverLived => Ok(self.listed(family, Timestamp::default())),
            _ => Ok(living),
        }
    }

    async fn settle_revocation(&self, settled: &SettledRevocation) -> Answered<()> {
        self.seen().settled.extend(settled.access.iter().cloned());
        let mut settled = settled.clone();
        match self.fault {
            Fault::SettlesNothing => return Ok(()),
            Fault::SettlesAll => settled.access = self.seen().noted.iter().map(|(_, access)| access.clone()).collect(),
            _ => {}
        }
        self.inner.settle_revocation(&settled).await
    }

    fn reach(&self) -> StoreReach {
        StoreReach::Shared
    }
}

#[test]
fn rt3_each_broken_promise_is_found() {
    let faults = [
        (Fault::DropsSpentAtExpiry, "Kept long enough"),
        (Fault::DropsTheRevocation, "Revocation is final"),
        (Fault::FindsNoFamily, "Access tokens stay noted"),
        (Fault::FoldsCase, "By `jti` alone"),
        (Fault::ForgetsAccess, "Access tokens stay noted"),
        (Fault::ForgetsGivenAccess, "Revocation answers what lives"),
        (Fault::ForgetsSpent, "Whole rows"),
        (Fault::ForgetsUndenied, "Revocation answers what lives"),
        (Fault::Full, "Never dropped early"),
        (Fault::HidesRevocation, "Revocation is final"),
        (Fault::InsertsIntoRevoked, "Revocation is final"),
        (Fault::KeepsNoEarlyRevocation, "Revocation is final"),
        (Fault::LosesMembers, "Whole rows"),
        (Fault::LosesSalt, "The salt is kept for the grace window"),
        (Fault::KeepsTheTime, "Whole rows"),
        (Fault::NotesNoRepetition, "Whole rows"),
        (Fault::OlderCount, "Spent is spent"),
        (Fault::Overwrites, "Nothing is overwritten"),
        (Fault::OverwritesBySuccessor, "Nothing is overwritten"),
        (Fault::ReadsThenInserts, "Revocation is final"),
        (Fault::ReadsThenRepeats, "Revocation is final"),
        (Fault::ReadsThenRotates, "One successor"),
        (Fault::ReadsThenRotatesRevoked, "Revocation is final"),
        (Fault::RepeatsRevoked, "Revocation is final"),
        (Fault::RepeatsSpent, "One successor"),
        (Fault::RevivesByRotation, "Revocation is final"),
        (Fault::RevokesAll, "Revocation is final"),
        (Fault::SaysAllThatEverLived, "Revocation answers what lives"),
        (Fault::SaysNothingLives, "Revocation answers what lives"),
        (Fault::SettlesAll, "Revocation answers what lives"),
        (Fault::SettlesNothing, "Revocation answers what lives"),
        (Fault::ShortKeys, "Never dropped early"),
        (Fault::StoresLosers, "One successor"),
        (Fault::TrimsBlanks, "By `jti` alone"),
    ];
    for racing in BOTH {
        for (fault, promise) in faults {
            let inner = MemoryRefreshStore::single_node(500).unwrap();
            let store = Broken { inner, fault, seen: Mutex::default() };
            is_about(block_on(check_refresh_store_conforms(&store, NOW, racing)), promise, &fault);
        }
    }
}
