//! Lists of access tokens: as a parameter of a statement, and as one column of a row. Both are JSON arrays of pairs,
//! `[["jti", 1800000000]]`.

use crate::engine::value::{Value, seconds};
use crate::failure::Failure;
use crate::names::Names;
use attesto_core::Timestamp;
use attesto_core::authorization::{Answered, IssuedAccessToken, Unavailable};
use std::collections::BTreeMap;

/// A parameter for [`rows_of`]: each token once, with its latest expiry, in order of the `jti`s, so that two statements
/// with the same tokens lock their rows in the same order.
///
/// # Errors
/// Fails for a `jti` with a NUL: SQLite's JSON functions would cut it off there, and put another token on the list.
pub(crate) fn list(access: &[IssuedAccessToken]) -> Answered<Value> {
    let mut latest = BTreeMap::new();
    for token in access {
        if token.jwt_id.contains('\0') {
            return Err(Unavailable);
        }
        let expires_at = latest.entry(token.jwt_id.as_str()).or_insert(0);
        *expires_at = seconds(token.expires_at).max(*expires_at);
    }
    let pairs = latest.into_iter().map(|(jwt_id, expires_at)| serde_json::json!([jwt_id, expires_at]));
    Ok(serde_json::Value::from_iter(pairs).to_string().into())
}

/// The rows `named (jti, expires_at)` of a [`list`] that is this parameter, in its order.
pub(crate) fn rows_of(names: &Names, parameter: &str) -> String {
    names.pick(
        &format!(
            "(SELECT pair ->> 0 AS jti, CAST(pair ->> 1 AS BIGINT) AS expires_at
              FROM json_array_elements(CAST({parameter} AS json)) AS pair) AS named"
        ),
        &format!("(SELECT value ->> 0 AS jti, value ->> 1 AS expires_at FROM json_each({parameter})) AS named"),
    )
}

/// A column with all the rows of a table that belong to a family, for [`read`].
pub(crate) fn column(names: &Names, rows: &str) -> String {
    names.pick(
        &format!("(SELECT CAST(json_agg(json_build_array(jti, expires_at)) AS TEXT) FROM {rows})"),
        &format!("(SELECT json_group_array(json_array(jti, expires_at)) FROM {rows})"),
    )
}

/// Reads a [`column`]. Without a row, PostgreSQL gives NULL, and SQLite an empty list.
pub(crate) fn read(column: Option<&str>) -> Result<Vec<IssuedAccessToken>, Failure> {
    let Some(column) = column else { return Ok(Vec::new()) };
    let pairs: Vec<(String, u64)> =
        serde_json::from_str(column).map_err(|_| Failure::unreadable("a list of access tokens is not readable"))?;
    Ok(pairs.into_iter().map(|(jwt_id, at)| IssuedAccessToken::new(jwt_id, Timestamp::from_secs(at))).collect())
}
