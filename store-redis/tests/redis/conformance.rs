//! The contract of replay stores, and one winner on several connections.

use crate::server::{NOW, TestServer, claim};
use attesto_core::dpop::{ReplayAnswer, ReplayOwner};
use attesto_core::host::{Guard, Instances, ReplayStore, StoreReach};
use attesto_redis::{RedisOptions, RedisReplayStore};
use attesto_testkit::{App, BareApp, Fixture, TestRequest, assert_replay_store_conforms};
use std::sync::Arc;

/// The store as it is by default, and with counting: another command.
const WAYS: [fn(RedisOptions) -> RedisOptions; 2] = [|options| options, |options| options.records_per_owner(1_000)];

#[tokio::test]
async fn r1_the_store_conforms() {
    let Some(server) = TestServer::start(&[]) else { return };
    for (at, way) in WAYS.into_iter().enumerate() {
        let store = RedisReplayStore::connect(way(server.options())).await.expect("connects");
        assert_replay_store_conforms(&store, NOW.plus(10_000 * at as u64)).await;
        store.check().await.expect("still suitable");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn r1_one_of_64_claims_on_8_connections_is_fresh() {
    let Some(server) = TestServer::start(&[]) else { return };
    for (at, way) in WAYS.into_iter().enumerate() {
        let mut stores = Vec::new();
        for _ in 0..8 {
            stores.push(Arc::new(RedisReplayStore::connect(way(server.options())).await.expect("connects")));
        }
        for round in 0..20 {
            let contended = claim(&format!("contended {at} {round}")).owned_by(ReplayOwner::from_bytes([round; 32]));
            let claims: Vec<_> = (0..64)
                .map(|number| {
                    let store = Arc::clone(&stores[number % stores.len()]);
                    tokio::spawn(async move { store.claim(&contended, NOW).await })
                })
                .collect();
            let mut fresh = 0;
            for claim in claims {
                match claim.await.expect("no panic") {
                    ReplayAnswer::Fresh => fresh += 1,
                    ReplayAnswer::Replay => {}
                    other => panic!("{other:?}"),
                }
            }
            assert_eq!(fresh, 1, "round {round}");
        }
    }
}

/// Eight processes have eight stores. Their connections are eight.
#[tokio::test]
async fn each_store_has_one_connection() {
    let Some(server) = TestServer::start(&[]) else { return };
    let (first, second) = (server.store().await, server.store().await);
    for number in 0..100 {
        let store = if number % 2 == 0 { &first } else { &second };
        assert_eq!(store.claim(&claim(&number.to_string()), NOW).await, ReplayAnswer::Fresh);
    }
    let clients: String = server.command(&["CLIENT", "LIST", "TYPE", "normal"]);
    assert_eq!(clients.lines().count(), 3, "two stores and this command: {clients}");
}

#[tokio::test]
async fn r8_a_proof_used_at_one_instance_is_a_replay_at_the_other() {
    let Some(server) = TestServer::start(&[]) else { return };
    let fixture = Fixture::builder().resource("https://api.example.com").build();
    let mut instances = Vec::new();
    for _ in 0..2 {
        let store = server.store().await;
        assert_eq!(store.reach(), StoreReach::Shared);
        let resource = fixture.resource_server().build().expect("a resource server");
        let guard = Guard::builder(resource).replay_store(store).instances(Instances::Multiple).build();
        instances.push(BareApp::new(guard.expect("a shared store is enough"), fixture.clock()));
    }
    let token = fixture.token().bound_to(fixture.key()).build();
    let request = || {
        let proof = fixture.proof("GET", &fixture.url("/things"), &token).build();
        TestRequest::new("GET", "/things").header("host", fixture.host()).dpop(&token, &proof)
    };
    let (used, another) = (request(), request());
    for (instance, request, status) in [(0, &used, 200), (1, &used, 401), (1, &another, 200), (0, &another, 401)] {
        let response = instances[instance].respond(request.clone()).await;
        assert_eq!(response.status, status, "{instance}: {response:?}");
    }
}

#[tokio::test]
async fn r7_prefixes_are_namespaces() {
    let Some(server) = TestServer::start(&[]) else { return };
    let here = server.store().await;
    let there =
        RedisReplayStore::connect(server.options().prefix("other:").expect("a prefix")).await.expect("connects");
    let same = claim("same");
    assert_eq!(here.claim(&same, NOW).await, ReplayAnswer::Fresh);
    assert_eq!(there.claim(&same, NOW).await, ReplayAnswer::Fresh);
    assert_eq!(there.claim(&same, NOW).await, ReplayAnswer::Replay);
    let mut keys: Vec<String> = server.command(&["KEYS", "*"]);
    keys.sort();
    assert_eq!(keys, [format!("attesto:replay:{}", same.key), format!("other:replay:{}", same.key)]);
}
