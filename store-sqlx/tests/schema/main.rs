//! The tables: made by hand, looked at, taken back (ST-4).
#![cfg(all(feature = "postgres", feature = "sqlite"))]

mod by_hand;
mod differences;
mod long_values;

use attesto_sqlx::{Database, Dialect, PostgresOptions, SqliteOptions};
use sqlx::postgres::PgPool;
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{AssertSqlSafe, ConnectOptions as _, SqliteConnection};
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};

/// A database of a test's own, with a way to it that is not the stores'.
pub(crate) struct Place {
    pub(crate) dialect: Dialect,
    pub(crate) prefix: String,
    pub(crate) schema: Option<String>,
    way: Way,
}

enum Way {
    Sqlite(PathBuf),
    Postgres { url: String, pool: PgPool },
}

/// SQLite, and PostgreSQL where there is a server, without and with a schema of its own.
pub(crate) async fn places() -> Vec<Place> {
    let mut places = vec![sqlite()];
    for schema in [false, true] {
        places.extend(postgres(schema).await);
    }
    places
}

pub(crate) fn sqlite() -> Place {
    let file = std::env::temp_dir().join(format!("attesto-schema-{}-{}.db", std::process::id(), number()));
    Place { dialect: Dialect::Sqlite, prefix: "auth_".into(), schema: None, way: Way::Sqlite(file) }
}

#[expect(clippy::disallowed_methods, reason = "a program is where configuration comes from")]
pub(crate) async fn postgres(in_schema: bool) -> Option<Place> {
    let Ok(url) = std::env::var("ATTESTO_TEST_POSTGRES") else {
        eprintln!("left out: PostgreSQL (`.ci/with-postgres` starts one)");
        return None;
    };
    let pool = PgPool::connect(&url).await.expect("connects");
    let prefix = format!("s{}_{}_", std::process::id(), number());
    let schema = in_schema.then(|| format!("{prefix}schema"));
    if let Some(schema) = &schema {
        let create = AssertSqlSafe(format!("CREATE SCHEMA {schema}"));
        sqlx::raw_sql(create).execute(&pool).await.expect("creates");
    }
    Some(Place { dialect: Dialect::Postgres, prefix, schema, way: Way::Postgres { url, pool } })
}

fn number() -> usize {
    static NEXT: AtomicUsize = AtomicUsize::new(0);
    NEXT.fetch_add(1, Ordering::Relaxed)
}

impl Place {
    /// What opens the stores there.
    pub(crate) async fn database(&self) -> Database {
        match &self.way {
            Way::Sqlite(file) => SqliteOptions::file(file).prefix(&self.prefix).open().await.expect("opens"),
            Way::Postgres { url, .. } => {
                let options = PostgresOptions::url(url).expect("a URL").prefix(&self.prefix);
                let options = self.schema.iter().fold(options, PostgresOptions::schema);
                options.open().await.expect("opens")
            }
        }
    }

    /// The name of a table, with schema and prefix.
    pub(crate) fn table(&self, table: &str) -> String {
        match &self.schema {
            Some(schema) => format!("{schema}.{}{table}", self.prefix),
            None => format!("{}{table}", self.prefix),
        }
    }

    /// Runs SQL that the stores did not write.
    pub(crate) async fn run(&self, sql: &str) -> Result<(), sqlx::Error> {
        match &self.way {
            Way::Sqlite(file) => {
                let mut connection: SqliteConnection =
                    SqliteConnectOptions::new().filename(file).create_if_missing(true).connect().await?;
                sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut connection).await?;
            }
            Way::Postgres { pool, .. } => {
                sqlx::raw_sql(AssertSqlSafe(sql)).execute(pool).await?;
            }
        }
        Ok(())
    }

    /// Makes the tables from what `migrations` returns, changed by the test.
    pub(crate) async fn make(&self, change: impl Fn(String) -> String) {
        for step in attesto_sqlx::migrations(self.dialect, &self.prefix, self.schema.as_deref()).expect("plain names") {
            self.run(&change(step.up)).await.expect("applies");
        }
    }

    /// Tables and indexes of this prefix.
    pub(crate) async fn left(&self) -> i64 {
        let like = format!("{}%", self.prefix.replace('_', "\\_"));
        let counted = match &self.way {
            Way::Sqlite(file) => {
                let mut connection = SqliteConnectOptions::new().filename(file).connect().await.expect("opens");
                let count = "SELECT count(*) FROM sqlite_schema WHERE name LIKE $1 ESCAPE '\\'";
                sqlx::query_scalar(count).bind(like).fetch_one(&mut connection).await
            }
            Way::Postgres { pool, .. } => {
                let count = "SELECT count(*) FROM pg_class WHERE relname LIKE $1";
                sqlx::query_scalar(count).bind(like).fetch_one(pool).await
            }
        };
        counted.expect("answers")
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        if let Way::Sqlite(file) = &self.way {
            for end in ["", "-wal", "-shm"] {
                let mut path = file.clone().into_os_string();
                path.push(end);
                // SQLite may have removed it.
                let _ = std::fs::remove_file(path);
            }
        }
    }
}
