//! No owner uses up what others need. ST-2.

use crate::server::{Kinds, NOW, TestServer, claim_until};
use attesto_core::dpop::{ReplayAnswer, ReplayClaim, ReplayOwner};
use attesto_core::host::ReplayStore;
use attesto_redis::{FailureKind, RedisReplayStore};
use attesto_testkit::assert_replay_store_shares;
use std::time::Duration;

fn owned(owner: u8, number: usize, seconds: u64) -> ReplayClaim {
    claim_until(&format!("{owner} {number}"), NOW.plus(seconds)).owned_by(ReplayOwner::from_bytes([owner; 32]))
}

#[tokio::test]
async fn st2_an_owner_has_its_share_and_the_others_theirs() {
    let Some(server) = TestServer::start(&[]) else { return };
    let store = RedisReplayStore::connect(server.options().records_per_owner(100)).await.expect("connects");
    assert_replay_store_shares(&store, 400, NOW).await;
    for number in 0..100 {
        assert_eq!(store.claim(&owned(9, number, 60), NOW).await, ReplayAnswer::Fresh);
    }
    let before: usize = server.command(&["DBSIZE"]);
    assert_eq!(store.claim(&owned(9, 100, 60), NOW).await, ReplayAnswer::OverShare);
    assert_eq!(server.command::<usize>(&["DBSIZE"]), before, "what is over its share is not recorded");
}

#[tokio::test]
async fn st2_records_that_have_ended_do_not_count() {
    let Some(server) = TestServer::start(&[]) else { return };
    let options = server.options().records_per_owner(3).clock_difference(Duration::ZERO);
    let store = RedisReplayStore::connect(options).await.expect("connects");
    for number in 0..3 {
        assert_eq!(store.claim(&owned(1, number, 600), NOW).await, ReplayAnswer::Fresh);
    }
    assert_eq!(store.claim(&owned(1, 3, 600), NOW).await, ReplayAnswer::OverShare);
    // As if the time of all of them had come: the spans in which they end are moved to the past.
    let key: Vec<String> = server.command(&["KEYS", "attesto:owner:*"]);
    let spans: Vec<(String, u64)> = server.command(&["HGETALL", &key[0]]);
    assert_eq!(spans.iter().map(|(_, count)| count).sum::<u64>(), 3);
    for (span, count) in spans {
        server.command::<()>(&["HDEL", &key[0], &span]);
        server.command::<()>(&["HSET", &key[0], "1700000000", &count.to_string()]);
    }
    assert_eq!(store.claim(&owned(1, 3, 600), NOW).await, ReplayAnswer::Fresh);
    let spans: Vec<(u64, u64)> = server.command(&["HGETALL", &key[0]]);
    assert!(matches!(spans.as_slice(), [(span, 1)] if *span > 1_700_000_000), "{spans:?}");
}

/// A count goes when the last of its records does.
#[tokio::test]
async fn st2_counts_end_with_the_last_of_their_records() {
    let Some(server) = TestServer::start(&[]) else { return };
    let options = server.options().records_per_owner(10).clock_difference(Duration::ZERO);
    let store = RedisReplayStore::connect(options).await.expect("connects");
    for (number, seconds) in [(0, 100), (1, 4_000), (2, 100)] {
        assert_eq!(store.claim(&owned(1, number, seconds), NOW).await, ReplayAnswer::Fresh);
    }
    let key: Vec<String> = server.command(&["KEYS", "attesto:owner:*"]);
    let left: i64 = server.command(&["TTL", &key[0]]);
    assert!((4_000..=4_001 + 31).contains(&left), "{left}");
    let spans: Vec<(u64, u64)> = server.command(&["HGETALL", &key[0]]);
    assert!(spans.iter().all(|(span, _)| span % 30 == 0), "{spans:?}");
}

#[tokio::test]
async fn st2_a_share_follows_from_the_servers_memory() {
    let Some(server) = TestServer::start(&["--maxmemory", "100mb"]) else { return };
    let store = server.store().await;
    assert_eq!(store.claim(&owned(1, 0, 60), NOW).await, ReplayAnswer::Fresh);
    assert_eq!(server.command::<Vec<String>>(&["KEYS", "attesto:owner:*"]).len(), 1, "counted");
    let uncounted = RedisReplayStore::connect(server.options().without_shares()).await.expect("connects");
    assert_eq!(uncounted.claim(&owned(2, 0, 60), NOW).await, ReplayAnswer::Fresh);
    assert_eq!(server.command::<Vec<String>>(&["KEYS", "attesto:owner:*"]).len(), 1, "not counted");
    assert_eq!(store.claim(&owned(2, 0, 60), NOW).await, ReplayAnswer::Replay, "one record, either way");
}

/// The server forgets scripts, by `SCRIPT FLUSH`: one claim fails, the next loads it again.
#[tokio::test]
async fn a_script_that_the_server_forgot_is_loaded_again() {
    let Some(server) = TestServer::start(&[]) else { return };
    let kinds = Kinds::default();
    let options = kinds.observed(server.options()).records_per_owner(10);
    let store = RedisReplayStore::connect(options).await.expect("connects");
    server.command::<()>(&["SCRIPT", "FLUSH"]);
    assert_eq!(store.claim(&owned(1, 0, 60), NOW).await, ReplayAnswer::Unavailable);
    assert_eq!(kinds.take(), [FailureKind::Refused]);
    assert_eq!(store.claim(&owned(1, 0, 60), NOW).await, ReplayAnswer::Fresh);
}
