//! What each database says of a failure, and what the operator reads of it.

use crate::server::Server;
use attesto_sqlx::{Failure, FailureKind};
use sqlx::postgres::PgConnection;
use sqlx::sqlite::SqliteConnection;
use sqlx::{AssertSqlSafe, Connection as _, Executor as _};

/// In every value that the statements have.
const SECRET: &str = "jti-of-a-client";

const POSTGRES: [(&str, &str, FailureKind); 13] = [
    ("INSERT INTO t (jti) VALUES ('jti-of-a-client')", "23505", FailureKind::Refused),
    ("INSERT INTO t (jti, n) VALUES ('jti-of-a-client', NULL)", "23502", FailureKind::Refused),
    ("INSERT INTO t (jti, n) VALUES ('jti-of-a-client', -1)", "23514", FailureKind::Refused),
    ("SELECT CAST('jti-of-a-client' AS BIGINT)", "22P02", FailureKind::Refused),
    ("SELECT 'jti-of-a-client' FROM nowhere", "42P01", FailureKind::Refused),
    ("SELECT missing FROM t WHERE jti = 'jti-of-a-client'", "42703", FailureKind::Refused),
    ("SELECT 'jti-of-a-client' FROM nowhere.t", "42P01", FailureKind::Refused),
    ("SET statement_timeout = 20; SELECT 'jti-of-a-client', pg_sleep(5)", "57014", FailureKind::TimedOut),
    ("BEGIN READ ONLY; INSERT INTO t (jti) VALUES ('jti-of-a-client')", "25006", FailureKind::ReadOnly),
    ("SET ROLE nothing; SELECT 'jti-of-a-client' FROM t", "42501", FailureKind::Refused),
    ("DO $$ BEGIN RAISE SQLSTATE '40001' USING MESSAGE = 'jti-of-a-client'; END $$", "40001", FailureKind::Conflict),
    ("DO $$ BEGIN RAISE SQLSTATE '53100' USING MESSAGE = 'jti-of-a-client'; END $$", "53100", FailureKind::ReadOnly),
    ("SELECT pg_terminate_backend(pg_backend_pid()), 'jti-of-a-client'", "57P01", FailureKind::Unreachable),
];

const SQLITE: [(&str, &str, FailureKind); 6] = [
    ("INSERT INTO t (jti) VALUES ('jti-of-a-client')", "1555", FailureKind::Refused),
    ("INSERT INTO t (jti, n) VALUES ('jti-of-a-client', NULL)", "1299", FailureKind::Refused),
    ("INSERT INTO t (jti, n) VALUES ('jti-of-a-client', -1)", "275", FailureKind::Refused),
    ("INSERT INTO t (jti, n) VALUES ('other', 'jti-of-a-client')", "3091", FailureKind::Refused),
    ("SELECT 'jti-of-a-client' FROM nowhere", "1", FailureKind::Refused),
    ("PRAGMA query_only = ON; INSERT INTO t (jti) VALUES ('jti-of-a-client')", "8", FailureKind::ReadOnly),
];

fn holds(error: sqlx::Error, sql: &str, code: &str, kind: FailureKind) {
    let failure = Failure::from(error);
    assert_eq!((failure.code.as_deref(), failure.kind), (Some(code), kind), "{sql}");
    assert!(!failure.to_string().contains(SECRET) && !format!("{failure:?}").contains(SECRET), "{sql}: {failure}");
}

#[tokio::test]
async fn each_failure_of_postgresql_has_its_kind_and_no_value() {
    let Some(server) = Server::start() else { return };
    server
        .psql("CREATE ROLE nothing; CREATE TABLE t (jti TEXT PRIMARY KEY, n BIGINT NOT NULL DEFAULT 1 CHECK (n > 0))");
    server.psql("INSERT INTO t VALUES ('jti-of-a-client')");
    for (sql, code, kind) in POSTGRES {
        let mut connection = PgConnection::connect(&server.url()).await.expect("connects");
        holds(connection.execute(AssertSqlSafe(sql)).await.expect_err(sql), sql, code, kind);
    }
    // What the database itself says does have values.
    let mut connection = PgConnection::connect(&server.url()).await.expect("connects");
    let error = connection.execute(AssertSqlSafe(POSTGRES[3].0)).await.expect_err("is refused");
    assert!(error.to_string().contains(SECRET), "{error}");
}

#[tokio::test]
async fn a_deadlock_and_a_serialization_failure_are_conflicts() {
    let Some(server) = Server::start() else { return };
    server.psql("CREATE TABLE t (a INT PRIMARY KEY, b INT); INSERT INTO t VALUES (1, 1), (2, 1)");
    let connect = async || PgConnection::connect(&server.url()).await.expect("connects");
    let (mut one, mut two) = (connect().await, connect().await);
    for connection in [&mut one, &mut two] {
        connection.execute("SET deadlock_timeout = 50").await.expect("is set");
    }
    one.execute("BEGIN; UPDATE t SET b = 2 WHERE a = 1").await.expect("locks");
    two.execute("BEGIN; UPDATE t SET b = 2 WHERE a = 2").await.expect("locks");
    let both = tokio::join!(one.execute("UPDATE t SET b = 3 WHERE a = 2"), async {
        let answer = two.execute("UPDATE t SET b = 3 WHERE a = 1").await;
        two.execute("ROLLBACK").await.expect("ends");
        answer
    });
    let error = both.0.err().or(both.1.err()).expect("one of them is the victim");
    holds(error, "deadlock", "40P01", FailureKind::Conflict);
    drop((one, two));

    let (mut one, mut two) = (connect().await, connect().await);
    one.execute("BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT * FROM t").await.expect("begins");
    two.execute("UPDATE t SET b = 9").await.expect("changes");
    let error = one.execute("UPDATE t SET b = 8").await.expect_err("is refused");
    holds(error, "snapshot", "40001", FailureKind::Conflict);
}

#[tokio::test]
async fn each_failure_of_sqlite_has_its_kind_and_no_value() {
    for (sql, code, kind) in SQLITE {
        let mut connection = SqliteConnection::connect("sqlite::memory:").await.expect("opens");
        let table =
            "CREATE TABLE t (jti TEXT PRIMARY KEY, n INTEGER NOT NULL DEFAULT 1 CHECK (n > 0)) STRICT, WITHOUT ROWID;
             INSERT INTO t (jti) VALUES ('jti-of-a-client')";
        connection.execute(table).await.expect("creates");
        holds(connection.execute(AssertSqlSafe(sql)).await.expect_err(sql), sql, code, kind);
    }
}
