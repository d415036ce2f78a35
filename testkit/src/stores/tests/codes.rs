use super::{BOTH, NOW, is_about, pause};
use crate::{assert_code_store_conforms, block_on, check_code_store_conforms};
use attesto_core::Timestamp;
use attesto_core::authorization::{
    Answered, AuthorizationCode, CodeRedemption, FamilyId, NewCode, SecretDigest, SecretQuery, TakenCode, Unavailable,
};
use attesto_core::host::{CodeStore, MemoryCodeStore, StoreReach};
use std::collections::HashMap;
use std::sync::Mutex;

#[test]
fn ac2_the_memory_store_conforms() {
    for racing in BOTH {
        let store = MemoryCodeStore::single_node(100).unwrap();
        block_on(assert_code_store_conforms(&store, NOW, racing));
        // Another time gives other keys: rows of the last run do not matter.
        block_on(assert_code_store_conforms(&store, NOW.plus(2_000), racing));
    }
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Fault {
    DropsAtExpiry,
    DropsEarly,
    RecordsForFresh,
    RecordsIntoNothing,
    RecordsAnother,
    Forgets,
    ForgetsWhatWasTaken,
    Full,
    HidesSpent,
    LosesMembers,
    NamesOtherFamily,
    Overwrites,
    ReadsThenWrites,
    Revives,
    ShortKeys,
}

/// Breaks one promise, and keeps the others.
struct Broken {
    inner: MemoryCodeStore,
    fault: Fault,
    seen: Mutex<Seen>,
}

#[derive(Default)]
struct Seen {
    inserted: HashMap<SecretDigest, AuthorizationCode>,
    taken: Vec<SecretDigest>,
    latest: Timestamp,
}

impl Broken {
    fn has_taken(&self, digest: SecretDigest) -> bool {
        self.seen.lock().unwrap().taken.contains(&digest)
    }

    fn key(&self, digest: &SecretDigest) -> SecretDigest {
        let mut bytes = *digest.as_bytes();
        if self.fault == Fault::ShortKeys {
            bytes[16..].fill(0);
        }
        SecretDigest::from_bytes(bytes)
    }

    fn is_past_expiry(&self, digest: SecretDigest, early: u64) -> bool {
        let seen = self.seen.lock().unwrap();
        seen.inserted.get(&digest).is_some_and(|code| seen.latest.plus(early) >= code.expires_at)
    }
}

impl CodeStore for Broken {
    async fn insert(&self, new: &NewCode) -> Answered<()> {
        let mut new = NewCode { digest: self.key(&new.digest), ..new.clone() };
        {
            let mut seen = self.seen.lock().unwrap();
            seen.latest = seen.latest.max(new.now);
            seen.inserted.entry(new.digest).or_insert_with(|| new.code.clone());
        }
        match self.fault {
            Fault::Full => return Err(Unavailable),
            Fault::LosesMembers => new.code.nonce = None,
            Fault::Overwrites => return self.inner.insert(&new).await.or(Ok(())),
            Fault::Revives if self.has_taken(new.digest) => return Ok(()),
            _ => {}
        }
        self.inner.insert(&new).await
    }

    async fn load(&self, digest: &SecretDigest) -> Answered<Option<AuthorizationCode>> {
        let digest = self.key(digest);
        if self.fault == Fault::HidesSpent && self.has_taken(digest) {
            return Ok(None);
        }
        self.inner.load(&digest).await
    }

    async fn take(&self, presented: &SecretQuery) -> Answered<TakenCode> {
        let presented = SecretQuery { digest: self.key(&presented.digest), ..*presented };
        let digest = presented.digest;
        self.seen.lock().unwrap().latest = presented.now;
        let taken_before = self.has_taken(digest);
        match self.fault {
            Fault::Forgets if taken_before => return Ok(TakenCode::Unknown),
            Fault::DropsAtExpiry if taken_before && self.is_past_expiry(digest, 0) => return Ok(TakenCode::Unknown),
            Fault::DropsEarly if self.is_past_expiry(digest, 1) => return Ok(TakenCode::Unknown),
            Fault::ReadsThenWrites if !taken_before => {
                let Some(code) = self.inner.load(&digest).await? else { return Ok(TakenCode::Unknown) };
                pause().await;
                self.seen.lock().unwrap().taken.push(digest);
                self.inner.take(&presented).await?;
                return Ok(TakenCode::Fresh(Box::new(code)));
            }
            _ => {}
        }
        self.seen.lock().unwrap().taken.push(digest);
        let mut taken = self.inner.take(&presented).await?;
        if let TakenCode::Spent(spent) = &mut taken {
            match self.fault {
                Fault::NamesOtherFamily => spent.family = FamilyId::from_bytes([0; 16]),
                Fault::ForgetsWhatWasTaken => spent.recorded = None,
                _ => {}
            }
        }
        Ok(taken)
    }

    async fn record(&self, redemption: &CodeRedemption) -> Answered<()> {
        let redemption = CodeRedemption { digest: self.key(&redemption.digest), ..redemption.clone() };
        match self.fault {
            Fault::RecordsForFresh if !self.has_taken(redemption.digest) => Ok(()),
            Fault::RecordsAnother => self.inner.record(&redemption).await.or(Ok(())),
            Fault::RecordsIntoNothing if self.is_past_expiry(redemption.digest, 0) => Err(Unavailable),
            _ => self.inner.record(&redemption).await,
        }
    }

    fn reach(&self) -> StoreReach {
        StoreReach::Shared
    }
}

#[test]
fn ac2_each_broken_promise_is_found() {
    let faults = [
        (Fault::DropsAtExpiry, "A spent code is remembered"),
        (Fault::DropsEarly, "Never dropped early"),
        (Fault::RecordsForFresh, "Nothing is overwritten"),
        (Fault::RecordsIntoNothing, "Time to record"),
        (Fault::RecordsAnother, "Nothing is overwritten"),
        (Fault::Forgets, "One winner"),
        (Fault::ForgetsWhatWasTaken, "A spent code is remembered"),
        (Fault::Full, "Never dropped early"),
        (Fault::HidesSpent, "A spent code is remembered"),
        (Fault::LosesMembers, "Whole rows"),
        (Fault::NamesOtherFamily, "One winner"),
        (Fault::Overwrites, "Nothing is overwritten"),
        (Fault::ReadsThenWrites, "One winner"),
        (Fault::Revives, "Nothing is overwritten"),
        (Fault::ShortKeys, "Never dropped early"),
    ];
    for racing in BOTH {
        for (fault, promise) in faults {
            let inner = MemoryCodeStore::single_node(100).unwrap();
            let store = Broken { inner, fault, seen: Mutex::default() };
            is_about(block_on(check_code_store_conforms(&store, NOW, racing)), promise, &fault);
        }
    }
}
