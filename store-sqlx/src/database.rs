//! A database with the tables of the stores.

use crate::engine::value::Row;
use crate::engine::{Engine, Statement};
use crate::events::{Observer, StoreEvent};
use crate::failure::Failure;
use crate::names::{Dialect, Names, Sql};
use attesto_core::ConfigError;
use attesto_core::authorization::{Answered, Unavailable};
use attesto_core::host::StoreReach;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// After this many statements, the store looks whether anything sweeps. Not at the first.
const WRITES_BETWEEN_CHECKS: u64 = 4_096;

/// A database that was opened: by [`SqliteOptions`](crate::SqliteOptions) or [`PostgresOptions`](crate::PostgresOptions).
/// Clones share its connections.
#[derive(Clone)]
pub struct Database {
    shared: Arc<Shared>,
}

struct Shared {
    engine: Engine,
    names: Names,
    observer: Observer,
    /// Statements of the stores, apart from BEGIN and COMMIT.
    statements: AtomicU64,
}

/// Why a database was not opened.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OpenError {
    /// A name or a URL cannot be used.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The database cannot be opened, or refused.
    #[error("the database cannot be opened: {0}")]
    Failed(#[from] Failure),
    /// A PostgreSQL database cannot be reached, or refused the login.
    #[error("the database {database} cannot be opened: {failure}")]
    #[non_exhaustive]
    Unreachable {
        /// Its name, host and port.
        database: String,
        /// Why not.
        failure: Failure,
    },
}

impl Database {
    /// What the names of tables begin with, unless another prefix is set.
    pub const PREFIX: &'static str = "attesto_";

    pub(crate) fn new(engine: Engine, names: Names, observer: Observer) -> Self {
        Self { shared: Arc::new(Shared { engine, names, observer, statements: AtomicU64::new(0) }) }
    }

    pub(crate) fn engine(&self) -> &Engine {
        &self.shared.engine
    }

    pub(crate) fn names(&self) -> &Names {
        &self.shared.names
    }

    pub(crate) fn observer(&self) -> &Observer {
        &self.shared.observer
    }

    pub(crate) fn reach(&self) -> StoreReach {
        match self.names().dialect() {
            #[cfg(feature = "postgres")]
            Dialect::Postgres => StoreReach::Shared,
            #[cfg(feature = "sqlite")]
            Dialect::Sqlite => StoreReach::Process,
        }
    }

    /// Asks. A failure is reported to the operator.
    pub(crate) async fn read(
        &self,
        sql: &Sql,
        values: impl IntoIterator<Item = crate::engine::value::Value>,
    ) -> Answered<Vec<Row>> {
        self.count(1);
        self.report(sql.operation(), self.engine().read(Statement::new(sql, values)).await)
    }

    /// As [`read`](Self::read), for a statement that changes something.
    pub(crate) async fn write(
        &self,
        sql: &Sql,
        values: impl IntoIterator<Item = crate::engine::value::Value>,
    ) -> Answered<Vec<Row>> {
        if self.count(1) % WRITES_BETWEEN_CHECKS == WRITES_BETWEEN_CHECKS - 1 {
            self.look_for_unswept().await;
        }
        self.report(sql.operation(), self.engine().write(Statement::new(sql, values)).await)
    }

    /// As [`write`](Self::write), for statements that take effect together.
    pub(crate) async fn transaction(&self, statements: Vec<Statement>) -> Answered<Vec<Vec<Row>>> {
        self.count(statements.len());
        let first = statements.first().map(|statement| statement.sql.clone());
        self.report(first.as_ref().map_or("", Sql::operation), self.engine().transaction(statements).await)
    }

    /// Reports a row that cannot be read.
    pub(crate) fn answered<T>(&self, answer: Result<T, Failure>) -> Answered<T> {
        self.report("read a row", answer)
    }

    /// Reports a failure to the operator; the core learns only that there is no answer.
    pub(crate) fn report<T>(&self, operation: &str, answer: Result<T, Failure>) -> Answered<T> {
        answer.map_err(|failure| {
            self.observer().emit(&StoreEvent::Failed { operation, failure: &failure });
            Unavailable
        })
    }

    /// How many transactions SQLite has committed for this handle and its clones: fewer than were asked for, where several
    /// waited together. For tests and metrics; 0 for PostgreSQL.
    #[must_use]
    pub fn sqlite_commits(&self) -> u64 {
        match self.engine() {
            #[cfg(feature = "sqlite")]
            Engine::Sqlite(sqlite) => sqlite.commits(),
            #[cfg(feature = "postgres")]
            Engine::Postgres(_) => 0,
        }
    }

    /// Returns how many there were before.
    fn count(&self, statements: usize) -> u64 {
        self.shared.statements.fetch_add(u64::try_from(statements).unwrap_or_default(), Ordering::Relaxed)
    }

    /// Reports rows that should have been swept an hour ago. Asks an index for its first entry, and changes nothing.
    async fn look_for_unswept(&self) {
        let sql = self.names().sql(
            "SELECT 'replays', MIN(retain_until) FROM {replays} HAVING MIN(retain_until) < {now} - 3600
             UNION ALL SELECT 'codes', MIN(retain_until) FROM {codes} HAVING MIN(retain_until) < {now} - 3600
             UNION ALL SELECT 'denied_access_tokens', MIN(expires_at) FROM {denied_access_tokens}
                HAVING MIN(expires_at) < {now} - 3600
             UNION ALL SELECT 'refresh_access_tokens', MIN(expires_at) FROM {refresh_access_tokens}
                HAVING MIN(expires_at) < {now} - 3600",
        );
        // A failure here is one of the question that follows, too.
        for mut row in self.engine().read(Statement::new(&sql, [])).await.unwrap_or_default() {
            if let (Ok(table), Ok(since)) = (row.text(), row.time()) {
                self.observer().emit(&StoreEvent::NotSwept { table: &table, since });
            }
        }
    }

    /// How many statements the stores have sent, apart from `BEGIN` and `COMMIT`. For tests.
    #[doc(hidden)]
    #[must_use]
    pub fn statements(&self) -> u64 {
        self.shared.statements.load(Ordering::Relaxed)
    }
}

impl fmt::Debug for Database {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Database").field("names", self.names()).finish_non_exhaustive()
    }
}
