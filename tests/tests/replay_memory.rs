//! What the memory replay store takes of the heap for each proof on record, counted exactly.

use attesto_core::Timestamp;
use attesto_core::crypto::{CryptoProvider, RustCrypto};
use attesto_core::dpop::{ReplayAnswer, ReplayClaim, ReplayKey};
use attesto_core::host::MemoryReplayStore;
use attesto_tests::heap::{self, held};

#[global_allocator]
static ALLOCATOR: heap::Counting = heap::Counting;

const KEY: usize = 32;
/// The most that an entry may take beyond its key.
const BEYOND_KEY: usize = 64;
/// Seconds over which the claims are spread; a record is kept for longer.
const SPREAD: u64 = 60;
const KEPT: u64 = 120;
const START: Timestamp = Timestamp::from_secs(1_800_000_000);

/// Bytes more than there were. What is printed takes memory, too: print when everything was measured.
fn more_than(before: isize) -> usize {
    usize::try_from(held() - before).expect("more than before")
}

/// Claims `count` keys that were never claimed before, within a minute.
fn claim(store: &MemoryReplayStore, start: Timestamp, count: usize) {
    let provider = RustCrypto::new();
    for number in 0..count as u64 {
        let now = start.plus(number * SPREAD / count as u64);
        let key = provider.sha256(&[&start.as_secs().to_be_bytes(), &number.to_be_bytes()]);
        let claim = ReplayClaim::new(ReplayKey::from_bytes(key), now.plus(KEPT));
        assert_eq!(store.record(&claim, now), ReplayAnswer::Fresh);
    }
}

/// A store of twice the capacity, as its docs advise, with so many live entries; and what it took.
fn filled(entries: usize) -> (MemoryReplayStore, usize) {
    let before = held();
    let store = MemoryReplayStore::single_node(2 * entries).expect("a sound capacity");
    claim(&store, START, entries);
    assert_eq!(store.len(), entries);
    let taken = more_than(before);
    (store, taken)
}

#[test]
fn a_live_entry_takes_at_most_64_bytes_beyond_its_key() {
    for entries in [1_000, 10_000, 100_000] {
        let (_store, taken) = filled(entries);
        println!("{entries} entries: {taken} bytes, {} beyond their keys", taken - KEY * entries);
        assert!(taken <= (KEY + BEYOND_KEY) * entries, "{taken} bytes for {entries} entries");
    }
}

#[test]
fn lapsed_entries_leave_their_room_to_the_next() {
    let (store, taken) = filled(100_000);
    let before = held();
    let later = START.plus(SPREAD + KEPT + 1);
    assert_eq!(store.sweep(later), 100_000);
    claim(&store, later, 100_000);
    let more = held() - before;
    drop(store);
    assert!(held() < before, "a store that is dropped gives everything back");
    // The shards fill anew by chance, and some of them further than before.
    assert!(more <= (taken / 50).cast_signed(), "{more} bytes more");
    println!("100,000 entries: {taken} bytes; after as many again {more} more");
}

#[test]
fn a_store_takes_nothing_for_the_capacity_it_does_not_use() {
    let before = held();
    let store = MemoryReplayStore::single_node(1 << 30).expect("a sound capacity");
    let taken = more_than(before);
    drop(store);
    assert_eq!(held(), before);
    assert!(taken < 16 * 1024, "{taken}");
    println!("an empty store: {taken} bytes");
}
