//! Each owner has a limited number of records, and the others can continue.

use super::*;
use crate::dpop::ReplayOwner;
use ReplayAnswer::{Fresh, OverShare, Replay, Unavailable};
use std::thread;

fn at(second: u64) -> Timestamp {
    Timestamp::from_secs(second)
}

fn owner(number: u64) -> ReplayOwner {
    let mut digest = [0; 32];
    digest[..8].copy_from_slice(&number.to_be_bytes());
    ReplayOwner::from_bytes(digest)
}

/// The proof of this number of this owner.
fn claim(of: u64, number: u64, retain_until: u64) -> ReplayClaim {
    let mut key = [0; 32];
    key[..8].copy_from_slice(&number.to_be_bytes());
    key[8..16].copy_from_slice(&of.to_be_bytes());
    ReplayClaim::new(ReplayKey::from_bytes(key), at(retain_until)).owned_by(owner(of))
}

fn store(capacity: usize) -> MemoryReplayStore {
    MemoryReplayStore::single_node(capacity).unwrap()
}

/// Tests let no more owners than these send too much.
const CROWDING: usize = 32;

/// Numbers of owners. The first ones have no counter in common, and each later one has a counter that none of the first
/// ones has: whether owners coincide by chance is counted in a test below.
fn owners(store: &MemoryReplayStore, most: usize) -> Vec<u64> {
    let (mut crowded, mut owners): ([Vec<u16>; 2], Vec<u64>) = Default::default();
    for number in 0.. {
        let places = Places::of(Some(&owner(number)), &store.hasher).0;
        let shared = crowded.iter().zip(places).filter(|(row, at)| row.contains(at)).count();
        if owners.len() < CROWDING && shared == 0 {
            crowded.iter_mut().zip(places).for_each(|(row, at)| row.push(at));
            owners.push(number);
        } else if owners.len() >= CROWDING && shared < 2 {
            owners.push(number);
        }
        if owners.len() == most {
            break;
        }
    }
    owners
}

/// How many of `attempts` claims of an owner are recorded; the others must be over its share.
fn recorded(store: &MemoryReplayStore, of: u64, attempts: u64, now: u64) -> usize {
    let answers: Vec<_> =
        (0..attempts).map(|number| store.record(&claim(of, now << 32 | number, now + 121), at(now))).collect();
    let fresh = answers.iter().filter(|answer| **answer == Fresh).count();
    let over = answers.iter().filter(|answer| **answer == OverShare).count();
    assert_eq!(fresh + over, answers.len(), "neither full nor broken");
    fresh
}

#[test]
fn st2_an_owner_has_a_quarter_of_what_is_left_on_however_many_shards() {
    // One owner after the other takes what it can; fewer than 65 places are not divided.
    let shares: [(usize, &[usize]); 6] = [
        (1, &[1]),
        (64, &[64]),
        (100, &[64, 36]),
        (400, &[80, 64, 64, 64]),
        (5_000, &[1_000, 800, 640, 512]),
        (100_000, &[20_000, 16_000, 12_800, 10_240]),
    ];
    for (capacity, shares) in shares {
        let store = store(capacity);
        let mut left = capacity;
        for (of, share) in owners(&store, shares.len()).into_iter().zip(shares) {
            // One less than the share, the share, and one more.
            for number in 0..*share as u64 {
                let answer = store.record(&claim(of, number, 1_121), at(1_000));
                assert_eq!(answer, Fresh, "{number} of {share} in {capacity}");
            }
            left -= share;
            let beyond = if left == 0 { Unavailable } else { OverShare };
            for more in 0..10 {
                let answer = store.record(&claim(of, u64::MAX - more, 1_121), at(1_000));
                assert_eq!(answer, beyond, "{share} in {capacity}");
            }
            assert_eq!(store.len(), capacity - left);
        }
    }
}

#[test]
fn st2_one_client_in_a_loop_keeps_no_other_out() {
    let store = store(10_000);
    let owners = owners(&store, 401);
    let (greedy, others) = owners.split_first().unwrap();
    // Each second a thousand proofs of the one owner, and one of each other every ten seconds: 4840 more live records.
    for second in 1_000..1_400 {
        let fresh = recorded(&store, *greedy, 1_000, second);
        assert!(!(1_010..1_120).contains(&second) || fresh == 0, "{fresh} in second {second}: nothing has lapsed");
        for of in others.iter().filter(|of| *of % 10 == second % 10) {
            assert_eq!(store.record(&claim(*of, second, second + 121), at(second)), Fresh, "{of} in second {second}");
        }
    }
}

#[test]
fn st2_ten_clients_in_a_loop_leave_a_tenth() {
    let store = store(10_000);
    let owners = owners(&store, 410);
    let (greedy, others) = owners.split_at(10);
    for of in greedy {
        assert!(recorded(&store, *of, 5_000, 1_000) > 200, "{of}");
    }
    assert!(store.capacity() - store.len() > 1_000, "{store:?}");
    for of in others {
        assert_eq!(store.record(&claim(*of, 1, 1_121), at(1_000)), Fresh, "{of}");
    }
}

#[test]
fn st2_records_that_lapse_free_the_share() {
    for (capacity, share) in [(100, 64), (5_000, 1_000), (100_000, 20_000)] {
        let store = store(capacity);
        let of = owners(&store, 1)[0];
        for round in 0..3 {
            let now = 1_000 + round * 122;
            assert_eq!(recorded(&store, of, capacity as u64, now), share, "round {round} in {capacity}");
            assert_eq!(recorded(&store, of, 1, now + 121), 0, "the last second of the first");
        }
        assert_eq!(store.sweep(at(9_000)), share);
        assert!(store.is_empty() && store.owners.is_empty());
    }
}

#[test]
fn st2_lapsed_records_of_others_put_no_owner_over_a_share() {
    let store = store(50_000);
    let owners = owners(&store, 18);
    for of in &owners {
        recorded(&store, *of, 30_000, 1_000);
    }
    assert!(store.len() > 49_000);
    // All of it lapsed, none of it freed.
    assert_eq!(recorded(&store, owners[0], 10_000, 2_000), 10_000);
}

#[test]
fn st2_a_record_is_found_under_any_owner() {
    let store = store(100);
    let mut proof = claim(1, 1, 1_121);
    assert_eq!(store.record(&proof, at(1_000)), Fresh);
    proof.owner = Some(owner(2));
    assert_eq!(store.record(&proof, at(1_000)), Replay);
    proof.owner = None;
    assert_eq!(store.record(&proof, at(1_000)), Replay);
    recorded(&store, 1, 100, 1_000);
    assert_eq!(store.record(&claim(1, 1, 1_121), at(1_000)), Replay, "over its share too");
}

#[test]
fn st2_claims_without_an_owner_have_no_share() {
    let store = store(100);
    for number in 0..100 {
        let mut claim = claim(1, number, 1_121);
        claim.owner = None;
        assert_eq!(store.record(&claim, at(1_000)), Fresh);
    }
    assert!(store.owners.is_empty());
}

#[test]
fn st2_the_share_holds_against_many_threads() {
    let store = store(10_000);
    let of = owners(&store, 2);
    thread::scope(|scope| {
        for thread in 0..8u64 {
            let (store, of) = (&store, &of);
            scope.spawn(move || {
                for number in 0..2_000 {
                    let _ = store.record(&claim(of[0], thread << 32 | number, 1_121), at(1_000));
                }
                assert_eq!(store.record(&claim(of[1], thread, 1_121), at(1_000)), Fresh);
            });
        }
    });
    // Besides the eight of the other owner: requests over the share took no place, however many were concurrent.
    assert!((1_988..=2_000).contains(&(store.len() - 8)), "{}", store.len());
    let held = store.len();
    assert_eq!(store.sweep(at(9_000)), held);
    assert!(store.owners.is_empty());
}

#[test]
fn st2_owners_seldom_count_as_one() {
    let store = store(10);
    let greedy = Places::of(Some(&owner(0)), &store.hasher);
    let others = (1..=200_000).filter(|number| Places::of(Some(&owner(*number)), &store.hasher) == greedy).count();
    // Less than one, on average.
    assert!(others < 20, "{others}");
}
