//! Removes rows whose time has passed (ST-2, R4).

use crate::database::Database;
use crate::engine::Statement;
use crate::engine::value::Value;
use crate::events::StoreEvent;
use crate::failure::Failure;
use crate::names::{Names, Sql};
use std::fmt;
use std::time::Duration;
use tokio::time::{Instant, MissedTickBehavior};

/// The greatest difference between the clocks of the database and of the nodes, in seconds, unless set (R4).
const CLOCK_DIFFERENCE: Duration = Duration::from_secs(60);
/// Rows that one statement removes.
const BATCH: usize = 1_000;
/// Statements for one table in one sweep. What is left then is for the next one.
const BATCHES: usize = 200;
/// Seconds for which a salt is of use after its token was spent (RT-4).
const GRACE: u64 = 60;

/// The tables in the order in which they are swept: what it takes, its key, and when it may go.
const SWEPT: [(&str, &str, &str); 7] = [
    ("replays", "key", "retain_until"),
    ("codes", "digest", "retain_until"),
    ("pushed_requests", "digest", "expires_at"),
    ("consent_grants", "digest", "expires_at"),
    ("denied_access_tokens", "jti", "expires_at"),
    ("refresh_access_tokens", "jti", "expires_at"),
    ("refresh_families", "family_id", "retain_until"),
];

/// Removes rows whose time has passed, in batches. Any number of nodes may sweep at once: each passes over the rows that
/// another is removing.
///
/// It returns room and nothing else: no answer of a store depends on it. It uses the database's clock, and waits
/// beyond the time of a row for the greatest difference between that clock and those of the nodes, so that no row goes
/// that a node still counts on (R4).
///
/// ```
/// use attesto_sqlx::{Database, Sweeper};
/// use std::time::Duration;
///
/// # async fn demo(database: &Database) {
/// tokio::spawn(Sweeper::new(database, Duration::from_secs(60)).run());
/// # }
/// ```
pub struct Sweeper {
    database: Database,
    interval: Duration,
    clock_difference: Duration,
    tables: Vec<Table>,
    forget_salts: Sql,
    finished: Sql,
}

struct Table {
    name: &'static str,
    remove: Sql,
}

impl Sweeper {
    /// Sweeps at this interval: a minute suits most servers.
    #[must_use]
    pub fn new(database: &Database, interval: Duration) -> Self {
        let names = database.names();
        let table =
            |(name, key, until): &(&'static str, &str, &str)| Table { name, remove: remove(names, name, key, until) };
        Self {
            database: database.clone(),
            interval,
            clock_difference: CLOCK_DIFFERENCE,
            tables: SWEPT.iter().map(table).collect(),
            // No index leads to the salts, since each rotation would have to write it. So they are looked for once an
            // hour. Kept longer, they are harmless: the server judges by the window.
            forget_salts: names.sql(
                "UPDATE {refresh_families} SET spent_salt = NULL WHERE family_id IN (
                    SELECT family_id FROM {refresh_families} WHERE spent_salt IS NOT NULL AND spent_at < {now} - $1
                        AND NOT EXISTS (SELECT 1 FROM {sweeps} WHERE swept = 'salts' AND finished_at > {now} - 3600)
                    LIMIT $2 {skip_locked})
                 RETURNING TRUE",
            ),
            finished: names.sql(
                "INSERT INTO {sweeps} (swept, finished_at) VALUES ($1, {now})
                 ON CONFLICT (swept) DO UPDATE SET finished_at = excluded.finished_at",
            ),
        }
    }

    /// Sets the greatest difference between the clocks of the database and of the nodes; 60 seconds unless set.
    #[must_use]
    pub const fn clock_difference(mut self, most: Duration) -> Self {
        self.clock_difference = most;
        self
    }

    /// Sweeps until it is dropped. For tokio; elsewhere, call [`sweep`](Self::sweep) from a loop.
    ///
    /// A sweep that fails is reported to the observer, and tried again at the next interval.
    pub async fn run(self) {
        let mut ticks = tokio::time::interval(self.interval.max(Duration::from_millis(1)));
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            ticks.tick().await;
            // The observer has learned what failed.
            let _ = self.sweep().await;
        }
    }

    /// Sweeps once, and returns the number of rows that were removed.
    ///
    /// # Errors
    /// Fails where the database does not answer. What was removed before stays removed.
    pub async fn sweep(&self) -> Result<u64, Failure> {
        let began = Instant::now();
        let mut rows = 0u64;
        for table in &self.tables {
            rows = rows.saturating_add(self.sweep_table(table.name, &table.remove, 0).await?);
        }
        self.sweep_table("salts", &self.forget_salts, GRACE).await?;
        self.database.observer().emit(&StoreEvent::Swept { rows, took: began.elapsed() });
        Ok(rows)
    }

    async fn sweep_table(&self, name: &'static str, remove: &Sql, after: u64) -> Result<u64, Failure> {
        let wait = self.clock_difference.as_secs().saturating_add(after);
        let wait = Value::from(i64::try_from(wait).unwrap_or(i64::MAX));
        let most = Value::from(i64::try_from(BATCH).unwrap_or(i64::MAX));
        let mut rows = 0u64;
        for _ in 0..BATCHES {
            let removed = self.ask(remove, [wait.clone(), most.clone()]).await?;
            rows = rows.saturating_add(u64::try_from(removed).unwrap_or(u64::MAX));
            if removed < BATCH {
                self.ask(&self.finished, [name.into()]).await?;
                return Ok(rows);
            }
        }
        self.database.observer().emit(&StoreEvent::SweepBehind { table: name, rows });
        Ok(rows)
    }

    async fn ask(&self, sql: &Sql, values: impl IntoIterator<Item = Value>) -> Result<usize, Failure> {
        let answer = self.database.engine().write(Statement::new(sql, values)).await;
        if let Err(failure) = &answer {
            self.database.observer().emit(&StoreEvent::Failed { operation: sql.operation(), failure });
        }
        answer.map(|rows| rows.len())
    }
}

fn remove(names: &Names, table: &str, key: &str, until: &str) -> Sql {
    names.sql(&format!(
        "DELETE FROM {{{table}}} WHERE {key} IN (
            SELECT {key} FROM {{{table}}} WHERE {until} < {{now}} - $1 LIMIT $2 {{skip_locked}})
         RETURNING TRUE"
    ))
}

impl fmt::Debug for Sweeper {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sweeper")
            .field("interval", &self.interval)
            .field("clock_difference", &self.clock_difference)
            .finish_non_exhaustive()
    }
}
