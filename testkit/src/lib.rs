//! Proves in your own test suite that your wiring of attesto enforces the binding. **Never for production**: anyone can
//! compute the keys in this crate, and a server that trusts the fixture's issuer admits everyone. Use it in
//! `[dev-dependencies]` only:
//!
//! ```toml
//! [dev-dependencies]
//! attesto-testkit = { version = "0.1", features = ["axum"] }
//! ```
//!
//! It is a separate crate, and no feature of attesto or of its adapters depends on it: a server cannot get test keys
//! because another crate of the same build enabled a feature.
//!
//! Copy this, and put your router in place of the application (`attesto_testkit::axum::app(router)`; the features
//! `actix` and `hyper` have the same function):
//!
//! ```
//! use attesto_core::resource::Requirement;
//! use attesto_testkit::{BareApp, Fixture, Reached, Route, assert_resource_protected, block_on};
//!
//! # /*
//! #[test]
//! # */
//! fn documents_are_protected() {
//!     let fixture = Fixture::builder().resource("https://api.example.com").build();
//!
//!     // Your application, built as usual, but trusting the fixture's issuer and using its clock:
//!     // let router = my_router(fixture.guard_of(my_resource_server(fixture.trusted_issuer())), fixture.clock());
//!     // let app = attesto_testkit::axum::app(router);
//!     let call = Requirement::scopes(["documents.write"]).expect("scopes");
//!     let app = BareApp::new(fixture.guard(), fixture.clock()).require(call);
//!
//!     let route = Route::post("/documents").scopes(["documents.write"]).reached(&app.reached());
//!     block_on(assert_resource_protected(&app, &fixture, &route)); // or `.await`, in a test of your runtime
//! }
//! # documents_are_protected();
//! ```
//!
//! If the wiring is wrong, the test fails with a [`Finding`]: what was sent, what was observed, what was expected, and
//! what to change.
//!
//! # The parts
//!
//! - [`Fixture`]: the issuer, its clients' keys and the time. [`TokenBuilder`], [`ProofBuilder`] with [`ProofDefect`],
//!   [`DpopKey`], [`CertificateFixture`], [`ManualClock`]: the parts of requests.
//! - [`App`], [`TestRequest`], [`TestResponse`], [`Route`], [`Reached`]: the application under test, independent of its
//!   framework.
//! - The checks, each as `assert_..`, which panics, and `check_..`, which returns the [`Finding`].
//!   [`assert_resource_protected`] runs all that apply. Each first sends a request that must be admitted, so that an
//!   application that refuses everything passes none.
//! - [`hostile`]: stores that fail, stale keys, clocks that jump, servers whose nonces are never accepted.
//! - [`assert_code_store_conforms`], [`assert_refresh_store_conforms`], [`assert_deny_list_conforms`],
//!   [`assert_pushed_request_store_conforms`], [`assert_consent_grant_store_conforms`], [`assert_client_store_conforms`]: for your
//!   own stores of an authorization server.
//! - [`assert_replay_store_conforms`], [`assert_replay_store_shares`]: for your own replay store. [`RequestVerifier`]:
//!   one request, one verdict, no server.
//! - [`block_on`]: for tests without an async runtime.
//! - `axum`, `actix`, `hyper`, each with the feature of its name: make an [`App`] from your router or service.
#![forbid(unsafe_code)]

#[cfg(feature = "actix")]
pub mod actix;
#[cfg(feature = "axum")]
pub mod axum;
mod bare;
mod block_on;
mod checks;
mod clock;
mod defect;
mod exchange;
mod finding;
mod fixes;
mod fixture;
pub mod hostile;
#[cfg(feature = "hyper")]
pub mod hyper;
mod keys;
mod probe;
mod proof;
mod route;
mod store;
mod stores;
mod token;
mod verifier;
mod weak_rsa;

pub use bare::BareApp;
pub use block_on::block_on;
pub use checks::{
    assert_audience_enforced, assert_bound_token_refused_as_bearer, assert_certificate_binding_enforced,
    assert_challenge_points_to_metadata, assert_duplicate_headers_refused, assert_every_defective_proof_refused,
    assert_expired_refused, assert_forged_refused, assert_forwarded_headers_ignored, assert_no_credentials_challenged,
    assert_other_host_refused, assert_proof_accepted, assert_query_token_refused,
    assert_refused_request_leaves_proof_usable, assert_replay_refused, assert_resource_protected,
    assert_scope_required, assert_step_up_required, assert_unbound_token_refused, check_audience_enforced,
    check_bound_token_refused_as_bearer, check_certificate_binding_enforced, check_challenge_points_to_metadata,
    check_duplicate_headers_refused, check_every_defective_proof_refused, check_expired_refused, check_forged_refused,
    check_forwarded_headers_ignored, check_no_credentials_challenged, check_other_host_refused, check_proof_accepted,
    check_query_token_refused, check_refused_request_leaves_proof_usable, check_replay_refused,
    check_resource_protected, check_scope_required, check_step_up_required, check_unbound_token_refused,
};
pub use clock::ManualClock;
pub use defect::ProofDefect;
pub use exchange::{App, TestRequest, TestResponse};
pub use finding::Finding;
pub use fixture::{Fixture, FixtureBuilder};
pub use keys::{CertificateFixture, DpopKey};
pub use proof::ProofBuilder;
pub use route::{Presents, Reached, Route};
pub use store::{
    assert_replay_store_conforms, assert_replay_store_shares, check_replay_store_conforms, check_replay_store_shares,
};
pub use stores::{
    KnownClient, Racing, assert_client_store_conforms, assert_code_store_conforms, assert_consent_grant_store_conforms,
    assert_deny_list_conforms, assert_pushed_request_store_conforms, assert_refresh_store_conforms,
    check_client_store_conforms, check_code_store_conforms, check_consent_grant_store_conforms,
    check_deny_list_conforms, check_pushed_request_store_conforms, check_refresh_store_conforms,
};
pub use token::TokenBuilder;
pub use verifier::{RequestVerifier, Verified};
