//! The checks. Each proves one property of a route, only by sending requests.

mod all;
mod binding;
mod certificate;
mod discovery;
mod request;
mod token;

/// Defines two functions for each check: one that panics, and one that does not. Findings have the name of the check.
macro_rules! checks {
    ($($(#[$doc:meta])* $name:literal: $assert:ident, $check:ident = $with:path;)*) => {$(
        $(#[$doc])*
        ///
        /// # Errors
        /// The [`Finding`](crate::Finding), which tells what to change.
        pub async fn $check(
            app: &impl crate::App,
            fixture: &crate::Fixture,
            route: &crate::Route,
        ) -> Result<(), crate::Finding> {
            $with(crate::probe::Probe::new($name, app, fixture, route)).await
        }

        #[doc = concat!("[`", stringify!($check), "`], as an assertion.")]
        ///
        /// # Panics
        /// With the [`Finding`](crate::Finding), which tells what to change.
        pub async fn $assert(
            app: &impl crate::App,
            fixture: &crate::Fixture,
            route: &crate::Route,
        ) {
            crate::finding::passed($check(app, fixture, route).await);
        }
    )*};
}
use checks;

pub use all::{assert_resource_protected, check_resource_protected};
pub use binding::{
    assert_bound_token_refused_as_bearer, assert_proof_accepted, assert_refused_request_leaves_proof_usable,
    assert_replay_refused, assert_unbound_token_refused, check_bound_token_refused_as_bearer, check_proof_accepted,
    check_refused_request_leaves_proof_usable, check_replay_refused, check_unbound_token_refused,
};
pub use certificate::{assert_certificate_binding_enforced, check_certificate_binding_enforced};
pub use discovery::{
    assert_challenge_points_to_metadata, assert_no_credentials_challenged, check_challenge_points_to_metadata,
    check_no_credentials_challenged,
};
pub use request::{
    assert_duplicate_headers_refused, assert_every_defective_proof_refused, assert_forwarded_headers_ignored,
    assert_other_host_refused, assert_query_token_refused, check_duplicate_headers_refused,
    check_every_defective_proof_refused, check_forwarded_headers_ignored, check_other_host_refused,
    check_query_token_refused,
};
pub use token::{
    assert_audience_enforced, assert_expired_refused, assert_forged_refused, assert_scope_required,
    assert_step_up_required, check_audience_enforced, check_expired_refused, check_forged_refused,
    check_scope_required, check_step_up_required,
};
