//! The store.

use crate::failure::{Failure, FailureKind};
use crate::link::Link;
use crate::options::{Observer, RedisOptions};
use crate::question::{Questions, answer};
use attesto_core::Timestamp;
use attesto_core::dpop::{ReplayAnswer, ReplayClaim};
use attesto_core::host::{ReplayStore, StoreReach};
use std::fmt;
use std::sync::Arc;
use tokio::time::Instant;

/// Records first uses in Redis or Valkey, for any number of machines.
///
/// - **One round trip.** A claim is one `SET` if absent, with an expiry of its own; or one script, where the records of each owner are
///   counted. All claims of a process share one connection, on which they do not wait for each other's replies. R1, R2.
/// - **Never dropped early.** Each connection is checked before it is used: the server is a primary, not of a cluster, and evicts nothing. A
///   full server answers `OOM`, and the claim is [`Unavailable`](ReplayAnswer::Unavailable). [`check`](Self::check) asks again, for a
///   server whose settings are changed while it runs. R3.
/// - **Never a guess.** An error, a timeout or a reply that the command cannot have is `Unavailable`. A claim is sent once: if its answer is
///   lost, it may have been recorded.
/// - **Bounded.** Waiting claims are limited in number and time. While the server is gone, claims are refused at once; when it is back, the
///   first claim after a pause finds out.
/// - **Fair.** One owner may have as many records as fill a quarter of the server's `maxmemory`:
///   [`RedisOptions::records_per_owner`]. ST-2.
/// - **As durable as the server.** After a restart without persistence, or a failover, used proofs may be unknown:
///   [`RedisOptions::distrust_restarts`] refuses those.
///
/// A claim past its own `retain_until` is `Unavailable`, because its record may have been dropped.
pub struct RedisReplayStore {
    link: Arc<Link>,
    questions: Questions,
    observer: Option<Observer>,
}

impl RedisReplayStore {
    /// Connects, and checks the server.
    ///
    /// # Errors
    /// Fails where the server cannot be reached, refuses the login, or must not hold records of used proofs
    /// ([`Unsuitable`](crate::Unsuitable)).
    pub async fn connect(options: RedisOptions) -> Result<Self, Failure> {
        let (link, questions, observer) = options.into_parts()?;
        let store = Self { link: Arc::new(link), questions, observer };
        store.link.in_a_place(store.link.connection()).await?;
        Ok(store)
    }

    /// Asks the server again whether it may hold records of used proofs: for health checks. If it may not, claims are refused until a new
    /// connection finds one that may.
    ///
    /// # Errors
    /// As for [`connect`](Self::connect).
    pub async fn check(&self) -> Result<(), Failure> {
        self.link.in_a_place(self.link.check()).await
    }

    async fn ask(&self, claim: &ReplayClaim, now: Timestamp) -> Result<ReplayAnswer, Failure> {
        if claim.retain_until < now {
            return Err(self.link.failure(FailureKind::MaybeForgotten));
        }
        let connection = self.link.connection().await?;
        // Only now, since the connection may be the first to another server.
        if self.link.trust.may_have_forgotten(claim, now, Instant::now()) {
            return Err(self.link.failure(FailureKind::MaybeForgotten));
        }
        let command = self.questions.command(claim, now, connection.counting());
        self.link.ask(&connection, &command, answer).await
    }
}

impl ReplayStore for RedisReplayStore {
    async fn claim(&self, claim: &ReplayClaim, now: Timestamp) -> ReplayAnswer {
        match self.link.in_a_place(self.ask(claim, now)).await {
            Ok(answer) => answer,
            Err(failure) => {
                if let Some(observer) = &self.observer {
                    observer(&failure);
                }
                ReplayAnswer::Unavailable
            }
        }
    }

    fn reach(&self) -> StoreReach {
        StoreReach::Shared
    }
}

impl fmt::Debug for RedisReplayStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RedisReplayStore").field("server", &self.link.opener.server).finish_non_exhaustive()
    }
}
