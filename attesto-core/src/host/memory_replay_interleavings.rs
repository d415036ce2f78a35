//! Tries every interleaving of a few threads with the model checker loom: there is exactly one winner for each key,
//! every record is freed eventually, and no place is lost or invented.
//!
//! `RUSTFLAGS="--cfg loom" cargo test -p attesto-core --lib --release --target-dir target/loom interleavings`

use super::*;
use crate::dpop::ReplayOwner;
use ReplayAnswer::{Fresh, OverShare, Replay, Unavailable};
use loom::sync::Arc;
use loom::thread;

fn claim(key: u8, retain_until: u64) -> ReplayClaim {
    ReplayClaim::new(ReplayKey::from_bytes([key; 32]), Timestamp::from_secs(retain_until))
}

/// One claim: the key, `retain_until`, and the time by the caller's clock.
type Claim = (u8, u64, u64);

/// Explores a store with initial claims, and the claims that each thread then makes in order. `then` gets the store and
/// all answers, in the order of the threads.
fn explore(
    most_switches: Option<usize>,
    capacity: usize,
    before: &'static [Claim],
    threads: &'static [&'static [Claim]],
    then: fn(&MemoryReplayStore, &[ReplayAnswer]),
) {
    let mut model = loom::model::Builder::new();
    model.preemption_bound = most_switches;
    model.check(move || {
        let store = Arc::new(MemoryReplayStore::single_node(capacity).unwrap());
        for (key, until, now) in before {
            assert_eq!(store.record(&claim(*key, *until), Timestamp::from_secs(*now)), Fresh);
        }
        let run = |claims: &'static [Claim], store: Arc<MemoryReplayStore>| {
            let record = |(key, until, now): &Claim| store.record(&claim(*key, *until), Timestamp::from_secs(*now));
            claims.iter().map(record).collect::<Vec<_>>()
        };
        let (first, others) = threads.split_first().unwrap();
        let spawn = |claims: &&'static [Claim]| {
            let (claims, store) = (*claims, Arc::clone(&store));
            thread::spawn(move || run(claims, store))
        };
        let others: Vec<_> = others.iter().map(spawn).collect();
        let mut answers = run(first, Arc::clone(&store));
        for other in others {
            answers.extend(other.join().unwrap());
        }
        then(&store, &answers);
        // In any case, every record is freed when its time has passed, and the count is exact.
        let held = store.len();
        assert!(held <= capacity);
        assert_eq!(store.sweep(Timestamp::from_secs(1_000_000)), held);
        assert!(store.is_empty());
    });
}

fn count(answers: &[ReplayAnswer], answer: ReplayAnswer) -> usize {
    answers.iter().filter(|given| **given == answer).count()
}

fn one_winner(store: &MemoryReplayStore, answers: &[ReplayAnswer]) {
    assert_eq!((count(answers, Fresh), count(answers, Replay)), (1, answers.len() - 1), "{answers:?}");
    assert_eq!(store.len(), 1);
}

const SAME: Claim = (1, 121, 0);

#[test]
fn r1_interleavings_of_two_threads_with_two_claims_of_one_key_have_one_winner() {
    explore(None, 4, &[], &[&[SAME, SAME], &[SAME, SAME]], one_winner);
}

#[test]
fn r1_interleavings_of_three_threads_have_one_winner() {
    explore(None, 4, &[], &[&[SAME], &[SAME], &[SAME]], one_winner);
    explore(Some(2), 4, &[], &[&[SAME, SAME], &[SAME, SAME], &[SAME, SAME]], one_winner);
}

#[test]
fn r1_interleavings_with_unrelated_keys_let_each_in_once() {
    fn each_once(store: &MemoryReplayStore, answers: &[ReplayAnswer]) {
        assert_eq!((count(answers, Fresh), count(answers, Replay)), (2, 2), "{answers:?}");
        assert_eq!(store.len(), 2);
    }
    explore(None, 4, &[], &[&[(1, 121, 0), (2, 121, 0)], &[(2, 121, 0), (1, 121, 0)]], each_once);
}

#[test]
fn r3_interleavings_over_a_lapsed_record_have_one_winner() {
    const AGAIN: Claim = (1, 500, 200);
    explore(None, 4, &[(1, 121, 0)], &[&[AGAIN, AGAIN], &[AGAIN, AGAIN]], one_winner);
    // By one clock the record still counts, by the other it has lapsed: the slow clock must not win.
    fn at_most_one(_: &MemoryReplayStore, answers: &[ReplayAnswer]) {
        assert_eq!(answers[1], Fresh, "by the clock that is ahead: {answers:?}");
        assert_ne!(answers[0], Fresh, "{answers:?}");
    }
    explore(None, 4, &[(1, 121, 0)], &[&[(1, 121, 121)], &[(1, 500, 122)]], at_most_one);
}

#[test]
fn r3_interleavings_in_a_full_store_take_no_place_twice() {
    fn one_gets_the_place(store: &MemoryReplayStore, answers: &[ReplayAnswer]) {
        assert_eq!((count(answers, Fresh), count(answers, Unavailable)), (1, 1), "{answers:?}");
        assert_eq!(store.len(), store.capacity());
    }
    explore(None, 1, &[], &[&[(1, 121, 0)], &[(2, 121, 0)]], one_gets_the_place);
    explore(None, 2, &[(9, 121, 0)], &[&[(1, 121, 0)], &[(2, 121, 0)]], one_gets_the_place);
    // The last place is a lapsed record's, on either shard.
    explore(None, 2, &[(9, 500, 0), (8, 121, 0)], &[&[(1, 500, 200)], &[(2, 500, 200)]], one_gets_the_place);
}

#[test]
fn r3_interleavings_in_a_full_store_of_lapsed_records_accept_every_proof() {
    // Includes a thread that claims after another has freed a record and before it takes the place.
    fn all(store: &MemoryReplayStore, answers: &[ReplayAnswer]) {
        assert_eq!(count(answers, Fresh), 2, "{answers:?}");
        assert_eq!(store.len(), 2);
    }
    // Keys map to either shard: both to one, or one to each.
    const LAPSED: [&[Claim]; 4] = [
        &[(9, 121, 0), (8, 121, 0)],
        &[(9, 121, 0), (7, 121, 0)],
        &[(6, 121, 0), (5, 121, 0)],
        &[(4, 121, 0), (3, 121, 0)],
    ];
    for before in LAPSED {
        explore(None, 2, before, &[&[(1, 500, 200)], &[(2, 500, 200)]], all);
    }
    fn all_but_one(store: &MemoryReplayStore, answers: &[ReplayAnswer]) {
        assert_eq!((count(answers, Fresh), count(answers, Unavailable)), (2, 1), "{answers:?}");
        assert_eq!(store.len(), 2);
    }
    explore(Some(3), 2, LAPSED[0], &[&[(1, 500, 200)], &[(2, 500, 200)], &[(11, 500, 200)]], all_but_one);
}

#[test]
fn r3_interleavings_of_claims_and_a_sweep_keep_the_count() {
    loom::model(|| {
        let store = Arc::new(MemoryReplayStore::single_node(3).unwrap());
        for key in [1, 2] {
            assert_eq!(store.record(&claim(key, 121), Timestamp::from_secs(0)), Fresh);
        }
        let sweeping = {
            let store = Arc::clone(&store);
            thread::spawn(move || store.sweep(Timestamp::from_secs(200)))
        };
        let fresh =
            [(1, 500), (3, 500)].map(|(key, until)| store.record(&claim(key, until), Timestamp::from_secs(200)));
        assert!(sweeping.join().unwrap() <= 2);
        assert_eq!(fresh, [Fresh, Fresh]);
        store.sweep(Timestamp::from_secs(200));
        assert_eq!(store.len(), 2);
        assert_eq!(store.sweep(Timestamp::from_secs(1_000)), 2);
    });
}

#[test]
fn st2_interleavings_of_one_owner_take_no_more_than_its_share_and_leave_others_theirs() {
    let mut model = loom::model::Builder::new();
    model.preemption_bound = Some(3);
    model.check(|| {
        let store = Arc::new(MemoryReplayStore::single_node(10).unwrap());
        let owned = |key, owner| claim(key, 121).owned_by(ReplayOwner::from_bytes([owner; 32]));
        let record =
            move |store: &MemoryReplayStore, key, owner| store.record(&owned(key, owner), Timestamp::from_secs(0));
        let counted_alike = [1, 2].map(|owner| Places::of(Some(&ReplayOwner::from_bytes([owner; 32])), &store.hasher));
        assert_ne!(counted_alike[0], counted_alike[1]);
        assert_eq!(record(&store, 1, 1), Fresh);
        let same_owner = {
            let store = Arc::clone(&store);
            thread::spawn(move || record(&store, 2, 1))
        };
        let answers = [record(&store, 3, 1), same_owner.join().unwrap()];
        // The place that is left of the share goes to one of them at most.
        assert!(count(&answers, Fresh) <= 1 && count(&answers, Unavailable) == 0, "{answers:?}");
        assert_eq!(count(&answers, Fresh) + count(&answers, OverShare), 2, "{answers:?}");
        assert_eq!(record(&store, 4, 2), Fresh, "another owner");
        let held = store.len();
        assert_eq!(held, 2 + count(&answers, Fresh));
        assert_eq!(store.sweep(Timestamp::from_secs(200)), held);
        assert!(store.is_empty() && store.owners.is_empty());
    });
}

#[test]
fn st2_interleavings_of_two_owners_let_each_in() {
    loom::model(|| {
        let store = Arc::new(MemoryReplayStore::single_node(10).unwrap());
        let owned = |key, owner| claim(key, 121).owned_by(ReplayOwner::from_bytes([owner; 32]));
        for key in [1, 2] {
            assert_eq!(store.record(&owned(key, 1), Timestamp::from_secs(0)), Fresh);
        }
        let over = {
            let store = Arc::clone(&store);
            thread::spawn(move || store.record(&owned(3, 1), Timestamp::from_secs(0)))
        };
        assert_eq!(store.record(&owned(4, 2), Timestamp::from_secs(0)), Fresh);
        assert_eq!(over.join().unwrap(), OverShare);
        assert_eq!(store.len(), 3);
    });
}
