//! All checks of one route.

use super::checks;
use crate::App;
use crate::finding::Finding;
use crate::probe::Probe;
use crate::route::Presents;

checks! {
    /// Runs every check of this module that applies to the route, in an order in which the first finding is the one to
    /// correct first.
    ///
    /// ```
    /// use attesto_core::resource::Requirement;
    /// use attesto_testkit::{BareApp, Fixture, Route, assert_resource_protected, block_on};
    ///
    /// let fixture = Fixture::new();
    /// let app = BareApp::new(fixture.guard(), fixture.clock()).require(Requirement::scopes(["mcp:tools:call"])?);
    /// let route = Route::post("/mcp").scopes(["mcp:tools:call"]).reached(&app.reached());
    /// block_on(assert_resource_protected(&app, &fixture, &route));
    /// # Ok::<(), attesto_core::ConfigError>(())
    /// ```
    "resource_protected": assert_resource_protected, check_resource_protected = everything;
}

async fn everything<A: App>(probe: Probe<'_, A>) -> Result<(), Finding> {
    let (app, fixture, route) = probe.of();
    let dpop = route.presents == Presents::Dpop;
    super::check_no_credentials_challenged(app, fixture, route).await?;
    super::check_proof_accepted(app, fixture, route).await?;
    super::check_bound_token_refused_as_bearer(app, fixture, route).await?;
    super::check_unbound_token_refused(app, fixture, route).await?;
    if dpop {
        super::check_replay_refused(app, fixture, route).await?;
        super::check_refused_request_leaves_proof_usable(app, fixture, route).await?;
        super::check_every_defective_proof_refused(app, fixture, route).await?;
    }
    super::check_forged_refused(app, fixture, route).await?;
    super::check_audience_enforced(app, fixture, route).await?;
    super::check_expired_refused(app, fixture, route).await?;
    super::check_scope_required(app, fixture, route).await?;
    super::check_step_up_required(app, fixture, route).await?;
    super::check_certificate_binding_enforced(app, fixture, route).await?;
    super::check_query_token_refused(app, fixture, route).await?;
    super::check_duplicate_headers_refused(app, fixture, route).await?;
    super::check_forwarded_headers_ignored(app, fixture, route).await?;
    super::check_other_host_refused(app, fixture, route).await?;
    if route.discovery {
        super::check_challenge_points_to_metadata(app, fixture, route).await?;
    }
    Ok(())
}
