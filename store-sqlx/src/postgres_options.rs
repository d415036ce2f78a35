//! How to reach a PostgreSQL database.

use crate::breaker::Breaker;
use crate::database::{Database, OpenError};
use crate::engine::Engine;
use crate::engine::kept::TESTED_AFTER;
use crate::engine::postgres::{Postgres, Sessions, statement_limit};
use crate::events::{Observer, StoreEvent};
use crate::names::{Dialect, Names};
use attesto_core::ConfigError;
use sqlx::postgres::{PgConnectOptions, PgPool, PgPoolOptions};
use sqlx::{Connection as _, PgConnection};
use std::fmt;
use std::str::FromStr;
use std::time::Duration;
use tokio::time::{Instant, sleep_until, timeout_at};

/// Connections of a pool.
const CONNECTIONS: u32 = 10;
/// How long a question may take.
const LIMIT: Duration = Duration::from_secs(3);
/// How long questions are refused after the database could not be reached.
const PAUSE: Duration = Duration::from_secs(1);
/// While the server is not there yet.
const BETWEEN_TRIES: Duration = Duration::from_millis(100);
/// The shortest time limit.
const SHORTEST_LIMIT: Duration = Duration::from_millis(10);

/// A PostgreSQL database, for any number of machines: [`StoreReach::Shared`](attesto_core::host::StoreReach). Name the
/// primary: a replica answers from the past.
#[derive(Clone)]
pub struct PostgresOptions {
    source: Source,
    connections: u32,
    limit: Duration,
    schema: Option<String>,
    prefix: String,
    pooled: bool,
    observer: Observer,
}

#[derive(Clone)]
enum Source {
    Connect(Box<PgConnectOptions>),
    Pool(PgPool),
}

impl PostgresOptions {
    /// Reads a URL: `postgres://user:password@host:port/database?sslmode=verify-full`.
    ///
    /// # Errors
    /// Fails for a URL that cannot be read. The error does not repeat it.
    pub fn url(url: &str) -> Result<Self, ConfigError> {
        match PgConnectOptions::from_str(url) {
            Ok(options) => Ok(Self::connect(options)),
            Err(_) => Err(ConfigError::new("database URL", "postgres://user:password@host:port/database is expected")),
        }
    }

    /// Connects with these options of sqlx.
    #[must_use]
    pub fn connect(options: PgConnectOptions) -> Self {
        Self::over(Source::Connect(Box::new(options)))
    }

    /// Uses a pool that the host has, for its own tables too.
    ///
    /// Give its connections a `statement_timeout` of at most the [time limit](Self::time_limit), and the level `read
    /// committed`. Without, each question is a transaction that sets both, at the cost of two round trips more.
    #[must_use]
    pub fn pool(pool: PgPool) -> Self {
        Self::over(Source::Pool(pool))
    }

    fn over(source: Source) -> Self {
        Self {
            source,
            connections: CONNECTIONS,
            limit: LIMIT,
            schema: None,
            prefix: Database::PREFIX.into(),
            pooled: false,
            observer: Observer::default(),
        }
    }

    /// Sets how many connections the pool has at most; 10 unless set. Without effect on a pool of the host's.
    ///
    /// All but one of a pool of our own are kept at hand between questions, so that a statement is one round trip; with a
    /// pool of the host's, each is given back after its question, which costs one more.
    #[must_use]
    pub const fn connections(mut self, connections: u32) -> Self {
        self.connections = connections;
        self
    }

    /// Sets how long a question may take, with its wait for a connection; 3 seconds unless set. After that its request
    /// is answered 503.
    #[must_use]
    pub const fn time_limit(mut self, limit: Duration) -> Self {
        self.limit = limit;
        self
    }

    /// Names the schema of the tables. Without one, PostgreSQL looks along its `search_path`.
    #[must_use]
    pub fn schema(mut self, schema: impl Into<String>) -> Self {
        self.schema = Some(schema.into());
        self
    }

    /// Sets what the names of tables begin with; `attesto_` unless set.
    #[must_use]
    pub fn prefix(mut self, prefix: impl Into<String>) -> Self {
        self.prefix = prefix.into();
        self
    }

    /// Says that a pooler stands before the database and hands out sessions for single transactions only: PgBouncer with
    /// `pool_mode = transaction`. Each question is then a transaction that sets its own limits, and no statement is
    /// prepared for later. It costs two round trips more. Name the pooler's address, and the primary behind it.
    #[must_use]
    pub const fn transaction_pooling(mut self) -> Self {
        self.pooled = true;
        self
    }

    /// Sets what receives [events](StoreEvent), for logs and metrics. It is called while a request waits, so it must not
    /// block; it changes nothing, and a panic of it fails no request.
    #[must_use]
    pub fn on_event(mut self, observer: impl Fn(&StoreEvent<'_>) + Send + Sync + 'static) -> Self {
        self.observer = Observer::new(observer);
        self
    }

    /// Connects. The tables may still be missing: see [`migrate`](crate::migrate).
    ///
    /// # Errors
    /// Fails for unusable names, and where the database cannot be reached or refuses the login.
    pub async fn open(self) -> Result<Database, OpenError> {
        let names = Names::new(Dialect::Postgres, self.schema, self.prefix)?;
        if self.limit < SHORTEST_LIMIT {
            return Err(ConfigError::new("time limit", "at least 10 milliseconds").into());
        }
        let own = matches!(self.source, Source::Connect(_)).then_some(self.connections);
        let opened = match self.source {
            Source::Pool(pool) => {
                let place = place(&pool.connect_options());
                sessions_of(&pool, self.limit, self.pooled)
                    .await
                    .map(|sessions| (pool, sessions))
                    .map_err(|e| (place, e))
            }
            Source::Connect(options) => {
                let place = place(&options);
                let (options, sessions) = match self.pooled {
                    true => (options.statement_cache_capacity(0), Sessions::Foreign),
                    false => (with_limits(*options, self.limit), Sessions::Own),
                };
                connect(options, self.connections, self.limit)
                    .await
                    .map(|pool| (pool, sessions))
                    .map_err(|e| (place, e))
            }
        };
        let (pool, sessions) =
            opened.map_err(|(database, error)| OpenError::Unreachable { database, failure: error.into() })?;
        let breaker = Breaker::new(PAUSE, self.observer.clone());
        let postgres = Postgres::new(pool, own, sessions, self.limit, breaker);
        Ok(Database::new(Engine::Postgres(postgres), names, self.observer))
    }
}

/// What a session must have in common with all others. The server ends a statement before the question's limit, and
/// a transaction whose node has stopped, so that neither holds a lock for long. These settings come last, so they hold
/// whatever the host or the database has as default: the stores' statements are written for this level.
fn with_limits(options: PgConnectOptions, limit: Duration) -> PgConnectOptions {
    options.options([
        ("statement_timeout", statement_limit(limit).as_millis().to_string()),
        ("idle_in_transaction_session_timeout", limit.as_millis().to_string()),
        ("default_transaction_isolation", "read committed".into()),
    ])
}

async fn connect(options: PgConnectOptions, connections: u32, limit: Duration) -> Result<PgPool, sqlx::Error> {
    can_be_reached(&options, limit).await?;
    let pool = PgPoolOptions::new()
        .max_connections(connections)
        .acquire_timeout(limit)
        // A connection in use shows by itself when it is broken; one that has been idle may have been cut unnoticed.
        .test_before_acquire(false)
        .before_acquire(|connection, meta| {
            Box::pin(async move {
                if meta.idle_for >= TESTED_AFTER {
                    connection.ping().await?;
                }
                Ok(true)
            })
        })
        .connect_lazy_with(options);
    Ok(pool)
}

/// Connects once, and tries again for so long while the server is not there yet. A pool would say no more than that it
/// has waited.
async fn can_be_reached(options: &PgConnectOptions, limit: Duration) -> Result<(), sqlx::Error> {
    let deadline = Instant::now().checked_add(limit).unwrap_or_else(Instant::now);
    loop {
        let error = match timeout_at(deadline, PgConnection::connect_with(options)).await {
            Ok(Ok(connection)) => {
                // It is given up either way.
                let _ = timeout_at(deadline, connection.close()).await;
                return Ok(());
            }
            Ok(Err(error)) => error,
            Err(_) => return Err(sqlx::Error::PoolTimedOut),
        };
        let is_starting = error.as_database_error().is_some_and(|error| error.code().as_deref() == Some("57P03"));
        let again = Instant::now().checked_add(BETWEEN_TRIES).filter(|again| *again < deadline);
        match again {
            Some(again) if is_starting || matches!(error, sqlx::Error::Io(_)) => sleep_until(again).await,
            Some(_) | None => return Err(error),
        }
    }
}

/// The host's sessions serve as they are if the server ends what takes too long; else limits are set for each
/// transaction.
async fn sessions_of(pool: &PgPool, limit: Duration, pooled: bool) -> Result<Sessions, sqlx::Error> {
    let settings = "SELECT CAST(setting AS BIGINT) BETWEEN 1 AND $1
            AND current_setting('default_transaction_isolation') = 'read committed'
        FROM pg_settings WHERE name = 'statement_timeout'";
    let most = i64::try_from(limit.as_millis()).unwrap_or(i64::MAX);
    let asking = sqlx::query_scalar::<_, bool>(settings).bind(most).persistent(false).fetch_one(pool);
    let suits = tokio::time::timeout(limit, asking).await.map_err(|_| sqlx::Error::PoolTimedOut)??;
    Ok(if suits && !pooled { Sessions::Own } else { Sessions::Foreign })
}

/// Where a database is, for its operator. A name with other characters than names usually have is left out: a password
/// that was not percent-encoded can end up there.
fn place(options: &PgConnectOptions) -> String {
    let plain = |name: &str| {
        let is_plain = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._:/[]".contains(&byte));
        if is_plain { name.to_owned() } else { "?".to_owned() }
    };
    let host = match options.get_socket() {
        Some(socket) => plain(&socket.to_string_lossy()),
        None => plain(options.get_host()),
    };
    let database = plain(options.get_database().unwrap_or_else(|| options.get_username()));
    format!("{database} on {host}, port {}", options.get_port())
}

/// Prints neither the password nor the user.
impl fmt::Debug for PostgresOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PostgresOptions")
            .field("connections", &self.connections)
            .field("limit", &self.limit)
            .field("schema", &self.schema)
            .field("prefix", &self.prefix)
            .field("pooled", &self.pooled)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_has_limits_below_that_of_a_question_and_the_level_of_the_stores() {
        let expected = "-c statement_timeout=2700 -c idle_in_transaction_session_timeout=3000 \
                        -c default_transaction_isolation=read\\ committed";
        let options = with_limits(PgConnectOptions::new_without_pgpass(), Duration::from_secs(3));
        assert_eq!(options.get_options(), Some(expected));
    }

    #[test]
    fn what_a_host_has_set_comes_before_what_the_stores_need() {
        let set = PgConnectOptions::new_without_pgpass().options([("default_transaction_isolation", "serializable")]);
        let options = with_limits(set, Duration::from_secs(3));
        // Of several settings of one name, PostgreSQL takes the last.
        let last = options.get_options().and_then(|all| all.rsplit("default_transaction_isolation=").next());
        assert_eq!(last, Some("read\\ committed"));
    }
}
