use super::{BOTH, NOW, is_about, pause};
use crate::{assert_pushed_request_store_conforms, block_on, check_pushed_request_store_conforms};
use attesto_core::authorization::{Answered, NewPushedRequest, PushedRequest, SecretDigest, SecretQuery, Unavailable};
use attesto_core::host::{MemoryPushedRequestStore, PushedRequestStore, StoreReach};
use std::collections::HashMap;
use std::sync::Mutex;

#[test]
fn az28_the_memory_store_of_pushed_requests_conforms() {
    for racing in BOTH {
        let store = MemoryPushedRequestStore::single_node(100).unwrap();
        block_on(assert_pushed_request_store_conforms(&store, NOW, racing));
        // Another time gives other keys: rows of the last run do not matter.
        block_on(assert_pushed_request_store_conforms(&store, NOW.plus(2_000), racing));
    }
}

#[test]
fn az28_a_store_that_takes_in_nothing_expired_conforms() {
    block_on(assert_pushed_request_store_conforms(&Broken::new(Fault::RefusesWhatHasExpired), NOW, BOTH[0]));
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Fault {
    Drops,
    LoadsOnce,
    LoadsWhatWasTaken,
    Full,
    GivesWhatHasExpired,
    LosesMembers,
    LosesTheTail,
    LosesTheTicket,
    Overwrites,
    ReadsThenWrites,
    /// Which conforms.
    RefusesWhatHasExpired,
    ShortKeys,
    TakesAgain,
}

/// A store that breaks one promise.
struct Broken {
    fault: Fault,
    rows: Mutex<HashMap<[u8; 32], Row>>,
}

struct Row {
    request: PushedRequest,
    loaded: usize,
    taken: bool,
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
}

impl PushedRequestStore for Broken {
    async fn insert(&self, new: &NewPushedRequest) -> Answered<()> {
        let (key, mut request) = (self.key(&new.digest), new.request.clone());
        let mut rows = self.rows.lock().unwrap();
        match self.fault {
            Fault::Full => return Err(Unavailable),
            Fault::RefusesWhatHasExpired if request.expires_at <= NOW => return Err(Unavailable),
            Fault::Drops => rows.retain(|_, row| row.request.expires_at > request.pushed_at.plus(1)),
            Fault::LosesMembers => request.dpop_jkt = None,
            Fault::LosesTheTail => request.parameters.truncate(40),
            Fault::LosesTheTicket => request.ticket = None,
            _ => {}
        }
        if rows.contains_key(&key) && self.fault != Fault::Overwrites {
            return Err(Unavailable);
        }
        rows.insert(key, Row { request, loaded: 0, taken: false });
        Ok(())
    }

    async fn load(&self, digest: &SecretDigest) -> Answered<Option<PushedRequest>> {
        let mut rows = self.rows.lock().unwrap();
        let Some(row) = rows.get_mut(&self.key(digest)) else { return Ok(None) };
        row.loaded += 1;
        let hidden = row.taken && self.fault != Fault::LoadsWhatWasTaken;
        let once = self.fault == Fault::LoadsOnce && row.loaded > 1;
        Ok((!hidden && !once).then(|| row.request.clone()))
    }

    async fn take(&self, presented: &SecretQuery) -> Answered<Option<PushedRequest>> {
        let key = self.key(&presented.digest);
        let read = |rows: &HashMap<[u8; 32], Row>| {
            let row = rows.get(&key).filter(|row| !row.taken || self.fault == Fault::TakesAgain)?;
            let in_time = presented.now < row.request.expires_at || self.fault == Fault::GivesWhatHasExpired;
            in_time.then(|| row.request.clone())
        };
        if self.fault == Fault::ReadsThenWrites {
            let request = read(&self.rows.lock().unwrap());
            pause().await;
            self.rows.lock().unwrap().entry(key).and_modify(|row| row.taken = true);
            return Ok(request);
        }
        let mut rows = self.rows.lock().unwrap();
        let request = read(&rows);
        if request.is_some() {
            rows.entry(key).and_modify(|row| row.taken = true);
        }
        Ok(request)
    }

    fn reach(&self) -> StoreReach {
        StoreReach::Shared
    }
}

#[test]
fn az28_each_broken_promise_of_a_store_of_pushed_requests_is_found() {
    let faults = [
        (Fault::Drops, "Never dropped early"),
        (Fault::LoadsOnce, "Loading changes nothing"),
        (Fault::LoadsWhatWasTaken, "One winner"),
        (Fault::Full, "Never dropped early"),
        (Fault::GivesWhatHasExpired, "In time"),
        (Fault::LosesMembers, "Whole rows"),
        (Fault::LosesTheTail, "Whole rows"),
        (Fault::LosesTheTicket, "Whole rows"),
        (Fault::Overwrites, "Nothing is overwritten"),
        (Fault::ReadsThenWrites, "One winner"),
        (Fault::ShortKeys, "Never dropped early"),
        (Fault::TakesAgain, "One winner"),
    ];
    for racing in BOTH {
        for (fault, promise) in faults {
            is_about(block_on(check_pushed_request_store_conforms(&Broken::new(fault), NOW, racing)), promise, &fault);
        }
    }
}
