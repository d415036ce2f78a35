//! What a restart forgets, and what is refused because of it. R3.

use crate::server::{Kinds, NOW, TestServer, answer_in_the_end, claim_until};
use attesto_core::dpop::ReplayAnswer;
use attesto_core::host::ReplayStore;
use attesto_redis::{FailureKind, RedisReplayStore};
use std::time::Duration;

/// For how long a proof is accepted.
const WINDOW: u64 = 1_000;

#[tokio::test]
async fn r3_a_proof_that_was_used_before_a_restart_is_refused() {
    let Some(mut server) = TestServer::start(&[]) else { return };
    let kinds = Kinds::default();
    let watchful = kinds.observed(server.options()).distrust_restarts(Duration::from_secs(WINDOW));
    let trusting = server.store().await;
    let watchful = RedisReplayStore::connect(watchful).await.expect("connects");
    // The server has just started, too: only what was made since is accepted. The store kept its time to the second.
    let used = claim_until("used", NOW.plus(WINDOW));
    assert_eq!(watchful.claim(&used, NOW).await, ReplayAnswer::Unavailable);
    assert_eq!(kinds.take(), [FailureKind::MaybeForgotten]);
    let since = claim_until("since", NOW.plus(WINDOW + 1));
    assert_eq!(watchful.claim(&since, NOW).await, ReplayAnswer::Fresh);
    assert_eq!(trusting.claim(&used, NOW).await, ReplayAnswer::Fresh);

    server.kill();
    server.start_again();
    // The record is gone, and only the store that watches for restarts knows that this means nothing.
    assert_eq!(answer_in_the_end(&trusting, &used).await, ReplayAnswer::Fresh, "accepted twice");
    // Any answer to a later proof shows that the store is connected again.
    let later = claim_until("later", NOW.plus(WINDOW + 100));
    assert_eq!(answer_in_the_end(&watchful, &later).await, ReplayAnswer::Fresh);
    kinds.take();
    for old in [&used, &claim_until("unused, but old", NOW.plus(WINDOW))] {
        assert_eq!(watchful.claim(old, NOW).await, ReplayAnswer::Unavailable);
        assert_eq!(kinds.take(), [FailureKind::MaybeForgotten]);
    }
    assert_eq!(watchful.claim(&claim_until("new", NOW.plus(WINDOW + 1)), NOW).await, ReplayAnswer::Fresh);
}

#[tokio::test]
async fn records_outlive_a_restart_of_a_server_with_an_append_only_file() {
    for fsync in ["always", "everysec"] {
        let Some(mut server) = TestServer::start(&["--appendonly", "yes", "--appendfsync", fsync]) else { return };
        let store = server.store().await;
        let used: Vec<_> = (0..200).map(|number| claim_until(&format!("{fsync} {number}"), NOW.plus(WINDOW))).collect();
        for claim in &used {
            assert_eq!(store.claim(claim, NOW).await, ReplayAnswer::Fresh);
        }
        // The process ends; what it wrote is the system's.
        server.kill();
        server.start_again();
        assert_eq!(answer_in_the_end(&store, &used[0]).await, ReplayAnswer::Replay, "{fsync}");
        for claim in &used {
            assert_eq!(store.claim(claim, NOW).await, ReplayAnswer::Replay, "{fsync}");
        }
    }
}

#[tokio::test]
async fn r3_claims_kept_until_a_distrusted_time_are_refused() {
    let Some(server) = TestServer::start(&[]) else { return };
    let kinds = Kinds::default();
    let options = kinds.observed(server.options()).distrust_before(NOW.plus(100));
    let store = RedisReplayStore::connect(options).await.expect("connects");
    assert_eq!(store.claim(&claim_until("a", NOW.plus(100)), NOW).await, ReplayAnswer::Unavailable);
    assert_eq!(kinds.take(), [FailureKind::MaybeForgotten]);
    assert_eq!(store.claim(&claim_until("b", NOW.plus(101)), NOW).await, ReplayAnswer::Fresh);
}
