//! The contract of replay stores (T12; R1 to R4).

use super::finding::{Finding, passed};
use super::stores::together;
use attesto_core::Timestamp;
use attesto_core::crypto::{CryptoProvider, RustCrypto};
use attesto_core::dpop::{ReplayAnswer, ReplayClaim, ReplayKey, ReplayOwner};
use attesto_core::future::BoxFuture;
use attesto_core::host::ReplayStore;

/// Concurrent claims of one key.
const CONCURRENT: usize = 32;
/// How long records are kept in these tests, in seconds.
const KEPT: u64 = 60;

/// [`check_replay_store_conforms`], as an assertion.
///
/// ```
/// use attesto_core::Timestamp;
/// use attesto_core::host::MemoryReplayStore;
/// use attesto_testkit::{assert_replay_store_conforms, block_on};
///
/// let store = MemoryReplayStore::single_node(1_000)?; // yours here
/// block_on(assert_replay_store_conforms(&store, Timestamp::from_secs(1_800_000_000)));
/// # Ok::<(), attesto_core::ConfigError>(())
/// ```
///
/// # Panics
/// With the [`Finding`].
pub async fn assert_replay_store_conforms(store: &impl ReplayStore, now: Timestamp) {
    passed(check_replay_store_conforms(store, now).await);
}

/// Checks a store against the contract of [`ReplayStore`]: one winner among concurrent claims, and none after; records
/// kept through their time, and at most one winner afterwards; unrelated keys are independent.
///
/// Concurrent claims are polled in turn on one task, so this runs in any runtime that the store needs. For a store with
/// its own clock, pass the present as `now`; for one that uses the `now` of each claim, any time works. The keys depend
/// on `now`: do not pass the same `now` twice within two minutes to a store that outlives the test. Requires room for
/// 100 records. For a store of bounded size, see [`check_replay_store_shares`] as well.
///
/// # Errors
/// The first broken rule, and how to correct it.
pub async fn check_replay_store_conforms(store: &impl ReplayStore, now: Timestamp) -> Result<(), Finding> {
    let keys = Keys { now };
    first_use_is_fresh(store, &keys).await?;
    one_of_many_wins(store, &keys).await?;
    unrelated_keys_are_independent(store, &keys).await?;
    records_are_kept_long_enough(store, &keys).await?;
    owners_are_no_part_of_keys(store, &keys).await?;
    a_lapsed_key_has_one_winner_at_most(store, &keys).await
}

/// [`check_replay_store_shares`], as an assertion.
///
/// ```
/// use attesto_core::Timestamp;
/// use attesto_core::host::MemoryReplayStore;
/// use attesto_testkit::{assert_replay_store_shares, block_on};
///
/// let store = MemoryReplayStore::single_node(1_000)?; // yours here
/// block_on(assert_replay_store_shares(&store, 1_000, Timestamp::from_secs(1_800_000_000)));
/// # Ok::<(), attesto_core::ConfigError>(())
/// ```
///
/// # Panics
/// With the [`Finding`].
pub async fn assert_replay_store_shares(store: &impl ReplayStore, capacity: usize, now: Timestamp) {
    passed(check_replay_store_shares(store, capacity, now).await);
}

/// Checks that a store with room for exactly `capacity` records lets no owner keep the others out: one that claims that
/// many proofs is answered [`OverShare`](ReplayAnswer::OverShare) before the room is used up, its used proofs are still
/// known, and the first proof of each other owner is fresh. ST-2.
///
/// Fills the store: pass a separate, empty store of a few thousand records. A store that grows with its contents has no
/// shares and needs no such check. `now` is as in [`check_replay_store_conforms`].
///
/// # Errors
/// The first broken rule, and how to correct it.
pub async fn check_replay_store_shares(
    store: &impl ReplayStore,
    capacity: usize,
    now: Timestamp,
) -> Result<(), Finding> {
    let keys = Keys { now };
    let owned = |owner: u8, number: usize| {
        keys.kept(&format!("share of {owner}, {number}")).owned_by(ReplayOwner::from_bytes([owner; 32]))
    };
    let mut number = 0;
    let over = loop {
        let answer = store.claim(&owned(0, number), now).await;
        if answer != ReplayAnswer::Fresh || number >= capacity {
            break answer;
        }
        number = number.saturating_add(1);
    };
    if over != ReplayAnswer::OverShare {
        let rule = format!("{number} proofs of one owner, and one more");
        return Err(share_finding(&rule, over, "OverShare, while there is room for others"));
    }
    let answer = store.claim(&owned(0, 0), now).await;
    if answer != ReplayAnswer::Replay {
        return Err(share_finding("a used proof of an owner over its share", answer, "Replay"));
    }
    for owner in 1..=OTHERS {
        let answer = store.claim(&owned(owner, 0), now).await;
        if answer != ReplayAnswer::Fresh {
            return Err(share_finding("another owner's first proof", answer, "Fresh"));
        }
    }
    Ok(())
}

/// Owners besides the one that claims too much.
const OTHERS: u8 = 8;

fn share_finding(rule: &str, seen: ReplayAnswer, expected: &str) -> Finding {
    let fix = "count the live records of each `ReplayClaim::owner`, answer `OverShare` to the owner of more than a fraction of the capacity, and \
               record nothing then. Look the key up first: what is on record is a replay, whoever shows it.";
    Finding { check: "replay_store_shares", ..finding(rule, said(seen), expected, fix) }
}

struct Keys {
    now: Timestamp,
}

impl Keys {
    fn claim(&self, label: &str, kept_until: Timestamp) -> ReplayClaim {
        let parts: [&[u8]; 3] = [b"attesto testkit store ", &self.now.as_secs().to_be_bytes(), label.as_bytes()];
        ReplayClaim::new(ReplayKey::from_bytes(RustCrypto::new().sha256(&parts)), kept_until)
    }

    fn kept(&self, label: &str) -> ReplayClaim {
        self.claim(label, self.now.plus(KEPT))
    }
}

const ATOMIC: &str = "test and set in one atomic step: `INSERT .. ON CONFLICT DO NOTHING` on a unique key and its affected-row count, or \
                      `SET key value NX EX ttl`. Reading first and writing later lets two requests win.";

fn finding(rule: &str, seen: String, expected: &str, fix: &str) -> Finding {
    Finding {
        check: "replay_store_conforms",
        subject: "the replay store".into(),
        sent: rule.into(),
        seen: seen.into(),
        expected: expected.into(),
        fix: fix.into(),
    }
}

fn said(answer: ReplayAnswer) -> String {
    format!("{answer:?}")
}

async fn first_use_is_fresh(store: &impl ReplayStore, keys: &Keys) -> Result<(), Finding> {
    let claim = keys.kept("first");
    let answer = store.claim(&claim, keys.now).await;
    if answer != ReplayAnswer::Fresh {
        let fix = "the store is full, out of reach, or knows this key from an earlier run of the test (show it another `now`).";
        return Err(finding("a key's first claim", said(answer), "Fresh", fix));
    }
    let answer = store.claim(&claim, keys.now).await;
    if answer == ReplayAnswer::Replay { Ok(()) } else { Err(finding("a second claim", said(answer), "Replay", ATOMIC)) }
}

async fn claimed_by_many(store: &impl ReplayStore, claim: &ReplayClaim, now: Timestamp) -> Vec<ReplayAnswer> {
    together((0..CONCURRENT).map(|_| -> BoxFuture<'_, _> { Box::pin(store.claim(claim, now)) })).await
}

fn winners(answers: &[ReplayAnswer]) -> usize {
    answers.iter().filter(|answer| **answer == ReplayAnswer::Fresh).count()
}

async fn one_of_many_wins(store: &impl ReplayStore, keys: &Keys) -> Result<(), Finding> {
    for round in 0..4 {
        let claim = keys.kept(&format!("contended {round}"));
        let winners = winners(&claimed_by_many(store, &claim, keys.now).await);
        if winners != 1 {
            let rule = format!("{CONCURRENT} claims of one key at a time");
            return Err(finding(&rule, format!("{winners} were Fresh"), "exactly one is Fresh", ATOMIC));
        }
    }
    Ok(())
}

async fn unrelated_keys_are_independent(store: &impl ReplayStore, keys: &Keys) -> Result<(), Finding> {
    let claims: Vec<ReplayClaim> = (0..CONCURRENT).map(|number| keys.kept(&format!("own {number}"))).collect();
    let fix = "use all 32 bytes of the key (43 characters as text), untruncated and case-sensitive, and never drop a live record to \
               make room.";
    let expectations =
        [("each claimed once", claims.len(), "each is Fresh"), ("each claimed a second time", 0, "none is Fresh")];
    for (when, expected, text) in expectations {
        let answers =
            together(claims.iter().map(|claim| -> BoxFuture<'_, _> { Box::pin(store.claim(claim, keys.now)) })).await;
        let winners = winners(&answers);
        if winners != expected {
            let (rule, seen) = (format!("{CONCURRENT} keys, {when}"), format!("{winners} were Fresh"));
            return Err(finding(&rule, seen, text, fix));
        }
    }
    Ok(())
}

async fn records_are_kept_long_enough(store: &impl ReplayStore, keys: &Keys) -> Result<(), Finding> {
    let short = keys.claim("short", keys.now.plus(30));
    let long = keys.claim("long", keys.now.plus(90));
    for claim in [&short, &long] {
        let _ = store.claim(claim, keys.now).await;
    }
    for (claim, at, what) in [
        (&short, keys.now.plus(30), "a claim in the last second of the record's time"),
        (&long, keys.now.plus(31), "a claim of a longer record after a shorter one has lapsed"),
    ] {
        let answer = store.claim(claim, at).await;
        if answer == ReplayAnswer::Fresh {
            let fix = "keep each record through its own `retain_until`, and drop it strictly after: `retain_until < now`. There is no time to \
                       live of the store.";
            return Err(finding(what, said(answer), "Replay", fix));
        }
    }
    Ok(())
}

async fn owners_are_no_part_of_keys(store: &impl ReplayStore, keys: &Keys) -> Result<(), Finding> {
    let owned = |owner: u8| keys.kept("owned").owned_by(ReplayOwner::from_bytes([owner; 32]));
    let _ = store.claim(&owned(1), keys.now).await;
    for claim in [owned(2), keys.kept("owned")] {
        let answer = store.claim(&claim, keys.now).await;
        if answer != ReplayAnswer::Replay {
            let fix = "look a record up by `ReplayClaim::key` alone. The owner is for counting: the unique key has no part of it.";
            return Err(finding("a second claim of a key, for another owner", said(answer), "Replay", fix));
        }
    }
    Ok(())
}

/// The store may also refuse until it has swept: the freshness check has refused the proof by then.
async fn a_lapsed_key_has_one_winner_at_most(store: &impl ReplayStore, keys: &Keys) -> Result<(), Finding> {
    let _ = store.claim(&keys.claim("lapsing", keys.now.plus(1)), keys.now).await;
    let later = keys.now.plus(200);
    let again = keys.claim("lapsing", later.plus(KEPT));
    let winners = winners(&claimed_by_many(store, &again, later).await);
    if winners <= 1 {
        return Ok(());
    }
    let rule = format!("{CONCURRENT} claims at a time of a key whose record has lapsed");
    Err(finding(&rule, [winners.to_string().as_str(), " were Fresh"].concat(), "at most one is Fresh", ATOMIC))
}
