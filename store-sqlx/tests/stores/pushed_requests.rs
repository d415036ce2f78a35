//! Pushed requests: their shares of the store.

use crate::engines::{on_each_engine, postgres_nodes};
use crate::{NOW, bytes};
use attesto_core::Timestamp;
use attesto_core::authorization::{Answered, NewPushedRequest, PushedRequest, SecretDigest, SecretQuery, Unavailable};
use attesto_core::host::PushedRequestStore as _;
use attesto_sqlx::{Database, SqlxPushedRequestStore};

/// As a share counts each request here.
const SIZE: usize = 8 << 10;
/// Seconds within which a browser must come.
const PROMPT: u64 = 60;
const SLOW: u64 = 600;

/// Sixteen requests of public clients, eight of each client.
fn small(database: &Database) -> SqlxPushedRequestStore {
    let store = database.pushed_requests().public_share(16 * SIZE as u64).expect("a share");
    store.client_share(8 * SIZE as u64).expect("a share")
}

fn digest(client: &str, number: usize) -> SecretDigest {
    SecretDigest::from_bytes(bytes(&format!("{client} {number}")))
}

async fn push(store: &SqlxPushedRequestStore, client: &str, number: usize, at: Timestamp) -> Answered<()> {
    let parameters = "x".repeat(SIZE - 512 - client.len());
    let mut request = PushedRequest::new(client, parameters, at, at.plus(SLOW));
    request.present_by = at.plus(PROMPT);
    request.authenticated = client.starts_with("known");
    store.insert(&NewPushedRequest { digest: digest(client, number), request }).await
}

/// Pushes until there is no room, beginning with this number, and returns how many were stored.
async fn fill(store: &SqlxPushedRequestStore, client: &str, first: usize, at: Timestamp) -> usize {
    let mut stored = 0;
    while push(store, client, first + stored, at).await.is_ok() {
        stored += 1;
        assert!(stored < 100, "there is no end");
    }
    stored
}

/// Fills the share of all public clients within eight seconds, and returns how many were stored. A client that has not
/// been counted has half of its share in a second: see the store.
async fn fill_all(store: &SqlxPushedRequestStore, clients: [&str; 4], from: Timestamp) -> usize {
    let mut stored = 0;
    for second in 0..8 {
        stored += fill(store, clients[second / 2], second % 2 * 100, from.plus(second as u64)).await;
    }
    stored
}

async fn is_there(store: &SqlxPushedRequestStore, client: &str, number: usize) -> bool {
    store.load(&digest(client, number)).await.expect("an answer").is_some()
}

async fn take(store: &SqlxPushedRequestStore, client: &str, number: usize, now: Timestamp) -> bool {
    let presented = SecretQuery { digest: digest(client, number), now };
    store.take(&presented).await.expect("an answer").is_some()
}

#[tokio::test]
async fn pa6_public_pushes_leave_room_for_authenticated_clients() {
    on_each_engine(async |database| {
        let store = small(&database);
        assert_eq!(fill_all(&store, ["a", "b", "c", "d"], NOW).await, 16, "all public clients together");
        let at = NOW.plus(8);
        assert_eq!(push(&store, "another", 0, at).await, Err(Unavailable));
        assert_eq!(push(&store, "known", 0, at).await, Ok(()));
        assert!(is_there(&store, "a", 0).await, "no browser is late yet");
    })
    .await;
}

#[tokio::test]
async fn st1_a_client_has_its_share_and_the_others_theirs() {
    on_each_engine(async |database| {
        let store = small(&database);
        for (client, from) in [("public", NOW), ("known", NOW.plus(10))] {
            let mut stored = 0;
            for second in 0..4 {
                stored += fill(&store, client, stored, from.plus(second)).await;
            }
            assert_eq!(stored, 8, "{client}");
        }
        let at = NOW.plus(13);
        assert_eq!(push(&store, "known too", 0, at).await, Ok(()));
        // What is taken is free at the next count.
        assert!(take(&store, "known", 0, at).await);
        assert_eq!(push(&store, "known", 8, at).await, Err(Unavailable));
        assert_eq!(push(&store, "known", 8, at.plus(1)).await, Ok(()));
        assert_eq!(push(&store, "known", 9, at.plus(1)).await, Err(Unavailable));
    })
    .await;
}

#[tokio::test]
async fn st1_what_another_node_stored_is_seen_a_second_later() {
    on_each_engine(async |database| {
        // Each counts by itself, as the stores of two processes do.
        let (here, there) = (small(&database), small(&database));
        assert_eq!(push(&here, "idle", 0, NOW).await, Ok(()), "the first count");
        assert_eq!(fill_all(&there, ["a", "b", "c", "d"], NOW).await, 15, "the rest of all public clients' share");
        assert_eq!(push(&here, "idle", 1, NOW).await, Ok(()), "in the second of its count");
        assert_eq!(push(&here, "idle", 2, NOW.plus(1)).await, Err(Unavailable), "it has counted again");
        assert_eq!(push(&here, "known", 0, NOW.plus(1)).await, Ok(()));
    })
    .await;
}

#[tokio::test]
async fn az28_what_no_browser_presented_in_time_makes_room_the_oldest_first() {
    on_each_engine(async |database| {
        let store = small(&database);
        for number in 0..8 {
            // Two in each second, so that its half of the share suffices.
            assert_eq!(push(&store, "client", number, NOW.plus(number as u64 / 2)).await, Ok(()), "{number}");
        }
        assert_eq!(push(&store, "other", 0, NOW).await, Ok(()));
        // In the second of the first two's `present_by`, none may be dropped.
        assert_eq!(push(&store, "client", 8, NOW.plus(PROMPT)).await, Err(Unavailable));
        assert!(is_there(&store, "client", 0).await);
        assert_eq!(push(&store, "client", 8, NOW.plus(PROMPT + 1)).await, Ok(()));
        let mut there = Vec::new();
        for number in 0..9 {
            there.push(is_there(&store, "client", number).await);
        }
        assert_eq!(there, [false, false, true, true, true, true, true, true, true]);
        assert!(is_there(&store, "other", 0).await, "a client over its own share loses only its own");
    })
    .await;
}

#[tokio::test]
async fn pa6_late_requests_of_public_clients_make_room_for_public_clients_only() {
    on_each_engine(async |database| {
        let store = small(&database);
        assert_eq!(push(&store, "known", 0, NOW).await, Ok(()));
        assert_eq!(fill_all(&store, ["a", "b", "c", "d"], NOW).await, 16);
        let late = NOW.plus(PROMPT + 10);
        assert_eq!(push(&store, "another", 0, late).await, Ok(()));
        assert!(!is_there(&store, "a", 0).await, "late");
        assert!(is_there(&store, "known", 0).await, "late, and an authenticated client's");
    })
    .await;
}

#[tokio::test]
async fn an_expired_request_makes_room_before_it_is_swept() {
    on_each_engine(async |database| {
        let store = small(&database);
        for number in 0..8 {
            assert_eq!(push(&store, "client", number, NOW.plus(number as u64 / 2)).await, Ok(()));
        }
        assert_eq!(push(&store, "client", 8, NOW.plus(SLOW + PROMPT)).await, Ok(()));
    })
    .await;
}

#[tokio::test]
async fn a_push_is_one_statement_but_for_a_count_each_second() {
    on_each_engine(async |database| {
        let store = database.pushed_requests();
        let statements = async |number, at| {
            let before = database.statements();
            // A clone counts with the store.
            push(&store.clone(), "client", number, at).await.expect("stored");
            database.statements() - before
        };
        let seen = [
            statements(0, NOW).await,
            statements(1, NOW).await,
            statements(2, NOW.plus(1)).await,
            statements(3, NOW.plus(1)).await,
            // The clock of this request is from before the count, as happens where requests wait.
            statements(4, NOW).await,
        ];
        assert_eq!(seen, [2, 1, 2, 1, 1]);
        let before = database.statements();
        assert!(is_there(&store, "client", 0).await && take(&store, "client", 0, NOW).await);
        assert_eq!(database.statements() - before, 2);
    })
    .await;
}

#[tokio::test]
async fn a_flood_without_late_requests_costs_no_statement_for_each_push() {
    on_each_engine(async |database| {
        let store = small(&database);
        for second in 0..3 {
            fill(&store, "client", second * 100, NOW.plus(second as u64)).await;
        }
        let before = database.statements();
        for number in 500..600 {
            assert_eq!(push(&store, "client", number, NOW.plus(2)).await, Err(Unavailable));
        }
        assert_eq!(database.statements() - before, 0);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn pushes_at_the_same_time_on_several_nodes_stay_within_what_is_documented() {
    let nodes = postgres_nodes(3).await;
    let stores: Vec<_> = nodes.iter().map(small).collect();
    let Some(first) = stores.first() else { return };
    assert_eq!(fill_all(first, ["a", "b", "c", "d"], NOW).await, 16);
    // All are late. The nodes drop them at the same time.
    let late = NOW.plus(PROMPT + 10);
    let pushes: Vec<_> = (0..90)
        .zip(stores.iter().cycle())
        .map(|(number, store)| {
            let store = store.clone();
            tokio::spawn(async move { push(&store, ["e", "f", "g", "h", "i"][number % 5], number, late).await })
        })
        .collect();
    let mut stored = 0;
    for push in pushes {
        stored += usize::from(push.await.expect("no panic").is_ok());
    }
    assert!((1..=3 * 16).contains(&stored), "{stored}: each node has its own view of the share");
    // From then on, each sees what the others have stored.
    let more = fill_all(first, ["j", "k", "l", "m"], late.plus(1)).await;
    assert_eq!(stored + more, stored.max(16));
}

#[tokio::test]
async fn a_share_has_room_for_the_largest_request() {
    on_each_engine(async |database| {
        let store = || database.pushed_requests();
        for bytes in [0, (64 << 10) - 1, u64::MAX] {
            assert!(store().public_share(bytes).is_err() && store().client_share(bytes).is_err(), "{bytes}");
        }
        let store = store().public_share(64 << 10).and_then(|store| store.client_share(64 << 10)).expect("shares");
        let client = "c".repeat(2_048);
        let request = PushedRequest::new(client, "x".repeat(16 << 10), NOW, NOW.plus(SLOW));
        let new = NewPushedRequest { digest: digest("large", 0), request };
        assert_eq!(store.insert(&new).await, Ok(()));
    })
    .await;
}
