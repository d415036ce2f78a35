//! What is wired rightly passes, whatever it takes and under whatever framework.

use crate::under::{Parts, Wiring, bare, every_adapter, run};
use attesto_core::dpop::{NonceIssuer, NonceSecret, NonceUse, ProofPolicy};
use attesto_core::http::{CanonicalOrigin, OriginPolicy, TrustedProxies, XForwarded};
use attesto_core::mtls::CertificatePolicy;
use attesto_core::resource::{Requirement, ResourceServerBuilder, SenderPolicy};
use attesto_testkit::{Fixture, Presents, Route, assert_resource_protected};
use std::time::Duration;

/// Under every adapter and under none.
async fn passes(fixture: &Fixture, parts: &Parts, tell: impl Fn(Route) -> Route) {
    let (app, route) = bare(parts);
    assert_resource_protected(&app, fixture, &tell(route)).await;
    for (adapter, app) in every_adapter(parts, Wiring::Right).await {
        let before = parts.reached.count();
        assert_resource_protected(&app, fixture, &tell(parts.route())).await;
        assert!(parts.reached.count() > before, "{adapter}: the handler was reached");
    }
}

fn configured(configure: impl Fn(ResourceServerBuilder) -> ResourceServerBuilder) -> (Fixture, Parts) {
    let fixture = Fixture::new();
    let guard = fixture.guard_of(configure(fixture.resource_server()));
    let parts = Parts::from_fixture(&fixture, guard);
    (fixture, parts)
}

#[test]
fn t4_to_t10_hold_for_a_resource_that_takes_bearer_and_bound_tokens() {
    let (fixture, parts) = configured(|server| server);
    run(passes(&fixture, &parts, |route| route));
    run(passes(&fixture, &parts, |route| route.presents(Presents::Bearer)));
}

#[test]
fn t10_holds_for_certificates_of_the_tls_session() {
    let (fixture, parts) = configured(|server| server);
    run(passes(&fixture, &parts, Route::takes_certificates));
}

#[test]
fn t4_to_t10_hold_for_a_resource_that_takes_dpop_only() {
    let (fixture, parts) = configured(|server| server.sender_policy(SenderPolicy::RequireDpop));
    run(passes(&fixture, &parts, Route::sender_constrained));
}

#[test]
fn t10_holds_for_a_resource_that_takes_certificate_bound_tokens_only() {
    let (fixture, parts) = configured(|server| {
        server.mtls(CertificatePolicy::new()).sender_policy(SenderPolicy::RequireMtls).without_dpop()
    });
    run(passes(&fixture, &parts, |route| {
        route.presents(Presents::Certificate).takes_certificates().sender_constrained()
    }));
}

#[test]
fn t4_to_t10_hold_for_a_resource_that_gives_out_nonces() {
    let nonces = || NonceIssuer::new(NonceUse::ResourceServer, NonceSecret::new([7; 32]));
    let (fixture, parts) = configured(|server| server.dpop(ProofPolicy::new().require_nonces(nonces())));
    run(passes(&fixture, &parts, |route| route));
}

#[test]
fn t4_to_t10_hold_without_reasons_shown() {
    // As in production: what the checks judge is what every client sees.
    let fixture = Fixture::new();
    let server = attesto_core::resource::ResourceServer::builder(fixture.resource(), fixture.provider());
    let parts = Parts::from_fixture(&fixture, fixture.guard_of(server.issuer(fixture.trusted_issuer())));
    run(passes(&fixture, &parts, |route| route));
}

#[test]
fn t10_holds_for_step_up() {
    let (fixture, mut parts) = configured(|server| server);
    parts.requirement = Requirement::scopes(["mcp:tools:call"])
        .expect("scopes")
        .acr_values(["phr", "phrh"])
        .expect("acr values")
        .max_age(Duration::from_secs(300));
    run(passes(&fixture, &parts, |route| route.acr_values(["phr", "phrh"]).max_age(300)));
}

#[test]
fn t9_holds_where_a_proxy_ends_tls() {
    let origin = CanonicalOrigin::parse("https://mcp.example.com").expect("an origin");
    let (fixture, parts) = configured(|server| server.origin(OriginPolicy::new().canonical(origin.clone())));
    run(passes(&fixture, &parts, |route| route));
}

#[test]
fn t10_holds_behind_a_proxy_that_sets_the_scheme_only() {
    let proxies = TrustedProxies::parse(["10.0.0.1"]).expect("a proxy");
    let origin = OriginPolicy::behind(proxies, XForwarded::PROTO);
    let (fixture, parts) = configured(|server| server.origin(origin.clone()));
    let sets = [("x-forwarded-proto", "https")];
    run(passes(&fixture, &parts, |route| route.behind([10, 0, 0, 1].into(), sets)));
}

#[test]
fn t9_holds_on_a_plain_loopback_port() {
    let fixture = Fixture::builder().issuer("http://127.0.0.1:9").resource("http://127.0.0.1:8080/mcp").seed(1).build();
    let parts = Parts::new(&fixture);
    run(passes(&fixture, &parts, |route| route));
}
