//! How long the server keeps records: long enough by every node's clock, whatever its own says. R2, R4.

use crate::server::{KEPT, NOW, TestServer, claim};
use attesto_core::Timestamp;
use attesto_core::dpop::{ReplayAnswer, ReplayClaim};
use attesto_core::host::ReplayStore;
use attesto_redis::{RedisOptions, RedisReplayStore};
use std::ops::RangeInclusive;
use std::time::Duration;

/// The server's time in milliseconds, and what is left of a record's, at one moment.
const WHEN: &str =
    "local t = redis.call('TIME') return {t[1] * 1000 + math.floor(t[2] / 1000), redis.call('PTTL', KEYS[1])}";

impl TestServer {
    fn time(&self) -> i64 {
        self.command::<(i64, i64)>(&["EVAL", WHEN, "1", "none"]).0
    }

    fn end_of(&self, claim: &ReplayClaim) -> i64 {
        let (now, left): (i64, i64) = self.command(&["EVAL", WHEN, "1", &format!("attesto:replay:{}", claim.key)]);
        assert!(left > 0, "the record is there, and ends");
        now + left
    }

    /// For how many milliseconds a record is kept, at least and at most, when it is claimed at `now` by a node's clock.
    async fn kept(&self, options: RedisOptions, claim: &ReplayClaim, now: Timestamp) -> RangeInclusive<i64> {
        let store = RedisReplayStore::connect(options).await.expect("connects");
        let before = self.time();
        assert_eq!(store.claim(claim, now).await, ReplayAnswer::Fresh);
        let after = self.time();
        let end = self.end_of(claim);
        // A millisecond for rounding.
        (end - after - 1)..=(end - before + 1)
    }
}

fn millis(seconds: u64) -> i64 {
    i64::try_from(seconds * 1_000).expect("small")
}

#[tokio::test]
async fn r2_a_record_is_kept_for_its_time_and_the_declared_difference() {
    let Some(server) = TestServer::start(&[]) else { return };
    for (label, difference, counted) in [("60", 60, false), ("0", 0, false), ("7, counted", 7, true)] {
        let options = server.options().clock_difference(Duration::from_secs(difference));
        let options = if counted { options.records_per_owner(100) } else { options };
        let owned = claim(label).owned_by(attesto_core::dpop::ReplayOwner::from_bytes([1; 32]));
        let kept = server.kept(options, &owned, NOW).await;
        assert!(kept.contains(&millis(KEPT + difference + 1)), "{label}: {kept:?}");
    }
}

/// A minute between the clocks of two nodes: the later one must still find the record in the last second in which it asks.
#[tokio::test]
async fn r4_a_record_of_a_node_whose_clock_is_ahead_or_behind_is_kept_long_enough_for_the_others() {
    let Some(server) = TestServer::start(&[]) else { return };
    // From this moment until `retain_until` has passed by a clock that is right: the end of its last second.
    let needed = millis(KEPT + 1);
    let kept = server.kept(server.options(), &claim("ahead"), NOW.plus(60)).await;
    assert!(*kept.start() >= needed - 60_000 + 60_000, "recorded by a node that is ahead: {kept:?}");
    let kept = server.kept(server.options(), &claim("behind"), NOW.minus(60)).await;
    assert!(*kept.start() >= needed, "recorded by a node that is behind: {kept:?}");
    // The declared difference is what does it.
    let none = server.options().clock_difference(Duration::ZERO);
    let kept = server.kept(none, &claim("undeclared"), NOW.plus(30)).await;
    assert!(*kept.end() < needed, "a difference that was not declared is not covered: {kept:?}");
}

#[tokio::test]
async fn r1_a_claim_past_its_time_is_not_asked_for() {
    let Some(server) = TestServer::start(&[]) else { return };
    let store = server.store().await;
    let late = claim("late");
    assert_eq!(store.claim(&late, NOW.plus(KEPT)).await, ReplayAnswer::Fresh, "in its last second");
    assert_eq!(store.claim(&claim("later"), NOW.plus(KEPT + 1)).await, ReplayAnswer::Unavailable);
    assert_eq!(server.command::<usize>(&["DBSIZE"]), 1);
}

/// The server cannot keep a record for so long, and says so.
#[tokio::test]
async fn r2_a_time_that_cannot_be_kept_is_never_cut_short() {
    let Some(server) = TestServer::start(&[]) else { return };
    for options in [server.options(), server.options().records_per_owner(5)] {
        let store = RedisReplayStore::connect(options).await.expect("connects");
        for until in [u64::MAX, 1 << 62, 1 << 54] {
            let forever = crate::server::claim_until("forever", Timestamp::from_secs(until));
            let forever = forever.owned_by(attesto_core::dpop::ReplayOwner::from_bytes([1; 32]));
            assert_eq!(store.claim(&forever, NOW).await, ReplayAnswer::Unavailable, "{until}");
        }
        assert_eq!(server.command::<usize>(&["DBSIZE"]), 0, "nothing was recorded, or counted");
    }
}
