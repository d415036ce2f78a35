//! Stores that keep the contract pass, and each way to break it is found (T12).

use attesto_core::Timestamp;
use attesto_core::dpop::{ReplayAnswer, ReplayClaim};
use attesto_core::host::{MemoryReplayStore, ReplayStore, StoreReach};
use attesto_testkit::hostile::HostileStore;
use attesto_testkit::{
    assert_replay_store_conforms, assert_replay_store_shares, block_on, check_replay_store_conforms,
    check_replay_store_shares,
};
use std::collections::HashMap;
use std::future::poll_fn;
use std::sync::Mutex;
use std::task::Poll;

const NOW: Timestamp = Timestamp::from_secs(1_800_000_000);

#[test]
fn t12_stores_that_conform_pass() {
    let memory = MemoryReplayStore::single_node(1_000).expect("a store");
    block_on(assert_replay_store_conforms(&memory, NOW));
    block_on(assert_replay_store_conforms(&HostileStore::slow(), NOW));
    block_on(assert_replay_store_conforms(&Store::new(Flaw::None), NOW));
    for capacity in [100, 5_000] {
        let memory = MemoryReplayStore::single_node(capacity).expect("a store");
        block_on(assert_replay_store_shares(&memory, capacity, NOW));
    }
}

#[test]
fn st2_a_store_that_one_owner_can_fill() {
    let found =
        |store: &Store| block_on(check_replay_store_shares(store, 200, NOW)).expect_err("no shares").to_string();
    let text = found(&Store::new(Flaw::None));
    assert!(text.contains("200 proofs of one owner") && text.contains("seen:     Fresh"), "{text}");
    let text = found(&Store::new(Flaw::FillsUp));
    assert!(text.contains("100 proofs of one owner") && text.contains("seen:     Unavailable"), "{text}");
    let text = found(&Store::new(Flaw::CountsAllAsOne));
    assert!(text.contains("another owner's first proof") && text.contains("seen:     OverShare"), "{text}");
    let text = found(&Store::new(Flaw::CountsBeforeItLooks));
    assert!(text.contains("a used proof of an owner over its share") && text.contains("expected: Replay"), "{text}");
}

#[test]
fn st2_a_store_whose_keys_have_owners() {
    let text = found(&Store::new(Flaw::KeysHaveOwners));
    assert!(text.contains("a second claim of a key, for another owner") && text.contains("seen:     Fresh"), "{text}");
}

/// What is wrong with a store.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Flaw {
    None,
    ReadsFirstAndWritesLater,
    TruncatesKeys,
    OneTimeToLive,
    ForgetsInTheLastSecond,
    MakesRoom,
    LapsedKeysHaveManyWinners,
    KeysHaveOwners,
    FillsUp,
    CountsAllAsOne,
    CountsBeforeItLooks,
}

struct Store {
    flaw: Flaw,
    records: Mutex<HashMap<Vec<u8>, Timestamp>>,
}

impl Store {
    fn new(flaw: Flaw) -> Self {
        Self { flaw, records: Mutex::default() }
    }

    fn is_recorded(&self, key: &[u8], now: Timestamp) -> bool {
        let lapses_early = u64::from(self.flaw == Flaw::ForgetsInTheLastSecond);
        self.records.lock().expect("a lock").get(key).is_some_and(|until| *until >= now.plus(lapses_early))
    }

    fn write(&self, key: &[u8], until: Timestamp) {
        let mut records = self.records.lock().expect("a lock");
        if self.flaw == Flaw::MakesRoom && records.len() >= 16 {
            records.clear();
        }
        records.insert(key.to_vec(), until);
    }
}

impl ReplayStore for Store {
    async fn claim(&self, claim: &ReplayClaim, now: Timestamp) -> ReplayAnswer {
        let key = match self.flaw {
            Flaw::TruncatesKeys => &claim.key.as_bytes()[..1],
            Flaw::KeysHaveOwners => {
                let owner: &[u8] = claim.owner.as_ref().map_or(&[], |owner| owner.as_bytes());
                &[claim.key.as_bytes(), owner].concat()
            }
            _ => claim.key.as_bytes().as_slice(),
        };
        let is_full = self.records.lock().expect("a lock").len() >= 100;
        if is_full && self.flaw == Flaw::CountsBeforeItLooks {
            return ReplayAnswer::OverShare;
        }
        let until = if self.flaw == Flaw::OneTimeToLive { now.plus(30) } else { claim.retain_until };
        let lapsed = self.records.lock().expect("a lock").contains_key(key);
        if self.is_recorded(key, now) {
            return ReplayAnswer::Replay;
        }
        let pause = match self.flaw {
            Flaw::ReadsFirstAndWritesLater => true,
            Flaw::LapsedKeysHaveManyWinners => lapsed,
            _ => false,
        };
        if pause {
            yield_once().await;
        }
        match self.flaw {
            Flaw::FillsUp if is_full => return ReplayAnswer::Unavailable,
            Flaw::CountsAllAsOne if is_full => return ReplayAnswer::OverShare,
            _ => self.write(key, until),
        }
        ReplayAnswer::Fresh
    }

    fn reach(&self) -> StoreReach {
        StoreReach::Process
    }
}

/// Whatever else is under way goes first.
async fn yield_once() {
    let mut waited = false;
    poll_fn(|context| {
        if waited {
            return Poll::Ready(());
        }
        waited = true;
        context.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}

fn found(store: &impl ReplayStore) -> String {
    block_on(check_replay_store_conforms(store, NOW)).expect_err("does not conform").to_string()
}

fn words(sent: &str, seen: &str, expected: &str, fix: &str) -> String {
    format!(
        "attesto testkit: replay_store_conforms does not hold for the replay store\n  sent:     {sent}\n  seen:     \
         {seen}\n  expected: {expected}\n  to fix:   {fix}"
    )
}

const ATOMIC: &str = "test and set in one atomic step: `INSERT .. ON CONFLICT DO NOTHING` on a unique key and its \
                      affected-row count, or `SET key value NX EX ttl`. Reading first and writing later lets two \
                      requests win.";
const KEEP: &str = "keep each record through its own `retain_until`, and drop it strictly after: `retain_until < now`. \
                    There is no time to live of the store.";
const KEYS: &str = "use all 32 bytes of the key (43 characters as text), untruncated and case-sensitive, and never drop \
                    a live record to make room.";

#[test]
fn t12_a_store_that_takes_everything_for_fresh() {
    assert_eq!(found(&HostileStore::forgetful()), words("a second claim", "Fresh", "Replay", ATOMIC));
}

#[test]
fn t12_a_store_that_does_not_answer() {
    let fix =
        "the store is full, out of reach, or knows this key from an earlier run of the test (show it another `now`).";
    for store in [HostileStore::failing(), HostileStore::full()] {
        assert_eq!(found(&store), words("a key's first claim", "Unavailable", "Fresh", fix));
    }
}

#[test]
fn t12_a_store_that_reads_first_and_writes_later() {
    let text = found(&Store::new(Flaw::ReadsFirstAndWritesLater));
    assert_eq!(text, words("32 claims of one key at a time", "32 were Fresh", "exactly one is Fresh", ATOMIC));
}

#[test]
fn t12_a_store_that_truncates_keys() {
    let text = found(&Store::new(Flaw::TruncatesKeys));
    assert!(text.contains("expected: each is Fresh") && text.ends_with(KEYS), "{text}");
}

#[test]
fn t12_a_store_with_one_time_to_live() {
    let text = found(&Store::new(Flaw::OneTimeToLive));
    let sent = "a claim of a longer record after a shorter one has lapsed";
    assert_eq!(text, words(sent, "Fresh", "Replay", KEEP));
}

#[test]
fn t12_a_store_that_forgets_in_the_last_second() {
    let text = found(&Store::new(Flaw::ForgetsInTheLastSecond));
    assert_eq!(text, words("a claim in the last second of the record's time", "Fresh", "Replay", KEEP));
}

#[test]
fn t12_a_store_that_drops_live_records_to_make_room() {
    let text = found(&Store::new(Flaw::MakesRoom));
    assert_eq!(text, words("32 keys, each claimed a second time", "32 were Fresh", "none is Fresh", KEYS));
}

#[test]
fn t12_a_store_where_a_lapsed_key_has_many_winners() {
    let text = found(&Store::new(Flaw::LapsedKeysHaveManyWinners));
    let sent = "32 claims at a time of a key whose record has lapsed";
    assert_eq!(text, words(sent, "32 were Fresh", "at most one is Fresh", ATOMIC));
}
