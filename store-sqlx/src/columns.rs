//! The columns of an authorization, which codes and refresh tokens share, and lists in a column of text.

use crate::engine::value::{Row, Value};
use crate::failure::Failure;
use attesto_core::authorization::{AuthenticationContext, Authorization, FamilyId, ScopeSet};

/// As [`write`] gives the values and [`read`] takes them.
pub(crate) const AUTHORIZATION: &str = "family_id, client_id, subject, scope, resources, auth_time, acr, amr, sid";

pub(crate) fn write(authorization: &Authorization) -> [Value; 9] {
    let authentication = &authorization.authentication;
    [
        authorization.family.as_bytes().into(),
        authorization.client_id.as_str().into(),
        authorization.subject.as_str().into(),
        authorization.scopes.to_string().into(),
        list(&authorization.resources),
        authentication.auth_time.into(),
        authentication.acr.as_deref().into(),
        list(&authentication.amr),
        authentication.sid.as_deref().into(),
    ]
}

pub(crate) fn read(row: &mut Row) -> Result<Authorization, Failure> {
    let family = FamilyId::from_bytes(row.bytes()?);
    let mut authorization = Authorization::new(family, row.text()?, row.text()?);
    authorization.scopes = scopes(&row.text()?);
    authorization.resources = read_list(&row.text()?)?;
    let mut authentication = AuthenticationContext::default();
    authentication.auth_time = row.maybe_time()?;
    authentication.acr = row.maybe_text()?;
    authentication.amr = read_list(&row.text()?)?;
    authentication.sid = row.maybe_text()?;
    authorization.authentication = authentication;
    Ok(authorization)
}

/// A scope column has the scopes joined by spaces; an empty one has none.
pub(crate) fn scopes(column: &str) -> ScopeSet {
    ScopeSet::new(column.split(' ').filter(|scope| !scope.is_empty()))
}

/// A list is a JSON array of texts, in both engines.
fn list(values: &[String]) -> Value {
    serde_json::Value::from(values).to_string().into()
}

fn read_list(column: &str) -> Result<Vec<String>, Failure> {
    serde_json::from_str(column).map_err(|_| Failure::unreadable("a list is not a JSON array of texts"))
}
