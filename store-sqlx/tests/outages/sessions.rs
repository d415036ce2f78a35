//! Pools of the host's, poolers, and what sessions remember.

use crate::server::Server;
use crate::{LIMIT, insert, load, open, open_with, take};
use attesto_core::authorization::TakenCode;
use attesto_sqlx::PostgresOptions;
use sqlx::postgres::{PgConnectOptions, PgPool, PgPoolOptions};
use sqlx::{Connection as _, Executor as _, PgConnection};
use std::str::FromStr as _;

/// One connection, so that a test can look at the session which the stores use.
async fn pool(server: &Server, settings: &[(&str, &str)]) -> PgPool {
    let connect = PgConnectOptions::from_str(&server.url()).expect("a URL").options(settings.iter().copied());
    PgPoolOptions::new().max_connections(1).connect_with(connect).await.expect("connects")
}

async fn ask(pool: &PgPool, sql: &'static str) -> String {
    sqlx::query_scalar(sql).persistent(false).fetch_one(pool).await.expect("answers")
}

/// Of the stores, not of what migrates.
const PREPARED: &str = "SELECT count(*)::text FROM pg_prepared_statements WHERE statement LIKE '%attesto_codes%'";

#[tokio::test]
async fn a_pool_of_the_hosts_without_a_limit_has_one_in_each_transaction_of_ours_and_nowhere_else() {
    let Some(server) = Server::start() else { return };
    let pool = pool(&server, &[("default_transaction_isolation", "serializable")]).await;
    let (database, events) = open_with(PostgresOptions::pool(pool.clone()).time_limit(LIMIT)).await;
    insert(&database, 1).await.expect("the server answers");
    let mut other = PgConnection::connect(&server.url()).await.expect("connects");
    other.execute("BEGIN; SELECT digest FROM attesto_codes FOR UPDATE").await.expect("locks");
    assert!(take(&database, 1).await.is_err());
    assert!(events.take().iter().any(|line| line.contains("57014")), "the server has ended the wait");
    other.execute("ROLLBACK").await.expect("ends");
    assert!(matches!(take(&database, 1).await, Ok(TakenCode::Fresh(_))));
    assert_eq!(ask(&pool, "SHOW statement_timeout").await, "0");
    assert_eq!(ask(&pool, "SHOW idle_in_transaction_session_timeout").await, "0");
    assert_eq!(ask(&pool, PREPARED).await, "0");
}

#[tokio::test]
async fn a_pool_of_the_hosts_with_a_limit_is_used_as_it_is() {
    let Some(server) = Server::start() else { return };
    let pool = pool(&server, &[("statement_timeout", "1000")]).await;
    let (database, _) = open_with(PostgresOptions::pool(pool.clone()).time_limit(LIMIT)).await;
    insert(&database, 1).await.expect("the server answers");
    load(&database, 1).await.expect("the server answers");
    assert_eq!(ask(&pool, PREPARED).await, "2");
}

#[tokio::test]
async fn behind_a_pooler_for_transactions_no_statement_is_remembered() {
    let Some(server) = Server::start() else { return };
    let pool = pool(&server, &[("statement_timeout", "1000")]).await;
    let (database, _) = open_with(PostgresOptions::pool(pool.clone()).transaction_pooling().time_limit(LIMIT)).await;
    insert(&database, 1).await.expect("the server answers");
    load(&database, 1).await.expect("the server answers");
    assert_eq!(ask(&pool, PREPARED).await, "0");
}

#[tokio::test]
async fn a_statement_that_a_migration_has_outdated_is_prepared_again() {
    let Some(server) = Server::start() else { return };
    let (database, events) = open(&server, 1).await;
    insert(&database, 1).await.expect("the server answers");
    assert!(load(&database, 1).await.is_ok_and(|code| code.is_some()));
    server.psql("ALTER TABLE attesto_codes ALTER COLUMN auth_time TYPE INTEGER");
    assert!(load(&database, 1).await.is_err(), "cached plan must not change result type");
    assert!(events.take().iter().any(|line| line.contains("0A000")));
    assert!(load(&database, 1).await.is_ok_and(|code| code.is_some()));
}
