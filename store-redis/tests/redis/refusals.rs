//! Servers that must not hold records of used proofs, and logins that are refused. R3.

use crate::server::{Kinds, NOW, TestServer, answer_in_the_end, claim, folder, quick};
use attesto_core::dpop::ReplayAnswer;
use attesto_core::host::ReplayStore;
use attesto_redis::{Failure, FailureKind, RedisOptions, RedisReplayStore, Unsuitable};
use std::net::TcpListener;

async fn refused(options: RedisOptions) -> Failure {
    RedisReplayStore::connect(options).await.expect_err("refused")
}

#[tokio::test]
async fn r3_a_server_that_evicts_is_refused_even_if_vouched_for() {
    let policies = [
        "allkeys-lru",
        "allkeys-lfu",
        "allkeys-random",
        "volatile-lru",
        "volatile-lfu",
        "volatile-random",
        "volatile-ttl",
    ];
    let Some(server) = TestServer::start(&[]) else { return };
    for policy in policies {
        server.set("maxmemory-policy", policy);
        let failure = refused(server.options()).await;
        assert_eq!(failure.kind, FailureKind::Unsuitable(Unsuitable::Evicts), "{policy}");
        assert!(failure.to_string().contains("maxmemory-policy noeviction"), "{failure}");
        assert_eq!(refused(server.options().eviction_is_off()).await.kind, failure.kind, "{policy}");
    }
    server.set("maxmemory-policy", "noeviction");
    RedisReplayStore::connect(server.options()).await.expect("suitable");
}

#[tokio::test]
async fn r3_a_policy_that_changes_later_is_found_by_the_check() {
    let Some(server) = TestServer::start(&[]) else { return };
    let kinds = Kinds::default();
    let store = RedisReplayStore::connect(kinds.observed(server.options())).await.expect("connects");
    server.set("maxmemory-policy", "volatile-lru");
    let failure = store.check().await.expect_err("it evicts");
    assert_eq!(failure.kind, FailureKind::Unsuitable(Unsuitable::Evicts));
    assert_eq!(store.claim(&claim("a"), NOW).await, ReplayAnswer::Unavailable);
    assert_eq!(kinds.take(), [FailureKind::Unsuitable(Unsuitable::Evicts)]);
    server.set("maxmemory-policy", "noeviction");
    assert_eq!(answer_in_the_end(&store, &claim("a")).await, ReplayAnswer::Fresh);
    store.check().await.expect("suitable again");
}

#[tokio::test]
async fn r1_a_replica_is_refused_whether_it_takes_writes_or_not() {
    let Some(server) = TestServer::start(&["--replica-read-only", "no"]) else { return };
    server.command::<()>(&["REPLICAOF", "127.0.0.1", "1"]);
    let failure = refused(server.options()).await;
    assert_eq!(failure.kind, FailureKind::Unsuitable(Unsuitable::Replica));
    assert!(failure.to_string().contains("is a replica; name the primary"), "{failure}");
}

#[tokio::test]
async fn a_node_of_a_cluster_is_refused() {
    // A cluster has a port. Another process may take it before the server does; then there is another.
    for _ in 0..20 {
        let port = TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).expect("a port").port();
        let folder = folder();
        let socket = folder.join("s").display().to_string();
        let port = port.to_string();
        let arguments = ["--bind", "127.0.0.1", "--port", &port, "--cluster-port", "0", "--cluster-enabled", "yes"];
        let arguments = arguments.into_iter().chain(["--unixsocket", &socket, "--save", ""]);
        let Some(started) = TestServer::start_in(folder, arguments.map(str::to_owned).collect()) else { return };
        if let Ok(server) = started {
            let failure = refused(server.options()).await;
            assert_eq!(failure.kind, FailureKind::Unsuitable(Unsuitable::Cluster));
            return;
        }
    }
    panic!("no port is free");
}

/// The login of a user with few rights.
fn limited(server: &TestServer, rights: &[&str]) -> RedisOptions {
    let words = ["ACL", "SETUSER", "limited", "reset", "on", ">hunter2", "~attesto:*"];
    server.command::<()>(&[words.as_slice(), rights].concat());
    quick(&format!("{}?user=limited&pass=hunter2", server.url()))
}

#[tokio::test]
async fn r3_a_server_that_says_nothing_of_itself_must_be_vouched_for() {
    let Some(server) = TestServer::start(&[]) else { return };
    let failure = refused(limited(&server, &["+set"])).await;
    assert_eq!(failure.kind, FailureKind::Unsuitable(Unsuitable::Unsaid));
    assert!(failure.to_string().contains("RedisOptions::eviction_is_off()"), "{failure}");
    let store = RedisReplayStore::connect(limited(&server, &["+set"]).eviction_is_off()).await.expect("vouched for");
    assert_eq!(store.claim(&claim("a"), NOW).await, ReplayAnswer::Fresh);
    assert_eq!(store.claim(&claim("a"), NOW).await, ReplayAnswer::Replay);
}

/// What `docs/redis.md` says about access lists.
#[tokio::test]
async fn the_rights_that_the_guide_names_are_enough() {
    let Some(server) = TestServer::start(&["--maxmemory", "100mb"]) else { return };
    let counted = [
        "+info",
        "+set",
        "+evalsha",
        "+script|load",
        "+exists",
        "+time",
        "+hgetall",
        "+hdel",
        "+hincrby",
        "+ttl",
        "+expire",
    ];
    for (rights, options) in [
        (&["+info", "+set"][..], RedisOptions::without_shares as fn(RedisOptions) -> RedisOptions),
        (&counted[..], |options| options),
    ] {
        let store = RedisReplayStore::connect(options(limited(&server, rights))).await.expect("enough");
        let owned = claim(&rights.len().to_string()).owned_by(attesto_core::dpop::ReplayOwner::from_bytes([1; 32]));
        assert_eq!(store.claim(&owned, NOW).await, ReplayAnswer::Fresh);
        assert_eq!(store.claim(&owned, NOW).await, ReplayAnswer::Replay);
    }
    let failure = refused(limited(&server, &["+info", "+set"])).await;
    assert_eq!((failure.kind, failure.code.as_deref()), (FailureKind::Refused, Some("NOPERM")));
    assert!(failure.to_string().contains("RedisOptions::without_shares()"), "{failure}");
}

#[tokio::test]
async fn a_right_that_is_missing_is_no_answer() {
    let Some(server) = TestServer::start(&[]) else { return };
    let kinds = Kinds::default();
    let store = RedisReplayStore::connect(kinds.observed(limited(&server, &["+info"]))).await.expect("connects");
    assert_eq!(store.claim(&claim("a"), NOW).await, ReplayAnswer::Unavailable);
    assert_eq!(kinds.take(), [FailureKind::Refused]);
}

#[tokio::test]
async fn a_refused_login_names_the_server_and_no_password() {
    let Some(server) = TestServer::start(&["--requirepass", "correct-horse"]) else { return };
    let place = server.url();
    for (login, kind) in [
        ("?pass=hunter2", FailureKind::LoginRefused),
        ("?user=someone&pass=hunter2", FailureKind::LoginRefused),
        ("", FailureKind::LoginRefused),
    ] {
        let failure = refused(quick(&format!("{place}{login}"))).await;
        assert_eq!(failure.kind, kind, "{login}");
        for text in [failure.to_string(), format!("{failure:?}")] {
            assert!(text.contains(&place) && !text.contains("hunter2") && !text.contains("someone"), "{text}");
        }
    }
    let store = RedisReplayStore::connect(quick(&format!("{place}?pass=correct-horse"))).await.expect("connects");
    assert_eq!(store.claim(&claim("a"), NOW).await, ReplayAnswer::Fresh);
    assert!(!format!("{store:?}").contains("correct-horse"));
}

/// A server that does not know the command quotes its arguments. RESP3 would log in by `HELLO`, so this is what one without it does.
#[tokio::test]
async fn a_password_that_the_server_quotes_is_not_shown() {
    let Some(server) = TestServer::start(&["--rename-command", "AUTH", ""]) else { return };
    for query in ["?pass=hunter2", "?user=u&pass=hunter2", "?user=u&pass=hunter2&protocol=resp3"] {
        let failure = refused(quick(&format!("{}{query}", server.url()))).await;
        let texts = [failure.to_string(), format!("{failure:?}")];
        assert!(texts.iter().all(|text| !text.contains("hunter2")), "{texts:?}");
    }
}
