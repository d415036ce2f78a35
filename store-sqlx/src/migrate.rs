//! The tables: made, taken back, and printed for a history of the host's own (ST-4).

use crate::database::{Database, OpenError};
use crate::engine::Engine;
use crate::failure::{Failure, FailureKind};
use crate::names::{Dialect, Names};
use sqlx::AssertSqlSafe;
use sqlx::SqlSafeStr as _;
use sqlx::migrate::{MigrateError, Migration as SqlxMigration, MigrationType, Migrator};

/// One step of the tables' history. An applied one is never edited; a change is a new one.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Step {
    version: i64,
    name: &'static str,
    postgres: (&'static str, &'static str),
    sqlite: (&'static str, &'static str),
}

macro_rules! step {
    ($version:literal, $name:literal) => {
        Step {
            version: $version,
            name: $name,
            postgres: (
                include_str!(concat!("../migrations/postgres/", $version, "_", $name, ".up.sql")),
                include_str!(concat!("../migrations/postgres/", $version, "_", $name, ".down.sql")),
            ),
            sqlite: (
                include_str!(concat!("../migrations/sqlite/", $version, "_", $name, ".up.sql")),
                include_str!(concat!("../migrations/sqlite/", $version, "_", $name, ".down.sql")),
            ),
        }
    };
}

const STEPS: &[Step] = &[step!(20261201000001, "create_stores")];

fn migrator(names: &Names) -> Migrator {
    let mut migrations = Vec::new();
    for step in STEPS {
        let (up, down) = match names.dialect() {
            #[cfg(feature = "postgres")]
            Dialect::Postgres => step.postgres,
            #[cfg(feature = "sqlite")]
            Dialect::Sqlite => step.sqlite,
        };
        for (kind, text) in [(MigrationType::ReversibleUp, up), (MigrationType::ReversibleDown, down)] {
            let sql = AssertSqlSafe(names.sql(text).text()).into_sql_str();
            migrations.push(SqlxMigration::new(step.version, step.name.into(), kind, sql, false));
        }
    }
    let mut migrator = Migrator::with_migrations(migrations);
    migrator.dangerous_set_table_name(names.table("migrations"));
    migrator
}

/// Makes the tables, or brings them up to date. Several nodes may do so at once.
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
