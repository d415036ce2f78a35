//! Connections kept at hand between questions.
//!
//! The pool of sqlx asks the server about each connection that is given back to it: a round trip more for every
//! statement, and a turn of the server's process. So the connections of a pool of our own are given back once in a
//! while, and meanwhile go from question to question. The pool of a host has other users, who wait for them: there, none
//! is kept.

use super::lease::Lease;
use sqlx::postgres::PgPool;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::Semaphore;
use tokio::time::Instant;

/// How long a connection may be idle before it is tested when it is used again.
pub(crate) const TESTED_AFTER: Duration = Duration::from_secs(1);
/// How long a connection is kept. After that the pool has it, which closes what is idle for long, or old.
const KEPT_FOR: Duration = Duration::from_secs(60);

pub(super) struct Kept {
    /// Connections that may be in use at once. With a turn, there is a connection here or a place in the pool, so that
    /// no question waits for the pool while a connection is idle here.
    turns: Arc<Semaphore>,
    most: usize,
    /// The one used last is at the end, and is used next.
    idle: Mutex<Vec<Idle>>,
}

struct Idle {
    lease: Lease,
    since: Instant,
}

impl Kept {
    /// For a pool of our own of so many connections. One is always left to the pool.
    pub(super) fn of(connections: u32) -> Arc<Self> {
        let connections = usize::try_from(connections).unwrap_or(usize::MAX).min(Semaphore::MAX_PERMITS);
        Arc::new(Self {
            turns: Arc::new(Semaphore::new(connections)),
            most: connections.saturating_sub(1),
            idle: Mutex::default(),
        })
    }

    /// For a pool of the host's.
    pub(super) fn none() -> Arc<Self> {
        Arc::new(Self { turns: Arc::new(Semaphore::new(Semaphore::MAX_PERMITS)), most: 0, idle: Mutex::default() })
    }

    /// Waits for a turn, and takes a connection.
    pub(super) async fn acquire(&self, pool: &PgPool) -> Result<Lease, sqlx::Error> {
        let turn = Arc::clone(&self.turns).acquire_owned().await.map_err(|_| sqlx::Error::PoolClosed)?;
        while let Some(Idle { mut lease, since }) = self.last() {
            // Dropped in mid-test, it is closed.
            if since.elapsed() < TESTED_AFTER || lease.test().await.is_ok() {
                return Ok(lease.with_turn(turn));
            }
        }
        Ok(Lease::new(pool.acquire().await?).with_turn(turn))
    }

    /// Keeps a connection that is in the middle of nothing, unless there are enough or it was kept for long. Returns the
    /// one to give back to the pool: this one, or one that was idle for long.
    pub(super) fn keep(&self, mut lease: Lease) -> Option<Lease> {
        if self.most == 0 || lease.taken_for() >= KEPT_FOR {
            return Some(lease);
        }
        let turn = lease.end_turn();
        let mut idle = self.idle();
        let unneeded = match idle.first() {
            Some(first) if first.since.elapsed() >= KEPT_FOR => Some(idle.remove(0).lease),
            Some(_) | None => None,
        };
        let back = if idle.len() < self.most {
            idle.push(Idle { lease, since: Instant::now() });
            unneeded
        } else {
            Some(lease)
        };
        drop(idle);
        // Only now does the next one find it.
        drop(turn);
        back
    }

    fn last(&self) -> Option<Idle> {
        self.idle().pop()
    }

    fn idle(&self) -> MutexGuard<'_, Vec<Idle>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
