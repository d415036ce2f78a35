use super::*;
use alloc::format;
use alloc::sync::Arc;
use core::pin::pin;
use core::task::{Context, Poll, Waker};
use std::task::Wake;
use std::thread;

struct Unpark(thread::Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

fn ask(store: &impl ReplayStore, claim: &ReplayClaim, now: u64) -> ReplayAnswer {
    let waker = Waker::from(Arc::new(Unpark(thread::current())));
    let mut future = pin!(store.claim(claim, at(now)));
    loop {
        match future.as_mut().poll(&mut Context::from_waker(&waker)) {
            Poll::Ready(answer) => return answer,
            Poll::Pending => thread::park(),
        }
    }
}

fn at(second: u64) -> Timestamp {
    Timestamp::from_secs(second)
}

fn claim(number: u64, retain_until: u64) -> ReplayClaim {
    let mut key = [0; 32];
    key[..8].copy_from_slice(&number.to_be_bytes());
    ReplayClaim::new(ReplayKey::from_bytes(key), at(retain_until))
}

fn store(capacity: usize) -> MemoryReplayStore {
    MemoryReplayStore::single_node(capacity).unwrap()
}

/// Returns how many of `threads` simultaneous claims are answered `Fresh`; the others must be answered `Replay`.
fn winners(store: &impl ReplayStore, claim: &ReplayClaim, now: u64, threads: usize) -> usize {
    let start = std::sync::Barrier::new(threads);
    let answers: Vec<_> = thread::scope(|scope| {
        let claims: Vec<_> = (0..threads)
            .map(|_| {
                scope.spawn(|| {
                    start.wait();
                    ask(store, claim, now)
                })
            })
            .collect();
        claims.into_iter().map(|claim| claim.join().unwrap()).collect()
    });
    assert!(answers.iter().all(|answer| *answer != ReplayAnswer::Unavailable));
    answers.iter().filter(|answer| **answer == ReplayAnswer::Fresh).count()
}

// Tests for every store; nothing below depends on which store it is.

fn one_winner_among_simultaneous_claims(store: &impl ReplayStore) {
    for number in 0..50 {
        assert_eq!(winners(store, &claim(number, 1_121), 1_000, 8), 1);
    }
}

fn a_record_holds_through_its_last_second(store: &impl ReplayStore) {
    let proof = claim(1, 1_121);
    assert_eq!(ask(store, &proof, 1_000), ReplayAnswer::Fresh);
    for now in [1_000, 1_120, 1_121] {
        assert_eq!(ask(store, &proof, now), ReplayAnswer::Replay);
        let prolonged = claim(1, 1_200);
        assert_eq!(ask(store, &prolonged, now), ReplayAnswer::Replay, "the same key with a later time");
    }
}

fn a_lapsed_key_is_admitted_again_with_one_winner(store: &impl ReplayStore) {
    for number in 0..50 {
        let now = 1_000 + number * 1_000; // time only goes forward: a store may refuse what is older than it forgot
        assert_eq!(ask(store, &claim(number, now + 121), now), ReplayAnswer::Fresh);
        assert_eq!(winners(store, &claim(number, now + 300), now + 122, 8), 1);
    }
}

fn unrelated_keys_are_independent(store: &impl ReplayStore) {
    thread::scope(|scope| {
        for thread in 0..8u64 {
            scope.spawn(move || {
                for number in 0..200 {
                    let proof = claim(thread << 32 | number, 1_121);
                    assert_eq!(ask(store, &proof, 1_000), ReplayAnswer::Fresh);
                    assert_eq!(ask(store, &proof, 1_001), ReplayAnswer::Replay);
                }
            });
        }
    });
}

#[test]
fn r1_memory_store_keeps_the_contract() {
    one_winner_among_simultaneous_claims(&store(100_000));
    a_record_holds_through_its_last_second(&store(100_000));
    a_lapsed_key_is_admitted_again_with_one_winner(&store(100_000));
    unrelated_keys_are_independent(&store(100_000));
}

#[test]
fn r1_a_claim_past_its_own_time_is_never_fresh() {
    let store = store(10);
    assert_eq!(store.record(&claim(1, 999), at(1_000)), ReplayAnswer::Unavailable);
    assert_eq!(store.record(&claim(1, 1_000), at(1_000)), ReplayAnswer::Fresh);
    assert_eq!(store.record(&claim(1, 1_000), at(1_001)), ReplayAnswer::Unavailable);
}

#[test]
fn r3_a_full_store_is_unavailable_and_evicts_nothing() {
    for capacity in [1, 10, 5_000] {
        let store = store(capacity);
        for number in 0..capacity as u64 {
            assert_eq!(store.record(&claim(number, 1_121), at(1_000)), ReplayAnswer::Fresh);
        }
        assert_eq!((store.len(), store.capacity()), (capacity, capacity));
        for now in [1_000, 1_121] {
            assert_eq!(store.record(&claim(u64::MAX, 2_000), at(now)), ReplayAnswer::Unavailable);
            assert_eq!(store.record(&claim(0, 2_000), at(now)), ReplayAnswer::Replay, "what it knows it still says");
        }
        assert_eq!(store.len(), capacity);
    }
}

#[test]
fn r3_a_full_store_takes_room_from_lapsed_records_of_any_shard() {
    let capacity = 5_000;
    let store = store(capacity);
    for generation in 0..3u64 {
        let now = 1_000 + generation * 122;
        for number in 0..capacity as u64 {
            let proof = claim(generation << 32 | number, now + 121);
            assert_eq!(store.record(&proof, at(now)), ReplayAnswer::Fresh, "{generation} {number}");
        }
        assert_eq!(store.record(&claim(u64::MAX, now + 121), at(now)), ReplayAnswer::Unavailable);
        assert!(store.len() <= capacity);
    }
}

#[test]
fn r3_the_capacity_holds_against_many_threads() {
    let store = store(3_000);
    let fresh = AtomicUsize::new(0);
    thread::scope(|scope| {
        for thread in 0..8u64 {
            let (store, fresh) = (&store, &fresh);
            scope.spawn(move || {
                for number in 0..1_000 {
                    if store.record(&claim(thread << 32 | number, 1_121), at(1_000)) == ReplayAnswer::Fresh {
                        fresh.fetch_add(1, Ordering::Relaxed);
                    }
                }
            });
        }
    });
    assert_eq!((fresh.into_inner(), store.len()), (3_000, 3_000));
}

#[test]
fn r3_replays_in_a_full_store_lose_no_place() {
    let store = store(2);
    for round in 0..20 {
        let now = at(1_000 + round * 10);
        let until = now.plus(9).as_secs();
        assert_eq!(store.record(&claim(1, until), now), ReplayAnswer::Fresh);
        assert_eq!(store.record(&claim(2, until), now), ReplayAnswer::Fresh);
        assert_eq!(store.record(&claim(1, until), now), ReplayAnswer::Replay);
        assert_eq!(store.record(&claim(3, until), now), ReplayAnswer::Unavailable);
    }
    assert_eq!(store.sweep(at(10_000)), 2);
    assert!(store.is_empty());
}

#[test]
fn r3_a_clock_that_goes_back_admits_nothing_twice() {
    let store = store(10);
    let proof = claim(1, 1_121);
    assert_eq!(store.record(&proof, at(1_000)), ReplayAnswer::Fresh);
    assert_eq!(store.record(&claim(2, 9_121), at(9_000)), ReplayAnswer::Fresh, "a leap, which frees the first");
    assert_eq!(store.len(), 1);
    assert_eq!(store.record(&proof, at(1_010)), ReplayAnswer::Unavailable);
    assert_eq!(store.record(&claim(3, 1_121), at(1_010)), ReplayAnswer::Unavailable, "as old as what was freed");
    assert_eq!(store.record(&claim(3, 1_122), at(1_010)), ReplayAnswer::Fresh, "newer than all that was freed");
}

#[test]
fn r3_a_new_process_may_distrust_what_its_predecessor_could_have_seen() {
    let store = MemoryReplayStore::after_restart(10, at(1_120)).unwrap();
    assert_eq!(store.record(&claim(1, 1_120), at(1_000)), ReplayAnswer::Unavailable);
    assert_eq!(store.record(&claim(1, 1_121), at(1_000)), ReplayAnswer::Fresh);
}

#[test]
fn r3_sweeping_gives_an_idle_store_its_room_back() {
    let store = store(5_000);
    for number in 0..2_000 {
        assert_eq!(store.record(&claim(number, 1_000 + number % 100), at(1_000)), ReplayAnswer::Fresh);
    }
    assert_eq!(store.sweep(at(1_000)), 0);
    assert_eq!(store.sweep(at(1_050)), 1_000);
    assert_eq!(store.sweep(at(2_000)), 1_000);
    assert!(store.is_empty());
}

#[test]
fn r3_a_poisoned_shard_answers_nothing() {
    let store = store(10);
    assert_eq!(store.record(&claim(1, 1_121), at(1_000)), ReplayAnswer::Fresh);
    let poison = thread::scope(|scope| {
        let shard = &store.shards[0];
        scope
            .spawn(move || {
                let _held = shard.lock().unwrap();
                std::panic::resume_unwind(Box::new("poison"));
            })
            .join()
    });
    assert!(poison.is_err());
    assert_eq!(store.record(&claim(1, 1_121), at(1_000)), ReplayAnswer::Unavailable);
    assert_eq!(store.record(&claim(2, 1_121), at(1_000)), ReplayAnswer::Unavailable);
    assert_eq!(store.sweep(at(9_000)), 0, "and does not hang");
}

#[test]
fn r8_the_store_says_that_it_serves_one_process() {
    let store = store(10);
    assert_eq!(store.reach(), StoreReach::Process);
    assert_eq!(format!("{store:?}"), "MemoryReplayStore { held: 0, capacity: 10, .. }");
    assert!(MemoryReplayStore::single_node(0).is_err());
    assert!(MemoryReplayStore::single_node(CAPACITY_CEILING + 1).is_err());
    assert_eq!(store.shards.len(), 1);
    assert_eq!(MemoryReplayStore::single_node(10_000_000).unwrap().shards.len(), MOST_SHARDS);
}
