//! Used DPoP proofs, client assertions and request objects (RFC 9449 §11.1; R1 to R4, ST-2).

use crate::database::Database;
use crate::names::{Names, Sql};
use attesto_core::Timestamp;
use attesto_core::dpop::{ReplayAnswer, ReplayClaim};
use attesto_core::host::{ReplayStore, StoreReach};

/// Records first uses in a database, for an authorization server and its resources.
///
/// A claim is one statement on a unique key: of all claims of one key, on all nodes, one finds it unused.
///
/// # Growth
/// The store does not count the records of one owner: it grows, and answers
/// [`OverShare`](ReplayAnswer::OverShare) to no claim. Each request with a proof leaves a row of about 120 bytes with
/// its indexes, until its `retain_until` (for a proof at most `max_age + 2 * future_skew + 1` seconds after it was
/// received) and until the sweeper comes by. So the table has at most the requests per second, times those seconds and
/// the sweeper's wait: 1,000 requests a second, kept for four minutes, are 240,000 rows or 30 MB. A client with one
/// valid token makes as many rows as it can send requests: a limit on requests for each client, in front of the server,
/// is also the limit here. Raise an alarm when the table has several times the rows that this says, and when the
/// sweeper falls behind. A full disk answers [`Unavailable`](ReplayAnswer::Unavailable), and lets no proof pass twice.
///
/// # Restored, or failed over
/// A restart keeps the records. A database that was restored from a backup, or a replica that was promoted without the
/// last commits, has lost some, and proofs that were used would be accepted again:
/// [`after_restore`](Self::after_restore).
#[derive(Clone, Debug)]
pub struct SqlxReplayStore {
    database: Database,
    claim: Sql,
    distrusted: Option<Timestamp>,
}

impl SqlxReplayStore {
    pub(crate) fn new(database: &Database) -> Self {
        Self { database: database.clone(), claim: claim(database.names()), distrusted: None }
    }

    /// Answers [`Unavailable`](ReplayAnswer::Unavailable) to claims with `retain_until` at or before `distrusted`: their
    /// first use may be among the records that were lost. R3.
    ///
    /// With `restored`, the time at which the restored database was started, `restored + max_age + future_skew` refuses
    /// every proof made before it, and another `future_skew` those of clients whose clock was ahead. For client
    /// assertions, add their longest lifetime instead.
    #[must_use]
    pub const fn after_restore(mut self, distrusted: Timestamp) -> Self {
        self.distrusted = Some(distrusted);
        self
    }
}

/// A claim finds its key unused, or with a record whose time has passed; then it writes. A record that another claim has
/// just written is judged as that claim left it.
fn claim(names: &Names) -> Sql {
    names.sql(
        "INSERT INTO {replays} AS recorded (key, retain_until) VALUES ($1, $2)
         ON CONFLICT (key) DO UPDATE SET retain_until = excluded.retain_until WHERE recorded.retain_until < $3
         RETURNING TRUE",
    )
}

impl ReplayStore for SqlxReplayStore {
    async fn claim(&self, claim: &ReplayClaim, now: Timestamp) -> ReplayAnswer {
        // A record that may be dropped proves nothing, and neither does one that may have been lost.
        let is_distrusted = self.distrusted.is_some_and(|distrusted| claim.retain_until <= distrusted);
        if claim.retain_until < now || is_distrusted {
            return ReplayAnswer::Unavailable;
        }
        let values = [claim.key.as_bytes().into(), claim.retain_until.into(), now.into()];
        match self.database.write(&self.claim, values).await {
            Ok(rows) if rows.is_empty() => ReplayAnswer::Replay,
            Ok(_) => ReplayAnswer::Fresh,
            Err(_) => ReplayAnswer::Unavailable,
        }
    }

    fn reach(&self) -> StoreReach {
        self.database.reach()
    }
}
