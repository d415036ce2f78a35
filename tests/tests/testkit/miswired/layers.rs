//! Layers in the wrong order, missing, or beside the route.

use super::{ALGS, POINTER, found, found_under_each, words};
use crate::under::{Parts, Wiring, run};
use attesto_testkit::{Fixture, check_bound_token_refused_as_bearer};

fn parts() -> (Fixture, Parts) {
    let fixture = Fixture::new();
    let parts = Parts::new(&fixture);
    (fixture, parts)
}

#[test]
fn t8_scope_layer_before_authentication() {
    let (fixture, parts) = parts();
    let text = run(found(&fixture, &parts, Wiring::ScopesFirst, parts.route()));
    assert_eq!(
        text,
        words(
            "no_credentials_challenged",
            "no credentials",
            "401, WWW-Authenticate: Bearer",
            "challenges with a pointer to the metadata",
            "a requirement (`RequireLayer`, `Require`) or an extractor runs before anything has authenticated the \
             request. Layers and wraps that are added later run first: add `ProtectLayer` (axum) or \
             `.wrap(Protect::new(guard))` (actix) last; in hyper put `Protect` around `Require`: \
             `Protect::new(guard).wrap(Require::new(requirement).wrap(service))`."
        )
    );
}

#[test]
fn t4_proof_not_required() {
    let (fixture, parts) = parts();
    let text = run(found(&fixture, &parts, Wiring::BearerByHand, parts.route()));
    assert_eq!(
        text,
        words(
            "bound_token_refused_as_bearer",
            "a DPoP-bound token as Bearer, without a proof",
            "200; the handler was reached",
            "401, WWW-Authenticate: DPoP error=\"invalid_token\"",
            "a bound token is taken without its proof, so a stolen one opens the route. Something other than the \
             guard authenticates here: code that verifies the token alone, or a foreign verifier that drops `cnf`. \
             Let the guard decide, and take the caller from `Granted` (axum, actix) or `granted` (hyper), never \
             from the `Authorization` field."
        )
    );
}

/// The status alone gives it away, where the handler is not at hand.
#[test]
fn t4_proof_not_required_is_found_without_a_look_into_the_handler() {
    let (fixture, parts) = parts();
    let route = attesto_testkit::Route::post("/mcp").scopes(["mcp:tools:call"]).body("{}");
    let text = run(async {
        let (_, app) = crate::under::every_adapter(&parts, Wiring::BearerByHand).await.remove(0);
        check_bound_token_refused_as_bearer(&app, &fixture, &route).await.expect_err("found").to_string()
    });
    assert!(text.contains("\n  seen:     200\n"), "{text}");
}

#[test]
fn t9_missing_metadata_route() {
    let (fixture, parts) = parts();
    let texts = run(found_under_each(&fixture, &parts, Wiring::NoMetadata, parts.route()));
    let [(_, axum), (_, actix), (_, hyper)] = texts.as_slice() else { panic!("three adapters") };
    assert_eq!(
        *actix,
        words(
            "challenge_points_to_metadata",
            "GET https://mcp.example.com/.well-known/oauth-protected-resource/mcp, without credentials",
            "404",
            "200 and the metadata document",
            "the document that challenges point to is not served. Merge `metadata_router([&*guard])?` into the \
             outermost router (axum), `.configure(publish(documents))` on the `App` (actix), or wrap with \
             `Publish::new(documents)` (hyper)."
        )
    );
    // There the protection answers for every path, so that the document seems to need a token.
    assert_eq!(
        *axum,
        words(
            "challenge_points_to_metadata",
            "GET https://mcp.example.com/.well-known/oauth-protected-resource/mcp, without credentials",
            &format!("401, WWW-Authenticate: DPoP {ALGS}, {POINTER}, WWW-Authenticate: Bearer {POINTER}"),
            "200 and the metadata document",
            "the metadata document is behind the protection, or is not served and the protection covers what there \
             is no route for. Clients need it, without a token, to find out where to get one. Merge \
             `metadata_router` after `.layer(ProtectLayer::new(..))` (axum), configure `publish` on the `App` \
             itself and not in the protected scope (actix), put `Publish` around `Protect` (hyper)."
        )
    );
    assert_eq!(hyper, axum);
}

#[test]
fn t8_unprotected_route() {
    let (fixture, parts) = parts();
    let text = run(found(&fixture, &parts, Wiring::Unprotected, parts.route()));
    assert_eq!(
        text,
        words(
            "no_credentials_challenged",
            "no credentials",
            "200; the handler was reached",
            "401 with a challenge; the handler is not reached",
            "nothing protects this route. Put attesto before it: in axum `.layer(ProtectLayer::new(guard))` after \
             the routes, in actix `.wrap(Protect::new(guard))` on the scope or resource, in hyper \
             `Protect::new(guard).wrap(service)`."
        )
    );
}
