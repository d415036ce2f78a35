//! Absolute times with criterion: for before and after on one machine (`--save-baseline`, `--baseline`), and for profilers. What
//! is quoted anywhere comes from `ratios`: criterion times one thing after another, and a machine that others use as well has
//! changed in between by more than what there is to show.

#[expect(dead_code, reason = "the pairs are for `ratios`")]
mod common;

use common::{providers, scenarios};
use criterion::Criterion;
use std::time::Duration;

fn main() {
    let quick = Criterion::default().warm_up_time(Duration::from_millis(300)).measurement_time(Duration::from_secs(1));
    let mut criterion = quick.configure_from_args();
    for mut scenario in scenarios::all(&providers::all()) {
        let mut group = criterion.benchmark_group(format!("{}/{}", scenario.provider, scenario.name));
        group.bench_function("raw", |bencher| bencher.iter(&mut scenario.raw));
        group.bench_function("attesto", |bencher| bencher.iter(&mut scenario.ours));
        group.finish();
    }
    criterion.final_summary();
}
