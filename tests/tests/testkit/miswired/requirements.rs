//! Routes that require less of their callers than they should.

use super::{ALGS, POINTER, found, words};
use crate::under::{Parts, Wiring, run};
use attesto_core::resource::Requirement;
use attesto_testkit::Fixture;

fn right() -> (Fixture, Parts) {
    let fixture = Fixture::new();
    let parts = Parts::new(&fixture);
    (fixture, parts)
}

#[test]
fn t10_plain_bearer_tokens_where_bound_ones_are_wanted() {
    let (fixture, parts) = right();
    let text = run(found(&fixture, &parts, Wiring::Right, parts.route().sender_constrained()));
    assert_eq!(
        text,
        words(
            "unbound_token_refused",
            "a token that is bound to nothing, as Bearer",
            "200; the handler was reached",
            "401, error=\"invalid_token\"",
            "the route takes a token that anybody can use who gets hold of it. Set \
             `ResourceServerBuilder::sender_policy` to `SenderPolicy::RequireDpop`, or another that requires a \
             binding; or take `Route::sender_constrained` away, if it is to take plain bearer tokens."
        )
    );
}

#[test]
fn t10_a_route_without_its_scopes() {
    let (fixture, mut parts) = right();
    parts.requirement = Requirement::authenticated();
    let text = run(found(&fixture, &parts, Wiring::Right, parts.route()));
    assert_eq!(
        text,
        words(
            "scope_required",
            "a token without scopes",
            "200; the handler was reached",
            "403, error=\"insufficient_scope\"",
            "the route does not ask for its scopes. Put `RequireLayer::new(Requirement::scopes([..])?)` (axum) or \
             `Require` (actix, hyper) on the route, or `.require(..)` on the protection."
        )
    );
}

#[test]
fn t10_a_route_with_half_of_its_scopes() {
    let (fixture, parts) = right();
    let route = parts.route().scopes(["mcp:tools:call", "mcp:tools:read"]);
    let text = run(found(&fixture, &parts, Wiring::Right, route));
    assert_eq!(
        text,
        words(
            "scope_required",
            "a token without scopes",
            &format!(
                "403, WWW-Authenticate: DPoP error=\"insufficient_scope\", error_description=\"The access \
                     token lacks a required scope [insufficient_scope]\", scope=\"mcp:tools:call\", {ALGS}, \
                     {POINTER}"
            ),
            "scope=\"mcp:tools:call mcp:tools:read\" in the challenge",
            "the refusal does not name every scope that the route requires, so a client cannot ask for them. Either \
             the `Requirement` lists others than `Route::scopes`, or code of your own answers 403."
        )
    );
}

#[test]
fn t10_a_route_without_step_up() {
    let (fixture, parts) = right();
    let text = run(found(&fixture, &parts, Wiring::Right, parts.route().acr_values(["phr"]).max_age(300)));
    assert_eq!(
        text,
        words(
            "step_up_required",
            "a token without acr",
            "200; the handler was reached",
            "401, error=\"insufficient_user_authentication\"",
            "the route does not ask how and when the user authenticated. Add `.acr_values([..])` and `.max_age(..)` \
             to its `Requirement`."
        )
    );
}
