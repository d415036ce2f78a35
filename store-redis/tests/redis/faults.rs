//! Servers that are gone, hang, are full or take no writes: no answer, at once where possible, and no harm to later claims.

use crate::server::{Kinds, NOW, TestServer, answer_in_the_end, claim};
use attesto_core::dpop::ReplayAnswer;
use attesto_core::host::ReplayStore;
use attesto_redis::{FailureKind, RedisReplayStore};
use attesto_testkit::block_on;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::time::Instant;

/// Longer than any test waits: what ends sooner did not wait for it.
const LONG: Duration = Duration::from_secs(600);

#[tokio::test]
async fn a_killed_server_is_unavailable_at_once_and_used_again_when_it_is_back() {
    let Some(mut server) = TestServer::start(&["--appendonly", "yes"]) else { return };
    let kinds = Kinds::default();
    let options = kinds.observed(server.options()).connect_timeout(LONG).response_timeout(LONG);
    let store = RedisReplayStore::connect(options).await.expect("connects");
    assert_eq!(store.claim(&claim("before"), NOW).await, ReplayAnswer::Fresh);
    server.kill();
    for number in 0..100 {
        assert_eq!(store.claim(&claim(&number.to_string()), NOW).await, ReplayAnswer::Unavailable);
    }
    let seen = kinds.take();
    assert!(seen.iter().all(|kind| *kind == FailureKind::Unreachable), "{seen:?}");
    server.start_again();
    assert_eq!(answer_in_the_end(&store, &claim("before")).await, ReplayAnswer::Replay);
    assert_eq!(store.claim(&claim("after"), NOW).await, ReplayAnswer::Fresh);
}

/// Claims are refused without a look at the server, until the pause is over.
#[tokio::test]
async fn while_the_server_is_gone_the_circuit_is_open() {
    let Some(mut server) = TestServer::start(&[]) else { return };
    let kinds = Kinds::default();
    let store = RedisReplayStore::connect(kinds.observed(server.options()).retry_after(LONG)).await.expect("connects");
    server.kill();
    // The first notes that the connection is lost, or the second does; one tries to connect.
    for number in 0..50 {
        assert_eq!(store.claim(&claim(&number.to_string()), NOW).await, ReplayAnswer::Unavailable);
    }
    let seen = kinds.take();
    let tried = seen.iter().filter(|kind| **kind == FailureKind::Unreachable).count();
    assert!((1..=2).contains(&tried), "{seen:?}");
    assert!(seen[tried..].iter().all(|kind| *kind == FailureKind::CircuitOpen), "{seen:?}");
    server.start_again();
    assert_eq!(store.claim(&claim("back"), NOW).await, ReplayAnswer::Unavailable, "not before the pause is over");
    assert_eq!(kinds.take(), [FailureKind::CircuitOpen]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn r1_a_server_that_is_killed_in_the_middle_of_64_claims_gives_no_wrong_answer() {
    let Some(mut server) = TestServer::start(&["--appendonly", "yes"]) else { return };
    let store = Arc::new(server.store().await);
    let (answered, mut answers) = mpsc::unbounded_channel();
    for task in 0..64 {
        let (store, answered) = (Arc::clone(&store), answered.clone());
        tokio::spawn(async move {
            for number in 0.. {
                let label = format!("{task} {number}");
                let answer = store.claim(&claim(&label), NOW).await;
                let is_over = answered.send((label, answer)).is_err() || answer != ReplayAnswer::Fresh;
                if is_over {
                    break;
                }
            }
        });
    }
    drop(answered);
    let mut recorded = Vec::new();
    while let Some((label, answer)) = answers.recv().await {
        match answer {
            ReplayAnswer::Fresh => recorded.push(label),
            ReplayAnswer::Unavailable => {}
            other => panic!("{label}: {other:?}"),
        }
        if recorded.len() == 500 {
            server.kill();
        }
    }
    server.start_again();
    assert_eq!(answer_in_the_end(&store, &claim("back")).await, ReplayAnswer::Fresh);
    for label in &recorded {
        assert_eq!(store.claim(&claim(label), NOW).await, ReplayAnswer::Replay, "{label} was answered Fresh before");
    }
}

#[tokio::test]
async fn a_server_that_hangs_costs_one_time_limit_and_is_used_again_when_it_answers() {
    let Some(server) = TestServer::start(&[]) else { return };
    let kinds = Kinds::default();
    let limit = Duration::from_millis(100);
    let options = kinds.observed(server.options()).connect_timeout(limit).response_timeout(limit);
    let store = RedisReplayStore::connect(options.clone().retry_after(LONG)).await.expect("connects");
    let recovering = RedisReplayStore::connect(options).await.expect("connects");
    server.signal("STOP");
    let began = Instant::now();
    assert_eq!(store.claim(&claim("hangs"), NOW).await, ReplayAnswer::Unavailable);
    assert!(began.elapsed() >= limit);
    assert_eq!(kinds.take(), [FailureKind::TimedOut]);
    for number in 0..100 {
        assert_eq!(store.claim(&claim(&number.to_string()), NOW).await, ReplayAnswer::Unavailable);
    }
    assert_eq!(kinds.take(), [FailureKind::CircuitOpen; 100]);
    // The other one has no pause, and tries again and again to connect to a socket that takes connections and says nothing.
    for _ in 0..3 {
        assert_eq!(recovering.claim(&claim("hangs, too"), NOW).await, ReplayAnswer::Unavailable);
    }
    assert_eq!(kinds.take(), [FailureKind::TimedOut; 3]);
    server.signal("CONT");
    assert_eq!(answer_in_the_end(&recovering, &claim("after")).await, ReplayAnswer::Fresh);
    // What was sent before the server hung was carried out when it went on: no answer, but a record.
    assert_eq!(recovering.claim(&claim("hangs"), NOW).await, ReplayAnswer::Replay);
}

/// All that wait on a connection that is given up end with it.
#[tokio::test]
async fn claims_do_not_pile_up_before_a_server_that_hangs() {
    let Some(server) = TestServer::start(&[]) else { return };
    let kinds = Kinds::default();
    let options = kinds.observed(server.options()).in_flight(8).retry_after(LONG);
    let store = Arc::new(
        RedisReplayStore::connect(options.response_timeout(Duration::from_millis(100))).await.expect("connects"),
    );
    server.signal("STOP");
    let claims: Vec<_> = (0..64)
        .map(|number| {
            let store = Arc::clone(&store);
            tokio::spawn(async move { store.claim(&claim(&number.to_string()), NOW).await })
        })
        .collect();
    for claim in claims {
        assert_eq!(claim.await.expect("no panic"), ReplayAnswer::Unavailable);
    }
    let mut seen = BTreeMap::new();
    for kind in kinds.take() {
        *seen.entry(format!("{kind:?}")).or_insert(0) += 1;
    }
    assert_eq!(seen.get("Overloaded"), Some(&56), "{seen:?}");
    assert!(seen.get("TimedOut").is_some_and(|count| *count >= 1), "{seen:?}");
    server.signal("CONT");
}

#[tokio::test]
async fn r3_a_full_server_is_unavailable_and_forgets_nothing() {
    let Some(server) = TestServer::start(&[]) else { return };
    let kinds = Kinds::default();
    // The share follows from the memory, which is set later here.
    let store = RedisReplayStore::connect(kinds.observed(server.options())).await.expect("connects");
    server.set("maxmemory", "2mb");
    let mut recorded = Vec::new();
    let full = loop {
        let label = format!("{}", recorded.len());
        match store.claim(&claim(&label), NOW).await {
            ReplayAnswer::Fresh => recorded.push(label),
            answer => break answer,
        }
    };
    assert!(recorded.len() > 1_000, "{}", recorded.len());
    assert_eq!((full, kinds.take()), (ReplayAnswer::Unavailable, vec![FailureKind::Full]));
    let failure = RedisReplayStore::connect(server.options()).await.map(|_| ());
    assert!(failure.is_ok(), "a full server is suitable: {failure:?}");
    server.set("maxmemory", "0");
    for label in &recorded {
        assert_eq!(store.claim(&claim(label), NOW).await, ReplayAnswer::Replay, "{label}");
    }
}

#[tokio::test]
async fn a_primary_that_becomes_a_replica_is_left_and_used_again_when_it_is_primary() {
    let Some(server) = TestServer::start(&[]) else { return };
    let kinds = Kinds::default();
    let store = RedisReplayStore::connect(kinds.observed(server.options())).await.expect("connects");
    server.command::<()>(&["REPLICAOF", "127.0.0.1", "1"]);
    for label in ["a", "b"] {
        assert_eq!(store.claim(&claim(label), NOW).await, ReplayAnswer::Unavailable);
    }
    let replica = FailureKind::Unsuitable(attesto_redis::Unsuitable::Replica);
    assert_eq!(kinds.take(), [FailureKind::ReadOnly, replica]);
    server.command::<()>(&["REPLICAOF", "NO", "ONE"]);
    assert_eq!(answer_in_the_end(&store, &claim("a")).await, ReplayAnswer::Fresh);
}

#[tokio::test]
async fn too_few_replicas_are_no_answer() {
    let Some(server) = TestServer::start(&["--min-replicas-to-write", "1"]) else { return };
    let kinds = Kinds::default();
    let store = RedisReplayStore::connect(kinds.observed(server.options())).await.expect("connects");
    assert_eq!(store.claim(&claim("a"), NOW).await, ReplayAnswer::Unavailable);
    assert_eq!(kinds.take(), [FailureKind::ReadOnly]);
}

/// Servers and proxies end idle connections. That is not an outage.
#[tokio::test]
async fn a_connection_that_was_closed_meanwhile_is_made_again() {
    let Some(server) = TestServer::start(&[]) else { return };
    let kinds = Kinds::default();
    let store = RedisReplayStore::connect(kinds.observed(server.options()).retry_after(LONG)).await.expect("connects");
    let mut lost = 0;
    for round in 0..20 {
        server.command::<i64>(&["CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes"]);
        // A claim that is sent before the end of the connection is noticed has no answer. Its successor has.
        let first = store.claim(&claim(&format!("first {round}")), NOW).await;
        lost += usize::from(first == ReplayAnswer::Unavailable);
        assert_eq!(store.claim(&claim(&format!("second {round}")), NOW).await, ReplayAnswer::Fresh);
    }
    println!("{lost} of 20 first claims had no answer");
    assert!(kinds.take().iter().all(|kind| *kind == FailureKind::Unreachable));
}

#[tokio::test]
async fn a_server_that_takes_no_more_clients_is_unreachable_and_not_unsuitable() {
    let Some(server) = TestServer::start(&["--maxclients", "1"]) else { return };
    let first = RedisReplayStore::connect(server.options()).await.expect("connects");
    let failure = RedisReplayStore::connect(server.options().eviction_is_off()).await.expect_err("one too many");
    assert_eq!(failure.kind, FailureKind::Unreachable, "{failure}");
    assert_eq!(first.claim(&claim("a"), NOW).await, ReplayAnswer::Fresh);
}

#[test]
fn without_a_runtime_there_is_no_answer_and_no_panic() {
    let Some(server) = TestServer::start(&[]) else { return };
    let failure = block_on(RedisReplayStore::connect(server.options())).expect_err("no runtime");
    assert_eq!(failure.kind, FailureKind::NoRuntime);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let kinds = Kinds::default();
    let store = runtime.block_on(RedisReplayStore::connect(kinds.observed(server.options()))).expect("connects");
    assert_eq!(block_on(store.claim(&claim("a"), NOW)), ReplayAnswer::Unavailable);
    assert_eq!(kinds.take(), [FailureKind::NoRuntime]);
    // The runtime of the connection ends; another one connects again.
    drop(runtime);
    let another = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    assert_eq!(another.block_on(store.claim(&claim("a"), NOW)), ReplayAnswer::Fresh);
}

/// A request that is given up while it connects leaves the way free.
#[tokio::test]
async fn a_dropped_claim_does_not_block_the_next() {
    let Some(mut server) = TestServer::start(&[]) else { return };
    let store = Arc::new(
        RedisReplayStore::connect(server.options().connect_timeout(LONG).response_timeout(LONG))
            .await
            .expect("connects"),
    );
    server.kill();
    assert_eq!(store.claim(&claim("gone"), NOW).await, ReplayAnswer::Unavailable);
    server.start_again();
    server.signal("STOP");
    let waits = claim("waits");
    for _ in 0..2 {
        let gave_up = tokio::time::timeout(Duration::from_millis(50), store.claim(&waits, NOW)).await;
        assert!(!matches!(gave_up, Ok(ReplayAnswer::Fresh)));
    }
    server.signal("CONT");
    assert_eq!(answer_in_the_end(&store, &claim("after")).await, ReplayAnswer::Fresh);
}
