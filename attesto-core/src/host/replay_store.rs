//! The store that detects reused proofs, and its contract (RFC 9449 §11.1; R1 to R4).

use crate::Timestamp;
use crate::dpop::{ReplayAnswer, ReplayClaim};
use alloc::boxed::Box;
use alloc::sync::Arc;
use core::fmt;
use core::future::Future;
use core::pin::Pin;

/// Which processes share a store's records. R8.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[expect(clippy::exhaustive_enums, reason = "every other reach would have to count as one of these")]
pub enum StoreReach {
    /// This process only; the records end with it.
    Process,
    /// Every instance that serves the resource.
    Shared,
}

/// Records first uses. An implementation guarantees:
///
/// - **One winner.** Among all claims with one key, on all instances that share the store, exactly one is answered
///   [`Fresh`](ReplayAnswer::Fresh) until the record may be dropped. The store tests and sets in one atomic step
///   (insert or ignore on a unique key, set if absent). Reading first and writing later does not conform. R1.
/// - **Kept long enough.** A record is kept through `retain_until` and may be dropped when the clock is strictly past
///   it: `retain_until < now`, with the `now` of the question. Each record has its own time; the store has no common
///   time to live. Afterwards the key may be claimed again, with one winner again. A store that refuses until it has
///   swept the record also conforms. R1, R2, R4.
/// - **Swept with care.** A sweep with its own clock (a job in a database) waits beyond `retain_until` for the greatest
///   possible difference between that clock and those of the nodes: 60 seconds, unless you know better. R4.
/// - **Never dropped early.** No record is evicted to make room. A full store answers
///   [`Unavailable`](ReplayAnswer::Unavailable). R3.
/// - **Fair.** A store of bounded size keeps one [owner](ReplayClaim::owner) from using it up: a client with one valid
///   token can make as many proofs as it can send requests. The store answers [`OverShare`](ReplayAnswer::OverShare) to
///   an owner with too many live records, and still serves the others. A store that grows with its records need not
///   count. The owner is not part of the key: a key is recorded once, whatever owner the claim names. ST-2.
/// - **Never a guess.** An error, a timeout or a lost answer is `Unavailable`. If the claim was recorded after all, the
///   client makes a new proof; the reverse would accept one proof twice.
/// - **Opaque keys.** 32 bytes (43 characters as text), never parsed. Keys for other purposes need their own namespace.
///   R7.
///
/// `now` is read just before the question. A store that keeps records by its own clock (set if absent with an expiry)
/// uses [`ReplayClaim::ttl`] as the expiry. A claim may be delayed, while it waits for a connection for example, for
/// longer than records are kept. The caller therefore reads the clock again when the answer arrives, and refuses a
/// claim that is past [`ReplayClaim::not_after`] by then.
///
/// A future that is dropped before it completes may or may not have recorded the claim.
pub trait ReplayStore: Send + Sync {
    /// Records `claim` unless its key is on record.
    fn claim(&self, claim: &ReplayClaim, now: Timestamp) -> impl Future<Output = ReplayAnswer> + Send;

    /// Which processes share the records.
    fn reach(&self) -> StoreReach;
}

/// [`ReplayStore`] as a trait object: `Arc<dyn DynReplayStore>` is again a [`ReplayStore`]. Implemented for every
/// store; do not implement it yourself.
pub trait DynReplayStore: Send + Sync {
    /// [`ReplayStore::claim`], boxed.
    fn claim_boxed<'s>(
        &'s self,
        claim: &'s ReplayClaim,
        now: Timestamp,
    ) -> Pin<Box<dyn Future<Output = ReplayAnswer> + Send + 's>>;

    /// [`ReplayStore::reach`].
    fn reach_of_records(&self) -> StoreReach;
}

impl<S: ReplayStore> DynReplayStore for S {
    fn claim_boxed<'s>(
        &'s self,
        claim: &'s ReplayClaim,
        now: Timestamp,
    ) -> Pin<Box<dyn Future<Output = ReplayAnswer> + Send + 's>> {
        Box::pin(self.claim(claim, now))
    }

    fn reach_of_records(&self) -> StoreReach {
        self.reach()
    }
}

impl ReplayStore for dyn DynReplayStore + '_ {
    async fn claim(&self, claim: &ReplayClaim, now: Timestamp) -> ReplayAnswer {
        self.claim_boxed(claim, now).await
    }

    fn reach(&self) -> StoreReach {
        self.reach_of_records()
    }
}

impl<S: ReplayStore + ?Sized> ReplayStore for Arc<S> {
    fn claim(&self, claim: &ReplayClaim, now: Timestamp) -> impl Future<Output = ReplayAnswer> + Send {
        S::claim(self, claim, now)
    }

    fn reach(&self) -> StoreReach {
        S::reach(self)
    }
}

impl fmt::Debug for dyn DynReplayStore + '_ {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ReplayStore").field("reach", &self.reach_of_records()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dpop::ReplayKey;
    use alloc::format;
    use core::task::{Context, Poll, Waker};

    struct Broken;

    impl ReplayStore for Broken {
        async fn claim(&self, _: &ReplayClaim, _: Timestamp) -> ReplayAnswer {
            ReplayAnswer::Unavailable
        }

        fn reach(&self) -> StoreReach {
            StoreReach::Shared
        }
    }

    fn ask(store: &impl ReplayStore) -> ReplayAnswer {
        let claim = ReplayClaim::new(ReplayKey::from_bytes([0; 32]), Timestamp::from_secs(1));
        let future = core::pin::pin!(store.claim(&claim, Timestamp::from_secs(0)));
        match future.poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(answer) => answer,
            Poll::Pending => panic!("answers at once"),
        }
    }

    #[test]
    fn r1_an_erased_store_answers_as_the_store_does() {
        let erased: Arc<dyn DynReplayStore> = Arc::new(Broken);
        assert_eq!(ask(&erased), ReplayAnswer::Unavailable);
        assert_eq!(erased.reach(), StoreReach::Shared);
        assert_eq!(ask(&Arc::new(erased)), ReplayAnswer::Unavailable, "wrapped once more");
        assert_eq!(ask(&Arc::new(Broken)), ReplayAnswer::Unavailable);
        let erased: &dyn DynReplayStore = &Broken;
        assert_eq!(format!("{erased:?}"), "ReplayStore { reach: Shared, .. }");
    }
}
