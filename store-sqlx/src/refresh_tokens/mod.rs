//! Refresh tokens and their families (RFC 9700 §4.14; RT-3 to RT-7, ST-1 to ST-3).

mod rows;
mod statements;

use crate::access_tokens;
use crate::database::Database;
use crate::engine::Statement;
use crate::engine::value::{Row, Value};
use attesto_core::authorization::{
    Answered, FamilyRevocation, IssuedAccessToken, NewRefresh, RefreshKey, RefreshState, RepeatedRefresh,
    RevocableFamily, Rotated, Rotation, SettledRevocation, SuccessorSalt, Unavailable,
};
use attesto_core::host::{RefreshStore, StoreReach};
use statements::Statements;
use std::num::NonZeroU32;
use std::sync::Arc;

/// The most access tokens recorded with one family; more than any server allows.
const RECORDED_PER_FAMILY: i64 = 1_024;
/// The most living families of one user with one client, unless set.
const WITH_CLIENT: i64 = 256;
/// The most living families of one user, unless set.
const OF_USER: i64 = 4_096;

/// Keeps refresh tokens in a database, one row for each family: its current token, the one spent last, and in rows of
/// their own the access tokens.
///
/// A rotation is one statement that locks the family's row, as everything does that adds or changes a token of it. Of
/// all rotations of one token, on all nodes, the first finds it current.
///
/// One user has at most 256 living families with one client, and 4,096 with all: logins that were not ended. If there
/// would be more, the user's least recently used family with this client ends: its refresh token is unknown from then
/// on, and its access tokens live until they expire. A user who has the most with other clients, and none with this
/// one, receives no more (`Unavailable`). No family of another user or client ends for it, and no revocation.
/// [`families_with_client`](Self::families_with_client) and [`families_of_user`](Self::families_of_user) set the
/// bounds.
#[derive(Clone, Debug)]
pub struct SqlxRefreshStore {
    database: Database,
    statements: Arc<Statements>,
    with_client: i64,
    of_user: i64,
}

impl SqlxRefreshStore {
    pub(crate) fn new(database: &Database) -> Self {
        let statements = Arc::new(Statements::new(database.names()));
        Self { database: database.clone(), statements, with_client: WITH_CLIENT, of_user: OF_USER }
    }

    /// Sets how many living families one user has with one client at most; 256 unless set. Count the devices and
    /// programs in which a user logs in to the same client, with those that are not used any more.
    #[must_use]
    pub fn families_with_client(mut self, most: NonZeroU32) -> Self {
        self.with_client = most.get().into();
        self
    }

    /// Sets how many living families one user has with all clients at most; 4,096 unless set.
    #[must_use]
    pub fn families_of_user(mut self, most: NonZeroU32) -> Self {
        self.of_user = most.get().into();
        self
    }
}

impl RefreshStore for SqlxRefreshStore {
    async fn load(&self, key: &RefreshKey) -> Answered<Option<RefreshState>> {
        let rows = self.database.read(&self.statements.load, token_key(key)).await?;
        self.database.answered(rows.into_iter().next().map(rows::state).transpose())
    }

    async fn insert(&self, new: &NewRefresh) -> Answered<bool> {
        let mut values = rows::token_values(&new.token);
        values.extend(token_key(&new.key));
        values.extend([
            new.now.into(),
            rows::retained(new.token.expires_at, &new.token.access),
            access_tokens::list(&new.token.access)?,
            self.with_client.into(),
            self.of_user.into(),
        ]);
        if !self.database.write(&self.statements.insert, values).await?.is_empty() {
            return Ok(true);
        }
        let family = new.token.authorization.family;
        let known = self.database.read(&self.statements.why_not_inserted, [family.as_bytes().into()]).await?;
        match self.first_truth(known)? {
            Some(true) => Ok(false),
            // It is there already, its key is another family's, or the user has too many.
            Some(false) | None => Err(Unavailable),
        }
    }

    async fn rotate(&self, rotation: &Rotation) -> Answered<Rotated> {
        let token = &rotation.token;
        let mut values = rows::token_values(token);
        values.extend(token_key(&rotation.spent));
        values.extend([
            rotation.successor.as_bytes().into(),
            rotation.now.into(),
            rotation.salt.as_ref().map(SuccessorSalt::as_bytes).into(),
            rows::retained(token.expires_at, &token.access),
            access_tokens::list(&token.access)?,
            RECORDED_PER_FAMILY.into(),
        ]);
        if !self.database.write(&self.statements.rotate, values).await?.is_empty() {
            return Ok(Rotated::Done);
        }
        // Nothing was changed. Whatever has happened since, this is never `Done`.
        let known = self.database.read(&self.statements.why_not_rotated, token_key(&rotation.spent)).await?;
        let Some(mut row) = known.into_iter().next() else { return Ok(Rotated::Lost) };
        let standing = row.bool().and_then(|revoked| Ok((revoked, row.maybe_bool()?)));
        match self.database.answered(standing)? {
            (true, _) => Ok(Rotated::FamilyRevoked),
            // A successor of another family, or more access tokens than are recorded.
            (false, Some(true)) => Err(Unavailable),
            (false, Some(false) | None) => Ok(Rotated::Lost),
        }
    }

    async fn record_repeat(&self, repeated: &RepeatedRefresh) -> Answered<bool> {
        let access = &repeated.access;
        let at_most = i64::try_from(repeated.at_most).unwrap_or(i64::MAX).min(RECORDED_PER_FAMILY);
        let mut values = Vec::from(token_key(&repeated.key));
        values.extend([
            access.jwt_id.as_str().into(),
            access.expires_at.into(),
            repeated.expires_at.into(),
            at_most.into(),
            repeated.now.into(),
            rows::retained(repeated.expires_at, std::slice::from_ref(access)),
        ]);
        if !self.database.write(&self.statements.repeat, values.clone()).await?.is_empty() {
            return Ok(true);
        }
        // Not possible, or too close to another step: once more, under the lock.
        let lock = Statement::new(&self.statements.lock_token, token_key(&repeated.key));
        let again = Statement::new(&self.statements.repeat, values);
        let mut answers = self.database.transaction(vec![lock, again]).await?.into_iter();
        let counts = self.first_truth(answers.next().unwrap_or_default())?.unwrap_or(false);
        let is_recorded = answers.next().is_some_and(|rows| !rows.is_empty());
        match (counts, is_recorded) {
            (false, _) => Ok(false),
            (true, true) => Ok(true),
            (true, false) => Err(Unavailable),
        }
    }

    async fn load_family(&self, jwt_id: &str) -> Answered<Option<RevocableFamily>> {
        let rows = self.database.read(&self.statements.load_family, [jwt_id.into()]).await?;
        self.database.answered(rows.into_iter().next().map(rows::family).transpose())
    }

    async fn revoke_family(&self, revocation: &FamilyRevocation) -> Answered<Vec<IssuedAccessToken>> {
        let FamilyRevocation { family, access, now, keep_until, .. } = revocation;
        let of_family = |more: Value| [family.as_bytes().into(), more];
        let retained = rows::retained(*keep_until, access);
        let tombstone = [family.as_bytes().into(), (*keep_until).into(), (*now).into(), retained];
        let statements = &self.statements;
        let answers = self.database.transaction(vec![
            Statement::new(&statements.revoke, tombstone),
            Statement::new(&statements.record, of_family(access_tokens::list(access)?)),
            Statement::new(&statements.forget_expired, of_family((*now).into())),
            Statement::new(&statements.forget_tokens, [family.as_bytes().into()]),
            Statement::new(&statements.living, of_family((*now).into())),
        ]);
        self.database.answered(rows::living(answers.await?.pop().unwrap_or_default()))
    }

    async fn settle_revocation(&self, settled: &SettledRevocation) -> Answered<()> {
        let family = || Value::from(settled.family.as_bytes());
        let statements = &self.statements;
        let settling = self.database.transaction(vec![
            Statement::new(&statements.lock_revoked, [family()]),
            Statement::new(&statements.forget_settled, [family(), access_tokens::list(&settled.access)?]),
            Statement::new(&statements.forget_tokens, [family()]),
        ]);
        settling.await.map(drop)
    }

    fn reach(&self) -> StoreReach {
        self.database.reach()
    }
}

impl SqlxRefreshStore {
    /// The truth in the only column of the first row.
    fn first_truth(&self, rows: Vec<Row>) -> Answered<Option<bool>> {
        let Some(mut row) = rows.into_iter().next() else { return Ok(None) };
        self.database.answered(row.maybe_bool())
    }
}

fn token_key(key: &RefreshKey) -> [Value; 2] {
    [key.family.as_bytes().into(), key.token.as_bytes().into()]
}
