//! Single connections and rows: what is slow or broken for one question must not be so for others.

use crate::proxy::Proxy;
use crate::server::Server;
use crate::{LIMIT, answers_again, insert, load, open, open_with, take};
use attesto_core::authorization::TakenCode;
use attesto_sqlx::PostgresOptions;
use sqlx::postgres::{PgConnectOptions, PgConnection, PgSslMode};
use sqlx::{Connection as _, Executor as _};
use std::time::{Duration, Instant};

/// A transaction of another program, which holds the row of a code.
async fn hold_a_row(server: &Server) -> PgConnection {
    let mut other = PgConnection::connect(&server.url()).await.expect("connects");
    other.execute("BEGIN").await.expect("begins");
    other.execute("SELECT digest FROM attesto_codes FOR UPDATE").await.expect("locks");
    other
}

/// Waits for a state of the server that another task brings about.
async fn until(server: &Server, condition: &str) {
    let began = Instant::now();
    while server.psql(&format!("SELECT {condition}")) != "t" {
        assert!(began.elapsed() < Duration::from_secs(10), "{condition}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

const BACKENDS: &str = "(SELECT string_agg(pid::text, ',' ORDER BY pid) FROM pg_stat_activity
    WHERE backend_type = 'client backend' AND pid <> pg_backend_pid())";

#[tokio::test]
async fn a_row_that_is_locked_for_long_fails_its_own_question_only() {
    let Some(server) = Server::start() else { return };
    let (database, events) = open(&server, 2).await;
    insert(&database, 1).await.expect("the server answers");
    let mut other = hold_a_row(&server).await;
    assert!(take(&database, 1).await.is_err());
    // The server ends the wait, before the question's own time is over.
    assert!(events.take().iter().any(|line| line.contains("57014") && line.contains(r#"kind="timed_out""#)));
    assert!(load(&database, 1).await.is_ok_and(|code| code.is_some()));
    assert_eq!(events.count("circuit_opened"), 0);
    other.execute("ROLLBACK").await.expect("ends");
    assert!(matches!(take(&database, 1).await, Ok(TakenCode::Fresh(_))));
}

#[tokio::test]
async fn a_request_that_goes_away_leaves_its_statement_to_end_and_its_connection_in_use() {
    let Some(server) = Server::start() else { return };
    let (database, _) = open(&server, 1).await;
    insert(&database, 1).await.expect("the server answers");
    let before = server.psql(&format!("SELECT {BACKENDS}"));
    let mut other = hold_a_row(&server).await;
    let request = tokio::spawn({
        let database = database.clone();
        async move { take(&database, 1).await }
    });
    until(&server, "EXISTS (SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock')").await;
    request.abort();
    assert!(request.await.is_err_and(|error| error.is_cancelled()));
    other.execute("ROLLBACK").await.expect("ends");
    other.close().await.expect("closes");
    until(&server, "EXISTS (SELECT FROM attesto_codes WHERE consumed_at IS NOT NULL)").await;
    assert!(matches!(take(&database, 1).await, Ok(TakenCode::Spent(_))));
    until(&server, &format!("{BACKENDS} = '{before}'")).await;
}

#[tokio::test]
async fn connections_that_the_network_forgot_do_not_use_up_the_pool() {
    let Some(server) = Server::start() else { return };
    let proxy = Proxy::start(&server).await;
    let connect = PgConnectOptions::new_without_pgpass()
        .host("127.0.0.1")
        .port(proxy.port)
        .username("postgres")
        .database("postgres")
        .ssl_mode(PgSslMode::Disable);
    let limit = Duration::from_millis(400);
    let options = PostgresOptions::connect(connect).connections(2).time_limit(limit);
    let (database, events) = open_with(options).await;
    insert(&database, 1).await.expect("the server answers");
    for round in 0..4 {
        // Both connections are in use at once, so that both are there.
        let (one, two) = tokio::join!(load(&database, 1), load(&database, 1));
        assert!(one.is_ok() && two.is_ok(), "{round}: {:?}", events.take());
        proxy.cut();
        let began = Instant::now();
        answers_again(&database).await;
        // One limit for what is cut off, one pause of the circuit, and as much again for the second connection.
        assert!(began.elapsed() < 2 * (limit + Duration::from_secs(1)) + LIMIT, "{round}: {:?}", began.elapsed());
    }
}
