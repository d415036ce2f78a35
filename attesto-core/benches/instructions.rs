//! Work to be counted by callgrind, which `.ci/instructions` runs: each scenario's two sides, some rounds each, in a fixed order.
//! Only what happens inside `counted_round` is counted, and each return from it ends one count.

#[expect(dead_code, reason = "the pairs are for `ratios`")]
mod common;

use common::scenarios::{Floor, Work};
use common::{providers, scenarios};

/// Calls per count: enough that a growing vector or a table that is filled once does not show.
const ROUNDS: u32 = 8;

/// The function that callgrind measures.
#[inline(never)]
fn counted_round(work: &mut Work) {
    for _ in 0..ROUNDS {
        work();
    }
}

fn main() {
    println!("rounds {ROUNDS}");
    for mut scenario in scenarios::all(&providers::all()) {
        let part = if scenario.floor == Floor::Yardstick { "without" } else { "with" };
        println!("{part} {} {}", scenario.provider, scenario.name);
        for work in [&mut scenario.raw, &mut scenario.ours] {
            // What happens on the first calls only (buffers grow, tokens are remembered) is not what a request costs.
            work();
            work();
            counted_round(work);
        }
    }
}
