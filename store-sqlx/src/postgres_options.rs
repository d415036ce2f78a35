//! How to reach a PostgreSQL database.

use crate::breaker::Breaker;
use crate::database::{Database, OpenError};
use crate::engine::Engine;
use crate::engine::postgres::Postgres;
use crate::names::{Dialect, Names};
use attesto_core::ConfigError;
use sqlx::postgres::{PgConnectOptions, PgPool, PgPoolOptions};
use std::fmt;
use std::str::FromStr;
use std::time::Duration;

/// Connections of a pool.
const CONNECTIONS: u32 = 10;
/// How long a question may take.
const LIMIT: Duration = Duration::from_secs(3);
/// How long questions are refused after the database could not be reached.
const PAUSE: Duration = Duration::from_secs(1);

/// A PostgreSQL database, for any number of machines: [`StoreReach::Shared`](attesto_core::host::StoreReach). Name the
/// primary: a replica answers from the past.
#[derive(Clone)]
pub struct PostgresOptions {
    source: Source,
    connections: u32,
    limit: Duration,
    schema: Option<String>,
    prefix: String,
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
    #[must_use]
    pub fn pool(pool: PgPool) -> Self {
        Self::over(Source::Pool(pool))
    }

    fn over(source: Source) -> Self {
        Self { source, connections: CONNECTIONS, limit: LIMIT, schema: None, prefix: Database::PREFIX.into() }
    }

    /// Sets how many connections the pool has at most; 10 unless set. Without effect on a pool of the host's.
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

    /// Names the schema of the tables. Without one, PostgreSQL goes by its `search_path`.
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

    /// Connects. The tables may still be missing: see [`migrate`](crate::migrate).
    ///
    /// # Errors
    /// Fails for unusable names, and where the database cannot be reached.
    pub async fn open(self) -> Result<Database, OpenError> {
        let names = Names::new(Dialect::Postgres, self.schema, self.prefix)?;
        let pool = match self.source {
            Source::Pool(pool) => pool,
            Source::Connect(options) => {
                let statement_limit = format!("{}", self.limit.as_millis());
                let options = options.options([("statement_timeout", statement_limit)]);
                let pool = PgPoolOptions::new().max_connections(self.connections).acquire_timeout(self.limit);
                pool.connect_with(options).await.map_err(crate::Failure::from)?
            }
        };
        let breaker = Breaker::new(PAUSE);
        Ok(Database::new(Engine::Postgres(Postgres { pool, limit: self.limit, breaker }), names))
    }
}

/// Prints neither the password nor the user.
impl fmt::Debug for PostgresOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PostgresOptions")
            .field("connections", &self.connections)
            .field("limit", &self.limit)
            .field("schema", &self.schema)
            .field("prefix", &self.prefix)
            .finish_non_exhaustive()
    }
}
