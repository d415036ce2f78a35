//! The list of access tokens revoked before they expire (RFC 7009 §2.2.1; RV-3, RV-4).

use crate::access_tokens;
use crate::database::Database;
use crate::names::{Names, Sql};
use attesto_core::authorization::{Answered, IssuedAccessToken, RevokedAccessTokens, Unavailable};
use attesto_core::host::{AccessTokenDenyList, StoreReach};
use std::sync::Arc;

/// Keeps revoked access tokens in a database, until they expire. It has no capacity: each token is a row of some 60
/// bytes, and a user has as many as authorizations, times their access tokens.
#[derive(Clone, Debug)]
pub struct SqlxDenyList {
    database: Database,
    statements: Arc<Statements>,
}

#[derive(Debug)]
struct Statements {
    revoke: Sql,
    is_revoked: Sql,
}

impl Statements {
    fn new(names: &Names) -> Self {
        let named = access_tokens::rows_of(names, "$1");
        Self {
            // A row whose time does not change is not written.
            revoke: names.sql(&format!(
                "INSERT INTO {{denied_access_tokens}} AS denied (jti, expires_at)
                 SELECT jti, expires_at FROM {named} WHERE TRUE
                 ON CONFLICT (jti) DO UPDATE SET expires_at = excluded.expires_at
                 WHERE denied.expires_at < excluded.expires_at"
            )),
            is_revoked: names.sql("SELECT TRUE FROM {denied_access_tokens} WHERE jti = $1"),
        }
    }
}

impl SqlxDenyList {
    pub(crate) fn new(database: &Database) -> Self {
        Self { database: database.clone(), statements: Arc::new(Statements::new(database.names())) }
    }
}

impl AccessTokenDenyList for SqlxDenyList {
    async fn revoke(&self, revoked: &RevokedAccessTokens) -> Answered<()> {
        self.database.write(&self.statements.revoke, [access_tokens::list(&revoked.access)?]).await?;
        Ok(())
    }

    async fn is_revoked(&self, access: &IssuedAccessToken) -> Answered<bool> {
        if access.jwt_id.contains('\0') {
            // No list holds it.
            return Err(Unavailable);
        }
        let rows = self.database.read(&self.statements.is_revoked, [access.jwt_id.as_str().into()]).await?;
        Ok(!rows.is_empty())
    }

    fn reach(&self) -> StoreReach {
        self.database.reach()
    }
}
