//! The replay store of one process under many threads: a million claims, and each proof passes once.

use attesto_core::Timestamp;
use attesto_core::dpop::{ReplayAnswer, ReplayClaim, ReplayKey};
use attesto_core::host::MemoryReplayStore;
use std::sync::atomic::{AtomicU8, AtomicU64, AtomicUsize, Ordering};
use std::thread;

const THREADS: usize = 8;
const PROOFS: usize = 250_000;
/// Claims of each proof, by different threads.
const TIMES: usize = 4;
const KEPT: u64 = 121;

fn key(number: usize) -> ReplayKey {
    let mut key = [0; 32];
    key[..8].copy_from_slice(&number.to_be_bytes());
    ReplayKey::from_bytes(key)
}

/// The order in which a thread comes by the proofs: each in another, all of them near to each other in time.
fn order(thread: usize) -> impl Iterator<Item = usize> {
    const WINDOW: usize = 1_000;
    let stride = [1, 3, 7, 9, 11, 13, 17, 19][thread % 8];
    (0..PROOFS).map(move |place| place / WINDOW * WINDOW + (place % WINDOW * stride + thread * 31) % WINDOW)
}

/// Which threads claim a proof.
fn claims(thread: usize, proof: usize) -> bool {
    (proof + thread).is_multiple_of(THREADS / TIMES)
}

#[test]
fn r1_of_a_million_claims_each_proof_wins_once() {
    let store = MemoryReplayStore::single_node(PROOFS).expect("a capacity");
    let wins: Vec<AtomicU8> = (0..PROOFS).map(|_| AtomicU8::new(0)).collect();
    let replays = AtomicUsize::new(0);
    thread::scope(|scope| {
        for thread in 0..THREADS {
            let (store, wins, replays) = (&store, &wins, &replays);
            scope.spawn(move || {
                for proof in order(thread).filter(|proof| claims(thread, *proof)) {
                    let claim = ReplayClaim::new(key(proof), Timestamp::from_secs(KEPT));
                    match store.record(&claim, Timestamp::from_secs(0)) {
                        ReplayAnswer::Fresh => wins[proof].fetch_add(1, Ordering::Relaxed),
                        ReplayAnswer::Replay => {
                            replays.fetch_add(1, Ordering::Relaxed);
                            0
                        }
                        ReplayAnswer::OverShare | ReplayAnswer::Unavailable => panic!("there is room for every proof"),
                    };
                }
            });
        }
    });
    assert!(wins.iter().all(|wins| wins.load(Ordering::Relaxed) == 1), "each proof once");
    assert_eq!(replays.into_inner(), PROOFS * (TIMES - 1));
    assert_eq!(store.len(), PROOFS);
    assert_eq!(store.sweep(Timestamp::from_secs(KEPT)), 0, "none has lapsed");
    assert_eq!(store.sweep(Timestamp::from_secs(KEPT + 1)), PROOFS, "all have");
    assert!(store.is_empty());
}

/// Time goes on meanwhile: records lapse and make room for others in a store that holds a few seconds' worth.
#[test]
fn r3_while_records_lapse_no_proof_wins_twice_and_none_is_kept_for_ever() {
    const EACH_SECOND: usize = 100;
    const CAPACITY: usize = 20_000;
    let store = MemoryReplayStore::single_node(CAPACITY).expect("a capacity");
    let wins: Vec<AtomicU8> = (0..PROOFS).map(|_| AtomicU8::new(0)).collect();
    let clock = AtomicU64::new(0);
    let refused = AtomicUsize::new(0);
    thread::scope(|scope| {
        for thread in 0..THREADS {
            let (store, wins, clock, refused) = (&store, &wins, &clock, &refused);
            scope.spawn(move || {
                for proof in order(thread).filter(|proof| claims(thread, *proof)) {
                    let made = (proof / EACH_SECOND) as u64;
                    // One clock for all, which never goes back.
                    let now = clock.fetch_max(made, Ordering::AcqRel).max(made);
                    let claim = ReplayClaim::new(key(proof), Timestamp::from_secs(made + KEPT));
                    match store.record(&claim, Timestamp::from_secs(now)) {
                        ReplayAnswer::Fresh => {
                            wins[proof].fetch_add(1, Ordering::Relaxed);
                        }
                        ReplayAnswer::Replay => {}
                        // A thread that fell so far behind that the proof's time is over.
                        ReplayAnswer::OverShare | ReplayAnswer::Unavailable => {
                            refused.fetch_add(1, Ordering::Relaxed);
                        }
                    }
                    assert!(store.len() <= CAPACITY);
                }
            });
        }
    });
    let won: Vec<u8> = wins.iter().map(|wins| wins.load(Ordering::Relaxed)).collect();
    assert!(won.iter().all(|wins| *wins <= 1), "no proof twice");
    let winners = won.iter().filter(|wins| **wins == 1).count();
    // The node with the leading clock is in time: at least its claim has won.
    assert!(winners >= PROOFS / THREADS, "{winners} winners, {} refused", refused.into_inner());
    let end = Timestamp::from_secs((PROOFS / EACH_SECOND) as u64 + KEPT);
    let held = store.len();
    assert!(held <= CAPACITY);
    assert_eq!(store.sweep(end.plus(1)), held);
    assert!(store.is_empty());
}
