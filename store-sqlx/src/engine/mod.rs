//! The database behind the stores: statements in, rows out.

#[cfg(feature = "postgres")]
pub(crate) mod kept;
#[cfg(feature = "postgres")]
mod lease;
#[cfg(feature = "postgres")]
pub(crate) mod postgres;
#[cfg(feature = "sqlite")]
pub(crate) mod sqlite;
pub(crate) mod value;

use crate::failure::Failure;
use crate::names::Sql;
use value::{Row, Value};

/// A statement with its parameters `$1`, `$2` and so on.
#[derive(Clone)]
pub(crate) struct Statement {
    pub(crate) sql: Sql,
    pub(crate) values: Vec<Value>,
}

impl Statement {
    pub(crate) fn new(sql: &Sql, values: impl IntoIterator<Item = Value>) -> Self {
        let values: Vec<Value> = values.into_iter().collect();
        // SQLite takes NULL for a parameter without a value, and says nothing.
        debug_assert!(
            !sql.text().contains(&format!("${}", values.len().saturating_add(1))),
            "a parameter has no value"
        );
        Self { sql: Sql::clone(sql), values }
    }
}

/// One of the engines.
pub(crate) enum Engine {
    #[cfg(feature = "postgres")]
    Postgres(postgres::Postgres),
    #[cfg(feature = "sqlite")]
    Sqlite(sqlite::Sqlite),
}

impl Engine {
    /// Runs a statement that changes nothing. It sees all that was committed before.
    pub(crate) async fn read(&self, statement: Statement) -> Result<Vec<Row>, Failure> {
        match self {
            #[cfg(feature = "postgres")]
            Self::Postgres(postgres) => postgres.run(statement).await,
            #[cfg(feature = "sqlite")]
            Self::Sqlite(sqlite) => sqlite.read(statement).await,
        }
    }

    /// Runs a statement, which takes effect as a whole or not at all. When this returns rows, they are committed.
    pub(crate) async fn write(&self, statement: Statement) -> Result<Vec<Row>, Failure> {
        match self {
            #[cfg(feature = "postgres")]
            Self::Postgres(postgres) => postgres.run(statement).await,
            #[cfg(feature = "sqlite")]
            Self::Sqlite(sqlite) => Ok(sqlite.write(vec![statement]).await?.pop().unwrap_or_default()),
        }
    }

    /// Runs statements in one transaction, and returns the rows of each. Each statement sees what other transactions
    /// have committed before it, not before the first one.
    pub(crate) async fn transaction(&self, statements: Vec<Statement>) -> Result<Vec<Vec<Row>>, Failure> {
        match self {
            #[cfg(feature = "postgres")]
            Self::Postgres(postgres) => postgres.transaction(statements).await,
            #[cfg(feature = "sqlite")]
            Self::Sqlite(sqlite) => sqlite.write(statements).await,
        }
    }

    /// As [`transaction`](Self::transaction), for work of the operator's that may take longer than a request's.
    pub(crate) async fn maintain(&self, statements: Vec<Statement>) -> Result<Vec<Vec<Row>>, Failure> {
        match self {
            #[cfg(feature = "postgres")]
            Self::Postgres(postgres) => postgres.maintain(statements).await,
            #[cfg(feature = "sqlite")]
            Self::Sqlite(sqlite) => sqlite.write(statements).await,
        }
    }
}
