//! What is wired wrongly is found, and the finding says what to change: word for word, because the words are what users get.

mod changed_messages;
mod configuration;
mod discovery;
mod evidence;
mod layers;
mod requirements;
mod stores;

use crate::under::{Parts, Wiring, every_adapter};
use attesto_testkit::{App, Fixture, Route, check_resource_protected};

/// What is found under each adapter, in words.
async fn found_under_each(
    fixture: &Fixture,
    parts: &Parts,
    wiring: Wiring,
    route: Route,
) -> Vec<(&'static str, String)> {
    let mut found = Vec::new();
    for (adapter, app) in every_adapter(parts, wiring).await {
        found.push((adapter, found_in(&app, fixture, &route).await));
    }
    found
}

/// What is found under every adapter alike.
async fn found(fixture: &Fixture, parts: &Parts, wiring: Wiring, route: Route) -> String {
    let mut findings = found_under_each(fixture, parts, wiring, route).await;
    let (_, first) = findings.pop().expect("adapters");
    for (adapter, other) in findings {
        assert_eq!(other, first, "{adapter}");
    }
    first
}

/// What every DPoP challenge here ends with.
const ALGS: &str = "algs=\"ES256 ES384 ES512 EdDSA Ed25519 RS256 RS384 RS512 PS256 PS384 PS512\"";
const POINTER: &str = "resource_metadata=\"https://mcp.example.com/.well-known/oauth-protected-resource/mcp\"";

/// A finding's whole text.
fn words(check: &str, sent: &str, seen: &str, expected: &str, fix: &str) -> String {
    format!(
        "attesto testkit: {check} does not hold for POST /mcp\n  sent:     {sent}\n  seen:     {seen}\n  expected: \
         {expected}\n  to fix:   {fix}"
    )
}

async fn found_in(app: &impl App, fixture: &Fixture, route: &Route) -> String {
    check_resource_protected(app, fixture, route).await.expect_err("wired wrongly, and not found").to_string()
}
