//! Databases to test with, each with fresh tables.

use attesto_sqlx::{Database, PostgresOptions, SqliteOptions, migrate};
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

/// Names the server to test with; `.ci/with-postgres` sets it.
const POSTGRES: &str = "ATTESTO_TEST_POSTGRES";
/// A busy machine is no failure.
const PATIENCE: Duration = Duration::from_secs(60);

/// Runs a test on SQLite in memory and in a file, and on PostgreSQL where there is a server.
pub(crate) async fn on_each_engine(test: impl AsyncFn(Database)) {
    eprintln!("on SQLite in memory");
    test(migrated(SqliteOptions::memory().open().await.expect("opens")).await).await;
    eprintln!("on SQLite in a file");
    let file = TemporaryFile::new();
    test(migrated(SqliteOptions::file(&file.0).open().await.expect("opens")).await).await;
    if let Some(database) = postgres().await {
        eprintln!("on PostgreSQL");
        test(database).await;
    }
}

/// Connects to the server, if there is one, with tables of this test's own.
pub(crate) async fn postgres() -> Option<Database> {
    postgres_nodes(1).await.pop()
}

/// Connects to the server, if there is one, as several nodes that share tables: each with connections of its own.
#[expect(clippy::disallowed_methods, reason = "a program is where configuration comes from")]
pub(crate) async fn postgres_nodes(nodes: usize) -> Vec<Database> {
    let Ok(url) = std::env::var(POSTGRES) else {
        eprintln!("left out: PostgreSQL, since {POSTGRES} names no server (`.ci/with-postgres` starts one)");
        return Vec::new();
    };
    let prefix = format!("t{}_{}_", std::process::id(), number());
    let mut opened = Vec::new();
    for _ in 0..nodes {
        let options = PostgresOptions::url(&url).expect("a URL").prefix(&prefix).time_limit(PATIENCE);
        opened.push(migrated(options.open().await.expect("opens")).await);
    }
    opened
}

async fn migrated(database: Database) -> Database {
    migrate(&database).await.expect("migrates");
    database
}

fn number() -> usize {
    static NEXT: AtomicUsize = AtomicUsize::new(0);
    NEXT.fetch_add(1, Ordering::Relaxed)
}

/// A file that is removed in the end, with what SQLite keeps beside it.
pub(crate) struct TemporaryFile(pub(crate) PathBuf);

impl TemporaryFile {
    pub(crate) fn new() -> Self {
        Self(std::env::temp_dir().join(format!("attesto-sqlx-{}-{}.db", std::process::id(), number())))
    }
}

impl Drop for TemporaryFile {
    fn drop(&mut self) {
        for end in ["", "-wal", "-shm"] {
            let mut path = self.0.clone().into_os_string();
            path.push(end);
            // A database that was never opened left none.
            let _ = std::fs::remove_file(path);
        }
    }
}
