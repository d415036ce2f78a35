use super::{BOTH, NOW, is_about, pause};
use crate::Timestamp;
use crate::authorization::{
    Answered, FamilyId, FamilyRevocation, IssuedAccessToken, NewRefresh, RefreshState, RepeatedRefresh, Rotated,
    Rotation, SecretDigest, Unavailable,
};
use crate::host::{MemoryRefreshStore, RefreshStore, StoreReach};
use crate::testkit::{assert_refresh_store_conforms, block_on, check_refresh_store_conforms};
use alloc::vec::Vec;
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
    ForgetsSpent,
    Full,
    HidesRevocation,
    InsertsIntoRevoked,
    KeepsNoEarlyRevocation,
    LosesMembers,
    LosesSalt,
    NotesNoRepetition,
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
    ShortKeys,
    StoresLosers,
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
    /// Revoked families of the stores that look first and act later, which never tell the store within.
    revoked: Vec<FamilyId>,
    noted: Vec<(FamilyId, IssuedAccessToken)>,
    keep_until: Timestamp,
}

impl Broken {
    fn seen(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().unwrap()
    }

    fn key(&self, digest: &SecretDigest) -> SecretDigest {
        let mut bytes = *digest.as_bytes();
        if self.fault == Fault::ShortKeys {
            bytes[16..].fill(0);
        }
        SecretDigest::from_bytes(bytes)
    }

    fn passes(&self, now: Timestamp) {
        let mut seen = self.seen();
        seen.latest = seen.latest.max(now);
    }

    /// Looks whether the family is revoked; what follows is another step.
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
    async fn get(&self, digest: &SecretDigest) -> Answered<Option<RefreshState>> {
        let Some(mut state) = self.inner.get(&self.key(digest)).await? else { return Ok(None) };
        state.family_revoked |= self.is_listed(state.token.authorization.family);
        match self.fault {
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
        let new = NewRefresh { digest: self.key(&new.digest), ..new.clone() };
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
        (rotation.spent, rotation.successor) = (self.key(&rotation.spent), self.key(&rotation.successor));
        let family = rotation.token.authorization.family;
        self.passes(rotation.now);
        let unspent = self.inner.get(&rotation.spent).await?.is_some_and(|state| state.spent.is_none());
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
                let loser = NewRefresh { digest: rotation.successor, token: rotation.token, now: rotation.now };
                let _ = self.inner.insert(&loser).await;
                Ok(Rotated::Lost)
            }
            (Fault::RevivesByRotation, Ok(Rotated::FamilyRevoked)) => Ok(Rotated::Done),
            (Fault::OverwritesBySuccessor, Err(Unavailable)) => Ok(Rotated::Done),
            (_, answer) => answer,
        }
    }

    async fn repeat(&self, repeated: &RepeatedRefresh) -> Answered<bool> {
        let repeated = RepeatedRefresh { digest: self.key(&repeated.digest), ..repeated.clone() };
        let Some(state) = self.inner.get(&repeated.digest).await? else { return Ok(false) };
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
            _ => {}
        }
        let answer = self.inner.repeat(&repeated).await;
        if answer == Ok(true) && !self.seen().noted.contains(&(family, repeated.access.clone())) {
            self.seen().noted.push((family, repeated.access));
        }
        answer
    }

    async fn revoke_family(&self, revocation: &FamilyRevocation) -> Answered<Vec<IssuedAccessToken>> {
        self.seen().keep_until = revocation.keep_until;
        let noted_of = |seen: &Seen| -> Vec<IssuedAccessToken> {
            seen.noted.iter().filter(|(of, _)| *of == revocation.family).map(|(_, access)| access.clone()).collect()
        };
        if self.keeps_its_own_list() {
            let mut seen = self.seen();
            seen.revoked.push(revocation.family);
            let living = noted_of(&seen).into_iter().filter(|access| revocation.now < access.expires_at);
            return Ok(living.collect());
        }
        let families = self.seen().families.clone();
        match self.fault {
            Fault::KeepsNoEarlyRevocation if !families.contains(&revocation.family) => return Ok(Vec::new()),
            Fault::RevokesAll => {
                for family in families {
                    self.inner.revoke_family(&FamilyRevocation { family, ..*revocation }).await?;
                }
            }
            _ => {}
        }
        let living = self.inner.revoke_family(revocation).await?;
        match self.fault {
            Fault::SaysNothingLives => Ok(Vec::new()),
            Fault::SaysAllThatEverLived => Ok(noted_of(&self.seen())),
            _ => Ok(living),
        }
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
        (Fault::ForgetsSpent, "Whole rows"),
        (Fault::Full, "Never dropped early"),
        (Fault::HidesRevocation, "Revocation is final"),
        (Fault::InsertsIntoRevoked, "Revocation is final"),
        (Fault::KeepsNoEarlyRevocation, "Revocation is final"),
        (Fault::LosesMembers, "Whole rows"),
        (Fault::LosesSalt, "The salt is kept for the grace window"),
        (Fault::NotesNoRepetition, "Revocation answers what lives"),
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
        (Fault::ShortKeys, "Never dropped early"),
        (Fault::StoresLosers, "One successor"),
    ];
    for racing in BOTH {
        for (fault, promise) in faults {
            let inner = MemoryRefreshStore::single_node(500).unwrap();
            let store = Broken { inner, fault, seen: Mutex::default() };
            is_about(block_on(check_refresh_store_conforms(&store, NOW, racing)), promise, &fault);
        }
    }
}
