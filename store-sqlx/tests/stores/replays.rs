//! Used proofs and assertions.

use crate::engines::{on_each_engine, postgres_nodes};
use crate::{NOW, bytes};
use attesto_core::Timestamp;
use attesto_core::dpop::{ReplayAnswer, ReplayClaim, ReplayKey, ReplayOwner};
use attesto_core::host::{ReplayStore as _, StoreReach};
use attesto_sqlx::{Database, SqliteOptions};

fn claim(label: &str, retain_until: Timestamp) -> ReplayClaim {
    ReplayClaim::new(ReplayKey::from_bytes(bytes(label)), retain_until)
}

/// Each of the nodes makes claims of one key, all at a time. Returns how many were fresh; all others must be replays.
async fn winners(nodes: &[Database], claim: ReplayClaim, now: Timestamp) -> usize {
    let claims = nodes.iter().cycle().take(nodes.len() * 8).map(|node| {
        let store = node.replays();
        tokio::spawn(async move { store.claim(&claim, now).await })
    });
    let mut winners = 0;
    for answer in claims.collect::<Vec<_>>() {
        match answer.await.expect("no panic") {
            ReplayAnswer::Fresh => winners += 1,
            answer => assert_eq!(answer, ReplayAnswer::Replay),
        }
    }
    winners
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn r1_of_all_nodes_one_finds_a_key_unused() {
    let nodes = postgres_nodes(3).await;
    for round in 0..if nodes.is_empty() { 0 } else { 30 } {
        let first = claim(&format!("round {round}"), NOW.plus(60));
        assert_eq!(winners(&nodes, first, NOW).await, 1, "round {round}");
        // Once the record's time has passed, its row is there still.
        let again = claim(&format!("round {round}"), NOW.plus(121));
        assert_eq!(winners(&nodes, again, NOW.plus(60)).await, 0, "round {round}, in its last second");
        assert_eq!(winners(&nodes, again, NOW.plus(61)).await, 1, "round {round}, after it");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn r1_of_many_threads_one_finds_a_key_unused() {
    on_each_engine(async |database| {
        for round in 0..10 {
            let claim = claim(&format!("round {round}"), NOW.plus(60));
            assert_eq!(winners(std::slice::from_ref(&database), claim, NOW).await, 1, "round {round}");
        }
    })
    .await;
}

#[tokio::test]
async fn r4_a_claim_is_one_statement_whatever_its_answer() {
    on_each_engine(async |database| {
        let store = database.replays();
        for (now, expected) in
            [(NOW, ReplayAnswer::Fresh), (NOW, ReplayAnswer::Replay), (NOW.plus(60), ReplayAnswer::Replay)]
        {
            let before = database.statements();
            assert_eq!(store.claim(&claim("a proof", NOW.plus(60)), now).await, expected);
            assert_eq!(database.statements() - before, 1);
        }
        let before = database.statements();
        assert_eq!(store.claim(&claim("a proof", NOW.plus(61)), NOW.plus(61)).await, ReplayAnswer::Fresh, "lapsed");
        assert_eq!(database.statements() - before, 1);
    })
    .await;
}

#[tokio::test]
async fn r4_a_claim_past_its_own_time_proves_nothing_and_is_not_recorded() {
    on_each_engine(async |database| {
        let (store, claim) = (database.replays(), claim("late", NOW));
        assert_eq!(store.claim(&claim, NOW.plus(1)).await, ReplayAnswer::Unavailable);
        assert_eq!(store.claim(&claim, NOW).await, ReplayAnswer::Fresh, "in its last second");
    })
    .await;
}

#[tokio::test]
async fn r2_the_last_second_of_a_column_stands_for_every_later_one() {
    on_each_engine(async |database| {
        let (store, far) = (database.replays(), claim("far", Timestamp::from_secs(u64::MAX)));
        let end = Timestamp::from_secs(u64::MAX);
        for (now, expected) in [(NOW, ReplayAnswer::Fresh), (NOW, ReplayAnswer::Replay), (end, ReplayAnswer::Replay)] {
            assert_eq!(store.claim(&far, now).await, expected);
        }
    })
    .await;
}

#[tokio::test]
async fn r3_what_a_lost_record_may_have_known_is_refused_after_a_restore() {
    on_each_engine(async |database| {
        // The proof was used before, and its record is lost.
        let (used, later) = (claim("used", NOW.plus(185)), claim("later", NOW.plus(186)));
        let store = database.replays().after_restore(NOW.plus(185));
        assert_eq!(store.claim(&used, NOW).await, ReplayAnswer::Unavailable);
        assert_eq!(store.claim(&later, NOW).await, ReplayAnswer::Fresh);
        assert_eq!(store.claim(&later, NOW).await, ReplayAnswer::Replay);
        assert_eq!(database.replays().claim(&used, NOW).await, ReplayAnswer::Fresh, "what a restore does without");
    })
    .await;
}

#[tokio::test]
async fn an_owner_is_not_counted() {
    on_each_engine(async |database| {
        let (store, owner) = (database.replays(), ReplayOwner::from_bytes([1; 32]));
        for number in 0..300 {
            let claim = claim(&format!("proof {number}"), NOW.plus(60)).owned_by(owner);
            assert_eq!(store.claim(&claim, NOW).await, ReplayAnswer::Fresh, "{number}");
        }
    })
    .await;
}

#[tokio::test]
async fn su_a_database_without_tables_is_unavailable() {
    let database = SqliteOptions::memory().open().await.expect("opens");
    let answer = database.replays().claim(&claim("a proof", NOW.plus(60)), NOW).await;
    assert_eq!(answer, ReplayAnswer::Unavailable);
}

#[tokio::test]
async fn r8_sqlite_is_for_one_process_and_postgresql_for_all() {
    let sqlite = SqliteOptions::memory().open().await.expect("opens");
    assert_eq!(sqlite.replays().reach(), StoreReach::Process);
    for node in postgres_nodes(1).await {
        assert_eq!(node.replays().reach(), StoreReach::Shared);
    }
}
