//! Consent grants (AZ-26, ST-1).

use crate::columns;
use crate::database::Database;
use crate::engine::Statement;
use crate::engine::value::Row;
use crate::failure::Failure;
use crate::names::{Names, Sql};
use attesto_core::authorization::{
    Answered, ConsentBinding, ConsentGrant, ConsentRedemption, NewConsentGrant, Unavailable,
};
use attesto_core::host::{ConsentGrantStore, StoreReach};
use std::sync::Arc;

/// The most grants of one user: one for each consent page that they have just answered.
const PER_SUBJECT: i64 = 16;

/// Keeps the grants from clicks on consent pages in a database. A grant is taken by one `DELETE .. RETURNING`: of all
/// requests with one grant, on all nodes, one receives it.
///
/// One user has at most 16. Another click drops the user's grant that expires first, whose page is then shown once
/// more. Clicks that are stored at the same time may exceed that, until the next one.
#[derive(Clone, Debug)]
pub struct SqlxConsentGrants {
    database: Database,
    statements: Arc<Statements>,
}

#[derive(Debug)]
struct Statements {
    insert: Sql,
    drop_oldest: Sql,
    take: Sql,
}

impl Statements {
    fn new(names: &Names) -> Self {
        Self {
            insert: names.sql(
                "INSERT INTO {consent_grants} (digest, binding, subject, scope, expires_at)
                 VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING RETURNING TRUE",
            ),
            // Grants that another transaction is about to remove are left to it: two clicks never wait for each other.
            drop_oldest: names.sql(
                "DELETE FROM {consent_grants} WHERE digest IN (
                     SELECT digest FROM {consent_grants} WHERE subject = $2 AND digest <> $1
                     ORDER BY expires_at DESC LIMIT 1000 OFFSET $3 {skip_locked})",
            ),
            take: names.sql(
                "DELETE FROM {consent_grants} WHERE digest = $1 AND binding = $2 AND expires_at > $3
                 RETURNING binding, subject, scope, expires_at",
            ),
        }
    }
}

impl SqlxConsentGrants {
    pub(crate) fn new(database: &Database) -> Self {
        Self { database: database.clone(), statements: Arc::new(Statements::new(database.names())) }
    }

    /// Stores the grant from a click on your consent page, before the browser is sent back.
    ///
    /// # Errors
    /// Fails if the grant is there already, and where the database does not answer: it may or may not be stored then.
    /// Show the page again.
    pub async fn insert(&self, new: &NewConsentGrant) -> Answered<()> {
        let (digest, grant) = (new.digest(), new.grant());
        let inserted = [
            digest.as_bytes().into(),
            grant.binding.as_bytes().into(),
            grant.subject.as_str().into(),
            grant.scopes.to_string().into(),
            grant.expires_at.into(),
        ];
        let others = PER_SUBJECT.saturating_sub(1);
        let bounded = [digest.as_bytes().into(), grant.subject.as_str().into(), others.into()];
        let statements = vec![
            Statement::new(&self.statements.insert, inserted),
            Statement::new(&self.statements.drop_oldest, bounded),
        ];
        match self.database.transaction(statements).await?.first() {
            Some(rows) if !rows.is_empty() => Ok(()),
            Some(_) | None => Err(Unavailable),
        }
    }
}

fn grant(mut row: Row) -> Result<ConsentGrant, Failure> {
    let (binding, subject) = (ConsentBinding::from_bytes(row.bytes()?), row.text()?);
    let scopes = columns::scopes(&row.text()?);
    Ok(ConsentGrant::new(binding, subject, scopes, row.time()?))
}

impl ConsentGrantStore for SqlxConsentGrants {
    async fn take(&self, redemption: &ConsentRedemption) -> Answered<Option<ConsentGrant>> {
        let values = [redemption.digest.as_bytes().into(), redemption.binding.as_bytes().into(), redemption.now.into()];
        let rows = self.database.write(&self.statements.take, values).await?;
        self.database.answered(rows.into_iter().next().map(grant).transpose())
    }

    fn reach(&self) -> StoreReach {
        self.database.reach()
    }
}
