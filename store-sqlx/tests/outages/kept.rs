//! Connections that are kept between questions.

use crate::proxy::Proxy;
use crate::server::Server;
use crate::{LIMIT, insert, load, open, open_with, take};
use attesto_core::authorization::TakenCode;
use attesto_sqlx::{PostgresOptions, Sweeper};
use std::time::Duration;

#[tokio::test]
async fn a_question_is_one_round_trip() {
    let Some(server) = Server::start() else { return };
    let proxy = Proxy::start(&server).await;
    let url = format!("postgres://postgres@127.0.0.1:{}/postgres", proxy.port);
    let (database, _) = open_with(PostgresOptions::url(&url).expect("a URL").connections(2).time_limit(LIMIT)).await;
    insert(&database, 1).await.expect("the server answers");
    // From now on it is prepared.
    load(&database, 1).await.expect("the server answers");
    let before = proxy.said();
    for _ in 0..10 {
        load(&database, 1).await.expect("the server answers");
    }
    assert_eq!(proxy.said() - before, 10);
}

#[tokio::test]
async fn a_kept_connection_that_the_server_has_closed_fails_no_question() {
    let Some(server) = Server::start() else { return };
    let (database, events) = open(&server, 4).await;
    for number in 1..=8 {
        insert(&database, number).await.expect("the server answers");
    }
    server.psql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND backend_type = 'client backend'");
    // It is tested when it was idle for a second.
    tokio::time::sleep(Duration::from_millis(1_100)).await;
    for number in 1..=8 {
        assert!(matches!(take(&database, number).await, Ok(TakenCode::Fresh(_))));
    }
    assert_eq!(events.take(), Vec::<String>::new());
}

#[tokio::test]
async fn many_questions_and_a_sweep_share_few_connections() {
    let Some(server) = Server::start() else { return };
    for connections in [1, 2, 3] {
        let (database, events) = open(&server, connections).await;
        let asking: Vec<_> = (0..64)
            .map(|number| {
                let database = database.clone();
                tokio::spawn(async move { insert(&database, connections * 1_000 + number).await })
            })
            .collect();
        let sweeper = Sweeper::new(&database, Duration::from_secs(60));
        sweeper.sweep().await.expect("sweeps");
        for question in asking {
            question.await.expect("no panic").expect("the server answers");
        }
        sweeper.sweep().await.expect("sweeps, while connections are kept");
        assert_eq!(events.count("store_failed"), 0);
        let sessions = "SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend'";
        let seen: u32 = server.psql(sessions).trim().parse().expect("a number");
        // The one that asks, and those of databases before, which may not have ended yet.
        assert!(seen <= 1 + 6, "{seen} sessions");
    }
}

/// A client that goes away while its question waits for a connection, or is on its way.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn questions_that_are_dropped_lose_no_connection() {
    let Some(server) = Server::start() else { return };
    let (database, _) = open(&server, 2).await;
    for round in 0..20 {
        let asking: Vec<_> = (0..50)
            .map(|number| {
                let database = database.clone();
                tokio::spawn(async move { insert(&database, round * 1_000 + number).await })
            })
            .collect();
        tokio::task::yield_now().await;
        for (number, question) in asking.iter().enumerate() {
            if number % 5 != 0 {
                question.abort();
            }
        }
        for (number, question) in asking.into_iter().enumerate() {
            let answer = question.await;
            assert!(number % 5 != 0 || matches!(answer, Ok(Ok(()))), "the others are answered");
        }
    }
    // Both connections are there.
    let both = [1, 2].map(|number| load(&database, number));
    let [first, second] = both;
    let (first, second) = tokio::join!(first, second);
    assert!(first.is_ok() && second.is_ok());
}
