//! Whether the tables are those that this version needs (ST-4).

mod expected;
mod live;

use crate::database::Database;
use crate::failure::Failure;
use crate::names::Names;
use std::fmt;

/// How the tables in the database differ from those that this version needs.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum SchemaDifference {
    /// A table is not there.
    NoTable {
        /// Its name, with prefix and schema.
        table: String,
    },
    /// A column is not there.
    NoColumn {
        /// The table's name.
        table: String,
        /// The column's name.
        column: &'static str,
    },
    /// A column has another type.
    OtherType {
        /// The table's name.
        table: String,
        /// The column's name.
        column: &'static str,
        /// The type that it must have.
        expected: String,
        /// The type that it has.
        found: String,
    },
    /// A column refuses NULL that must take it, or takes NULL that must refuse it.
    OtherNull {
        /// The table's name.
        table: String,
        /// The column's name.
        column: &'static str,
        /// Whether it must take NULL.
        expected: bool,
    },
    /// A column that this version does not know must be set: no row could be stored.
    UnknownColumn {
        /// The table's name.
        table: String,
        /// The column's name.
        column: String,
    },
    /// A column may hold a value twice that must be there once: codes and proofs could be used twice.
    NotUnique {
        /// The table's name.
        table: String,
        /// The column's name.
        column: &'static str,
    },
    /// A collation takes different texts for one: a client `App` could use what belongs to `app`.
    Collation {
        /// The table's name.
        table: String,
        /// The column's name, where it is known.
        column: Option<String>,
        /// The collation's name.
        collation: String,
    },
    /// The server is a replica, which answers from the past.
    Replica,
    /// The server accepts no writes of this user.
    ReadOnly,
}

impl fmt::Display for SchemaDifference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoTable { table } => write!(f, "there is no table {table}"),
            Self::NoColumn { table, column } => write!(f, "{table} has no column {column}"),
            Self::OtherType { table, column, expected, found } => {
                write!(f, "{table}.{column} is {found}, not {expected}")
            }
            Self::OtherNull { table, column, expected: true } => write!(f, "{table}.{column} refuses NULL"),
            Self::OtherNull { table, column, expected: false } => write!(f, "{table}.{column} takes NULL"),
            Self::UnknownColumn { table, column } => {
                write!(f, "{table}.{column} is not known to this version, and must be set")
            }
            Self::NotUnique { table, column } => write!(f, "{table}.{column} is not unique"),
            Self::Collation { table, column: Some(column), collation } => {
                write!(f, "{table}.{column} is compared by {collation}, which takes different texts for one")
            }
            Self::Collation { table, column: None, collation } => {
                write!(f, "{table} has text that is compared by {collation}, which takes different texts for one")
            }
            Self::Replica => f.write_str("the server is a replica"),
            Self::ReadOnly => f.write_str("the server accepts no writes (default_transaction_read_only)"),
        }
    }
}

/// Why the tables cannot be used. `Debug` prints it as `Display` does, since a `main` that returns it prints that.
#[derive(Clone, thiserror::Error)]
#[non_exhaustive]
pub enum SchemaError {
    /// The database did not say what its tables are.
    #[error("the tables cannot be looked at: {0}")]
    Failed(#[from] Failure),
    /// They are not those of this version.
    #[error("the database is not ready:{}\nrun `migrate`, or apply what `migrations` returns", list(.0))]
    Differs(Vec<SchemaDifference>),
}

impl fmt::Debug for SchemaError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

fn list(differences: &[SchemaDifference]) -> String {
    differences.iter().map(|difference| format!("\n- {difference}")).collect()
}

/// Checks that the tables are those that this version needs, and that the server can be written to.
///
/// For the start of a program that does not [`migrate`](crate::migrate()) itself: what is missing is said then, and by
/// name, and not by the first request that needs it. Columns of the host's own may be there if they can be left out,
/// and so may indexes.
///
/// ```
/// use attesto_sqlx::{SqliteOptions, check_schema, migrate};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let database = SqliteOptions::memory().open().await?;
/// let error = check_schema(&database).await.expect_err("there are no tables");
/// assert!(error.to_string().contains("there is no table attesto_codes"));
/// migrate(&database).await?;
/// check_schema(&database).await?;
/// # Ok(())
/// # }
/// ```
///
/// # Errors
/// Returns every difference, or the failure of the database.
pub async fn check_schema(database: &Database) -> Result<(), SchemaError> {
    let mut differences = Vec::new();
    match live::standing(database).await? {
        (true, _) => differences.push(SchemaDifference::Replica),
        (false, true) => differences.push(SchemaDifference::ReadOnly),
        (false, false) => {}
    }
    for expected in &expected::TABLES {
        match live::table(database, expected.name).await? {
            Some(live) => compare(database.names(), expected, &live, &mut differences),
            None => differences.push(SchemaDifference::NoTable { table: database.names().table(expected.name) }),
        }
    }
    if differences.is_empty() { Ok(()) } else { Err(SchemaError::Differs(differences)) }
}

fn compare(names: &Names, expected: &expected::Table, live: &live::Table, found: &mut Vec<SchemaDifference>) {
    let table = names.table(expected.name);
    for column in expected.columns {
        match live.columns.iter().find(|live| live.name == column.name) {
            Some(live) => compare_column(names, &table, *column, live, found),
            None => found.push(SchemaDifference::NoColumn { table: table.clone(), column: column.name }),
        }
    }
    let unknown = live
        .columns
        .iter()
        .filter(|live| !live.may_be_left_out && expected.columns.iter().all(|column| column.name != live.name));
    found.extend(
        unknown.map(|live| SchemaDifference::UnknownColumn { table: table.clone(), column: live.name.clone() }),
    );
    let repeated = expected.unique.iter().filter(|column| !live.unique.contains(**column));
    found.extend(repeated.map(|column| SchemaDifference::NotUnique { table: table.clone(), column }));
    if let Some(collation) = &live.folds {
        found.push(SchemaDifference::Collation { table, column: None, collation: collation.clone() });
    }
}

fn compare_column(
    names: &Names,
    table: &str,
    expected: expected::Column,
    live: &live::Column,
    found: &mut Vec<SchemaDifference>,
) {
    let (table, column) = (table.to_owned(), expected.name);
    if !expected.holds.is(names, &live.kind) {
        let (expected, kind) = (expected.holds.written(names), live.kind.clone());
        found.push(SchemaDifference::OtherType { table: table.clone(), column, expected, found: kind });
    }
    if expected.nullable != live.nullable {
        found.push(SchemaDifference::OtherNull { table: table.clone(), column, expected: expected.nullable });
    }
    if let Some(collation) = &live.folds {
        let (column, collation) = (Some(column.to_owned()), collation.clone());
        found.push(SchemaDifference::Collation { table, column, collation });
    }
}

#[cfg(test)]
mod tests {
    use super::expected::TABLES;

    #[test]
    fn every_table_of_the_statements_is_expected() {
        assert_eq!(TABLES.map(|table| table.name), crate::names::TABLES);
    }
}
