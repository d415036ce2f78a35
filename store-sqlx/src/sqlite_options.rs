//! How to open a SQLite database.

use crate::database::{Database, OpenError};
use crate::engine::Engine;
use crate::engine::sqlite::Sqlite;
use crate::names::{Dialect, Names};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous};
use std::path::Path;
use std::time::Duration;

/// How long a transaction waits for one of another process.
const BUSY: Duration = Duration::from_secs(5);
/// Threads that read, beside the one that writes.
const READERS: usize = 2;

/// A SQLite database, for one machine and one process: [`StoreReach::Process`](attesto_core::host::StoreReach).
///
/// A commit is on the disk before its answer leaves (`synchronous=FULL`, write-ahead log). Requests that wait together
/// are committed together.
#[derive(Clone, Debug)]
pub struct SqliteOptions {
    connect: SqliteConnectOptions,
    readers: usize,
    prefix: String,
}

impl SqliteOptions {
    /// Opens this file, and creates it where it is missing.
    #[must_use]
    pub fn file(path: impl AsRef<Path>) -> Self {
        let connect = SqliteConnectOptions::new()
            .filename(path)
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full);
        Self::over(connect, READERS)
    }

    /// Keeps the database in memory. It is lost when the last handle is dropped.
    #[must_use]
    pub fn memory() -> Self {
        Self::over(SqliteConnectOptions::new().in_memory(true), 0)
    }

    fn over(connect: SqliteConnectOptions, readers: usize) -> Self {
        Self { connect: connect.busy_timeout(BUSY), readers, prefix: Database::PREFIX.into() }
    }

    /// Sets what the names of tables begin with; `attesto_` unless set.
    #[must_use]
    pub fn prefix(mut self, prefix: impl Into<String>) -> Self {
        self.prefix = prefix.into();
        self
    }

    /// Opens the database. Its tables may still be missing: see [`migrate`](crate::migrate).
    ///
    /// # Errors
    /// Fails for an unusable prefix, and where the file cannot be opened.
    pub async fn open(self) -> Result<Database, OpenError> {
        let names = Names::new(Dialect::Sqlite, None, self.prefix)?;
        let sqlite = Sqlite::open(&self.connect, self.readers).await?;
        Ok(Database::new(Engine::Sqlite(sqlite), names))
    }
}
