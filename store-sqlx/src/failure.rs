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

/// Why a question to the database was not answered. It has no values of rows, no addresses and no passwords.
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
}

/// Keeps the class and the text of an error. Values that PostgreSQL quotes in `DETAIL` are left out.
impl From<sqlx::Error> for Failure {
    fn from(error: sqlx::Error) -> Self {
        match &error {
            sqlx::Error::Database(database) => {
                let code = database.code().map(Cow::into_owned);
                let kind = code.as_deref().map_or(FailureKind::Refused, of_code);
                Self { kind, code, message: database.message().to_owned().into() }
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
            _ => Self::new(FailureKind::Refused, "the statement failed"),
        }
    }
}

/// Classifies an SQLSTATE (five characters) or a result code of SQLite (a number).
fn of_code(code: &str) -> FailureKind {
    if code.len() == 5 && !code.chars().all(|c| c.is_ascii_digit() && c == '0') {
        return match code {
            "40001" | "40P01" => FailureKind::Conflict,
            "57014" => FailureKind::TimedOut,
            "25006" | "53100" => FailureKind::ReadOnly,
            _ if code.starts_with("08") || code.starts_with("57P") || code.starts_with("53") => {
                FailureKind::Unreachable
            }
            _ => FailureKind::Refused,
        };
    }
    // The lowest byte of an extended code is the primary one.
    match code.parse::<u32>().unwrap_or_default() & 0xff {
        5 | 6 => FailureKind::Conflict,
        8 | 13 => FailureKind::ReadOnly,
        10 | 14 | 26 | 11 => FailureKind::Unreachable,
        _ => FailureKind::Refused,
    }
}
