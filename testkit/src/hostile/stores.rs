//! Replay stores that fail.

use crate::finding::sound;
use attesto_core::Timestamp;
use attesto_core::dpop::{ReplayAnswer, ReplayClaim};
use attesto_core::host::{MemoryReplayStore, ReplayStore, StoreReach};
use std::fmt;
use std::future::{Future, poll_fn};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::Poll;

/// A replay store that misbehaves in one way, and counts its calls.
///
/// ```
/// use attesto_testkit::hostile::HostileStore;
///
/// let store = HostileStore::full();
/// let asked = store.clone(); // one for the guard, one for the test
/// assert_eq!(asked.asked(), 0);
/// ```
#[derive(Clone, Debug)]
pub struct HostileStore {
    behaviour: Behaviour,
    asked: Arc<AtomicU64>,
}

#[derive(Clone)]
enum Behaviour {
    Failing,
    Full(Arc<MemoryReplayStore>),
    Slow(Arc<MemoryReplayStore>),
    Forgetful,
}

impl HostileStore {
    fn new(behaviour: Behaviour) -> Self {
        Self { behaviour, asked: Arc::default() }
    }

    /// Cannot be reached. Leads to 503.
    #[must_use]
    pub fn failing() -> Self {
        Self::new(Behaviour::Failing)
    }

    /// Is full, and drops no live record. Leads to 503.
    #[must_use]
    pub fn full() -> Self {
        let store = sound("a replay store", MemoryReplayStore::single_node(1));
        let claim = ReplayClaim::new(attesto_core::dpop::ReplayKey::from_bytes([0; 32]), Timestamp::MAX_NUMERIC_DATE);
        let _ = store.record(&claim, Timestamp::from_secs(0));
        Self::new(Behaviour::Full(Arc::new(store)))
    }

    /// Answers correctly, but never at once: the first poll of each claim is pending. Leads to the same result as a
    /// fast store.
    #[must_use]
    pub fn slow() -> Self {
        let store = sound("a replay store", MemoryReplayStore::single_node(10_000));
        Self::new(Behaviour::Slow(Arc::new(store)))
    }

    /// Answers that every proof is fresh: a guard must not use it, and `assert_replay_refused` detects it.
    #[must_use]
    pub fn forgetful() -> Self {
        Self::new(Behaviour::Forgetful)
    }

    /// The number of claims.
    #[must_use]
    pub fn asked(&self) -> u64 {
        self.asked.load(Ordering::SeqCst)
    }
}

impl ReplayStore for HostileStore {
    fn claim(&self, claim: &ReplayClaim, now: Timestamp) -> impl Future<Output = ReplayAnswer> + Send {
        self.asked.fetch_add(1, Ordering::SeqCst);
        let mut waited = false;
        poll_fn(move |context| match &self.behaviour {
            Behaviour::Failing => Poll::Ready(ReplayAnswer::Unavailable),
            Behaviour::Forgetful => Poll::Ready(ReplayAnswer::Fresh),
            Behaviour::Full(store) => Poll::Ready(store.record(claim, now)),
            Behaviour::Slow(store) if waited => Poll::Ready(store.record(claim, now)),
            Behaviour::Slow(_) => {
                waited = true;
                context.waker().wake_by_ref();
                Poll::Pending
            }
        })
    }

    fn reach(&self) -> StoreReach {
        StoreReach::Shared
    }
}

impl fmt::Debug for Behaviour {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Failing => "failing",
            Self::Full(_) => "full",
            Self::Slow(_) => "slow",
            Self::Forgetful => "forgetful",
        })
    }
}
