//! What goes into a statement and comes out of it, without the types of one engine.

use crate::failure::Failure;
use attesto_core::Timestamp;

/// A parameter. Without `Debug`: some are keys and salts.
#[derive(Clone)]
pub(crate) enum Value {
    Bool(bool),
    Int(Option<i64>),
    Bytes(Option<Vec<u8>>),
    Text(Option<String>),
}

impl From<bool> for Value {
    fn from(value: bool) -> Self {
        Self::Bool(value)
    }
}

impl From<i64> for Value {
    fn from(value: i64) -> Self {
        Self::Int(Some(value))
    }
}

/// Whole seconds (ST-3). The last second of a column stands for every later one.
impl From<Timestamp> for Value {
    fn from(value: Timestamp) -> Self {
        Self::Int(Some(seconds(value)))
    }
}

impl From<Option<Timestamp>> for Value {
    fn from(value: Option<Timestamp>) -> Self {
        Self::Int(value.map(seconds))
    }
}

impl From<&[u8]> for Value {
    fn from(value: &[u8]) -> Self {
        Self::Bytes(Some(value.to_vec()))
    }
}

impl<const N: usize> From<&[u8; N]> for Value {
    fn from(value: &[u8; N]) -> Self {
        Self::Bytes(Some(value.to_vec()))
    }
}

impl<const N: usize> From<Option<&[u8; N]>> for Value {
    fn from(value: Option<&[u8; N]>) -> Self {
        Self::Bytes(value.map(|bytes| bytes.to_vec()))
    }
}

impl From<&str> for Value {
    fn from(value: &str) -> Self {
        Self::Text(Some(value.into()))
    }
}

impl From<String> for Value {
    fn from(value: String) -> Self {
        Self::Text(Some(value))
    }
}

impl From<Option<&str>> for Value {
    fn from(value: Option<&str>) -> Self {
        Self::Text(value.map(Into::into))
    }
}

pub(crate) fn seconds(time: Timestamp) -> i64 {
    i64::try_from(time.as_secs()).unwrap_or(i64::MAX)
}

/// A value of a row. SQLite has no type for truth: there it is an integer.
pub(crate) enum Cell {
    Null,
    Bool(bool),
    Int(i64),
    Bytes(Vec<u8>),
    Text(String),
}

/// A row, read from its first column to its last.
pub(crate) struct Row {
    cells: std::vec::IntoIter<Cell>,
}

impl Row {
    pub(crate) fn new(cells: Vec<Cell>) -> Self {
        Self { cells: cells.into_iter() }
    }

    fn next(&mut self) -> Result<Cell, Failure> {
        self.cells.next().ok_or_else(|| Failure::unreadable("a row has too few columns"))
    }

    pub(crate) fn bool(&mut self) -> Result<bool, Failure> {
        self.maybe_bool()?.ok_or_else(|| Failure::unreadable("a truth is absent"))
    }

    pub(crate) fn maybe_bool(&mut self) -> Result<Option<bool>, Failure> {
        match self.next()? {
            Cell::Null => Ok(None),
            Cell::Bool(value) => Ok(Some(value)),
            Cell::Int(value @ 0..=1) => Ok(Some(value == 1)),
            _ => Err(Failure::unreadable("a column is not true or false")),
        }
    }

    pub(crate) fn int(&mut self) -> Result<i64, Failure> {
        match self.next()? {
            Cell::Int(value) => Ok(value),
            _ => Err(Failure::unreadable("a column is not an integer")),
        }
    }

    pub(crate) fn time(&mut self) -> Result<Timestamp, Failure> {
        self.maybe_time()?.ok_or_else(|| Failure::unreadable("a time is absent"))
    }

    pub(crate) fn maybe_time(&mut self) -> Result<Option<Timestamp>, Failure> {
        match self.next()? {
            Cell::Null => Ok(None),
            Cell::Int(value) => match u64::try_from(value) {
                Ok(value) => Ok(Some(Timestamp::from_secs(value))),
                Err(_) => Err(Failure::unreadable("a time is negative")),
            },
            _ => Err(Failure::unreadable("a column is not a time")),
        }
    }

    pub(crate) fn text(&mut self) -> Result<String, Failure> {
        self.maybe_text()?.ok_or_else(|| Failure::unreadable("a text is absent"))
    }

    pub(crate) fn maybe_text(&mut self) -> Result<Option<String>, Failure> {
        match self.next()? {
            Cell::Null => Ok(None),
            Cell::Text(value) => Ok(Some(value)),
            _ => Err(Failure::unreadable("a column is not text")),
        }
    }

    pub(crate) fn bytes<const N: usize>(&mut self) -> Result<[u8; N], Failure> {
        self.maybe_bytes()?.ok_or_else(|| Failure::unreadable("bytes are absent"))
    }

    pub(crate) fn maybe_bytes<const N: usize>(&mut self) -> Result<Option<[u8; N]>, Failure> {
        match self.next()? {
            Cell::Null => Ok(None),
            Cell::Bytes(value) => match value.try_into() {
                Ok(value) => Ok(Some(value)),
                Err(_) => Err(Failure::unreadable("bytes have the wrong length")),
            },
            _ => Err(Failure::unreadable("a column is not bytes")),
        }
    }
}
