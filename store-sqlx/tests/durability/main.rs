//! Kills servers and their database while clients work, and then checks that nothing was spent twice and nothing was lost.
//!
//! The short form runs with the other tests. The long form, with the figures of `docs/stores.md`:
//! `.ci/with-postgres cargo test --release -p attesto-sqlx --test durability -- --ignored --nocapture long`

#![allow(clippy::disallowed_methods, reason = "it waits, kills by the clock, and is configured by its environment")]

mod client;
mod http;
mod ledger;
mod nodes;
mod server;

use attesto_core::Timestamp;
use attesto_core::authorization::{Answered, IssuedAccessToken};
use attesto_core::host::{AccessTokenDenyList as _, RefreshStore as _};
use attesto_sqlx::{Database, migrate};
use client::Client;
use ledger::{End, Ledger};
use nodes::{DATABASE, Nodes, PostgresServer};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// How much of everything.
struct Sizes {
    nodes: usize,
    clients: usize,
    codes: usize,
    families: usize,
    server_kills: usize,
    database_kills: usize,
    between_kills: Duration,
}

const SHORT: Sizes = Sizes {
    nodes: 3,
    clients: 20,
    codes: 60,
    families: 24,
    server_kills: 6,
    database_kills: 2,
    between_kills: Duration::from_secs(1),
};

const LONG: Sizes = Sizes {
    nodes: 3,
    clients: 200,
    codes: 1_000,
    families: 300,
    server_kills: 60,
    database_kills: 22,
    between_kills: Duration::from_millis(1_500),
};

#[test]
#[ignore = "a process of the other tests"]
fn serves_until_it_is_killed() {
    let database = std::env::var(DATABASE).expect("started by another test");
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    runtime.block_on(server::serve(&database)).expect("serves");
}

#[test]
fn nothing_is_spent_twice_or_lost_on_sqlite() {
    on_sqlite(&Sizes { nodes: 1, database_kills: 0, ..SHORT });
}

#[test]
#[ignore = "takes minutes"]
fn long_on_sqlite() {
    on_sqlite(&Sizes { nodes: 1, database_kills: 0, ..LONG });
}

#[test]
fn nothing_is_spent_twice_or_lost_on_postgresql() {
    on_postgres(&SHORT);
}

#[test]
#[ignore = "takes minutes"]
fn long_on_postgresql() {
    on_postgres(&LONG);
}

fn on_sqlite(sizes: &Sizes) {
    let path = std::env::temp_dir().join(format!("attesto-durability-{}.db", std::process::id()));
    run(sizes, &format!("sqlite:{}", path.display()), None);
    for end in ["", "-wal", "-shm"] {
        let mut path = path.clone().into_os_string();
        path.push(end);
        // SQLite may have removed it.
        let _ = std::fs::remove_file(path);
    }
}

fn on_postgres(sizes: &Sizes) {
    let (Ok(url), Some(server)) = (std::env::var("ATTESTO_TEST_POSTGRES"), PostgresServer::find()) else {
        eprintln!("left out: there is no PostgreSQL server to kill (`.ci/with-postgres` starts one)");
        return;
    };
    run(sizes, &format!("{url}#durability_{}_", std::process::id()), Some(&server));
}

fn run(sizes: &Sizes, database: &str, postgres: Option<&PostgresServer>) {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    runtime.block_on(async { migrate(&server::open(database).await.expect("opens")).await.expect("migrates") });
    let (nodes, ledger) = (Arc::new(Nodes::start(sizes.nodes, database)), Arc::new(Ledger::default()));
    let kills = sizes.server_kills.saturating_add(sizes.database_kills);
    let lasts = sizes.between_kills.saturating_mul(u32::try_from(kills).expect("few"));
    let until = Instant::now().checked_add(lasts).expect("soon");

    let clients: Vec<_> = (0..sizes.clients).map(|number| Arc::new(Client::new(number, &nodes, &ledger))).collect();
    let mut working = Vec::new();
    for number in 0..sizes.codes {
        let client = Arc::clone(clients.get(number % clients.len()).expect("a client"));
        let starts_in =
            lasts.saturating_mul(u32::try_from(number).expect("few")) / u32::try_from(sizes.codes).expect("few");
        working.push(runtime.spawn(async move {
            tokio::time::sleep(starts_in).await;
            client.redeem_a_code(1 + number % 2).await;
        }));
    }
    for number in 0..sizes.families {
        let client = Arc::clone(clients.get(number % clients.len()).expect("a client"));
        working.push(runtime.spawn(async move { client.keep_a_family(until, number % 4 == 0).await }));
    }
    kill(sizes, &nodes, postgres);
    runtime.block_on(async {
        for work in working {
            work.await.expect("a client's assertions");
        }
    });
    ledger.check();
    runtime.block_on(async {
        check_stores(&server::open(database).await.expect("opens"), &ledger, &clients).await;
    });
    println!("killed: {} server processes, {} database servers", sizes.server_kills, sizes.database_kills);
    ledger.report();
}

/// Kills at intervals; which process comes next follows from the number.
fn kill(sizes: &Sizes, nodes: &Nodes, postgres: Option<&PostgresServer>) {
    let total = sizes.server_kills.saturating_add(sizes.database_kills);
    let (mut databases, mut servers) = (0, 0);
    for number in 1..=total {
        std::thread::sleep(sizes.between_kills);
        // Evenly mixed.
        if databases * total < number * sizes.database_kills {
            databases += 1;
            postgres.expect("a database to kill").kill();
        } else {
            servers += 1;
            nodes.kill(servers * 7 / 3);
        }
    }
}

/// Asks until there is an answer: a database that has just come back may need a moment.
async fn answered<T, F: Future<Output = Answered<T>>>(question: impl Fn() -> F) -> T {
    for _ in 0..100 {
        if let Ok(answer) = question().await {
            return answer;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("the database does not answer any more");
}

/// What the stores know, in the end.
async fn check_stores(database: &Database, ledger: &Ledger, clients: &[Arc<Client>]) {
    let (families, denied) = (database.refresh_tokens(), database.deny_list());
    let far = Timestamp::from_secs(1 << 40);
    for jwt_id in ledger.access_tokens() {
        let family = answered(|| families.load_family(&jwt_id)).await;
        let access = IssuedAccessToken::new(jwt_id.as_str(), far);
        let is_denied = answered(|| denied.is_revoked(&access)).await;
        assert!(family.is_some() || is_denied, "the stores do not know an access token that a client received");
    }
    let (mut alive, mut revoked) = (0usize, 0usize);
    for family in ledger.families() {
        let client = clients.get(family.client).expect("a client");
        match family.end {
            End::Alive(token) => {
                alive += 1;
                assert!(client.is_good(&token).await, "the current token of a family is not good any more");
            }
            End::Refused => panic!("a family was lost"),
            End::Stolen(token) => {
                revoked += 1;
                assert!(!client.is_good(&token).await, "a revoked family lives");
                for access in family.access {
                    let jwt_id = ledger::jwt_id(&access);
                    let access = IssuedAccessToken::new(jwt_id.as_str(), far);
                    assert!(answered(|| denied.is_revoked(&access)).await, "a token of a revoked family lives");
                }
            }
        }
    }
    println!("families in the end: {alive} alive, {revoked} revoked after theft");
}
