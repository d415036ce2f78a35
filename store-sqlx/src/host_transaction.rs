//! Transactions of the host's, on connections of its own.

use crate::engine::Statement;
use crate::engine::value::Row;
use crate::failure::{Failure, FailureKind};
use crate::names::Dialect;
#[cfg(feature = "postgres")]
use sqlx::{PgConnection, Postgres};
#[cfg(feature = "sqlite")]
use sqlx::{Sqlite, SqliteConnection};

/// A transaction of the host's, on a connection of its own to the same database. Made from a `&mut` of sqlx's
/// `Transaction`, or of its `PgConnection` or `SqliteConnection` after a `BEGIN` of yours.
///
/// A row that is written in it is there for others once it commits. Let the answer that depends on it leave after that.
///
/// **With SQLite** one connection writes at a time. From the first write of your transaction to its end, every change
/// that a store makes waits for it: for five seconds, then it is
/// [`Unavailable`](attesto_core::authorization::Unavailable), and its request is answered 503. So keep the transaction
/// short, and begin it with `BEGIN IMMEDIATE` (`begin_with`): one that has read before it writes fails where another
/// write came between. A database in memory has no second connection.
pub struct HostTransaction<'t>(Connection<'t>);

enum Connection<'t> {
    #[cfg(feature = "postgres")]
    Postgres(&'t mut PgConnection),
    #[cfg(feature = "sqlite")]
    Sqlite(&'t mut SqliteConnection),
}

impl HostTransaction<'_> {
    const fn dialect(&self) -> Dialect {
        match &self.0 {
            #[cfg(feature = "postgres")]
            Connection::Postgres(_) => Dialect::Postgres,
            #[cfg(feature = "sqlite")]
            Connection::Sqlite(_) => Dialect::Sqlite,
        }
    }

    /// Runs a statement written in this dialect.
    pub(crate) async fn fetch(self, written_in: Dialect, statement: Statement) -> Result<Vec<Row>, Failure> {
        if self.dialect() != written_in {
            return Err(Failure::new(FailureKind::Refused, "the transaction is in another kind of database"));
        }
        match self.0 {
            #[cfg(feature = "postgres")]
            Connection::Postgres(connection) => crate::engine::postgres::fetch(connection, statement).await,
            #[cfg(feature = "sqlite")]
            Connection::Sqlite(connection) => crate::engine::sqlite::fetch(connection, statement).await,
        }
    }
}

#[cfg(feature = "postgres")]
impl<'t> From<&'t mut PgConnection> for HostTransaction<'t> {
    fn from(connection: &'t mut PgConnection) -> Self {
        Self(Connection::Postgres(connection))
    }
}

#[cfg(feature = "postgres")]
impl<'t> From<&'t mut sqlx::Transaction<'_, Postgres>> for HostTransaction<'t> {
    fn from(transaction: &'t mut sqlx::Transaction<'_, Postgres>) -> Self {
        Self(Connection::Postgres(transaction))
    }
}

#[cfg(feature = "sqlite")]
impl<'t> From<&'t mut SqliteConnection> for HostTransaction<'t> {
    fn from(connection: &'t mut SqliteConnection) -> Self {
        Self(Connection::Sqlite(connection))
    }
}

#[cfg(feature = "sqlite")]
impl<'t> From<&'t mut sqlx::Transaction<'_, Sqlite>> for HostTransaction<'t> {
    fn from(transaction: &'t mut sqlx::Transaction<'_, Sqlite>) -> Self {
        Self(Connection::Sqlite(transaction))
    }
}

impl std::fmt::Debug for HostTransaction<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "HostTransaction({:?})", self.dialect())
    }
}
