use super::{BOTH, NOW, is_about, pause};
use crate::{assert_consent_grant_store_conforms, block_on, check_consent_grant_store_conforms};
use attesto_core::Timestamp;
use attesto_core::authorization::{
    Answered, ConsentGrant, ConsentRedemption, NewConsentGrant, ScopeSet, SecretDigest, Unavailable,
};
use attesto_core::host::{ConsentGrantStore, MemoryConsentGrantStore, StoreReach};
use std::collections::HashMap;
use std::sync::Mutex;

#[test]
fn az26_the_memory_store_of_consent_grants_conforms() {
    for racing in BOTH {
        let store = MemoryConsentGrantStore::single_node(100).unwrap();
        let insert = async |new: &NewConsentGrant, now| store.insert(new, now);
        block_on(assert_consent_grant_store_conforms(&store, insert, NOW, racing));
        block_on(assert_consent_grant_store_conforms(&store, insert, NOW.plus(2_000), racing));
    }
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Fault {
    Drops,
    Full,
    GivesAgain,
    GivesWhatHasExpired,
    IgnoresTheBinding,
    LosesMembers,
    NamesOthers,
    ReadsThenWrites,
    /// Which conforms.
    RefusesWhatHasExpired,
    ShortBindings,
    ShortKeys,
    TakesForAnything,
}

/// A store that breaks one promise.
struct Broken {
    fault: Fault,
    rows: Mutex<HashMap<[u8; 32], ConsentGrant>>,
}

impl Broken {
    fn new(fault: Fault) -> Self {
        Self { fault, rows: Mutex::default() }
    }

    fn key(&self, digest: &SecretDigest) -> [u8; 32] {
        let mut bytes = *digest.as_bytes();
        if self.fault == Fault::ShortKeys {
            bytes[16..].fill(0);
        }
        bytes
    }

    fn insert(&self, new: &NewConsentGrant, now: Timestamp) -> Answered<()> {
        let mut grant = new.grant().clone();
        let mut rows = self.rows.lock().unwrap();
        match self.fault {
            Fault::Full => return Err(Unavailable),
            Fault::RefusesWhatHasExpired if grant.expires_at <= NOW => return Err(Unavailable),
            Fault::Drops => rows.retain(|_, row| row.expires_at > now.plus(1)),
            Fault::LosesMembers => grant.scopes = ScopeSet::new(["files.read"]),
            Fault::NamesOthers => grant.subject = "usr_1".into(),
            _ => {}
        }
        rows.insert(self.key(&new.digest()), grant);
        Ok(())
    }

    fn fits(&self, grant: &ConsentGrant, asked: &ConsentRedemption) -> bool {
        let length = if self.fault == Fault::ShortBindings { 31 } else { 32 };
        let bound = grant.binding.as_bytes()[..length] == asked.binding.as_bytes()[..length];
        let in_time = asked.now < grant.expires_at || self.fault == Fault::GivesWhatHasExpired;
        (bound || self.fault == Fault::IgnoresTheBinding) && in_time
    }
}

impl ConsentGrantStore for Broken {
    async fn take(&self, asked: &ConsentRedemption) -> Answered<Option<ConsentGrant>> {
        let key = self.key(&asked.digest);
        let read = || {
            let rows = self.rows.lock().unwrap();
            rows.get(&key).filter(|grant| self.fits(grant, asked)).cloned()
        };
        if self.fault == Fault::ReadsThenWrites {
            let grant = read();
            pause().await;
            if grant.is_some() {
                self.rows.lock().unwrap().remove(&key);
            }
            return Ok(grant);
        }
        let mut rows = self.rows.lock().unwrap();
        let grant = rows.get(&key).filter(|grant| self.fits(grant, asked)).cloned();
        let spent = grant.is_some() && self.fault != Fault::GivesAgain;
        if spent || self.fault == Fault::TakesForAnything {
            rows.remove(&key);
        }
        Ok(grant)
    }

    fn reach(&self) -> StoreReach {
        StoreReach::Shared
    }
}

fn check(fault: Fault, racing: crate::Racing) -> Result<(), crate::Finding> {
    let store = Broken::new(fault);
    let insert = async |new: &NewConsentGrant, now| store.insert(new, now);
    block_on(check_consent_grant_store_conforms(&store, insert, NOW, racing))
}

#[test]
fn az26_a_store_that_takes_in_no_expired_grant_conforms() {
    assert_eq!(check(Fault::RefusesWhatHasExpired, BOTH[0]).map_err(|finding| finding.sent), Ok(()));
}

#[test]
fn az26_each_broken_promise_of_a_store_of_consent_grants_is_found() {
    let faults = [
        (Fault::Drops, "Never dropped early"),
        (Fault::Full, "Never dropped early"),
        (Fault::GivesAgain, "One winner"),
        (Fault::GivesWhatHasExpired, "In time"),
        (Fault::IgnoresTheBinding, "Only for its binding"),
        (Fault::LosesMembers, "Whole rows"),
        (Fault::NamesOthers, "Whole rows"),
        (Fault::ReadsThenWrites, "One winner"),
        (Fault::ShortBindings, "Only for its binding"),
        (Fault::ShortKeys, "Never dropped early"),
        (Fault::TakesForAnything, "Only for its binding"),
    ];
    for racing in BOTH {
        for (fault, promise) in faults {
            is_about(check(fault, racing), promise, &fault);
        }
    }
}
