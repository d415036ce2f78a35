//! Guards that are configured for something else than they should be.

use super::{ALGS, POINTER, found, words};
use crate::under::{Parts, Wiring, run};
use attesto_core::crypto::RustCrypto;
use attesto_core::host::{ForeignVerifier, Guard};
use attesto_core::http::{CanonicalOrigin, ForwardedHeader, OriginPolicy, RequestParts, TrustedProxies, XForwarded};
use attesto_core::resource::{ForeignAnswer, ForeignQuestion, ResourceServer, ResourceServerBuilder};
use attesto_core::token::{AccessTokenVerifier, ForeignClaims, TokenRules};
use attesto_testkit::{Fixture, ManualClock};
use std::sync::Arc;

fn configured(configure: impl Fn(ResourceServerBuilder) -> ResourceServerBuilder) -> (Fixture, Parts) {
    let fixture = Fixture::new();
    let guard = fixture.guard_of(configure(fixture.resource_server()));
    let parts = Parts::from_fixture(&fixture, guard);
    (fixture, parts)
}

fn found_where(configure: impl Fn(ResourceServerBuilder) -> ResourceServerBuilder) -> String {
    let (fixture, parts) = configured(configure);
    run(found(&fixture, &parts, Wiring::Right, parts.route()))
}

#[test]
fn t10_audience_as_wide_as_the_host() {
    let audience = ["https://mcp.example.com/mcp", "https://mcp.example.com"];
    let text = found_where(|server| server.token_rules(TokenRules::new().audience_is(audience)));
    assert_eq!(
        text,
        words(
            "audience_enforced",
            "a token for `https://mcp.example.com`",
            "200; the handler was reached",
            "401, error=\"invalid_token\"",
            "tokens for other resources open this one. Do not widen `TokenRules::audience_is`, and let no code of \
             your own verify tokens; the resource's identifier is the audience by default."
        )
    );
}

#[test]
fn t5_another_resource_identifier() {
    let fixture = Fixture::new();
    let server = ResourceServer::builder("https://mcp.example.com/mcp/", fixture.provider());
    let server = server.issuer(fixture.trusted_issuer()).danger_show_reasons();
    let parts = Parts::from_fixture(&fixture, fixture.guard_of(server));
    let text = run(found(&fixture, &parts, Wiring::Right, parts.route()));
    assert_eq!(
        text,
        words(
            "proof_accepted",
            "a DPoP-bound token with a fresh proof, right in every respect",
            &format!(
                "401, WWW-Authenticate: DPoP error=\"invalid_token\", error_description=\"The access token is \
                     not valid for this resource [invalid_audience]\", {ALGS}, \
                     resource_metadata=\"https://mcp.example.com/.well-known/oauth-protected-resource/mcp/\""
            ),
            "2xx: the handler's answer",
            "the server is another resource than the test's tokens are for, `https://mcp.example.com/mcp`. Give \
             `Fixture::builder().resource(..)` the identifier that the server is built with, byte for byte."
        )
    );
}

#[test]
fn t5_another_issuer() {
    let fixture = Fixture::new();
    let other = Fixture::builder().issuer("https://login.example.com").build();
    let server = ResourceServer::builder(fixture.resource(), Arc::new(RustCrypto::new()));
    let server = server.issuer(other.trusted_issuer()).danger_show_reasons();
    let parts = Parts::from_fixture(&fixture, fixture.guard_of(server));
    let text = run(found(&fixture, &parts, Wiring::Right, parts.route()));
    assert_eq!(
        text,
        words(
            "proof_accepted",
            "a DPoP-bound token with a fresh proof, right in every respect",
            &format!(
                "401, WWW-Authenticate: DPoP error=\"invalid_token\", error_description=\"The access token is \
                     not valid for this resource [invalid_issuer]\", {ALGS}, {POINTER}"
            ),
            "2xx: the handler's answer",
            "the server does not trust the test's issuer, `https://auth.example.com`. Build it with \
             `fixture.trusted_issuer()` in place of the real one."
        )
    );
}

#[test]
fn t5_clock_of_its_own() {
    let (fixture, mut parts) = configured(|server| server);
    let own = ManualClock::at(fixture.now());
    parts.clock = own.clock();
    own.advance(7200);
    let ahead = run(found(&fixture, &parts, Wiring::Right, parts.route()));
    assert_eq!(
        ahead,
        words(
            "proof_accepted",
            "a DPoP-bound token with a fresh proof, right in every respect",
            &format!(
                "401, WWW-Authenticate: DPoP error=\"invalid_token\", error_description=\"The access token is \
                     not valid for this resource [expired]\", {ALGS}, {POINTER}"
            ),
            "2xx: the handler's answer",
            "the server goes by another clock than the test, where it is 1800000000. Pass `fixture.clock()` to the \
             protection (`.clock(..)`), or make the fixture go by the server's (`Fixture::builder().clock(..)`)."
        )
    );
    // Far behind: the token is not issued yet. It is the same mistake.
    own.jump_back(2 * 7200);
    let behind = run(found(&fixture, &parts, Wiring::Right, parts.route()));
    assert_eq!(behind, ahead.replace("[expired]", "[not_yet_valid]"));
    // A little ahead: the token lives, but the proof is too old.
    own.set(fixture.now().plus(600));
    let a_little = run(found(&fixture, &parts, Wiring::Right, parts.route()));
    assert_eq!(
        a_little,
        words(
            "proof_accepted",
            "a DPoP-bound token with a fresh proof, right in every respect",
            &format!(
                "401, WWW-Authenticate: DPoP error=\"invalid_dpop_proof\", error_description=\"The DPoP proof \
                     is missing or invalid [proof_expired]\", {ALGS}, {POINTER}"
            ),
            "2xx: the handler's answer",
            "the server goes by another clock than the test, where it is 1800000000. Pass `fixture.clock()` to the \
             protection (`.clock(..)`), or make the fixture go by the server's (`Fixture::builder().clock(..)`)."
        )
    );
}

#[test]
fn t5_another_origin() {
    let origin = CanonicalOrigin::parse("https://internal.example.com").expect("an origin");
    let text = found_where(|server| server.origin(OriginPolicy::new().canonical(origin.clone())));
    assert_eq!(
        text,
        words(
            "proof_accepted",
            "a DPoP-bound token with a fresh proof, right in every respect",
            &format!(
                "401, WWW-Authenticate: DPoP error=\"invalid_dpop_proof\", error_description=\"The DPoP proof \
                     is missing or invalid [invalid_htu]\", {ALGS}, {POINTER}"
            ),
            "2xx: the handler's answer",
            "the proof was made for POST https://mcp.example.com/mcp, but the server takes itself to be called by \
             another URL. Pin the origin that clients see: \
             `OriginPolicy::new().canonical(CanonicalOrigin::parse(\"https://mcp.example.com\")?)`, with the prefix \
             that a proxy takes away, if it does. Behind a router that nests, attesto must see the path as the \
             client sent it."
        )
    );
}

/// Verifies well, and forgets what the token is bound to.
struct WithoutBinding(AccessTokenVerifier);

impl ForeignVerifier for WithoutBinding {
    async fn verify(&self, question: &ForeignQuestion<'_>, _: &RequestParts<'_>) -> ForeignAnswer {
        match self.0.verify(question.token(), question.now()) {
            Ok(claims) => ForeignAnswer::Claims(
                ForeignClaims::new(claims.subject()).scopes(claims.scopes()).audience(["https://mcp.example.com/mcp"]),
            ),
            Err(_) => ForeignAnswer::InvalidToken,
        }
    }
}

#[test]
fn t4_a_foreign_verifier_that_drops_the_binding() {
    let fixture = Fixture::new();
    let rules = TokenRules::new().audience_is([fixture.resource()]);
    let verifier = AccessTokenVerifier::new(&fixture.provider(), vec![fixture.trusted_issuer()], rules).expect("rules");
    let known = Fixture::builder().issuer("https://login.example.com").build();
    let server = ResourceServer::builder(fixture.resource(), fixture.provider())
        .issuer(known.trusted_issuer())
        .danger_show_reasons()
        .build()
        .expect("a server");
    let guard = Guard::builder(server)
        .replay_store(fixture.replay_store())
        .foreign_verifier(WithoutBinding(verifier))
        .build()
        .expect("a guard");
    let parts = Parts::from_fixture(&fixture, guard);
    let text = run(found(&fixture, &parts, Wiring::Right, parts.route()));
    assert_eq!(
        text,
        words(
            "proof_accepted",
            "a DPoP-bound token with a fresh proof, right in every respect",
            &format!(
                "401, WWW-Authenticate: DPoP error=\"invalid_token\", error_description=\"The access token is \
                     not valid for this resource [dpop_proof_unexpected]\", {ALGS}, {POINTER}"
            ),
            "2xx: the handler's answer",
            "the token is bound, but what verifies it does not say so. Let the foreign verifier carry `cnf` over: \
             `ForeignClaims::dpop_jkt`, `ForeignClaims::x5t_s256`."
        )
    );
}

/// With these hosts listed, and this field read from this peer, while the route's proxy sets something else.
fn found_behind(
    listed: &str,
    peer: &str,
    field: impl Into<ForwardedHeader>,
    sets: Option<(&'static str, &'static str)>,
) -> String {
    let proxies = TrustedProxies::parse([peer]).expect("a peer");
    let origin = OriginPolicy::behind(proxies, field).hosts([listed]).expect("a host");
    let (fixture, parts) = configured(|server| server.origin(origin.clone()));
    let route = match sets {
        Some(field) => parts.route().behind([10, 0, 0, 1].into(), [field]),
        None => parts.route(),
    };
    run(found(&fixture, &parts, Wiring::Right, route))
}

const LET_IN: &str = "200; the handler was reached";
const REFUSED: &str = "401, WWW-Authenticate: DPoP error=\"invalid_dpop_proof\"";

#[test]
fn t10_forwarding_headers_of_strangers_are_believed() {
    let text = found_behind("attacker.example.com", "203.0.113.9", XForwarded::HOST, None);
    let sent = "a proof made for https://attacker.example.com, and forwarding headers from a stranger that name it";
    let fix = "what a stranger writes into forwarding headers is believed. Name your proxies, and only those, in \
               `OriginPolicy::proxies`, or pin the origin with `OriginPolicy::canonical`.";
    assert_eq!(text, words("forwarded_headers_ignored", sent, LET_IN, REFUSED, fix));
}

#[test]
fn t10_forwarding_field_that_the_proxy_does_not_set_is_believed() {
    let by_proxy = Some(("x-forwarded-proto", "https"));
    let wide = XForwarded::PROTO.and(XForwarded::HOST).and(XForwarded::PORT);
    for (listed, claimed, field) in [
        ("attacker.example.com", "https://attacker.example.com", "x-forwarded-host"),
        ("mcp.example.com:1", "https://mcp.example.com:1", "x-forwarded-port"),
    ] {
        let text = found_behind(listed, "10.0.0.1", wide, by_proxy);
        assert!(text.contains(&format!("a proof made for {claimed}, and {field} fields from a client")), "{text}");
        assert!(text.contains("Name only the fields that the proxy sets on every request"), "{text}");
    }
    let wrong_kind = found_behind("h.example", "10.0.0.1", wide, Some(("forwarded", "proto=https")));
    assert!(wrong_kind.contains("[insecure_transport]"), "plain http, as far as the server can tell: {wrong_kind}");
}

#[test]
fn t10_host_that_the_client_chose_is_listed() {
    let origin = OriginPolicy::new().hosts(["attacker.example.com"]).expect("a host");
    let text = found_where(|server| server.origin(origin.clone()));
    let sent = "a proof made for https://attacker.example.com, and a Host that names it";
    let fix = "a proof for a host that the client chose is taken: whoever a client calls can use its token and proof here. List in \
               `OriginPolicy::hosts` only hosts of this server; without the list the identifier's own counts. A proof that code of \
               your own verifies must be held against a host from the configuration, never against `Host`.";
    assert_eq!(text, words("other_host_refused", sent, LET_IN, "400, 401 or 403", fix));
}
