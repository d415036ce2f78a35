//! Steps 10 and 11: what the route requires of the user's authentication and of the token's scopes.

use crate::http::RequestParts;
use crate::resource::denial::Denial;
use crate::resource::grant::Grant;
use crate::resource::reason::{Reason, RefusalError};
use crate::resource::requirement::Requirement;
use crate::resource::server::ResourceServer;
use crate::resource::step_up::authentication_is_sufficient;
use crate::time::Timestamp;
use crate::token::Claims;
use alloc::boxed::Box;

impl ResourceServer {
    /// Checks a further requirement against an existing grant: for hosts that learn the operation only after they have
    /// authenticated the request (a JSON-RPC method in the body, a route's own scopes), or that keep a grant for longer
    /// than a request. `now` is the present time: a token that has expired since is refused (A4), and so is a login that
    /// is too old by now (S8).
    ///
    /// # Errors
    /// The [`Denial`] to answer with, as if the request had arrived now.
    #[expect(clippy::result_large_err, reason = "made at most once per request")]
    pub fn require(
        &self,
        grant: &Grant,
        request: &RequestParts<'_>,
        requirement: &Requirement,
        now: Timestamp,
    ) -> Result<(), Denial> {
        let unexpired = self.tokens.is_still_unexpired(grant.claims(), now).map_err(Reason::from);
        unexpired.and_then(|()| requirement_is_met(self, grant.claims(), requirement, now)).map_err(|reason| {
            let facts = self.asked_for(grant.facts().clone(), request, requirement);
            self.refuse(reason, facts, requirement, now, Some(Box::new(grant.claims().clone())))
        })
    }
}

/// Runs steps 10 and 11. A two-phase host runs them again when it knows the operation.
pub(super) fn requirement_is_met(
    server: &ResourceServer,
    claims: &Claims,
    requirement: &Requirement,
    now: Timestamp,
) -> Result<(), Reason> {
    authentication_is_sufficient(claims, requirement, server.skew, now)?;
    scopes_are_granted(server, claims, requirement)
}

/// Checks that every required scope is granted, or one of them if the requirement allows that. RFC 6750 §3.1; S5, S8,
/// step 11.
fn scopes_are_granted(server: &ResourceServer, claims: &Claims, requirement: &Requirement) -> Result<(), Reason> {
    let required = requirement.required_scopes();
    if required.is_empty() {
        return Ok(());
    }
    let matching = server.scope_match(claims.issuer());
    let granted = if requirement.is_any_of() {
        required.iter().any(|scope| matching.covers(claims.scopes(), core::slice::from_ref(scope)))
    } else {
        matching.covers(claims.scopes(), required)
    };
    if granted { Ok(()) } else { Err(RefusalError::Scope.into()) }
}
