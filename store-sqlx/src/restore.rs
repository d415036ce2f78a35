//! What to do after a backup was restored: end everything that it knows.

use crate::database::{Database, OpenError};
use crate::engine::Statement;
use crate::engine::value::Value;
use attesto_core::Timestamp;

/// Seconds for which a family that was ended is remembered as revoked: longer than any request that began before takes.
const REMEMBERED: u64 = 86_400;

/// What [`end_all`] has ended.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
#[non_exhaustive]
pub struct Ended {
    /// Codes that were fresh.
    pub codes: usize,
    /// Families of refresh tokens that lived.
    pub families: usize,
    /// Unexpired access tokens that are on the deny list now.
    pub access_tokens: usize,
    /// Pushed requests and consents.
    pub requests: usize,
}

/// Ends every code, refresh token, pushed request and consent in the database, and puts the unexpired access tokens that it
/// knows on the deny list. All of it happens in one transaction, or nothing.
///
/// For the time after a backup was restored, before the first request: in a backup, codes are fresh and refresh tokens
/// current that were spent since, and what was revoked since is not. Also for a signing key that leaked together with
/// the database. Users must authorize their clients again.
///
/// It cannot know what came after the backup: access tokens that were issued since live until they expire, and proofs that
/// were used since are not on record; see
/// [`SqlxReplayStore::after_restore`](crate::SqlxReplayStore::after_restore).
///
/// # Errors
/// Fails where the database does not carry it out.
pub async fn end_all(database: &Database, now: Timestamp) -> Result<Ended, OpenError> {
    let names = database.names();
    let statement = |template: &str, values: &[Value]| Statement::new(&names.sql(template), values.iter().cloned());
    let at = Value::from(now);
    let deny = "INSERT INTO {denied_access_tokens} AS denied (jti, expires_at)
         SELECT DISTINCT jti, expires_at FROM {refresh_access_tokens} WHERE expires_at > $1
         ON CONFLICT (jti) DO UPDATE SET expires_at = {greatest}(denied.expires_at, excluded.expires_at) RETURNING TRUE";
    let deny_by_code = "INSERT INTO {denied_access_tokens} AS denied (jti, expires_at)
         SELECT DISTINCT access_jti, access_expires_at FROM {codes} WHERE access_jti IS NOT NULL AND access_expires_at > $1
         ON CONFLICT (jti) DO NOTHING RETURNING TRUE";
    let revoke =
        "UPDATE {refresh_families} SET revoked = TRUE, keep_until = $1, retain_until = {greatest}(retain_until, $1)
         WHERE NOT revoked RETURNING TRUE";
    let steps = vec![
        // First, so that what is under way with a family comes before or after, on every node.
        statement(revoke, &[now.plus(REMEMBERED).into()]),
        statement(deny, std::slice::from_ref(&at)),
        statement(deny_by_code, std::slice::from_ref(&at)),
        statement("DELETE FROM {refresh_access_tokens}", &[]),
        statement("UPDATE {codes} SET consumed_at = $1 WHERE consumed_at IS NULL RETURNING TRUE", &[at]),
        statement("DELETE FROM {pushed_requests} RETURNING TRUE", &[]),
        statement("DELETE FROM {consent_grants} RETURNING TRUE", &[]),
    ];
    let answers = database.engine().maintain(steps).await?;
    let rows = |step: usize| answers.get(step).map_or(0, Vec::len);
    Ok(Ended {
        families: rows(0),
        access_tokens: rows(1).saturating_add(rows(2)),
        codes: rows(4),
        requests: rows(5).saturating_add(rows(6)),
    })
}
