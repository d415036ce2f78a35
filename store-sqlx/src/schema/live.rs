//! The tables as they are.

use super::expected::Holds;
use crate::database::Database;
use crate::engine::Statement;
use crate::engine::value::{Row, Value};
use crate::failure::Failure;
use crate::names::Names;
use std::collections::BTreeSet;

pub(super) struct Column {
    pub(super) name: String,
    /// As the database writes it, in upper case.
    pub(super) kind: String,
    pub(super) nullable: bool,
    /// An `INSERT` that does not name it works.
    pub(super) may_be_left_out: bool,
    /// Of text, if it takes different texts for one, or may do so.
    pub(super) folds: Option<String>,
}

pub(super) struct Table {
    pub(super) columns: Vec<Column>,
    /// Columns that are together in a key, each key by itself.
    pub(super) unique: BTreeSet<String>,
    /// A collation that an index or the table has beside those of its columns.
    pub(super) folds: Option<String>,
}

/// Of PostgreSQL: whether it is a replica, and whether it accepts no writes.
pub(super) async fn standing(database: &Database) -> Result<(bool, bool), Failure> {
    let sql = database.names().sql_for(
        "SELECT pg_is_in_recovery(), current_setting('default_transaction_read_only') = 'on'",
        "SELECT FALSE, FALSE",
    );
    let rows = database.engine().read(Statement::new(&sql, [])).await?;
    match rows.into_iter().next() {
        Some(mut row) => Ok((row.bool()?, row.bool()?)),
        None => Err(Failure::unreadable("the database says nothing about itself")),
    }
}

/// Reads a table. `None` if it is not there.
pub(super) async fn table(database: &Database, name: &str) -> Result<Option<Table>, Failure> {
    let names = database.names();
    let columns = ask(database, &columns(names), &names.table(name)).await?;
    if columns.is_empty() {
        return Ok(None);
    }
    let columns = columns.into_iter().map(column).collect::<Result<_, Failure>>()?;
    let unique = ask(database, &unique(names), &names.table(name)).await?;
    let unique = unique.into_iter().map(|mut row| row.text()).collect::<Result<_, Failure>>()?;
    let mut folds = None;
    for mut row in ask(database, &definitions(names), &names.table(name)).await? {
        folds = folds.or(collation_of(&row.text()?));
    }
    Ok(Some(Table { columns, unique, folds }))
}

async fn ask(database: &Database, sql: &str, table: &str) -> Result<Vec<Row>, Failure> {
    database.engine().read(Statement::new(&database.names().sql(sql), [Value::from(table)])).await
}

fn column(mut row: Row) -> Result<Column, Failure> {
    Ok(Column {
        name: row.text()?,
        kind: row.text()?.to_ascii_uppercase(),
        nullable: row.bool()?,
        may_be_left_out: row.bool()?,
        folds: row.maybe_text()?,
    })
}

/// `$1` is the table, with its schema.
fn columns(names: &Names) -> String {
    names.pick(
        "SELECT CAST(attname AS text), format_type(atttypid, atttypmod), NOT attnotnull,
            atthasdef OR NOT attnotnull OR attidentity <> '', CASE WHEN NOT collisdeterministic THEN CAST(collname AS text) END
         FROM pg_attribute LEFT JOIN pg_collation ON pg_collation.oid = attcollation
         WHERE attrelid = to_regclass($1) AND attnum > 0 AND NOT attisdropped ORDER BY attnum",
        "SELECT name, type, NOT (\"notnull\" OR pk > 0), dflt_value IS NOT NULL OR NOT (\"notnull\" OR pk > 0), NULL
         FROM pragma_table_info($1) ORDER BY cid",
    )
}

/// Keys without a condition, their columns joined by commas.
fn unique(names: &Names) -> String {
    names.pick(
        "SELECT (SELECT string_agg(CAST(attname AS text), ',' ORDER BY attname) FROM pg_attribute
                 WHERE attrelid = indrelid AND attnum = ANY (CAST(indkey AS smallint[])))
         FROM pg_index
         WHERE indrelid = to_regclass($1) AND indisunique AND indisvalid AND indpred IS NULL AND indexprs IS NULL",
        "SELECT (SELECT group_concat(name, ',') FROM (SELECT name FROM pragma_index_info(keys.name) ORDER BY name))
         FROM pragma_index_list($1) AS keys WHERE \"unique\" AND NOT partial",
    )
}

/// The SQL with which a table of SQLite and its indexes were made: no pragma names the collation of a column.
fn definitions(names: &Names) -> String {
    names.pick(
        "SELECT NULL WHERE $1 = ''",
        "SELECT sql FROM sqlite_schema WHERE tbl_name = $1 COLLATE NOCASE AND sql IS NOT NULL",
    )
}

/// The first collation of a definition that is not the one by bytes.
fn collation_of(definition: &str) -> Option<String> {
    let mut words =
        definition.split(|at: char| !at.is_ascii_alphanumeric() && at != '_').filter(|word| !word.is_empty());
    while let Some(word) = words.next() {
        if word.eq_ignore_ascii_case("COLLATE") {
            let collation = words.next()?;
            if !collation.eq_ignore_ascii_case("BINARY") {
                return Some(collation.to_ascii_uppercase());
            }
        }
    }
    None
}

impl Holds {
    /// Whether a column of this type, as the database writes it, holds this.
    pub(super) fn is(self, names: &Names, kind: &str) -> bool {
        names.pick(self.in_postgres(), self.in_sqlite()) == kind
    }

    /// The type, as the database writes it.
    pub(super) fn written(self, names: &Names) -> String {
        names.pick(self.in_postgres(), self.in_sqlite())
    }

    const fn in_postgres(self) -> &'static str {
        match self {
            Self::Bytes => "BYTEA",
            Self::Text => "TEXT",
            Self::Int => "BIGINT",
            Self::Bool => "BOOLEAN",
        }
    }

    const fn in_sqlite(self) -> &'static str {
        match self {
            Self::Bytes => "BLOB",
            Self::Text => "TEXT",
            Self::Int | Self::Bool => "INTEGER",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::collation_of;

    #[test]
    fn a_collation_is_found_wherever_it_stands() {
        for (definition, found) in [
            ("CREATE TABLE t (a TEXT)", None),
            ("CREATE TABLE t (a TEXT COLLATE BINARY, b TEXT collate \"nocase\")", Some("NOCASE")),
            ("CREATE INDEX i ON t (a COLLATE RTRIM)", Some("RTRIM")),
            ("CREATE TABLE t (collated TEXT)", None),
        ] {
            assert_eq!(collation_of(definition).as_deref(), found, "{definition}");
        }
    }
}
