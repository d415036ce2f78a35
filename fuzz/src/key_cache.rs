//! The key cache under any sequence of lookups, plans, results and times: keys never serve past their limits, and fetches stay
//! within the rate that the policy allows.

use arbitrary::{Arbitrary, Unstructured};
use attesto_core::Timestamp;
use attesto_core::jose::VerificationKeys;
use attesto_core::remote::{FetchError, KeyCache, KeyPolicy, Lookup, Need, Plan};
use std::time::Duration;

/// From `remote::policy`: what a retry waits at least and at most, when a fetch counts as lost, what `Cache-Control` may shorten
/// freshness to, how long old keys serve meanwhile, how often a fetch may be given up, and how far a clock may step back.
const RETRY: u64 = 5;
const RETRY_CEILING: u64 = 60;
const DEADLINE: u64 = 15;
const FRESH_FLOOR: u64 = 30;
const GRACE: u64 = 60;
const GIVEN_UP: u64 = 8;
const CLOCK_STEP: u64 = 60;

#[derive(Debug, Arbitrary)]
struct Script {
    fresh: u16,
    stale: u16,
    spacing: u8,
    events: Vec<Event>,
}

#[derive(Debug, Arbitrary)]
enum Event {
    Pass(u8),
    PassLong(u16),
    StepBack(u16),
    PlanUsable,
    PlanFresh,
    PlanNewer(u8),
    Succeed(Option<u16>),
    Fail(u8),
    Abandon,
    EndAnother(u64),
}

/// A script.
pub fn key_cache(data: &[u8]) {
    let Ok(script) = Script::arbitrary(&mut Unstructured::new(data)) else { return };
    let (fresh, stale, spacing) = (u64::from(script.fresh), u64::from(script.stale), u64::from(script.spacing));
    let policy = KeyPolicy::new()
        .fresh(Duration::from_secs(fresh))
        .stale(Duration::from_secs(stale))
        .unknown_kid_spacing(Duration::from_secs(spacing));
    let cache = KeyCache::new(policy);
    assert_eq!(cache.is_ok(), fresh >= FRESH_FLOOR && stale >= fresh && stale <= 86_400 && spacing > 0);
    let Ok(cache) = cache else { return };
    let mut run = Run {
        cache,
        fresh,
        stale,
        spacing,
        now: Timestamp::from_secs(1_800_000_000),
        held: None,
        failure: None,
        under_way: None,
        begun: 0,
        succeeded: 0,
        rate: Rate::default(),
    };
    for event in &script.events {
        run.take(event);
        run.look();
    }
}

/// Keys as the model remembers them.
#[derive(Clone, Copy)]
struct Held {
    fetched: Timestamp,
    fresh_for: u64,
    disowned: bool,
}

#[derive(Clone, Copy)]
struct UnderWay {
    number: u64,
    since: Timestamp,
    for_unknown_kid: bool,
}

/// Fetches since the clock last stepped back.
#[derive(Default)]
struct Rate {
    since: Option<Timestamp>,
    begun: u64,
    ended: u64,
    given_up: u64,
    for_unknown_kids: u64,
}

struct Run {
    cache: KeyCache,
    fresh: u64,
    stale: u64,
    spacing: u64,
    now: Timestamp,
    held: Option<Held>,
    failure: Option<(Timestamp, u32)>,
    under_way: Option<UnderWay>,
    begun: u64,
    succeeded: u64,
    rate: Rate,
}

impl Run {
    fn take(&mut self, event: &Event) {
        match event {
            Event::Pass(seconds) => self.now = self.now.plus((*seconds).into()),
            Event::PassLong(seconds) => self.now = self.now.plus((*seconds).into()),
            Event::StepBack(seconds) => {
                self.now = self.now.minus((*seconds).into());
                self.rate = Rate::default();
            }
            Event::PlanUsable => self.plan(Need::Usable),
            Event::PlanFresh => self.plan(Need::Fresh),
            Event::PlanNewer(ago) => self.plan(Need::Newer(self.succeeded.saturating_sub((*ago).into()))),
            Event::Succeed(cacheable) => self.succeed(cacheable.map(u64::from)),
            Event::Fail(which) => self.fail(FetchError::ALL[usize::from(*which) % FetchError::ALL.len()]),
            Event::Abandon => self.abandon(),
            Event::EndAnother(number) => self.end_another(*number),
        }
    }

    /// What the cache says it holds is what the model holds, and not past any limit.
    fn look(&self) {
        assert_eq!(self.cache.generation(), self.succeeded);
        for number in [self.begun, self.begun + 1] {
            assert_eq!(self.cache.is_under_way(number), self.under_way.is_some_and(|fetch| fetch.number == number));
        }
        let age = self.held.map(|held| self.now.since(held.fetched));
        let future = self.held.is_some_and(|held| self.now.plus(CLOCK_STEP) < held.fetched);
        match (self.cache.lookup(self.now), self.held, age) {
            (Lookup::Fresh(keys), Some(held), Some(age)) => {
                assert!(age < held.fresh_for && age < self.fresh && age < self.stale && !future);
                assert_eq!(keys.generation, self.succeeded);
            }
            (Lookup::Stale(keys), Some(held), Some(age)) => {
                assert!(age >= held.fresh_for && age < self.stale && !future && !held.disowned);
                assert!(age < held.fresh_for + GRACE || self.is_out(), "nobody has asked the issuer");
                assert_eq!(keys.generation, self.succeeded);
            }
            (Lookup::Missing, Some(held), Some(age)) => {
                let unasked = age >= held.fresh_for + GRACE && !self.is_out();
                let old = unasked || age >= self.stale || held.disowned && age >= held.fresh_for;
                assert!(future || old, "keys that may serve are kept back");
            }
            (Lookup::Missing, None, None) => {}
            (other, ..) => panic!("{other:?} of nothing"),
        }
    }

    /// The last that was heard of the issuer is that it does not answer, a moment ago.
    fn is_out(&self) -> bool {
        self.failure.is_some_and(|(at, in_a_row)| {
            let pause = (RETRY << (in_a_row - 1).min(8)).min(RETRY_CEILING);
            self.now.since(at) < pause + GRACE && self.now.plus(CLOCK_STEP) >= at
        })
    }

    fn plan(&mut self, need: Need) {
        let met = match (self.cache.lookup(self.now), need) {
            (Lookup::Fresh(keys), Need::Newer(seen)) => keys.generation > seen,
            (Lookup::Fresh(_), _) | (Lookup::Stale(_), Need::Usable) => true,
            (Lookup::Stale(_) | Lookup::Missing, _) => false,
        };
        let live = self
            .under_way
            .filter(|fetch| self.now.since(fetch.since) < DEADLINE && self.now.plus(CLOCK_STEP) >= fetch.since);
        let for_unknown_kid = matches!(need, Need::Newer(_));
        match self.cache.plan(need, self.now) {
            Plan::Met => assert!(met),
            Plan::Await(number) => assert!(!met && live.is_some_and(|fetch| fetch.number == number)),
            Plan::Throttled => assert!(!met && live.is_none() && for_unknown_kid),
            Plan::Failing => assert!(!met && live.is_none()),
            Plan::Begin(number) => {
                assert!(!met && live.is_none(), "one at a time");
                assert!(number > self.begun, "numbers are not used again");
                self.begun = number;
                self.under_way = Some(UnderWay { number, since: self.now, for_unknown_kid });
                self.rate.begun += 1;
                self.rate_is_bounded();
            }
        }
    }

    /// However the events are arranged, so many fetches in so much time and no more: a failure pauses, freshness and spacing
    /// hold after a success, and giving up is for a few times only.
    fn rate_is_bounded(&mut self) {
        let elapsed = self.now.since(*self.rate.since.get_or_insert(self.now));
        let unknown = elapsed / self.spacing + 1;
        assert!(self.rate.for_unknown_kids <= unknown, "for unknown key ids in {elapsed} s");
        let ended = elapsed / RETRY + elapsed / FRESH_FLOOR + unknown + 2;
        assert!(self.rate.begun - self.rate.given_up <= ended, "fetches in {elapsed} s");
        let given_up = GIVEN_UP * (elapsed / RETRY + 2 + self.rate.ended);
        assert!(self.rate.given_up <= given_up, "given up in {elapsed} s");
    }

    fn succeed(&mut self, cacheable: Option<u64>) {
        let Some(UnderWay { number, for_unknown_kid, .. }) = self.under_way.take() else { return };
        assert!(self.cache.ended(number, Ok((VerificationKeys::new(), cacheable)), self.now));
        assert!(!self.cache.ended(number, Ok((VerificationKeys::new(), cacheable)), self.now), "once");
        self.succeeded += 1;
        let fresh_for = cacheable.unwrap_or(self.fresh).max(FRESH_FLOOR).min(self.fresh);
        self.held = Some(Held { fetched: self.now, fresh_for, disowned: false });
        self.failure = None;
        self.rate.ended += 1;
        self.rate.for_unknown_kids += u64::from(for_unknown_kid);
        self.rate_is_bounded();
    }

    fn fail(&mut self, error: FetchError) {
        let Some(UnderWay { number, .. }) = self.under_way.take() else { return };
        assert!(self.cache.ended(number, Err(error), self.now));
        self.rate.ended += 1;
        self.failure = Some((self.now, self.failure.map_or(0, |(_, in_a_row)| in_a_row).saturating_add(1)));
        if let (Some(held), true) = (&mut self.held, error.disowns_keys()) {
            held.disowned = true;
        }
        for need in [Need::Usable, Need::Fresh, Need::Newer(self.succeeded)] {
            let at_once = self.cache.plan(need, self.now);
            assert!(matches!(at_once, Plan::Met | Plan::Failing), "{at_once:?} right after a failure");
        }
    }

    fn abandon(&mut self) {
        let Some(UnderWay { number, .. }) = self.under_way.take() else { return };
        self.cache.abandoned(number);
        // What began before the clock stepped back is not counted.
        self.rate.given_up = self.rate.begun.min(self.rate.given_up + 1);
    }

    /// A fetch that is not under way changes nothing.
    fn end_another(&mut self, number: u64) {
        if self.under_way.is_none_or(|fetch| fetch.number != number) {
            assert!(!self.cache.ended(number, Err(FetchError::UnusableKeys), self.now));
            assert!(!self.cache.ended(number, Ok((VerificationKeys::new(), None)), self.now));
            self.cache.abandoned(number);
        }
    }
}
