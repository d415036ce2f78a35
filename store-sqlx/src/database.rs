//! A database with the tables of the stores.

use crate::codes::SqlxCodeStore;
use crate::deny_list::SqlxDenyList;
use crate::engine::value::Row;
use crate::engine::{Engine, Statement};
use crate::failure::Failure;
use crate::names::{Dialect, Names, Sql};
use crate::refresh_tokens::SqlxRefreshStore;
use attesto_core::ConfigError;
use attesto_core::authorization::{Answered, Unavailable};
use attesto_core::host::StoreReach;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// A database that was opened: by [`SqliteOptions`](crate::SqliteOptions) or [`PostgresOptions`](crate::PostgresOptions).
/// Clones share its connections.
#[derive(Clone)]
pub struct Database {
    shared: Arc<Shared>,
}

struct Shared {
    engine: Engine,
    names: Names,
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
    /// The database cannot be reached.
    #[error("the database cannot be opened: {0}")]
    Failed(#[from] Failure),
}

impl Database {
    /// What the names of tables begin with, unless another prefix is set.
    pub const PREFIX: &'static str = "attesto_";

    pub(crate) fn new(engine: Engine, names: Names) -> Self {
        Self { shared: Arc::new(Shared { engine, names, statements: AtomicU64::new(0) }) }
    }

    pub(crate) fn engine(&self) -> &Engine {
        &self.shared.engine
    }

    pub(crate) fn names(&self) -> &Names {
        &self.shared.names
    }

    pub(crate) fn reach(&self) -> StoreReach {
        match self.names().dialect() {
            #[cfg(feature = "postgres")]
            Dialect::Postgres => StoreReach::Shared,
            #[cfg(feature = "sqlite")]
            Dialect::Sqlite => StoreReach::Process,
        }
    }

    /// Asks, and reports a failure to the operator; the core learns only that there is no answer.
    pub(crate) async fn read(
        &self,
        sql: &Sql,
        values: impl IntoIterator<Item = crate::engine::value::Value>,
    ) -> Answered<Vec<Row>> {
        self.count(1);
        self.answered(self.engine().read(Statement::new(sql, values)).await)
    }

    /// As [`read`](Self::read), for a statement that changes something.
    pub(crate) async fn write(
        &self,
        sql: &Sql,
        values: impl IntoIterator<Item = crate::engine::value::Value>,
    ) -> Answered<Vec<Row>> {
        self.count(1);
        self.answered(self.engine().write(Statement::new(sql, values)).await)
    }

    /// As [`write`](Self::write), for statements that take effect together.
    pub(crate) async fn transaction(&self, statements: Vec<Statement>) -> Answered<Vec<Vec<Row>>> {
        self.count(statements.len());
        self.answered(self.engine().transaction(statements).await)
    }

    pub(crate) fn answered<T>(&self, answer: Result<T, Failure>) -> Answered<T> {
        answer.map_err(|_failure| Unavailable)
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

    fn count(&self, statements: usize) {
        self.shared.statements.fetch_add(u64::try_from(statements).unwrap_or_default(), Ordering::Relaxed);
    }

    /// How many statements the stores have sent, apart from `BEGIN` and `COMMIT`. For tests.
    #[doc(hidden)]
    #[must_use]
    pub fn statements(&self) -> u64 {
        self.shared.statements.load(Ordering::Relaxed)
    }

    /// The store of authorization codes.
    #[must_use]
    pub fn codes(&self) -> SqlxCodeStore {
        SqlxCodeStore::new(self)
    }

    /// The store of refresh tokens.
    #[must_use]
    pub fn refresh_tokens(&self) -> SqlxRefreshStore {
        SqlxRefreshStore::new(self)
    }

    /// The list of revoked access tokens.
    #[must_use]
    pub fn deny_list(&self) -> SqlxDenyList {
        SqlxDenyList::new(self)
    }
}

impl fmt::Debug for Database {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Database").field("names", self.names()).finish_non_exhaustive()
    }
}
