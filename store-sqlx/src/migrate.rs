//! The tables: made, taken back, and printed for a history of the host's own (ST-4).

use crate::database::{Database, OpenError};
use crate::engine::Engine;
use crate::failure::{Failure, FailureKind};
use crate::names::{Dialect, Names};
use attesto_core::ConfigError;
use sqlx::AssertSqlSafe;
use sqlx::SqlSafeStr as _;
use sqlx::migrate::{MigrateError, Migration as SqlxMigration, MigrationType, Migrator};

/// A step as its files have it. A released one is never edited; a change is a new one.
struct Step {
    version: i64,
    name: &'static str,
    #[cfg(feature = "postgres")]
    postgres: (&'static str, &'static str),
    #[cfg(feature = "sqlite")]
    sqlite: (&'static str, &'static str),
}

macro_rules! step {
    ($version:literal, $name:literal) => {
        Step {
            version: $version,
            name: $name,
            #[cfg(feature = "postgres")]
            postgres: (
                include_str!(concat!("../migrations/postgres/", $version, "_", $name, ".up.sql")),
                include_str!(concat!("../migrations/postgres/", $version, "_", $name, ".down.sql")),
            ),
            #[cfg(feature = "sqlite")]
            sqlite: (
                include_str!(concat!("../migrations/sqlite/", $version, "_", $name, ".up.sql")),
                include_str!(concat!("../migrations/sqlite/", $version, "_", $name, ".down.sql")),
            ),
        }
    };
}

const STEPS: &[Step] = &[step!(20261201000001, "create_stores")];

/// One step of the tables' history, with the names of a database written in.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct Migration {
    /// When it was written: `YYYYMMDDNNNNNN`. Later ones are greater.
    pub version: i64,
    /// What it does, in snake_case.
    pub name: &'static str,
    /// The SQL that does it.
    pub up: String,
    /// The SQL that takes it back, with all that is in its tables.
    pub down: String,
}

/// Returns the history of the tables, the oldest step first: for a host that has a history of its own (sqlx, refinery,
/// diesel, Flyway), instead of [`migrate`]. `cargo run -p attesto-sqlx --example migrations` prints it.
///
/// A step that was released is never edited. After an update, add what is new, and let
/// [`check_schema`](crate::check_schema) say whether anything is missing.
///
/// ```
/// use attesto_sqlx::{Dialect, migrations};
///
/// let steps = migrations(Dialect::Sqlite, "auth_", None)?;
/// assert!(steps[0].up.contains("CREATE TABLE auth_codes ("));
/// assert!(steps[0].down.contains("DROP TABLE auth_codes;"));
/// # Ok::<_, attesto_core::ConfigError>(())
/// ```
///
/// # Errors
/// Fails for a prefix or schema that would have to be quoted.
pub fn migrations(dialect: Dialect, prefix: &str, schema: Option<&str>) -> Result<Vec<Migration>, ConfigError> {
    Ok(steps(&Names::new(dialect, schema.map(Into::into), prefix.into())?))
}

fn steps(names: &Names) -> Vec<Migration> {
    let steps = STEPS.iter().map(|step| {
        let (up, down) = match names.dialect() {
            #[cfg(feature = "postgres")]
            Dialect::Postgres => step.postgres,
            #[cfg(feature = "sqlite")]
            Dialect::Sqlite => step.sqlite,
        };
        let [up, down] = [up, down].map(|text| names.sql(text).text().to_string());
        Migration { version: step.version, name: step.name, up, down }
    });
    steps.collect()
}

fn migrator(names: &Names) -> Migrator {
    let mut migrations = Vec::new();
    for step in steps(names) {
        for (kind, text) in [(MigrationType::ReversibleUp, step.up), (MigrationType::ReversibleDown, step.down)] {
            let sql = AssertSqlSafe(text).into_sql_str();
            migrations.push(SqlxMigration::new(step.version, step.name.into(), kind, sql, false));
        }
    }
    let mut migrator = Migrator::with_migrations(migrations);
    migrator.dangerous_set_table_name(names.table("migrations"));
    migrator
}

/// Makes the tables, or brings them up to date. Several nodes may do so at once.
///
/// It keeps its history in the table `attesto_migrations`, with the prefix. A database whose tables were made from
/// [`migrations`] has none: there, it fails, and changes nothing.
///
/// # Errors
/// Fails where the database refuses, and where an applied migration is not the one of this version.
pub async fn migrate(database: &Database) -> Result<(), OpenError> {
    let migrator = migrator(database.names());
    let done = match database.engine() {
        #[cfg(feature = "postgres")]
        Engine::Postgres(postgres) => {
            let mut lease = postgres.lease().await.map_err(|error| OpenError::Failed(error.into()))?;
            migrator.run(lease.connection().map_err(OpenError::Failed)?).await
        }
        #[cfg(feature = "sqlite")]
        Engine::Sqlite(sqlite) => {
            sqlite.alone(move |connection| Box::pin(async move { migrator.run(connection).await })).await?
        }
    };
    done.map_err(|error| OpenError::Failed(failure(error)))
}

fn failure(error: MigrateError) -> Failure {
    match error {
        MigrateError::Execute(error) | MigrateError::ExecuteMigration(error, _) => Failure::with_text(error),
        other => Failure::new(FailureKind::Refused, other.to_string()),
    }
}
