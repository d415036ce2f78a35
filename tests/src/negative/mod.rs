//! The negative table: each row takes a valid request, breaks one thing, and names the reason, the status and the challenge.
//! Together the rows produce every `Reason` there is.
//!
//! `tests/tests/negative` holds the core to it, `tests/tests/behaviour` every server that stands before a socket.

mod binding;
mod credential;
mod host;
mod origin;
mod proof;
mod row;
mod token;

pub use row::{Exchange, Row, Told, bearer};

/// The whole table.
#[must_use]
pub fn rows() -> Vec<Row> {
    let mut rows = origin::rows();
    rows.extend(credential::rows());
    rows.extend(token::rows());
    rows.extend(proof::rows());
    rows.extend(binding::rows());
    rows.extend(host::rows());
    rows
}
