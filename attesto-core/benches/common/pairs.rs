//! Ratios that hold on a noisy machine: two pieces of work in turns (first, second, second, first, ...), each long enough to be
//! timed and short enough that what disturbs one is likely to disturb its neighbour; the ratio of each pair; the median of the
//! ratios. A clock that drifts, a governor that changes its mind or a neighbour that wakes up hits both sides of a pair; what
//! hits one side alone makes an outlier, which a median does not see.

use std::time::{Duration, Instant};

/// How long one side of a pair runs.
const SIDE: Duration = Duration::from_micros(400);

/// What came out of the pairs.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Paired {
    /// Median of the first's time per call, in nanoseconds.
    pub(crate) first: f64,
    /// Median of the second's.
    pub(crate) second: f64,
    /// Median of second through first, pair by pair.
    pub(crate) ratio: f64,
}

#[expect(clippy::disallowed_methods, reason = "a bench is about time")]
fn timed(calls: u32, work: &mut dyn FnMut()) -> f64 {
    let began = Instant::now();
    for _ in 0..calls {
        work();
    }
    began.elapsed().as_secs_f64() * 1e9 / f64::from(calls)
}

/// How many calls fill one side.
fn calls(work: &mut dyn FnMut()) -> u32 {
    let once = (0..5).map(|_| timed(3, work)).fold(f64::INFINITY, f64::min);
    (1_u32..100_000).find(|&calls| f64::from(calls) * once >= SIDE.as_secs_f64() * 1e9).unwrap_or(100_000)
}

/// Times two pieces of work in turns.
pub(crate) fn paired(pairs: usize, first: &mut dyn FnMut(), second: &mut dyn FnMut()) -> Paired {
    let (of_first, of_second) = (calls(first), calls(second));
    let (mut firsts, mut seconds, mut ratios) = (Vec::new(), Vec::new(), Vec::new());
    for pair in 0..pairs {
        let (a, b) = if pair % 2 == 0 {
            let a = timed(of_first, first);
            (a, timed(of_second, second))
        } else {
            let b = timed(of_second, second);
            (timed(of_first, first), b)
        };
        firsts.push(a);
        seconds.push(b);
        ratios.push(b / a);
    }
    Paired { first: median(firsts), second: median(seconds), ratio: median(ratios) }
}

/// The middle one; the upper of two.
pub(crate) fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}
