//! The order of the steps, what each outcome carries, and what the pipeline as a whole promises.

use attesto_core::Timestamp;
use attesto_core::challenge::{AuthScheme, Challenge, ChallengeHook, parse_challenges};
use attesto_core::dpop::{NonceIssuer, NonceSecret, NonceUse, ProofError, ProofPolicy, ReplayAnswer};
use attesto_core::http::{ObservedUri, OriginPolicy, RequestParts, TrustedProxies};
use attesto_core::metadata::{MetadataPointer, PointerRequest, PointerResolver, PointerUnavailable};
use attesto_core::mtls::CertificatePolicy;
use attesto_core::resource::{
    CredentialPolicy, Denial, ForeignAnswer, ObservedUriResolver, Outcome, RefusalError, Requirement, ResourceServer,
    ResourceServerBuilder, Sender, SenderPolicy, StepUpError,
};
use attesto_core::scope::Catalogue;
use attesto_core::token::{ForeignClaims, TokenError, TokenRules};
use attesto_tests::{AUDIENCE, Answers, Call, NOW, Seen, World};
use serde_json::json;
use std::sync::Arc;
use std::time::Duration;

const CLIENT: &[u8] = include_bytes!("../keys/client.der");

fn server(configure: impl FnOnce(ResourceServerBuilder) -> ResourceServerBuilder) -> ResourceServer {
    configure(World::new().builder()).build().expect("a sound configuration")
}

fn run(server: &ResourceServer, requirement: &Requirement, call: &Call) -> Seen {
    World::new().check(server, requirement, call, Answers::good())
}

fn denial(server: &ResourceServer, requirement: &Requirement, call: &Call) -> Denial {
    *run(server, requirement, call).result.expect_err("refused")
}

fn plain() -> Call {
    Call::new().bearer(&World::new().token(|_, _| {}))
}

fn schemes(denial: &Denial) -> Vec<AuthScheme> {
    denial.challenges().iter().map(|challenge| Challenge::parse(challenge).expect("our own grammar").scheme()).collect()
}

#[test]
fn w3_no_credentials_challenge_every_scheme_that_can_succeed_in_order_of_preference() {
    use AuthScheme::{Bearer, Dpop};
    let none = Requirement::authenticated();
    let of = |server: ResourceServer| schemes(&denial(&server, &none, &Call::new()));
    assert_eq!(of(server(|b| b)), [Dpop, Bearer]);
    assert_eq!(of(server(|b| b.prefer_bearer())), [Bearer, Dpop]);
    assert_eq!(of(server(|b| b.mcp())), [Bearer, Dpop]);
    assert_eq!(of(server(|b| b.mcp().sender_policy(SenderPolicy::RequireEither))), [Dpop, Bearer]);
    assert_eq!(of(server(|b| b.sender_policy(SenderPolicy::RequireDpop))), [Dpop]);
    assert_eq!(of(server(|b| b.without_dpop())), [Bearer]);
    let mtls = |b: ResourceServerBuilder| b.mtls(CertificatePolicy::new()).sender_policy(SenderPolicy::RequireMtls);
    assert_eq!(of(server(mtls)), [Bearer]);
}

#[test]
fn w4_dpop_challenges_list_the_accepted_algorithms_and_bearer_challenges_none() {
    let denial = denial(&server(|b| b), &Requirement::authenticated(), &Call::new());
    let algs = "algs=\"ES256 ES384 ES512 EdDSA Ed25519 RS256 RS384 RS512 PS256 PS384 PS512\"";
    assert!(denial.challenges()[0].contains(algs));
    assert!(!denial.challenges()[1].contains("algs"));
}

#[test]
fn w6_scope_hint_names_the_full_set_on_nc_it_and_is_only() {
    let requirement = Requirement::scopes(["a", "mcp:tools:call"]).expect("scopes");
    let hinted =
        |call: &Call| denial(&server(|b| b), &requirement, call).challenges()[0].contains("scope=\"a mcp:tools:call\"");
    let world = World::new();
    assert!(hinted(&Call::new()));
    assert!(hinted(&Call::new().bearer("x")));
    assert!(hinted(&plain()), "403 names all, not only the missing");
    assert!(!hinted(&Call::new().dpop(&world.bound_token(), "x")), "a proof error");
    assert!(!hinted(&Call::new().header("authorization", "Bearer a b")), "a malformed request");
}

#[test]
fn w7_w12_bodies_say_error_and_description_except_where_nothing_was_presented() {
    let none = Requirement::authenticated();
    let body = |call: &Call| denial(&server(|b| b), &none, call).response().body_text();
    assert_eq!(body(&Call::new()), "");
    let json: serde_json::Value = serde_json::from_str(&body(&Call::new().bearer("x"))).expect("JSON");
    assert_eq!(json["error"], "invalid_token");
    assert_eq!(json.as_object().expect("an object").len(), 2);
    let mut head = Call::new().bearer("x");
    head.method = "HEAD".into();
    assert_eq!(body(&head), "");
}

#[test]
fn w8_statuses_are_those_of_rfc_6750_and_never_a_redirect() {
    let statuses: Vec<u16> = Outcome::ALL.iter().map(|outcome| outcome.status()).collect();
    assert_eq!(statuses, [401, 400, 401, 401, 401, 401, 403, 503]);
}

#[test]
fn w10_step_up_names_the_wanted_acr_and_age() {
    let requirement =
        Requirement::authenticated().acr_values(["phr", "phrh"]).expect("values").max_age(Duration::from_secs(300));
    let denial = denial(&server(|b| b), &requirement, &plain());
    assert_eq!(denial.reason(), StepUpError::Acr.into());
    assert!(denial.challenges()[0].contains("acr_values=\"phr phrh\", max_age=\"300\""));
}

#[test]
fn w13_descriptions_are_public_unless_a_development_switch_adds_the_reason() {
    let none = Requirement::authenticated();
    let call = Call::new().bearer("x");
    let shown = denial(&server(|b| b.danger_show_reasons()), &none, &call).challenges()[0].clone();
    assert!(shown.contains("[malformed]"), "{shown}");
    assert!(!denial(&server(|b| b), &none, &call).challenges()[0].contains("malformed"));
}

#[derive(Debug)]
struct Hook;

impl ChallengeHook for Hook {
    fn amend(&self, challenge: &mut Challenge) {
        challenge
            .update(|challenge| challenge.realm("r").error("none").extension("x-help", "docs").expect("an extension"));
    }
}

#[test]
fn w14_challenge_hook_runs_on_every_outcome_and_cannot_change_the_error() {
    let server = server(|b| b.challenge_hook(Arc::new(Hook)));
    let admin = Requirement::scopes(["admin"]).expect("a scope");
    for (call, error) in [
        (Call::new(), None),
        (Call::new().header("authorization", "Bearer a b"), Some("invalid_request")),
        (Call::new().bearer("x"), Some("invalid_token")),
        (plain(), Some("insufficient_scope")),
    ] {
        for challenge in denial(&server, &admin, &call).challenges() {
            let parsed = parse_challenges(challenge).expect("our own grammar");
            assert_eq!(
                (parsed[0].get("realm"), parsed[0].get("x-help"), parsed[0].get("error")),
                (Some("r"), Some("docs"), error)
            );
        }
    }
}

#[test]
fn p9_route_pointer_goes_before_the_servers_and_none_leaves_it_out() {
    let elsewhere = MetadataPointer::fixed("https://docs.example.com/m").expect("a URL");
    let route = Requirement::authenticated().metadata_pointer(elsewhere);
    assert!(denial(&server(|b| b), &route, &Call::new()).challenges()[0].contains("https://docs.example.com/m"));
    let none = Requirement::authenticated().metadata_pointer(MetadataPointer::None);
    assert!(!denial(&server(|b| b), &none, &Call::new()).challenges()[0].contains("resource_metadata"));
}

fn nonces() -> NonceIssuer {
    NonceIssuer::new(NonceUse::ResourceServer, NonceSecret::new([7; 32]))
}

fn with_nonce_of(issued: u64) -> Call {
    let world = World::new();
    let nonce = nonces().issue(world.provider.as_ref(), Timestamp::from_secs(issued));
    let token = world.bound_token();
    let proof = world.proof(&token, |_, claims| {
        claims.insert("nonce".into(), json!(nonce));
    });
    Call::new().dpop(&token, &proof)
}

#[test]
fn d15_fresh_nonce_comes_with_every_challenge_and_past_its_half_life_with_every_answer() {
    let server = server(|b| b.dpop(ProofPolicy::new().require_nonces(nonces())));
    let (none, admin) = (Requirement::authenticated(), Requirement::scopes(["admin"]).expect("a scope"));
    let challenged = denial(&server, &none, &World::new().dpop_call()).response();
    let nonce = challenged.header("dpop-nonce").next().expect("a nonce").to_owned();
    assert!(nonces().check(World::new().provider.as_ref(), &nonce, World::new().now()).is_some());
    assert_eq!(challenged.header("cache-control").collect::<Vec<_>>(), ["no-store"]);

    let headers = |issued| {
        let grant = run(&server, &none, &with_nonce_of(issued)).result.expect("granted");
        grant.amendments().iter().map(|amendment| amendment.header.name().to_owned()).collect::<Vec<_>>()
    };
    assert!(headers(NOW - 150).is_empty());
    assert_eq!(headers(NOW - 151), ["dpop-nonce", "cache-control"]);
    let later = |issued| denial(&server, &admin, &with_nonce_of(issued)).response().header("dpop-nonce").count();
    assert_eq!((later(NOW - 150), later(NOW - 151)), (0, 1));
}

#[test]
fn d18_unknown_members_of_a_proof_are_ignored() {
    let world = World::new();
    let token = world.bound_token();
    let proof = world.proof(&token, |header, claims| {
        header.insert("x5u".into(), json!("https://evil.example.com"));
        claims.insert("custom".into(), json!({"a": [1]}));
    });
    assert!(run(&server(|b| b), &Requirement::authenticated(), &Call::new().dpop(&token, &proof)).result.is_ok());
}

#[test]
fn d17_replay_claim_outlives_every_moment_at_which_the_proof_is_accepted() {
    let world = World::new();
    let server = server(|b| b);
    let none = Requirement::authenticated();
    world.dpop_call().with_parts(|parts| {
        let attesto_core::resource::Verdict::Ask(attesto_core::resource::Question::Replay(question)) =
            server.check(parts, &none, world.now())
        else {
            panic!("a proof is asked about");
        };
        assert_eq!(question.claim().not_after, Timestamp::from_secs(NOW + 60));
        assert_eq!(question.claim().retain_until, Timestamp::from_secs(NOW + 60 + 60 + 1));
        assert_eq!(question.jti(), "proof-1");
        let _ = question.answer(ReplayAnswer::Replay, world.now());
    });
    // Made as far ahead as clocks may differ, it is accepted from then until a minute after its own time.
    let token = world.bound_token();
    let proof = world.proof(&token, |_, claims| {
        claims.insert("iat".into(), json!(NOW + 60));
    });
    let call = Call::new().dpop(&token, &proof);
    let at = |now| world.check_at(&server, &none, &call, Answers::good(), Timestamp::from_secs(now)).result.is_ok();
    assert!(at(NOW) && at(NOW + 120) && !at(NOW + 121) && !at(NOW - 1));
}

#[test]
fn questions_come_in_the_catalogues_order() {
    let world = World::new();
    let server = server(|b| b.ask_foreign().ask_revocation().ask_principal());
    let seen = world.check(&server, &Requirement::authenticated(), &world.dpop_call(), Answers::good());
    assert_eq!(seen.asked, ["replay", "revocation", "principal"]);
    let opaque = Call::new().bearer("opaque");
    let seen = world.check(&server, &Requirement::authenticated(), &opaque, Answers::good());
    assert_eq!(seen.asked, ["foreign", "revocation", "principal"]);
}

#[test]
fn h1_foreign_claims_keep_binding_scopes_and_step_up_with_the_library() {
    let world = World::new();
    let server = server(|b| b.ask_foreign());
    let jkt = world.thumbprint(world.client.as_ref());
    let with = |claims: ForeignClaims, requirement: Requirement, call: Call| {
        let answers = Answers { foreign: Some(ForeignAnswer::Claims(claims)), ..Answers::good() };
        world.check(&server, &requirement, &call, answers).result
    };
    let call = Requirement::scopes(["mcp:tools:call"]).expect("a scope");
    let proof = world.proof("opaque", |_, _| {});
    let bound = || ForeignClaims::new("s").dpop_jkt(jkt).scopes(["mcp:tools:call"]);
    let grant = with(bound(), call.clone(), Call::new().dpop("opaque", &proof)).expect("granted");
    assert_eq!(*grant.sender(), Sender::Dpop { jkt });
    assert!(with(bound(), call.clone(), Call::new().bearer("opaque")).is_err(), "B2");
    assert!(with(ForeignClaims::new("s"), call, Call::new().bearer("opaque")).is_err(), "scopes");
    // A token that names our issuer is ours, whatever the hook would say.
    let forged = world.token(|header, _| {
        header.insert("kid".into(), json!("unknown"));
    });
    let seen = world.check(&server, &Requirement::authenticated(), &Call::new().bearer(&forged), Answers::good());
    assert!(seen.result.is_err() && seen.asked.is_empty());
}

#[test]
fn h3_hint_and_description_of_the_hook_are_rendered_within_the_grammar() {
    let world = World::new();
    let server = server(|b| b.ask_foreign());
    let deny = |scopes: Vec<String>, description: Option<String>| {
        let answers =
            Answers { foreign: Some(ForeignAnswer::InsufficientScope { scopes, description }), ..Answers::good() };
        let route = Requirement::scopes(["route"]).expect("a scope");
        world.check(&server, &route, &Call::new().bearer("opaque"), answers).result.expect_err("refused")
    };
    let denial = deny(vec!["x".into(), "y".into()], Some("needs \"x\"\r\nand y".into()));
    assert!(denial.challenges()[0].contains("error_description=\"needs ?x???and y\", scope=\"x y\""), "{denial:?}");
    assert_eq!(denial.reason(), RefusalError::ForeignScope.into());
    assert!(deny(vec!["bad scope".into()], None).challenges()[0].contains("scope=\"route\""));
}

#[test]
fn two_phase_use_checks_the_operation_after_the_request() {
    let server = server(|b| b);
    let grant = run(&server, &Requirement::authenticated(), &plain()).result.expect("granted");
    let require = |requirement: Requirement| {
        plain().with_parts(|parts| server.require(&grant, parts, &requirement, World::new().now()).map_err(Box::new))
    };
    assert!(require(Requirement::scopes(["mcp:tools:call"]).expect("a scope")).is_ok());
    let denial = require(Requirement::scopes(["admin"]).expect("a scope")).expect_err("refused");
    assert_eq!((denial.status(), denial.reason()), (403, RefusalError::Scope.into()));
    assert!(require(Requirement::any_scope(["admin", "mcp:tools:read"]).expect("scopes")).is_ok());
    assert!(require(Requirement::any_scope(["admin"]).expect("a scope")).is_err());
}

/// Points to a document of its own for each path.
#[derive(Debug)]
struct ByPath;

impl PointerResolver for ByPath {
    fn resolve(&self, request: &PointerRequest<'_>) -> Result<Option<String>, PointerUnavailable> {
        Ok(Some(format!("https://mcp.example.com/meta{}", request.path)))
    }
}

#[test]
fn p9_resolver_of_a_later_requirement_knows_the_path() {
    let server = server(|b| b);
    let grant = run(&server, &Requirement::authenticated(), &plain()).result.expect("granted");
    let pointer = MetadataPointer::Resolver(Arc::new(ByPath));
    let admin = Requirement::scopes(["admin"]).expect("a scope").metadata_pointer(pointer);
    let now = World::new().now();
    let points = |denial: &Denial| {
        let pointer = "resource_metadata=\"https://mcp.example.com/meta/mcp\"";
        denial.challenges().iter().all(|challenge| challenge.contains(pointer))
    };
    plain().with_parts(|parts| {
        assert!(points(&server.require(&grant, parts, &admin, now).expect_err("no such scope")));
        assert!(points(&server.deny_unauthenticated(parts, &admin, now)));
    });
    assert!(points(&denial(&server, &admin, &plain())));
}

#[test]
fn s8_wildcards_mean_something_only_for_own_issuers() {
    let world = World::new();
    let star = Call::new().bearer(&world.token(|_, claims| {
        claims.insert("scope".into(), json!("documents.*"));
    }));
    let read = Requirement::scopes(["documents.read"]).expect("a scope");
    assert!(run(&server(|b| b), &read, &star).result.is_err());
    let catalogue = Catalogue::new(["documents.read", "documents.write"]).expect("a catalogue");
    let own = ResourceServer::builder(AUDIENCE, Arc::clone(&world.provider)).own_issuer(world.trusted(), catalogue);
    assert!(run(&own.build().expect("sound"), &read, &star).result.is_ok());
}

#[test]
fn a3_several_resources_on_one_host_must_decide_on_strict_audiences() {
    let world = World::new();
    let other = ResourceServer::builder("https://mcp.example.com/other", Arc::clone(&world.provider))
        .issuer(world.trusted())
        .mcp()
        .build()
        .expect("sound");
    let set = |first: &ResourceServer| ResourceServer::metadata_set([first, &other]);
    assert_eq!(set(&server(|b| b)).expect_err("undecided").member(), "refuse_other_audiences");
    assert!(set(&server(|b| b.refuse_other_audiences())).is_ok());
    assert!(set(&server(|b| b.accept_other_audiences())).is_ok());
    assert!(ResourceServer::metadata_set([&server(|b| b)]).is_ok());
}

#[derive(Debug)]
struct Says(Option<&'static str>);

impl ObservedUriResolver for Says {
    fn observed_uri<'r>(&self, _: &RequestParts<'r>) -> Option<ObservedUri<'r>> {
        self.0.and_then(ObservedUri::parse)
    }
}

#[test]
fn d10_host_callback_names_the_uri_and_never_falls_back() {
    let none = Requirement::authenticated();
    let proxy = || OriginPolicy::new().proxies(TrustedProxies::parse(["10.0.0.1"]).expect("a proxy"));
    let with = |uri| server(|b| b.origin(proxy()).observed_uri(Arc::new(Says(uri))));
    let mut call = World::new().dpop_call();
    call.peer = Some([10, 0, 0, 1].into());
    assert!(run(&with(Some(AUDIENCE)), &none, &call).result.is_ok());
    for wrong in [None, Some("https://mcp.example.com/other"), Some("not a uri")] {
        assert_eq!(denial(&with(wrong), &none, &call).reason(), ProofError::InvalidHtu.into());
    }
    assert!(run(&with(None), &none, &plain()).result.is_ok(), "a bearer token needs no URI");
}

#[test]
fn d10_resolver_of_the_uri_is_asked_for_trusted_proxies_only() {
    let none = Requirement::authenticated();
    let proxy = || OriginPolicy::new().proxies(TrustedProxies::parse(["10.0.0.1"]).expect("a proxy"));
    let elsewhere = server(|b| b.origin(proxy()).observed_uri(Arc::new(Says(Some("https://mcp.example.com/other")))));
    for peer in [None, Some([10, 0, 0, 2].into())] {
        let mut call = World::new().dpop_call();
        call.peer = peer;
        assert!(run(&elsewhere, &none, &call).result.is_ok(), "{peer:?}: what it would say does not count");
    }
    let unnamed = server(|b| b.observed_uri(Arc::new(Says(Some("https://mcp.example.com/other")))));
    assert!(run(&unnamed, &none, &World::new().dpop_call()).result.is_ok());
}

#[test]
fn d10_resolved_uri_must_have_a_host_of_ours() {
    let none = Requirement::authenticated();
    let relayed = |host: &'static str| {
        let world = World::new();
        let token = world.bound_token();
        let proof = world.proof(&token, |_, claims| {
            claims.insert("htu".into(), json!(host));
        });
        let mut call = Call::new().dpop(&token, &proof);
        call.peer = Some([10, 0, 0, 1].into());
        call
    };
    let proxy = || OriginPolicy::new().proxies(TrustedProxies::parse(["10.0.0.1"]).expect("a proxy"));
    let (evil, listed) = ("https://evil.example/mcp", "https://mcp.example.org/mcp");
    let with = |uri, origin| server(|b| b.origin(origin).observed_uri(Arc::new(Says(Some(uri)))));
    assert_eq!(denial(&with(evil, proxy()), &none, &relayed(evil)).reason(), ProofError::InvalidHtu.into());
    let origin = proxy().hosts(["mcp.example.org"]).expect("a host");
    assert!(run(&with(listed, origin), &none, &relayed(listed)).result.is_ok());
}

#[test]
fn d10_operator_learns_both_uris_and_the_client_neither() {
    let world = World::new();
    let token = world.bound_token();
    let proof = world.proof(&token, |_, claims| {
        claims.insert("htu".into(), json!("https://internal.example:8080/mcp?code=s3cret#x"));
    });
    let refused = denial(&server(|b| b), &Requirement::authenticated(), &Call::new().dpop(&token, &proof));
    assert_eq!(refused.reason(), ProofError::InvalidHtu.into());
    assert_eq!(refused.uris(), Some(("https://internal.example:8080/mcp", AUDIENCE)));
    let told = format!("{:?} {}", refused.response().headers, refused.response().body_text());
    assert!(!told.contains("internal.example"), "{told}");
    let long = world.proof(&token, |_, claims| {
        claims.insert("htu".into(), json!(format!("https://h/{}", "a".repeat(5000))));
    });
    let refused = denial(&server(|b| b), &Requirement::authenticated(), &Call::new().dpop(&token, &long));
    assert!(refused.uris().expect("both").0.len() <= 300);
    let other = denial(&server(|b| b), &Requirement::authenticated(), &Call::new().bearer(&token));
    assert_eq!(other.uris(), None);
}

#[test]
fn a3_mcp_is_strict_about_its_audience_unless_told_otherwise() {
    let wide = Call::new().bearer(&World::new().token(|_, claims| {
        claims.insert("aud".into(), json!([AUDIENCE, "https://other.example.com"]));
    }));
    let none = Requirement::authenticated();
    let refused = denial(&server(|b| b.mcp()), &none, &wide);
    assert_eq!(refused.reason(), TokenError::AudienceTooWide.into());
    assert!(run(&server(|b| b.mcp().accept_other_audiences()), &none, &wide).result.is_ok());
}

#[test]
fn a3_strict_audience_of_the_token_rules_is_kept() {
    let wide = Call::new().bearer(&World::new().token(|_, claims| {
        claims.insert("aud".into(), json!([AUDIENCE, "https://other.example.com"]));
    }));
    let none = Requirement::authenticated();
    let strict = server(|b| b.token_rules(TokenRules::new().refuse_other_audiences()));
    assert_eq!(denial(&strict, &none, &wide).reason(), TokenError::AudienceTooWide.into());
    assert!(run(&server(|b| b), &none, &wide).result.is_ok());
}

#[test]
fn c4_dpop_turned_off_in_the_credential_policy_stays_off() {
    let server = server(|b| b.credentials(CredentialPolicy::new().refuse_dpop()));
    let refused = denial(&server, &Requirement::authenticated(), &World::new().dpop_call());
    assert_eq!((refused.outcome(), schemes(&refused)), (Outcome::NoCredentials, vec![AuthScheme::Bearer]));
    assert!(!server.metadata().to_json().contains("dpop"));
}

#[test]
fn j1_lowered_header_limit_is_kept_and_oversized_tokens_never_reach_the_custom_verifier() {
    let low = CredentialPolicy::new().header_limit(2048).expect("a limit");
    let server = server(|b| b.credentials(low).ask_foreign());
    let of = |length| run(&server, &Requirement::authenticated(), &Call::new().bearer(&"a".repeat(length)));
    assert_eq!(of(4096).result.expect_err("too large").status(), 400);
    let default = self::server(|b| b.ask_foreign());
    let seen = run(&default, &Requirement::authenticated(), &Call::new().bearer(&"a".repeat(16 * 1024 + 1)));
    assert_eq!(seen.result.expect_err("too large").reason(), TokenError::TooLarge.into());
    assert!(seen.asked.is_empty());
}

#[test]
fn w3_malformed_credentials_are_answered_in_their_own_scheme() {
    let none = Requirement::authenticated();
    let of = |value: &str| schemes(&denial(&server(|b| b.mcp()), &none, &Call::new().header("authorization", value)));
    assert_eq!(of("DPoP"), [AuthScheme::Dpop]);
    assert_eq!(of("dpop a b"), [AuthScheme::Dpop]);
    assert_eq!(of("Bearer"), [AuthScheme::Bearer]);
}

#[test]
fn m7_certificate_bound_tokens_are_advertised_only_when_enabled() {
    let flag = "tls_client_certificate_bound_access_tokens";
    assert!(!server(|b| b).metadata().to_json().contains(flag));
    assert!(server(|b| b.mtls(CertificatePolicy::new())).metadata().to_json().contains(flag));
}

#[test]
fn p6_document_advertises_what_the_verifier_takes() {
    let json = |server: ResourceServer| -> serde_json::Value {
        serde_json::from_str(&server.metadata().to_json()).expect("JSON")
    };
    let default = json(server(|b| b));
    assert_eq!((&default["resource"], &default["bearer_methods_supported"]), (&json!(AUDIENCE), &json!(["header"])));
    assert!(default["dpop_signing_alg_values_supported"].as_array().is_some_and(|algs| algs.len() == 11));
    assert!(json(server(|b| b.without_dpop())).get("dpop_signing_alg_values_supported").is_none());
    assert_eq!(json(server(|b| b.sender_policy(SenderPolicy::RequireDpop)))["dpop_bound_access_tokens_required"], true);
    assert_eq!(json(server(|b| b.mcp()))["scopes_supported"].as_array().map(Vec::len), Some(4));
}

#[test]
fn b11_ambient_certificate_is_ignored_for_tokens_that_are_not_bound_to_one() {
    let mut call = plain();
    call.certificate = Some(CLIENT.to_vec());
    let grant = run(&server(|b| b), &Requirement::authenticated(), &call).result.expect("granted");
    assert_eq!(*grant.sender(), Sender::Bearer);
    let mut call = World::new().dpop_call();
    call.certificate = Some(b"junk".to_vec());
    assert!(run(&server(|b| b), &Requirement::authenticated(), &call).result.is_ok());
}

#[test]
fn b5_dpop_scheme_is_refused_where_dpop_is_off_and_a_stray_field_is_ignored() {
    let server = server(|b| b.without_dpop());
    let none = Requirement::authenticated();
    let refused = denial(&server, &none, &World::new().dpop_call());
    assert_eq!(refused.outcome(), Outcome::NoCredentials);
    assert!(run(&server, &none, &plain().header("dpop", "junk")).result.is_ok());
    let bound = denial(&server, &none, &Call::new().bearer(&World::new().bound_token()));
    assert_eq!(schemes(&bound), [AuthScheme::Bearer]);
}

#[test]
fn verdict_is_a_function_of_its_inputs() {
    let world = World::new();
    let server = server(|b| b);
    for call in [Call::new(), plain(), world.dpop_call(), Call::new().bearer("x")] {
        let of = || match run(&server, &Requirement::authenticated(), &call).result {
            Ok(grant) => format!("{:?} {}", grant.sender(), grant.claims().as_json()),
            Err(denial) => format!("{:?}", denial.response()),
        };
        assert_eq!(of(), of());
    }
}

#[test]
fn a4_leeway_for_expired_tokens_is_none_unless_set_and_ends_to_the_second() {
    let world = World::new();
    let expires = NOW + 890;
    let at = |rules: TokenRules, seconds: u64| {
        let server = world.builder().token_rules(rules).build().expect("a sound configuration");
        let now = Timestamp::from_secs(seconds);
        match world.check_at(&server, &Requirement::authenticated(), &plain(), Answers::good(), now).result {
            Ok(_) => None,
            Err(denial) => Some(denial.reason()),
        }
    };
    let expired = Some(TokenError::Expired.into());
    assert_eq!((at(TokenRules::new(), expires - 1), at(TokenRules::new(), expires)), (None, expired));
    let lenient = || TokenRules::new().exp_leeway(Duration::from_secs(10));
    assert_eq!((at(lenient(), expires + 9), at(lenient(), expires + 10)), (None, expired));
    let beyond_skew = TokenRules::new().skew(Duration::from_secs(30)).exp_leeway(Duration::from_secs(31));
    assert_eq!(world.builder().token_rules(beyond_skew).build().expect_err("too much").member(), "exp_leeway");
}
