//! Why a question was not answered. The core learns only that there is no answer; the operator learns the reason.

use std::borrow::Cow;
use std::fmt;

/// What failed.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum FailureKind {
    /// The database cannot be reached, is starting or shutting down, or has no connection left.
    Unreachable,
    /// The database did not answer in time.
    TimedOut,
    /// The database was unreachable a moment ago, and this question was not sent.
    CircuitOpen,
    /// More questions wait than may.
    Overloaded,
    /// A transaction was aborted in favour of another (SQLSTATE 40001, 40P01; SQLite's `BUSY`).
    Conflict,
    /// The database accepts no writes: a replica, a full disk or a file that is read-only.
    ReadOnly,
    /// A row that is there cannot be read as what it should be.
    Unreadable,
    /// The database refused the statement: a missing table, a missing right, a broken constraint.
    Refused,
}

impl FailureKind {
    /// The kind as a label of metrics, in snake_case; stable.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Unreachable => "unreachable",
            Self::TimedOut => "timed_out",
            Self::CircuitOpen => "circuit_open",
            Self::Overloaded => "overloaded",
            Self::Conflict => "conflict",
            Self::ReadOnly => "read_only",
            Self::Unreadable => "unreadable",
            Self::Refused => "refused",
        }
    }
}

/// Why a question to the database was not answered. It has no values of rows, no addresses and no passwords: a
/// database's own text can quote what a client sent (`invalid input syntax for type bigint: "..."`), so the text is chosen
/// by the code instead.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub struct Failure {
    /// What failed.
    pub kind: FailureKind,
    /// The code of the database: an SQLSTATE, or SQLite's extended result code.
    pub code: Option<String>,
    /// For people.
    pub message: Cow<'static, str>,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)?;
        match &self.code {
            Some(code) => write!(f, " ({code})"),
            None => Ok(()),
        }
    }
}

impl Failure {
    pub(crate) fn new(kind: FailureKind, message: impl Into<Cow<'static, str>>) -> Self {
        Self { kind, code: None, message: message.into() }
    }

    pub(crate) fn unreadable(what: &'static str) -> Self {
        Self::new(FailureKind::Unreadable, what)
    }

    /// Keeps the database's own text, for statements that have no values: those that make tables.
    pub(crate) fn with_text(error: sqlx::Error) -> Self {
        let text = error.as_database_error().map(|database| database.message().to_owned());
        let failure = Self::from(error);
        match text {
            Some(text) => Self { message: text.into(), ..failure },
            None => failure,
        }
    }
}

impl From<sqlx::Error> for Failure {
    fn from(error: sqlx::Error) -> Self {
        match &error {
            sqlx::Error::Database(database) => {
                let code = database.code().map(Cow::into_owned);
                let (kind, text) = code.as_deref().map_or((FailureKind::Refused, STATEMENT_FAILED), of_code);
                // The names of constraints are ours.
                let message = match database.constraint() {
                    Some(constraint) => format!("{text}: {constraint}").into(),
                    None => text.into(),
                };
                Self { kind, code, message }
            }
            sqlx::Error::PoolTimedOut => Self::new(FailureKind::Unreachable, "no connection became free in time"),
            sqlx::Error::Io(error) => {
                Self::new(FailureKind::Unreachable, format!("the connection failed: {}", error.kind()))
            }
            sqlx::Error::Tls(_) => Self::new(FailureKind::Unreachable, "TLS to the database failed"),
            sqlx::Error::PoolClosed | sqlx::Error::WorkerCrashed => {
                Self::new(FailureKind::Unreachable, "the connection is closed")
            }
            sqlx::Error::Protocol(_) => Self::new(FailureKind::Unreachable, "the connection broke in mid-sentence"),
            sqlx::Error::ColumnDecode { .. } | sqlx::Error::Decode(_) | sqlx::Error::ColumnIndexOutOfBounds { .. } => {
                Self::unreadable("a column has another type than expected")
            }
            _ => Self::new(FailureKind::Refused, STATEMENT_FAILED),
        }
    }
}

const STATEMENT_FAILED: &str = "the statement failed";

/// Classifies an SQLSTATE (five characters) or a result code of SQLite (a number).
fn of_code(code: &str) -> (FailureKind, &'static str) {
    match code.parse::<u32>() {
        // An SQLSTATE may have digits only, but it has five.
        Ok(number) if code.len() < 5 => of_sqlite(number),
        _ => of_sqlstate(code),
    }
}

/// PostgreSQL, appendix A.
fn of_sqlstate(code: &str) -> (FailureKind, &'static str) {
    use FailureKind::{Conflict, ReadOnly, Refused, TimedOut, Unreachable};
    match code {
        "40001" => (Conflict, "the transaction could not be serialized with another"),
        "40P01" => (Conflict, "the transaction was aborted to end a deadlock"),
        "57014" => (TimedOut, "the statement took too long, or was cancelled"),
        "55P03" => (TimedOut, "a lock was not available in time"),
        "25P03" | "25P04" | "57P05" => (TimedOut, "the database ended a connection that took too long"),
        "25006" => (ReadOnly, "the database accepts no writes: a replica, or default_transaction_read_only"),
        "53100" => (ReadOnly, "the database's disk is full"),
        "53300" => (Unreachable, "the database has no connection left"),
        "57P01" | "57P02" => (Unreachable, "the database ended the connection"),
        "57P03" => (Unreachable, "the database is starting or shutting down"),
        "28P01" | "28000" => (Refused, "the database refused the login: wrong password, unknown role, or pg_hba.conf"),
        "3D000" => (Refused, "there is no such database"),
        "42P01" => (Refused, "a table is missing: run attesto_sqlx::migrate"),
        "42703" => (Refused, "a column is missing: run attesto_sqlx::migrate"),
        "3F000" => (Refused, "the schema is missing: run attesto_sqlx::migrate"),
        "42501" => (Refused, "a right is missing"),
        "23505" => (Refused, "a row is there already"),
        "0A000" => (Refused, "the statement is not supported, or a column changed its type since it was prepared"),
        "26000" | "42P05" => (Refused, "a prepared statement is lost: behind a pooler, set `transaction_pooling`"),
        _ => match code.get(..2).unwrap_or_default() {
            "08" => (Unreachable, "the connection failed"),
            "53" => (Unreachable, "the database lacks memory or another resource"),
            "57" => (Unreachable, "the database ended the connection"),
            "22" => (Refused, "a value cannot be stored"),
            "23" => (Refused, "a constraint was broken"),
            "58" | "XX" => (Refused, "the database has an internal error"),
            _ => (Refused, STATEMENT_FAILED),
        },
    }
}

/// SQLite, "Result and Error Codes". The lowest byte of an extended code is the primary one.
fn of_sqlite(code: u32) -> (FailureKind, &'static str) {
    use FailureKind::{Conflict, ReadOnly, Refused, Unreachable};
    match code & 0xff {
        5 | 6 => (Conflict, "the database is locked by another process"),
        8 => (ReadOnly, "the database is read-only"),
        13 => (ReadOnly, "the disk is full"),
        10 => (Unreachable, "the disk failed"),
        11 | 26 => (Unreachable, "the file is damaged, or is not a database"),
        14 => (Unreachable, "the file cannot be opened"),
        19 => (Refused, "a constraint was broken"),
        1 => (Refused, "the statement failed: is a table missing? run attesto_sqlx::migrate"),
        _ => (Refused, STATEMENT_FAILED),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_of_both_databases_are_told_apart() {
        for (code, kind) in [
            ("40001", FailureKind::Conflict),
            ("57014", FailureKind::TimedOut),
            ("53100", FailureKind::ReadOnly),
            ("53300", FailureKind::Unreachable),
            ("08006", FailureKind::Unreachable),
            ("57P03", FailureKind::Unreachable),
            ("23505", FailureKind::Refused),
            ("22021", FailureKind::Refused),
            ("00000", FailureKind::Refused),
            ("5", FailureKind::Conflict),
            ("517", FailureKind::Conflict),
            ("1032", FailureKind::ReadOnly),
            ("13", FailureKind::ReadOnly),
            ("14", FailureKind::Unreachable),
            ("1555", FailureKind::Refused),
            ("2067", FailureKind::Refused),
            ("", FailureKind::Refused),
        ] {
            assert_eq!(of_code(code).0, kind, "{code}");
        }
    }

    #[test]
    fn an_extended_code_of_sqlite_has_its_own_failure() {
        // SQLITE_IOERR_FSYNC, and the greatest that there is: SQLITE_IOERR_IN_PAGE. Neither has five digits.
        assert_eq!(of_code("1034").0, FailureKind::Unreachable);
        assert_eq!(of_code("8714").0, FailureKind::Unreachable);
    }
}
