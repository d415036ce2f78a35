//! A connection on loan from the pool.

use crate::failure::Failure;
use sqlx::pool::PoolConnection;
use sqlx::{Connection as _, PgConnection, Postgres as Pg};
use std::time::Duration;
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::{Instant, timeout};

/// A connection that is closed unless it is given back: one that was left in mid-sentence may be in a transaction.
pub(crate) struct Lease {
    connection: Option<PoolConnection<Pg>>,
    taken: Instant,
    turn: Option<OwnedSemaphorePermit>,
}

impl Lease {
    pub(super) fn new(connection: PoolConnection<Pg>) -> Self {
        Self { connection: Some(connection), taken: Instant::now(), turn: None }
    }

    pub(super) fn with_turn(mut self, turn: OwnedSemaphorePermit) -> Self {
        self.turn = Some(turn);
        self
    }

    pub(super) fn end_turn(&mut self) -> Option<OwnedSemaphorePermit> {
        self.turn.take()
    }

    pub(super) fn taken_for(&self) -> Duration {
        self.taken.elapsed()
    }

    /// Asks the server whether the connection is still one.
    pub(super) async fn test(&mut self) -> Result<(), sqlx::Error> {
        self.connection.as_mut().ok_or(sqlx::Error::PoolClosed)?.ping().await
    }

    pub(crate) fn connection(&mut self) -> Result<&mut PgConnection, Failure> {
        match self.connection.as_mut() {
            Some(connection) => Ok(connection),
            None => Err(sqlx::Error::PoolClosed.into()),
        }
    }

    /// The pool tests what is given back, for as long as it takes, and counts it as in use meanwhile: if the network has
    /// lost the connection, for a quarter of an hour. So it is given back under a limit.
    pub(super) async fn give_back(mut self, limit: Duration) {
        if let Some(mut connection) = self.connection.take() {
            // Past the limit it is closed, and the pool may open another in its place.
            let _ = timeout(limit, connection.return_to_pool()).await;
        }
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        if let Some(connection) = self.connection.take() {
            drop(connection.detach());
        }
    }
}
