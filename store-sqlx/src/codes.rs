//! Authorization codes (RFC 6749 §4.1.2; AC-2, AC-6, ST-1 to ST-3).

use crate::columns;
use crate::database::Database;
use crate::engine::Statement;
use crate::engine::value::{Row, Value};
use crate::failure::Failure;
use crate::host_transaction::HostTransaction;
use crate::names::{Names, Sql};
use attesto_core::authorization::{
    Answered, AuthorizationCode, CodeRedemption, FamilyId, IssuedAccessToken, NewCode, SecretDigest, SecretQuery,
    SpentCode, TakenCode, Unavailable,
};
use attesto_core::host::{CodeStore, StoreReach};
use attesto_core::jose::Thumbprint;
use attesto_core::pkce::CodeChallenge;
use std::sync::Arc;

/// A taken code can have its access token recorded for at least this long, in seconds, even if it expires meanwhile.
const RECORDED_WITHIN: u64 = 60;

const COLUMNS: &str = "redirect_uri, code_challenge, dpop_jkt, nonce, expires_at";

/// Keeps authorization codes in a database.
///
/// A code is taken by one `UPDATE .. WHERE consumed_at IS NULL RETURNING ..`: of all requests with one code, on all
/// nodes, one receives it.
#[derive(Clone, Debug)]
pub struct SqlxCodeStore {
    database: Database,
    statements: Arc<Statements>,
}

#[derive(Debug)]
struct Statements {
    insert: Sql,
    load: Sql,
    take: Sql,
    load_spent: Sql,
    record: Sql,
}

impl Statements {
    fn new(names: &Names) -> Self {
        let authorization = columns::AUTHORIZATION;
        Self {
            insert: names.sql(&format!(
                "INSERT INTO {{codes}} (digest, {authorization}, {COLUMNS}, retain_until)
                 VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)
                 ON CONFLICT DO NOTHING RETURNING TRUE"
            )),
            load: names.sql(&format!("SELECT {authorization}, {COLUMNS} FROM {{codes}} WHERE digest = $1")),
            take: names.sql(&format!(
                "UPDATE {{codes}} SET consumed_at = $2 WHERE digest = $1 AND consumed_at IS NULL
                 RETURNING {authorization}, {COLUMNS}"
            )),
            load_spent: names
                .sql("SELECT client_id, family_id, access_jti, access_expires_at FROM {codes} WHERE digest = $1"),
            // Recording the same token again changes nothing; another token is refused.
            record: names.sql(
                "UPDATE {codes} SET access_jti = $2, access_expires_at = $3, retain_until = {greatest}(retain_until, $3)
                 WHERE digest = $1 AND consumed_at IS NOT NULL
                   AND (access_jti IS NULL OR (access_jti = $2 AND access_expires_at = $3))
                 RETURNING TRUE",
            ),
        }
    }
}

impl SqlxCodeStore {
    pub(crate) fn new(database: &Database) -> Self {
        Self { database: database.clone(), statements: Arc::new(Statements::new(database.names())) }
    }

    fn insertion(&self, new: &NewCode) -> Statement {
        let code = &new.code;
        let mut values = vec![Value::from(new.digest.as_bytes())];
        values.extend(columns::write(&code.authorization));
        values.extend([
            code.redirect_uri.as_str().into(),
            code.challenge.as_ref().map(CodeChallenge::as_bytes).into(),
            code.dpop_jkt.as_ref().map(Thumbprint::as_bytes).into(),
            code.nonce.as_deref().into(),
            code.expires_at.into(),
            code.expires_at.plus(RECORDED_WITHIN).into(),
        ]);
        Statement::new(&self.statements.insert, values)
    }

    /// Stores a new code in a transaction of the host's, so that it commits together with a login, for example. Let the
    /// response leave after the commit. Nothing that spends is offered in this form: a rollback would revive it.
    ///
    /// For a [`CodeStore`] of yours whose `insert` also writes what belongs to the code, and commits before it answers,
    /// and whose other methods are this store's. See [`HostTransaction`].
    ///
    /// # Errors
    /// Fails if the code is there already, where the database does not answer, and in a transaction of another kind of
    /// database. Then roll back: the response with the code must not leave.
    pub async fn insert_within<'t>(&self, transaction: impl Into<HostTransaction<'t>>, new: &NewCode) -> Answered<()> {
        let written_in = self.database.names().dialect();
        let rows = transaction.into().fetch(written_in, self.insertion(new)).await;
        one(self.database.report(self.statements.insert.operation(), rows)?)
    }
}

/// A row came back: the statement has had its effect.
fn one(rows: Vec<Row>) -> Answered<()> {
    if rows.is_empty() { Err(Unavailable) } else { Ok(()) }
}

fn code(mut row: Row) -> Result<AuthorizationCode, Failure> {
    let authorization = columns::read(&mut row)?;
    let (redirect_uri, challenge) = (row.text()?, row.maybe_bytes()?.map(CodeChallenge::from_bytes));
    let (dpop_jkt, nonce, expires_at) =
        (row.maybe_bytes()?.map(Thumbprint::from_bytes), row.maybe_text()?, row.time()?);
    let mut code = AuthorizationCode::new(authorization, redirect_uri, challenge, expires_at);
    code.dpop_jkt = dpop_jkt;
    code.nonce = nonce;
    Ok(code)
}

fn spent(mut row: Row) -> Result<SpentCode, Failure> {
    let mut spent = SpentCode::new(row.text()?, FamilyId::from_bytes(row.bytes()?));
    if let Some(jwt_id) = row.maybe_text()? {
        spent.recorded = Some(IssuedAccessToken::new(jwt_id, row.time()?));
    }
    Ok(spent)
}

impl CodeStore for SqlxCodeStore {
    async fn insert(&self, new: &NewCode) -> Answered<()> {
        let statement = self.insertion(new);
        one(self.database.write(&statement.sql, statement.values).await?)
    }

    async fn load(&self, digest: &SecretDigest) -> Answered<Option<AuthorizationCode>> {
        let rows = self.database.read(&self.statements.load, [digest.as_bytes().into()]).await?;
        self.database.answered(rows.into_iter().next().map(code).transpose())
    }

    async fn take(&self, presented: &SecretQuery) -> Answered<TakenCode> {
        let digest = presented.digest.as_bytes();
        let taken = self.database.write(&self.statements.take, [digest.into(), presented.now.into()]).await?;
        if let Some(row) = taken.into_iter().next() {
            return Ok(TakenCode::Fresh(Box::new(self.database.answered(code(row))?)));
        }
        let known = self.database.read(&self.statements.load_spent, [digest.into()]).await?;
        match known.into_iter().next() {
            Some(row) => Ok(TakenCode::Spent(self.database.answered(spent(row))?)),
            None => Ok(TakenCode::Unknown),
        }
    }

    async fn record(&self, redemption: &CodeRedemption) -> Answered<()> {
        let access = &redemption.access;
        let values = [redemption.digest.as_bytes().into(), access.jwt_id.as_str().into(), access.expires_at.into()];
        one(self.database.write(&self.statements.record, values).await?)
    }

    fn reach(&self) -> StoreReach {
        self.database.reach()
    }
}
