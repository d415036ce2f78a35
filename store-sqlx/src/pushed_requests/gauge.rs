//! How much of its share each client has in use: counted in the database at most once a second, and what was added
//! since.

use std::collections::{HashMap, HashSet};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// A count is of use for the second of its question. One that is this many seconds ahead is from before the clock was
/// set back.
const CLOCK_STEP: u64 = 60;

pub(super) struct Gauge {
    shares: Shares,
    state: Mutex<State>,
}

/// The most bytes that are stored.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Shares {
    /// For all public clients together.
    pub(super) public: i64,
    /// For each client.
    pub(super) client: i64,
}

impl Shares {
    /// A client with no more than this is not counted one by one: it counts as having this much.
    pub(super) const fn counted_above(self) -> i64 {
        self.client / 2
    }
}

#[derive(Default)]
struct State {
    counted_at: Option<u64>,
    counted: Use,
    /// Since then.
    added: Use,
    /// Since the count began that is on its way.
    added_meanwhile: Option<Use>,
    nothing_late: NothingLate,
}

/// Bytes in use.
#[derive(Default)]
pub(super) struct Use {
    pub(super) public: i64,
    pub(super) clients: HashMap<String, i64>,
}

/// Who had no request that may be dropped, at the last count or after it: none becomes late within its second.
#[derive(Default)]
struct NothingLate {
    public: bool,
    clients: HashSet<String>,
}

/// A request, as its share sees it.
#[derive(Clone, Copy)]
pub(super) struct Load<'r> {
    pub(super) client_id: &'r str,
    pub(super) authenticated: bool,
    pub(super) bytes: i64,
}

/// Whose share does not suffice.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Lack {
    Client,
    Public,
}

impl Use {
    /// Adds the bytes of a request, or takes them back.
    fn add(&mut self, request: Load<'_>) {
        if !request.authenticated {
            self.public = self.public.saturating_add(request.bytes);
        }
        match self.clients.get_mut(request.client_id) {
            Some(held) => *held = held.saturating_add(request.bytes),
            None => drop(self.clients.insert(request.client_id.into(), request.bytes)),
        }
    }

    fn of_client(&self, client_id: &str) -> Option<i64> {
        self.clients.get(client_id).copied()
    }
}

impl Gauge {
    pub(super) fn new(shares: Shares) -> Self {
        Self { shares, state: Mutex::default() }
    }

    pub(super) const fn shares(&self) -> Shares {
        self.shares
    }

    /// Begins a count, if the last one is from another second and none is on its way.
    pub(super) fn begin_count(&self, now: u64) -> Option<Counting<'_>> {
        let mut state = self.state();
        let is_recent = |at: u64| now <= at && at <= now.saturating_add(CLOCK_STEP);
        if state.added_meanwhile.is_some() || state.counted_at.is_some_and(is_recent) {
            return None;
        }
        state.added_meanwhile = Some(Use::default());
        Some(Counting { gauge: self, now, is_finished: false })
    }

    /// Counts a request that is about to be stored.
    ///
    /// # Errors
    /// The share that it does not fit into. The client's own comes first: dropping other clients' requests would not
    /// help.
    pub(super) fn reserve(&self, request: Load<'_>) -> Result<(), Lack> {
        let mut state = self.state();
        let counted = state.counted.of_client(request.client_id).unwrap_or(self.shares.counted_above());
        let of_client = counted.saturating_add(state.added.of_client(request.client_id).unwrap_or(0));
        if of_client.saturating_add(request.bytes) > self.shares.client {
            return Err(Lack::Client);
        }
        let public = state.counted.public.saturating_add(state.added.public);
        if !request.authenticated && public.saturating_add(request.bytes) > self.shares.public {
            return Err(Lack::Public);
        }
        state.added.add(request);
        if let Some(meanwhile) = &mut state.added_meanwhile {
            meanwhile.add(request);
        }
        Ok(())
    }

    /// Takes back the bytes of requests that were dropped. A count that is on its way may not see that, and keeps them.
    pub(super) fn give_back(&self, dropped: Load<'_>) {
        self.state().added.add(Load { bytes: dropped.bytes.saturating_neg(), ..dropped });
    }

    /// Whether it is known that nothing may be dropped for want of this share.
    pub(super) fn has_nothing_late(&self, lack: Lack, client_id: &str) -> bool {
        let state = self.state();
        match lack {
            Lack::Client => state.nothing_late.clients.contains(client_id),
            Lack::Public => state.nothing_late.public,
        }
    }

    pub(super) fn note_nothing_late(&self, lack: Lack, client_id: &str) {
        let nothing_late = &mut self.state().nothing_late;
        match lack {
            Lack::Client => drop(nothing_late.clients.insert(client_id.into())),
            Lack::Public => nothing_late.public = true,
        }
    }

    /// The numbers stay what they were if a thread panics between two of them: the next count replaces them.
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A count that is on its way. Dropped without a result, it leaves the last one.
pub(super) struct Counting<'g> {
    gauge: &'g Gauge,
    now: u64,
    is_finished: bool,
}

impl Counting<'_> {
    pub(super) fn finish(mut self, counted: Use) {
        self.is_finished = true;
        let mut state = self.gauge.state();
        let added = state.added_meanwhile.take().unwrap_or_default();
        *state = State { counted_at: Some(self.now), counted, added, ..State::default() };
    }
}

impl Drop for Counting<'_> {
    fn drop(&mut self) {
        if self.is_finished {
            return;
        }
        self.gauge.state().added_meanwhile = None;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn gauge() -> Gauge {
        Gauge::new(Shares { public: 100, client: 40 })
    }

    fn load(client_id: &str, bytes: i64) -> Load<'_> {
        Load { client_id, authenticated: false, bytes }
    }

    fn counted(public: i64, clients: &[(&str, i64)]) -> Use {
        Use { public, clients: clients.iter().map(|(client, bytes)| ((*client).into(), *bytes)).collect() }
    }

    #[test]
    fn one_count_a_second_and_one_at_a_time() {
        let gauge = gauge();
        let first = gauge.begin_count(10).expect("the first");
        assert!(gauge.begin_count(10).is_none() && gauge.begin_count(11).is_none(), "one is on its way");
        first.finish(Use::default());
        assert!(gauge.begin_count(10).is_none() && gauge.begin_count(9).is_none(), "it is recent");
        drop(gauge.begin_count(11).expect("a second later"));
        let again = gauge.begin_count(11).expect("the last one had no result");
        again.finish(Use::default());
        gauge.begin_count(1_000).expect("later").finish(Use::default());
        assert!(gauge.begin_count(1_000 - CLOCK_STEP - 1).is_some(), "the clock was set back");
    }

    #[test]
    fn st1_a_client_has_its_share_and_public_ones_theirs() {
        let gauge = gauge();
        gauge.begin_count(10).expect("due").finish(counted(70, &[("large", 30)]));
        assert_eq!(gauge.reserve(load("large", 10)), Ok(()), "30 of 40, and 10");
        assert_eq!(gauge.reserve(load("large", 1)), Err(Lack::Client));
        assert_eq!(gauge.reserve(load("small", 20)), Ok(()), "counts as half of its share");
        assert_eq!(gauge.reserve(load("small", 1)), Err(Lack::Client));
        assert_eq!(gauge.reserve(load("other", 1)), Err(Lack::Public));
        assert_eq!(gauge.reserve(Load { authenticated: true, ..load("other", 20) }), Ok(()));
        gauge.give_back(load("large", 5));
        assert_eq!(gauge.reserve(load("large", 6)), Err(Lack::Client));
        assert_eq!(gauge.reserve(load("large", 5)), Ok(()));
    }

    #[test]
    fn what_is_added_while_a_count_is_on_its_way_is_kept() {
        let gauge = gauge();
        assert_eq!(gauge.reserve(load("a", 10)), Ok(()), "before");
        let counting = gauge.begin_count(10).expect("due");
        assert_eq!(gauge.reserve(load("a", 5)), Ok(()), "meanwhile");
        counting.finish(counted(10, &[("a", 30)]));
        assert_eq!(gauge.reserve(load("a", 6)), Err(Lack::Client));
        assert_eq!(gauge.reserve(load("a", 5)), Ok(()));
    }

    #[test]
    fn that_nothing_is_late_holds_until_the_next_count() {
        let gauge = gauge();
        gauge.note_nothing_late(Lack::Public, "a");
        gauge.note_nothing_late(Lack::Client, "a");
        let known = |client| [Lack::Public, Lack::Client].map(|lack| gauge.has_nothing_late(lack, client));
        assert_eq!((known("a"), known("b")), ([true, true], [true, false]));
        gauge.begin_count(10).expect("due").finish(Use::default());
        assert_eq!(known("a"), [false, false]);
    }
}
