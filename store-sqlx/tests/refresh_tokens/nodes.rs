//! Several nodes on one PostgreSQL: each with its own connections.

use attesto_sqlx::{Database, PostgresOptions, SqlxRefreshStore, migrate};
use sqlx::postgres::{PgConnectOptions, PgPool};
use sqlx::{AssertSqlSafe, Postgres, Transaction};
use std::str::FromStr as _;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

/// What a database may have as the isolation of transactions that do not name theirs.
pub(crate) const ISOLATIONS: [&str; 3] = ["read committed", "repeatable read", "serializable"];

const NODES: usize = 3;

pub(crate) struct Nodes {
    pub(crate) stores: Vec<SqlxRefreshStore>,
    /// Connections of the test's own.
    pub(crate) own: PgPool,
    prefix: String,
}

impl Nodes {
    /// Opens them, if there is a server.
    #[expect(clippy::disallowed_methods, reason = "a program is where configuration comes from")]
    pub(crate) async fn open(isolation: &str) -> Option<Self> {
        static NEXT: AtomicUsize = AtomicUsize::new(0);
        let Ok(url) = std::env::var("ATTESTO_TEST_POSTGRES") else {
            eprintln!("left out: it needs PostgreSQL (`.ci/with-postgres` starts one)");
            return None;
        };
        let prefix = format!("n{}_{}_", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        let connect = PgConnectOptions::from_str(&url).expect("a URL");
        let own = PgPool::connect_with(connect.clone()).await.expect("connects");
        // What is visible to others does not depend on the disk.
        let connect = connect.options([("default_transaction_isolation", isolation), ("synchronous_commit", "off")]);
        let mut stores = Vec::new();
        for _ in 0..NODES {
            let options = PostgresOptions::connect(connect.clone()).prefix(&prefix).time_limit(Duration::from_secs(60));
            let database = options.open().await.expect("opens");
            migrate(&database).await.expect("migrates");
            stores.push(Database::refresh_tokens(&database));
        }
        Some(Self { stores, own, prefix })
    }

    /// The store of the node of this number.
    pub(crate) fn store(&self, number: usize) -> SqlxRefreshStore {
        self.stores[number % NODES].clone()
    }

    /// Runs a statement over `{families}` and `{access_tokens}`.
    pub(crate) fn sql(&self, statement: &str) -> AssertSqlSafe<String> {
        let families = format!("{}refresh_families", self.prefix);
        let access_tokens = format!("{}refresh_access_tokens", self.prefix);
        AssertSqlSafe(statement.replace("{families}", &families).replace("{access_tokens}", &access_tokens))
    }

    /// Begins a transaction of the test's own, which holds the row of every family.
    pub(crate) async fn hold(&self) -> Transaction<'static, Postgres> {
        let mut holding = self.own.begin().await.expect("begins");
        let hold = self.sql("SELECT family_id FROM {families} FOR UPDATE");
        sqlx::query(hold).fetch_all(&mut *holding).await.expect("holds");
        holding
    }

    /// Waits until so many statements of the nodes wait for a lock.
    pub(crate) async fn queue(&self, waiting: usize) {
        let question =
            "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND position($1 IN query) > 0";
        loop {
            let seen: i64 =
                sqlx::query_scalar(question).bind(&self.prefix).fetch_one(&self.own).await.expect("answers");
            if usize::try_from(seen).is_ok_and(|seen| seen >= waiting) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    }
}
