//! What a claim costs the replay store, by the number of live entries, with as many lapsing as are made; beside what the machine
//! takes for one access to a random place in as much memory, because a larger store is in a slower memory.

use crate::clock::processor_time;
use crate::table;
use attesto_core::Timestamp;
use attesto_core::dpop::{ReplayAnswer, ReplayClaim, ReplayKey};
use attesto_core::host::MemoryReplayStore;
use std::error::Error;

/// How long a record is kept, in seconds: what the default policy asks for.
const KEPT: u64 = 121;
const ROUNDS: usize = 5;
/// Claims in each round, and in each sample of it.
const CLAIMS: u64 = 1_000_000;
const SAMPLE: u64 = 10_000;
/// Random accesses in each round.
const ACCESSES: u64 = 500_000;

/// A store that holds `live` records and goes on claiming.
struct Steady {
    store: MemoryReplayStore,
    live: u64,
    made: u64,
}

impl Steady {
    /// Full, and past the first lapse.
    fn new(live: usize) -> Result<Self, Box<dyn Error>> {
        let store = MemoryReplayStore::single_node(live.saturating_mul(2))?;
        let live = u64::try_from(live)?;
        let mut steady = Self { store, live, made: 0 };
        steady.claim(live + live / 8)?;
        Ok(steady)
    }

    /// Claims so many, at the pace at which `live` of them are on record.
    fn claim(&mut self, count: u64) -> Result<(), Box<dyn Error>> {
        for _ in 0..count {
            let now = Timestamp::from_secs(1_800_000_000 + self.made * KEPT / self.live);
            let claim = ReplayClaim::new(key(self.made), now.plus(KEPT - 1));
            if self.store.record(&claim, now) != ReplayAnswer::Fresh {
                return Err(format!("claim {} of {} was refused", self.made, self.live).into());
            }
            self.made += 1;
        }
        Ok(())
    }

    /// Nanoseconds of processor time per claim, the median of samples.
    fn measure(&mut self) -> Result<f64, Box<dyn Error>> {
        let mut samples = Vec::new();
        for _ in 0..CLAIMS / SAMPLE {
            let before = processor_time();
            self.claim(SAMPLE)?;
            samples.push((processor_time() - before).as_nanos() as f64 / SAMPLE as f64);
        }
        Ok(table::median(samples))
    }
}

/// Cache lines in one random cycle, as many as a store has entries: each says which comes next, so none can be fetched early.
struct Chase {
    lines: Vec<[u64; 8]>,
    at: u64,
}

impl Chase {
    /// Sattolo's shuffle: the permutation is one cycle over all lines.
    fn new(count: usize) -> Self {
        let mut lines: Vec<[u64; 8]> = (0..count as u64).map(|line| [line; 8]).collect();
        for at in (1..count).rev() {
            let other = mix(at as u64) % at as u64;
            lines.swap(at, other as usize);
        }
        Self { lines, at: 0 }
    }

    /// Nanoseconds of processor time per access.
    fn measure(&mut self) -> f64 {
        let before = processor_time();
        for _ in 0..ACCESSES {
            self.at = self.lines[self.at as usize][0];
        }
        (processor_time() - before).as_nanos() as f64 / ACCESSES as f64
    }
}

/// A key as spread out as a digest, and much cheaper: splitmix64.
fn key(number: u64) -> ReplayKey {
    let mut bytes = [0; 32];
    let mut state = number.wrapping_mul(4);
    for part in bytes.chunks_exact_mut(8) {
        state = state.wrapping_add(1);
        part.copy_from_slice(&mix(state).to_le_bytes());
    }
    ReplayKey::from_bytes(bytes)
}

fn mix(number: u64) -> u64 {
    let mut mixed = number.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

/// One size: the store, the memory to compare with, and the nanoseconds of each round.
struct Size {
    store: Steady,
    memory: Chase,
    claims: Vec<f64>,
    accesses: Vec<f64>,
}

/// Prints the table.
pub(crate) fn measure(most: usize) -> Result<(), Box<dyn Error>> {
    let mut sizes = Vec::new();
    for live in (3..9).map(|power| 10_usize.pow(power)).filter(|live| *live <= most) {
        eprintln!("claims: filling a store of {live}");
        let (store, memory) = (Steady::new(live)?, Chase::new(live));
        sizes.push(Size { store, memory, claims: Vec::new(), accesses: Vec::new() });
    }
    for round in 1..=ROUNDS {
        eprintln!("claims: round {round} of {ROUNDS}");
        for size in &mut sizes {
            size.claims.push(size.store.measure()?);
            size.accesses.push(size.memory.measure());
        }
    }
    let first = sizes.first().map_or(f64::NAN, |size| table::median(size.claims.iter().copied()));
    let row = |size: &Size| {
        let claim = table::median(size.claims.iter().copied());
        let access = table::median(size.accesses.iter().copied());
        vec![
            table::grouped(size.store.live as f64),
            format!("{claim:.0}"),
            format!("{:.2}", claim / first),
            format!("{access:.0}"),
        ]
    };
    let rows: Vec<_> = sizes.iter().map(row).collect();
    table::print(&["live entries", "ns per claim", "ratio", "ns per random access"], &rows);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chase_visits_every_line() {
        let mut chase = Chase::new(1_000);
        let mut seen = std::collections::BTreeSet::new();
        while seen.insert(chase.at) {
            chase.at = chase.lines[chase.at as usize][0];
        }
        assert_eq!(seen.len(), 1_000);
    }

    #[test]
    fn a_steady_store_holds_what_lives() -> Result<(), Box<dyn Error>> {
        let mut steady = Steady::new(1_210)?;
        steady.claim(5_000)?;
        assert!((1_200..=1_220).contains(&steady.store.len()), "{:?}", steady.store);
        Ok(())
    }
}
