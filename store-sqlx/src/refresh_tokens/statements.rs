//! The statements of the store of refresh tokens, for both databases.
//!
//! PostgreSQL changes a family and its access tokens in one statement, by a common table expression for each. SQLite has
//! none that change something: there, a statement is several, which its engine runs in one transaction, with the same
//! parameters; `changes()` is the number of rows that the one before has changed.
//!
//! The salt of a spent token is overwritten by the next rotation. Where none comes, it is forgotten a minute after the
//! token was spent when the family is used again, or by the sweeper. An index by which the sweeper could find it at once
//! would be written at each rotation, and every other index of the row with it.

use crate::access_tokens;
use crate::columns::AUTHORIZATION;
use crate::names::{Names, Sql};

/// The columns of a refresh token beside its authorization.
pub(super) const TOKEN: &str = "generation, dpop_jkt, x5t_s256, bound_late, expires_at, family_expires_at";

/// What recording an access token means if it is there: the later expiry counts. One of another family breaks the
/// constraint that no expiry is NULL, and with that the whole step.
const RECORDED: &str = "ON CONFLICT (jti) DO UPDATE SET expires_at =
    CASE WHEN recorded.family_id = excluded.family_id THEN {greatest}(recorded.expires_at, excluded.expires_at) END";

/// The access tokens that the family `$1` still has at `$2`.
const LIVING: &str =
    "SELECT jti, expires_at FROM {refresh_access_tokens} WHERE family_id = $1 AND expires_at > $2 ORDER BY jti";

#[derive(Debug)]
pub(super) struct Statements {
    pub(super) load: Sql,
    pub(super) insert: Sql,
    pub(super) why_not_inserted: Sql,
    pub(super) rotate: Sql,
    pub(super) why_not_rotated: Sql,
    pub(super) repeat: Sql,
    pub(super) lock_token: Sql,
    pub(super) load_family: Sql,
    pub(super) revoke: Sql,
    pub(super) record: Sql,
    pub(super) living: Sql,
    pub(super) forget_expired: Sql,
    pub(super) lock_revoked: Sql,
    pub(super) forget_settled: Sql,
    pub(super) forget_tokens: Sql,
}

impl Statements {
    pub(super) fn new(names: &Names) -> Self {
        Self {
            load: names.sql(&load(names)),
            insert: insert(names),
            why_not_inserted: names.sql("SELECT revoked FROM {refresh_families} WHERE family_id = $1"),
            rotate: rotate(names),
            why_not_rotated: names
                .sql("SELECT revoked, current_digest = $2 FROM {refresh_families} WHERE family_key = $1"),
            repeat: repeat(names),
            lock_token: names.sql(
                "SELECT current_digest = $2 AND NOT revoked FROM {refresh_families} WHERE family_key = $1 {for_update}",
            ),
            load_family: names.sql(
                "SELECT family.family_id, family.client_id FROM {refresh_access_tokens} AS recorded
                 JOIN {refresh_families} AS family ON family.family_id = recorded.family_id
                 WHERE recorded.jti = $1 AND family.client_id IS NOT NULL",
            ),
            // The first statement of its transaction: it takes the family's lock.
            revoke: names.sql(
                "INSERT INTO {refresh_families} AS family (family_id, revoked, keep_until, used_at, retain_until)
                 VALUES ($1, TRUE, $2, $3, $4)
                 ON CONFLICT (family_id) DO UPDATE SET revoked = TRUE,
                    spent_salt = CASE WHEN family.spent_at >= excluded.used_at - 60 THEN family.spent_salt END,
                    keep_until = {greatest}(COALESCE(family.keep_until, 0), excluded.keep_until),
                    retain_until = {greatest}(family.retain_until, excluded.retain_until)",
            ),
            record: names.sql(&format!(
                "INSERT INTO {{refresh_access_tokens}} AS recorded (jti, family_id, expires_at)
                 SELECT jti, $1, expires_at FROM {} WHERE TRUE {RECORDED}",
                access_tokens::rows_of(names, "$2")
            )),
            living: names.sql(LIVING),
            forget_expired: names
                .sql("DELETE FROM {refresh_access_tokens} WHERE family_id = $1 AND expires_at <= $2"),
            lock_revoked: names
                .sql("SELECT TRUE FROM {refresh_families} WHERE family_id = $1 AND revoked {for_update}"),
            // A token that was recorded again with a later expiry is not settled.
            forget_settled: names.sql(&format!(
                "DELETE FROM {{refresh_access_tokens}} WHERE jti IN (
                    SELECT recorded.jti FROM {}
                    JOIN {{refresh_access_tokens}} AS recorded ON recorded.jti = named.jti
                    JOIN {{refresh_families}} AS family ON family.family_id = recorded.family_id
                    WHERE family.family_id = $1 AND family.revoked AND recorded.expires_at <= named.expires_at)",
                access_tokens::rows_of(names, "$2")
            )),
            forget_tokens: names.sql(
                "UPDATE {refresh_families} SET family_key = NULL, current_digest = NULL, spent_digest = NULL,
                    spent_at = NULL, spent_salt = NULL, client_id = NULL, subject = NULL, scope = NULL, resources = NULL,
                    auth_time = NULL, acr = NULL, amr = NULL, sid = NULL, generation = NULL, dpop_jkt = NULL,
                    x5t_s256 = NULL, expires_at = NULL, family_expires_at = NULL, retain_until = keep_until
                 WHERE family_id = $1 AND revoked
                   AND NOT EXISTS (SELECT 1 FROM {refresh_access_tokens} WHERE family_id = $1)",
            ),
        }
    }
}

/// `$1` is the family's key, `$2` the token's. Of a spent token of a living family, no access tokens are wanted.
fn load(names: &Names) -> String {
    let access = access_tokens::column(
        names,
        "{refresh_access_tokens} AS recorded WHERE recorded.family_id = {refresh_families}.family_id",
    );
    format!(
        "SELECT {AUTHORIZATION}, {TOKEN}, revoked, current_digest = $2, COALESCE(spent_digest = $2, FALSE), spent_at,
            spent_salt, CASE WHEN revoked OR current_digest = $2 THEN {access} END
         FROM {{refresh_families}} WHERE family_key = $1"
    )
}

/// `$1` to `$15` are the columns of the token, `$16` its family's key, `$17` its own, `$18` the time, `$19` until when
/// the family is kept, `$20` its access tokens, `$21` the most living families of the user with this client, `$22` the
/// most of the user.
///
/// In the same step, the user's least recently used families with this client end, if they were too many. A family
/// that another step has locked is in use, and is passed over.
fn insert(names: &Names) -> Sql {
    let (families, access) = ("{refresh_families}", access_tokens::rows_of(names, "$20"));
    let columns = format!("{AUTHORIZATION}, {TOKEN}, family_key, current_digest, used_at, retain_until");
    let values = "$1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19";
    let record = "INSERT INTO {refresh_access_tokens} AS recorded (jti, family_id, expires_at)";
    let of_user = format!("(SELECT count(*) FROM {families} WHERE subject = $3 AND NOT revoked)");
    names.sql_for(
        &format!(
            "WITH held AS (
                SELECT count(*) AS of_user, count(*) FILTER (WHERE client_id = $2) AS with_client
                FROM {families} WHERE subject = $3 AND NOT revoked
             ), family AS (
                INSERT INTO {families} ({columns})
                SELECT {values} FROM held WHERE of_user < $22 OR with_client > 0
                ON CONFLICT DO NOTHING RETURNING family_id
             ), recorded AS (
                {record} SELECT jti, family_id, expires_at FROM family, {access} {RECORDED}
             ), oldest AS (
                SELECT family_id FROM {families} WHERE subject = $3 AND client_id = $2 AND NOT revoked
                ORDER BY used_at DESC
                OFFSET (SELECT GREATEST(LEAST($21 - 1, with_client - GREATEST(of_user + 1 - $22, 0)), 0) FROM held)
             ), ended AS (
                DELETE FROM {families} WHERE NOT revoked AND EXISTS (SELECT FROM family) AND family_id IN (
                    SELECT family_id FROM {families} WHERE family_id IN (SELECT family_id FROM oldest)
                    FOR UPDATE SKIP LOCKED)
             )
             SELECT TRUE FROM family"
        ),
        &format!(
            "INSERT INTO {families} ({columns})
             SELECT {values} WHERE {of_user} < $22
                OR EXISTS (SELECT 1 FROM {families} WHERE subject = $3 AND client_id = $2 AND NOT revoked)
             ON CONFLICT DO NOTHING RETURNING TRUE;
             {record} SELECT jti, $1, expires_at FROM {access} WHERE changes() = 1 {RECORDED};
             DELETE FROM {families} WHERE family_id IN (
                SELECT family_id FROM {families}
                WHERE subject = $3 AND client_id = $2 AND NOT revoked AND family_id <> $1
                ORDER BY used_at DESC LIMIT -1 OFFSET MAX(0, MIN($21 - 1,
                    (SELECT count(*) FROM {families}
                     WHERE subject = $3 AND client_id = $2 AND NOT revoked AND family_id <> $1)
                    - MAX(0, {of_user} - $22))))
             AND EXISTS (SELECT 1 FROM {families} WHERE family_id = $1 AND NOT revoked)"
        ),
    )
}

/// `$1` to `$15` are the columns of the successor, `$16` its family's key, `$17` the spent token's, `$18` the
/// successor's, `$19` the time, `$20` the salt, `$21` until when the family is kept, `$22` the successor's access
/// tokens, `$23` the most of the family.
fn rotate(names: &Names) -> Sql {
    let access = access_tokens::rows_of(names, "$22");
    let update = "UPDATE {refresh_families} AS family SET client_id = $2, subject = $3, scope = $4, resources = $5,
            auth_time = $6, acr = $7, amr = $8, sid = $9, generation = $10, dpop_jkt = $11, x5t_s256 = $12,
            bound_late = $13, expires_at = $14, family_expires_at = $15, current_digest = $18, spent_digest = $17,
            spent_at = $19, spent_salt = $20, used_at = $19, retain_until = {greatest}(retain_until, $21)
         WHERE family_key = $16 AND current_digest = $17 AND NOT revoked AND family_id = $1 AND current_digest <> $18
           AND (SELECT count(*) FROM {refresh_access_tokens} WHERE family_id = $1 AND expires_at > $19) < $23";
    let record = "INSERT INTO {refresh_access_tokens} AS recorded (jti, family_id, expires_at)";
    let forget = "DELETE FROM {refresh_access_tokens} WHERE family_id = $1 AND expires_at <= $19";
    names.sql_for(
        &format!(
            "WITH family AS ({update} RETURNING family_id),
             recorded AS ({record} SELECT jti, family_id, expires_at FROM family, {access} {RECORDED}),
             forgotten AS ({forget} AND EXISTS (SELECT FROM family))
             SELECT TRUE FROM family"
        ),
        &format!(
            "{forget};
             {update} RETURNING TRUE;
             {record} SELECT jti, $1, expires_at FROM {access} WHERE changes() = 1 {RECORDED}"
        ),
    )
}

/// `$1` is the family's key, `$2` the token's, `$3` and `$4` the access token, `$5` the time until which the token
/// counts, `$6` the most access tokens, `$7` the time, `$8` until when the family is kept.
///
/// A statement of PostgreSQL that waited for the row counts access tokens as they were before it waited. So it does
/// nothing if the row has changed since (`xmin`), and is tried again under the row's lock.
fn repeat(names: &Names) -> Sql {
    let update = "UPDATE {refresh_families} AS family SET expires_at = {greatest}(expires_at, $5), used_at = $7,
            retain_until = {greatest}(retain_until, $8),
            spent_salt = CASE WHEN spent_at >= $7 - 60 THEN spent_salt END
         WHERE family_key = $1 AND current_digest = $2 AND NOT revoked
           AND (EXISTS (SELECT 1 FROM {refresh_access_tokens} AS recorded
                        WHERE recorded.jti = $3 AND recorded.family_id = family.family_id)
                OR (SELECT count(*) FROM {refresh_access_tokens} AS recorded
                    WHERE recorded.family_id = family.family_id AND recorded.expires_at > $7) < $6)";
    let record = "INSERT INTO {refresh_access_tokens} AS recorded (jti, family_id, expires_at)";
    names.sql_for(
        &format!(
            "WITH family AS (
                {update} AND xmin = (SELECT xmin FROM {{refresh_families}} WHERE family_key = $1) RETURNING family_id
             ), recorded AS (
                {record} SELECT $3, family_id, $4 FROM family {RECORDED}
             ), forgotten AS (
                DELETE FROM {{refresh_access_tokens}} AS recorded USING family
                WHERE recorded.family_id = family.family_id AND recorded.expires_at <= $7 AND recorded.jti <> $3
             )
             SELECT TRUE FROM family"
        ),
        &format!(
            "DELETE FROM {{refresh_access_tokens}} WHERE expires_at <= $7 AND jti <> $3
                AND family_id = (SELECT family_id FROM {{refresh_families}} WHERE family_key = $1);
             {update} RETURNING TRUE;
             {record} SELECT $3, family_id, $4 FROM {{refresh_families}} WHERE family_key = $1 AND changes() = 1 {RECORDED}"
        ),
    )
}
