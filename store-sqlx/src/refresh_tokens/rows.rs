//! Families as rows.

use crate::access_tokens;
use crate::columns;
use crate::engine::value::{Row, Value};
use crate::failure::Failure;
use attesto_core::Timestamp;
use attesto_core::authorization::{
    FamilyId, IssuedAccessToken, RefreshState, RefreshToken, RevocableFamily, SpentRefresh, SuccessorSalt,
};
use attesto_core::jose::Thumbprint;

/// Seconds of a day.
const DAY: u64 = 86_400;

/// The values of the columns of an authorization and of [`TOKEN`](super::statements::TOKEN).
pub(super) fn token_values(token: &RefreshToken) -> Vec<Value> {
    let mut values = Vec::from(columns::write(&token.authorization));
    values.extend([
        i64::from(token.generation).into(),
        token.dpop_jkt.as_ref().map(Thumbprint::as_bytes).into(),
        token.x5t_s256.as_ref().map(Thumbprint::as_bytes).into(),
        token.bound_late.into(),
        token.expires_at.into(),
        token.family_expires_at.into(),
    ]);
    values
}

/// The time until which a family is kept, rounded up to a whole day, so that it rarely changes (it is indexed).
pub(super) fn retained(until: Timestamp, access: &[IssuedAccessToken]) -> Value {
    let latest = access.iter().map(|access| access.expires_at).fold(until, Timestamp::max);
    latest.as_secs().checked_next_multiple_of(DAY).map_or(latest, Timestamp::from_secs).into()
}

/// Reads a row of `load`.
pub(super) fn state(mut row: Row) -> Result<RefreshState, Failure> {
    let mut token = token(&mut row)?;
    let (family_revoked, is_current, is_last) = (row.bool()?, row.bool()?, row.bool()?);
    let spent_at = row.maybe_time()?;
    let salt = row.maybe_bytes()?.map(SuccessorSalt::from_bytes);
    let access = access_tokens::read(row.maybe_text()?.as_deref())?;
    let spent = match spent_at {
        _ if is_current => None,
        Some(at) if is_last => Some(SpentRefresh { at, salt }),
        Some(_) | None => Some(SpentRefresh::default()),
    };
    let undenied = if family_revoked {
        access
    } else {
        token.access = access;
        Vec::new()
    };
    Ok(RefreshState { token, spent, family_revoked, undenied })
}

fn token(row: &mut Row) -> Result<RefreshToken, Failure> {
    let authorization = columns::read(row)?;
    let generation = u32::try_from(row.int()?).map_err(|_| Failure::unreadable("a generation is out of range"))?;
    let (dpop_jkt, x5t_s256, bound_late) = (row.maybe_bytes()?, row.maybe_bytes()?, row.bool()?);
    // Its access tokens come from their own rows.
    let none = IssuedAccessToken::new(String::new(), Timestamp::default());
    let mut token = RefreshToken::first(authorization, row.time()?, row.time()?, none);
    token.access.clear();
    token.generation = generation;
    token.dpop_jkt = dpop_jkt.map(Thumbprint::from_bytes);
    token.x5t_s256 = x5t_s256.map(Thumbprint::from_bytes);
    token.bound_late = bound_late;
    Ok(token)
}

/// Reads a row of `load_family`.
pub(super) fn family(mut row: Row) -> Result<RevocableFamily, Failure> {
    Ok(RevocableFamily { family: FamilyId::from_bytes(row.bytes()?), client_id: row.text()? })
}

/// Reads the rows of `living`.
pub(super) fn living(rows: Vec<Row>) -> Result<Vec<IssuedAccessToken>, Failure> {
    rows.into_iter().map(|mut row| Ok(IssuedAccessToken::new(row.text()?, row.time()?))).collect()
}
