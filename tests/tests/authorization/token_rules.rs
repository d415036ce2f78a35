//! The rules of the token endpoint and of its grants, each broken alone (the SC, TK and grant rules).

use crate::scene::{FAMILY, NOW, REDIRECT, Request, SECRET, Scene, VERIFIER, builder, proof, provider, text};
use attesto_core::Timestamp;
use attesto_core::authorization::{
    ClientError, CodeError, GrantError, HostError, PkceError, RefreshError, RequestError, ScopeError, SenderError,
};
use attesto_core::authorization::{EventKind, GrantType, Reason, RefreshPolicy, ScopeSet, SenderConstraint, Step};
use attesto_core::dpop::{NonceIssuer, NonceSecret, NonceUse, ProofPolicy};
use attesto_core::encoding::base64url;
use attesto_core::pkce::CodeVerifier;
use serde_json::Value;
use std::time::Duration;

/// The payload of a JWT.
pub(crate) fn claims(token: &str) -> Value {
    let mut payload = Vec::new();
    base64url::decode_append(token.split('.').nth(1).expect("a payload").as_bytes(), &mut payload).expect("base64url");
    serde_json::from_slice(&payload).expect("JSON")
}

fn member(response: &attesto_core::http::ResponseParts, name: &str) -> String {
    text(response, name).unwrap_or_else(|| panic!("no {name}"))
}

fn job() -> Request {
    Request::token(format!("grant_type=client_credentials&client_id=other&client_secret={SECRET}"))
}

#[test]
fn tk1_grant_type_is_named_known_and_the_clients() {
    let mut scene = Scene::new(true);
    let code = scene.redeem();
    let cases = [
        (
            code.clone().but("grant_type", ""),
            Reason::Request(RequestError::MissingParameter("grant_type")),
            "invalid_request",
        ),
        (code.clone().but("grant_type", "password"), Reason::Grant(GrantError::Unsupported), "unsupported_grant_type"),
        (
            code.clone().but("grant_type", "client_credentials"),
            Reason::Grant(GrantError::NotAllowed),
            "unauthorized_client",
        ),
    ];
    for (request, reason, error) in cases {
        assert_eq!(scene.refuse(&request), (reason, error.into()), "{}", request.body);
    }
    scene.app(|app| app.grants(GrantType::ALL.iter().copied()));
    let public = code.clone().but("grant_type", "client_credentials");
    assert_eq!(scene.refuse(&public), (Reason::Client(ClientError::Public), "invalid_client".into()));
    scene.grant(&code);
}

#[test]
fn tk1_a_grant_that_the_server_does_not_dispatch_is_unsupported() {
    let mut scene = Scene::from_builder(builder(true).grants([GrantType::AuthorizationCode]));
    let request = Request::refresh(&base64url::encode(&[1; 32]));
    assert_eq!(scene.refuse(&request), (Reason::Grant(GrantError::Unsupported), "unsupported_grant_type".into()));
}

#[test]
fn tk3_a_grant_says_everything_of_its_tokens_and_is_not_cached() {
    let mut scene = Scene::new(true);
    let request = scene.redeem();
    let response = scene.grant(&request);
    let body: Value = serde_json::from_slice(&response.body).expect("JSON");
    assert_eq!(
        (&body["token_type"], &body["expires_in"], &body["scope"]),
        (&"Bearer".into(), &900.into(), &"read write".into())
    );
    assert!(body["refresh_token"].is_string() && body.get("id_token").is_none());
    assert_eq!(response.header("cache-control").collect::<Vec<_>>(), ["no-store"]);
    assert_eq!(response.header("pragma").collect::<Vec<_>>(), ["no-cache"]);
}

#[test]
fn tk4_hc3_the_policy_can_narrow_and_never_widen() {
    let mut scene = Scene::new(true);
    scene.ledger.policy = Some(ScopeSet::new(["read"]));
    let request = scene.redeem();
    assert_eq!(member(&scene.clone().grant(&request), "scope"), "read");
    scene.ledger.policy = Some(ScopeSet::new(["read", "admin"]));
    assert_eq!(scene.clone().refuse(&request), (Reason::Host(HostError::PolicyOverreach), "server_error".into()));
    scene.ledger.policy = Some(ScopeSet::default());
    assert_eq!(scene.refuse(&request), (Reason::Scope(ScopeError::Refused), "invalid_scope".into()));
}

#[test]
fn tk5_ac9_a_resource_narrows_within_the_grant() {
    let mut scene = Scene::new(true);
    let request = scene.redeem();
    let own = scene.clone().grant(&request.clone().and("resource", "https://api.example"));
    assert_eq!(claims(&member(&own, "access_token"))["aud"], "https://api.example");
    let slash = scene.clone().grant(&request.clone().and("resource", "https://api.example/"));
    assert_eq!(claims(&member(&slash, "access_token"))["aud"], "https://api.example", "AZ-21: as it is configured");
    for bad in ["https://other.example", "https://api.example//", "https://api.example%23f", "api", "%2F"] {
        let refused = scene.clone().refuse(&request.clone().and("resource", bad));
        assert_eq!(refused, (Reason::Scope(ScopeError::InvalidTarget), "invalid_target".into()), "{bad}");
    }
    scene.code(|code| code.authorization.resources = vec!["https://a.example".into(), "https://b.example".into()]);
    assert_eq!(
        scene.clone().refuse(&request),
        (Reason::Scope(ScopeError::InvalidTarget), "invalid_target".into()),
        "not the client's any more"
    );
    scene.app(|app| app.resources(["https://a.example", "https://b.example"]));
    let both = scene.clone().grant(&request);
    assert_eq!(
        claims(&member(&both, "access_token"))["aud"],
        serde_json::json!(["https://a.example", "https://b.example"])
    );
    let one = scene.clone().grant(&request.clone().and("resource", "https://b.example"));
    assert_eq!(claims(&member(&one, "access_token"))["aud"], "https://b.example");
    let server_own = scene.refuse(&request.and("resource", "https://api.example"));
    assert_eq!(server_own.0, Reason::Scope(ScopeError::InvalidTarget), "not in this grant");
}

#[test]
fn tk7_ev1_every_request_is_an_event() {
    let mut scene = Scene::new(true);
    let request = scene.redeem();
    scene.grant(&request);
    let issued = scene.ledger.events.last().expect("an event").clone();
    assert_eq!((issued.kind, issued.client_id.as_deref()), (EventKind::TokenIssued, Some("app")));
    assert_eq!((issued.subject.as_deref(), issued.scope.as_deref()), (Some("usr_1"), Some("read write")));
    assert_eq!((issued.grant, issued.binding), (Some(GrantType::AuthorizationCode), Some("bearer")));
    assert!(issued.jwt_id.is_some() && issued.family == Some(FAMILY));
    scene.refuse(&request.but("code_verifier", "x"));
    assert_eq!(scene.ledger.events.last().map(|event| event.kind), Some(EventKind::TokenDenied));
}

#[test]
fn sc1_one_proof_and_a_good_one() {
    let mut scene = Scene::new(true);
    let request = scene.redeem();
    let two = request.clone().header("dpop", proof(2, NOW)).header("dpop", proof(2, NOW));
    assert_eq!(scene.refuse(&two), (Reason::Sender(SenderError::SeveralProofs), "invalid_dpop_proof".into()));
    let old = request.clone().header("dpop", proof(2, NOW - 600));
    assert_eq!(scene.refuse(&old), (Reason::Sender(SenderError::InvalidProof), "invalid_dpop_proof".into()));
    let garbage = request.clone().header("dpop", "e30.e30.AA");
    assert_eq!(scene.refuse(&garbage), (Reason::Sender(SenderError::InvalidProof), "invalid_dpop_proof".into()));
    let bound = scene.grant(&request.header("dpop", proof(2, NOW)));
    assert_eq!(member(&bound, "token_type"), "DPoP");
}

#[test]
fn sc2_the_required_constraint_and_no_other() {
    let mut scene = Scene::new(true);
    scene.app(|app| app.require(SenderConstraint::Dpop));
    let request = scene.redeem();
    assert_eq!(scene.refuse(&request), (Reason::Sender(SenderError::ProofRequired), "invalid_request".into()));
    scene.clone().grant(&request.clone().header("dpop", proof(2, NOW)));
    scene.app(|app| app.require(SenderConstraint::Mtls));
    let proven = request.header("dpop", proof(3, NOW));
    assert_eq!(scene.refuse(&proven), (Reason::Sender(SenderError::CertificateRequired), "invalid_request".into()));
}

#[test]
fn sc3_a_nonce_is_asked_for_and_given() {
    let nonces = NonceIssuer::new(NonceUse::AuthorizationServer, NonceSecret::new([4; 32]));
    let mut scene = Scene::from_builder(builder(true).dpop(ProofPolicy::new().require_nonces(nonces)));
    let request = scene.redeem();
    let response = scene.send(&request.clone().header("dpop", proof(2, NOW))).expect("no fault");
    assert_eq!((response.status, member(&response, "error").as_str()), (400, "use_dpop_nonce"));
    let nonce = response.header("dpop-nonce").next().expect("a nonce").to_owned();
    let fresh = attesto_core::dpop::ProofMaker::new("POST", "https://as.example/oauth/token")
        .nonce(&nonce)
        .make(
            attesto_tests::ed25519(2).as_ref(),
            provider().as_ref(),
            Timestamp::from_secs(NOW),
            &mut crate::scene::entropy(),
        )
        .expect("a proof");
    scene.grant(&request.header("dpop", fresh));
}

#[test]
fn sc4_a_proof_is_recorded_once_and_not_before_the_grant_is_known() {
    let mut scene = Scene::new(true);
    let once = proof(2, NOW);
    let unknown = scene.redeem().but("code", &base64url::encode(&[6; 32])).header("dpop", once.clone());
    assert_eq!(scene.refuse(&unknown).0, Reason::Code(CodeError::Unknown));
    assert!(scene.ledger.replays.is_empty(), "anyone who knows a client_id could fill the store");
    let request = scene.redeem().header("dpop", once.clone());
    scene.grant(&request);
    let (mut fresh, refresh) = Scene::redeemed(true);
    fresh.ledger.replays = scene.ledger.replays.clone();
    let again = Request::refresh(&refresh).header("dpop", once);
    assert_eq!(fresh.refuse(&again), (Reason::Sender(SenderError::ProofReplay), "invalid_dpop_proof".into()));
    assert_eq!(fresh.ledger.live(FAMILY), 1, "the token is as usable as before");
}

#[test]
fn st2_proofs_count_by_key_for_public_clients_and_by_client_for_others() {
    let mut public = Scene::new(true);
    let request = public.redeem().header("dpop", proof(2, NOW));
    let refresh = Request::refresh(&member(&public.grant(&request), "refresh_token")).header("dpop", proof(2, NOW));
    public.ledger.replays.clear();
    public.grant(&refresh);
    let mut other = Scene::new(true);
    let request = other.redeem().header("dpop", proof(3, NOW));
    other.grant(&request);
    let (public, other) = (public.ledger.replay_owners, other.ledger.replay_owners);
    assert!(public.len() == 2 && public[0].is_some() && public[0] == public[1], "{public:?}");
    assert!(other.len() == 1 && other[0].is_some() && other[0] != public[0], "users of one public client: {other:?}");
    // A client that proves who it is can make a key for each request.
    let mut confidential = Scene::new(true);
    for seed in [2, 3, 4] {
        confidential.grant(&job().header("dpop", proof(seed, NOW)));
    }
    let owners = confidential.ledger.replay_owners;
    assert!(owners.len() == 3 && owners[0].is_some() && owners.iter().all(|owner| *owner == owners[0]), "{owners:?}");
    assert_ne!(owners[0], public[0]);
}

#[test]
fn st2_an_owner_over_its_share_gets_503_and_spends_nothing() {
    let mut scene = Scene::new(true);
    let request = scene.redeem().header("dpop", proof(2, NOW));
    scene.ledger.over_share = true;
    assert_eq!(scene.refuse(&request), (Reason::Host(HostError::ReplayShare), "temporarily_unavailable".into()));
    let response = scene.send(&request).expect("an answer");
    assert_eq!((response.status, response.header("retry-after").next()), (503, Some("60")));
    scene.ledger.over_share = false;
    scene.grant(&request);
}

#[test]
fn sc5_a_bound_token_says_so() {
    let mut scene = Scene::new(true);
    let request = scene.redeem().header("dpop", proof(2, NOW));
    let access = claims(&member(&scene.grant(&request), "access_token"));
    assert!(access["cnf"]["jkt"].is_string() && access["cnf"].as_object().map(serde_json::Map::len) == Some(1));
    let mut scene = Scene::new(true);
    let request = scene.redeem();
    assert!(claims(&member(&scene.grant(&request), "access_token")).get("cnf").is_none());
}

#[test]
fn sc6_a_public_clients_refresh_token_is_bound_to_its_key() {
    let mut scene = Scene::new(true);
    let request = scene.redeem().header("dpop", proof(2, NOW));
    let refresh = Request::refresh(&member(&scene.grant(&request), "refresh_token"));
    assert_eq!(scene.refuse(&refresh), (Reason::Sender(SenderError::ProofRequired), "invalid_request".into()));
    let other = refresh.clone().header("dpop", proof(3, NOW));
    assert_eq!(scene.refuse(&other), (Reason::Grant(GrantError::KeyMismatch), "invalid_grant".into()));
    scene.grant(&refresh.header("dpop", proof(2, NOW)));
}

#[test]
fn ac1_a_code_is_required_and_what_is_missing_is_named() {
    let mut scene = Scene::new(true);
    let request = scene.redeem().but("code", "");
    assert_eq!(
        scene.refuse(&request),
        (Reason::Request(RequestError::MissingParameter("code")), "invalid_request".into())
    );
    let told = scene.send(&request).and_then(|response| text(&response, "error_description"));
    assert_eq!(told.as_deref(), Some("a required parameter is missing: code"));
}

#[test]
fn ac2_an_unknown_code_is_refused_and_a_known_one_spent_once() {
    let mut scene = Scene::new(true);
    let request = scene.redeem();
    for code in [base64url::encode(&[6; 32]), "short".into(), "A".repeat(5000)] {
        assert_eq!(
            scene.refuse(&request.clone().but("code", &code)),
            (Reason::Code(CodeError::Unknown), "invalid_grant".into())
        );
    }
    scene.grant(&request);
    assert_eq!(scene.refuse(&request), (Reason::Code(CodeError::Replayed), "invalid_grant".into()));
}

#[test]
fn ac3_st3_what_the_code_was_issued_for_is_what_it_is_redeemed_for() {
    let scene = Scene::new(true);
    let request = scene.redeem();
    let mut late = scene.clone();
    late.ledger.now = NOW + 60;
    assert_eq!(late.refuse(&request), (Reason::Code(CodeError::Expired), "invalid_grant".into()));
    let mut in_time = scene.clone();
    in_time.ledger.now = NOW + 59;
    in_time.grant(&request);
    let other = request.clone().but("client_id", "other").and("client_secret", SECRET);
    assert_eq!(scene.clone().refuse(&other), (Reason::Grant(GrantError::OtherClient), "invalid_grant".into()));
    for uri in ["https://app.example/cb/", "https://app.example/CB", "https://app.example:443/cb"] {
        let refused = scene.clone().refuse(&request.clone().but("redirect_uri", uri));
        assert_eq!(refused, (Reason::Code(CodeError::RedirectUriMismatch), "invalid_grant".into()), "{uri}");
    }
    let mut spent = scene.clone();
    spent.refuse(&request.clone().but("redirect_uri", "https://evil.example"));
    assert_eq!(spent.refuse(&request).0, Reason::Code(CodeError::Replayed), "a failed redemption spends the code");
    assert!(REDIRECT.starts_with("https://app.example"));
}

#[test]
fn ac4_the_verifier_is_the_one_of_the_challenge() {
    let scene = Scene::new(true);
    let request = scene.redeem();
    let mut other = VERIFIER.replace('d', "e");
    other.truncate(43);
    for (verifier, reason) in [
        ("", Reason::Pkce(PkceError::VerifierMissing)),
        ("short", Reason::Pkce(PkceError::VerifierMalformed)),
        (&"a".repeat(129), Reason::Pkce(PkceError::VerifierMalformed)),
        (&format!("{VERIFIER}%20"), Reason::Pkce(PkceError::VerifierMalformed)),
        (&format!("{VERIFIER}%C3%A9"), Reason::Pkce(PkceError::VerifierMalformed)),
        (&other, Reason::Pkce(PkceError::WrongVerifier)),
        (&format!("{VERIFIER}%3D"), Reason::Pkce(PkceError::WrongVerifier)),
    ] {
        let refused = scene.clone().refuse(&request.clone().but("code_verifier", verifier));
        assert_eq!(refused, (reason, "invalid_grant".into()), "{verifier}");
    }
}

#[test]
fn ac4_a_verifier_of_other_printable_characters_is_accepted_if_it_meets_the_challenge_and_reported() {
    let mut scene = Scene::new(true);
    let base64 = "dBjftJeZ4CVP+mB92K27uhbUJU1p1r/wW1gFWFOEjXk=";
    let verifier = CodeVerifier::parse_printable(base64).expect("printable");
    scene.code(|code| code.challenge = Some(verifier.challenge(provider().as_ref())));
    let request = scene.redeem();
    assert_eq!(scene.clone().refuse(&request).0, Reason::Pkce(PkceError::WrongVerifier));
    let sent = base64.replace('+', "%2B").replace('/', "%2F").replace('=', "%3D");
    scene.grant(&request.but("code_verifier", &sent));
    let told = |scene: &Scene| scene.ledger.events.iter().any(|event| event.kind == EventKind::UnusualVerifier);
    assert!(told(&scene));
    let (usual, _) = Scene::redeemed(true);
    assert!(!told(&usual));
}

#[test]
fn ac3_ac5_a_bound_code_needs_its_key_and_an_unbound_one_takes_any() {
    let mut scene = Scene::new(true);
    let request = scene.redeem();
    let jkt = {
        let mut first = scene.clone();
        let bound = first.grant(&request.clone().header("dpop", proof(2, NOW)));
        let jkt = claims(&member(&bound, "access_token"))["cnf"]["jkt"].as_str().expect("a key").to_owned();
        attesto_core::jose::Thumbprint::parse(&jkt).expect("a thumbprint")
    };
    scene.code(|code| code.dpop_jkt = Some(jkt));
    for bad in [request.clone(), request.clone().header("dpop", proof(3, NOW))] {
        assert_eq!(scene.clone().refuse(&bad), (Reason::Grant(GrantError::KeyMismatch), "invalid_grant".into()));
    }
    scene.grant(&request.header("dpop", proof(2, NOW)));
}

#[test]
fn ac6_a_replayed_code_revokes_the_tokens_it_gave() {
    let (mut scene, refresh) = Scene::redeemed(true);
    let jti = scene.ledger.events.last().and_then(|event| event.jwt_id.clone()).expect("a token was issued");
    let request = scene.redeem();
    assert_eq!(scene.refuse(&request).0, Reason::Code(CodeError::Replayed));
    assert!(scene.ledger.events.iter().any(|event| event.kind == EventKind::CodeReplayed));
    assert!(scene.ledger.revoked.contains(&FAMILY) && scene.ledger.denied.contains(&jti));
    assert_eq!(scene.refuse(&Request::refresh(&refresh)).0, Reason::Refresh(RefreshError::FamilyRevoked));
}

/// The faster of two requests must not keep its tokens: the family is revoked before it contains any.
#[test]
fn ac6_a_code_that_comes_back_during_its_first_redemption_gives_nothing_to_either() {
    for parked_at in ["LoadPrincipal", "AuthorizeScope", "InsertRefresh"] {
        let mut scene = Scene::new(true);
        let request = scene.redeem();
        let mut first = request.begin(&scene.server, scene.ledger.now);
        loop {
            first = match first {
                Step::Ask(ask) if ask.name() == parked_at => {
                    assert_eq!(scene.refuse(&request).0, Reason::Code(CodeError::Replayed), "the second");
                    scene.ledger.answer(ask, None).expect("no fault")
                }
                Step::Ask(ask) => scene.ledger.answer(ask, None).expect("no fault"),
                Step::Done(response) => {
                    assert_eq!(text(&response, "error").as_deref(), Some("invalid_grant"), "{parked_at}");
                    break;
                }
            };
        }
        assert!(scene.ledger.revoked.contains(&FAMILY) && scene.ledger.live(FAMILY) == 0);
        assert_eq!(
            scene.ledger.events.last().and_then(|event| event.reason),
            Some(Reason::Refresh(RefreshError::FamilyRevoked))
        );
    }
}

#[test]
fn ac7_another_client_cannot_end_a_session_with_a_spent_code() {
    let (mut scene, refresh) = Scene::redeemed(true);
    let request = scene.redeem().but("client_id", "other").and("client_secret", SECRET);
    assert_eq!(scene.refuse(&request).0, Reason::Grant(GrantError::OtherClient));
    assert!(scene.ledger.events.iter().any(|event| event.kind == EventKind::CodeReplayed));
    assert!(scene.ledger.revoked.is_empty());
    scene.grant(&Request::refresh(&refresh));
}

#[test]
fn ac8_a_refresh_token_only_where_the_client_may_use_one() {
    let mut scene = Scene::new(true);
    scene.app(|app| app.grants([GrantType::AuthorizationCode]));
    let request = scene.redeem();
    assert!(text(&scene.grant(&request), "refresh_token").is_none());
    let mut scene = Scene::from_builder(builder(true).refresh(RefreshPolicy::new().only_with_offline_access()));
    scene.app(|app| app.scopes(["read", "write", "offline_access"]));
    assert!(text(&scene.clone().grant(&request), "refresh_token").is_none());
    scene.code(|code| code.authorization.scopes = ScopeSet::new(["read", "offline_access"]));
    assert!(text(&scene.grant(&request), "refresh_token").is_some());
}

#[test]
fn ac8_it2_it4_an_id_token_for_openid_from_an_openid_provider() {
    let mut scene =
        Scene::from_builder(builder(true).openid_connect().id_tokens_without_rs256().scopes_supported(["openid"]));
    let request = scene.redeem();
    assert!(text(&scene.clone().grant(&request), "id_token").is_none(), "openid was not granted");
    scene.code(|code| {
        code.authorization.scopes = ScopeSet::new(["openid", "read"]);
        code.nonce = Some("n-0S6".into());
    });
    scene.ledger.id_claims = vec![("name".into(), "Ada".into())];
    let response = scene.clone().grant(&request);
    let id = claims(&member(&response, "id_token"));
    // OIDC Core §3.1.3.6, §3.3.2.11, for Ed25519; IT-3.
    let half = |text: &str| base64url::encode(&provider().sha512(text.as_bytes())[..32]);
    assert_eq!(id["at_hash"], half(&member(&response, "access_token")));
    assert_eq!(id["c_hash"], half(request.value_of("code")));
    let expected =
        [("iss", "https://as.example"), ("sub", "usr_1"), ("aud", "app"), ("nonce", "n-0S6"), ("name", "Ada")];
    for (name, value) in expected {
        assert_eq!(id[name], value, "{name}");
    }
    assert_eq!((id["auth_time"].as_u64(), id["exp"].as_u64()), (Some(NOW - 5), Some(NOW + 900)));
    scene.ledger.id_claims = vec![("aud".into(), "evil".into())];
    assert_eq!(
        scene.refuse(&request),
        (Reason::Host(HostError::Minting), "server_error".into()),
        "IT-4: a reserved name"
    );
}

#[test]
fn it1_the_access_token_is_of_the_authenticated_client() {
    let mut scene = Scene::new(true);
    let request = scene.redeem();
    let access = claims(&member(&scene.grant(&request), "access_token"));
    let expected =
        [("iss", "https://as.example"), ("sub", "usr_1"), ("client_id", "app"), ("aud", "https://api.example")];
    for (name, value) in expected {
        assert_eq!(access[name], value, "{name}");
    }
    assert_eq!((access["iat"].as_u64(), access["exp"].as_u64()), (Some(NOW), Some(NOW + 900)));
    assert_eq!((access["scope"].as_str(), access["auth_time"].as_u64()), (Some("read write"), Some(NOW - 5)));
}

#[test]
fn hc2_a_suspended_subject_gets_nothing() {
    let mut scene = Scene::new(true);
    scene.ledger.suspended.insert("usr_1".into());
    let request = scene.redeem();
    assert_eq!(scene.refuse(&request), (Reason::Grant(GrantError::SubjectSuspended), "invalid_grant".into()));
    let (mut scene, refresh) = Scene::redeemed(true);
    scene.ledger.suspended.insert("usr_1".into());
    assert_eq!(
        scene.refuse(&Request::refresh(&refresh)),
        (Reason::Grant(GrantError::SubjectSuspended), "invalid_grant".into())
    );
    scene.ledger.suspended.clear();
    scene.grant(&Request::refresh(&refresh));
}

#[test]
fn cc1_a_confidential_client_gets_a_token_for_itself_and_nothing_more() {
    let mut scene = Scene::new(true);
    let response = scene.grant(&job());
    let access = claims(&member(&response, "access_token"));
    assert_eq!((access["sub"].as_str(), access["client_id"].as_str()), (Some("other"), Some("other")));
    assert!(text(&response, "refresh_token").is_none() && text(&response, "id_token").is_none());
    assert_eq!(
        scene.refuse(&job().and("scope", "write")),
        (Reason::Scope(ScopeError::TooWide), "invalid_scope".into())
    );
    assert_eq!(
        scene.refuse(&job().and("scope", "a%20%20b")),
        (Reason::Scope(ScopeError::Malformed), "invalid_scope".into())
    );
}

#[test]
fn cc1_openid_is_no_scope_of_a_client_itself() {
    let mut scene =
        Scene::from_builder(builder(true).openid_connect().id_tokens_without_rs256().scopes_supported(["openid"]));
    let (other, secret) = scene.ledger.clients.remove("other").expect("other");
    scene.ledger.clients.insert("other".into(), (other.scopes(["read", "openid"]), secret));
    assert_eq!(
        scene.refuse(&job().and("scope", "openid")),
        (Reason::Scope(ScopeError::TooWide), "invalid_scope".into())
    );
    assert_eq!(scene.grant(&job().and("scope", "read")).status, 200);
    // Not asked for, it is not meant: the client may send users, too.
    let response = scene.grant(&job());
    assert_eq!(text(&response, "scope").as_deref(), Some("read"));
}

#[test]
fn cc1_resources_are_asked_for_one_by_one() {
    let mut scene = Scene::new(true);
    let (other, secret) = scene.ledger.clients.remove("other").expect("other");
    scene.ledger.clients.insert("other".into(), (other.resources(["https://b.example"]), secret));
    let plain = claims(&member(&scene.grant(&job()), "access_token"));
    assert_eq!(plain["aud"], "https://api.example");
    let asked = scene.grant(&job().and("resource", "https://b.example"));
    assert_eq!(claims(&member(&asked, "access_token"))["aud"], "https://b.example");
    assert_eq!(scene.refuse(&job().and("resource", "https://c.example")).0, Reason::Scope(ScopeError::InvalidTarget));
}

#[test]
fn tk4_a_client_that_may_have_less_by_now_gets_less() {
    let (mut scene, refresh) = Scene::redeemed(true);
    let mut narrowed = Scene::new(true);
    for scene in [&mut scene, &mut narrowed] {
        scene.app(|app| app.scopes(["read"]));
    }
    assert_eq!(member(&scene.grant(&Request::refresh(&refresh)), "scope"), "read");
    let request = narrowed.redeem();
    assert_eq!(member(&narrowed.clone().grant(&request), "scope"), "read");
    narrowed.app(|app| app.scopes(["other"]));
    assert_eq!(narrowed.refuse(&request), (Reason::Scope(ScopeError::Refused), "invalid_scope".into()));
}

#[test]
fn ac7_another_client_cannot_spend_a_code_nor_fill_the_replay_store_with_it() {
    let mut scene = Scene::new(true);
    let stolen = scene.redeem().but("client_id", "other").and("client_secret", SECRET).header("dpop", proof(2, NOW));
    assert_eq!(scene.refuse(&stolen).0, Reason::Grant(GrantError::OtherClient));
    assert!(scene.ledger.replays.is_empty());
    let request = scene.redeem();
    scene.grant(&request);
}

#[test]
fn ac6_who_lacks_the_verifier_ends_no_session() {
    let (mut scene, refresh) = Scene::redeemed(true);
    let found = scene.redeem().but("code_verifier", &"a".repeat(43));
    assert_eq!(scene.refuse(&found), (Reason::Code(CodeError::Replayed), "invalid_grant".into()));
    assert!(scene.ledger.revoked.is_empty(), "a code from somebody's log");
    assert!(scene.ledger.events.iter().any(|event| event.kind == EventKind::CodeReplayed), "but it is told of");
    scene.grant(&Request::refresh(&refresh));
}

#[test]
fn sc6_a_key_that_comes_late_binds_all_the_same() {
    let (mut scene, first) = Scene::redeemed(true);
    let bound = scene.grant(&Request::refresh(&first).header("dpop", proof(2, NOW)));
    let second = Request::refresh(&member(&bound, "refresh_token"));
    assert_eq!(scene.refuse(&second).0, Reason::Sender(SenderError::ProofRequired));
    scene.clone().grant(&second.header("dpop", proof(2, NOW)));
    assert_eq!(
        scene.refuse(&Request::refresh(&first)).0,
        Reason::Refresh(RefreshError::Reuse),
        "the spent one does not get round it"
    );
}

#[test]
fn cf1_nonces_of_a_resource_are_none_of_the_servers() {
    let nonces = NonceIssuer::new(NonceUse::ResourceServer, NonceSecret::new([4; 32]));
    let refused = builder(true).dpop(ProofPolicy::new().require_nonces(nonces)).build().unwrap_err();
    assert_eq!(refused.member(), "dpop");
    let long = builder(true).access_token_lifetime(Duration::from_secs(86_401)).build().unwrap_err();
    assert_eq!(long.member(), "access_token_lifetime");
    assert!(builder(true).access_token_lifetime(Duration::from_secs(86_400)).build().is_ok());
}

#[test]
fn it6_a_principal_of_no_declared_kind_gets_no_token() {
    use attesto_core::token::{PrincipalKind, PrincipalKinds};
    let kinds = PrincipalKinds::new([PrincipalKind::new("user", "usr_"), PrincipalKind::new("client", "other")]);
    let mut scene = Scene::from_builder(builder(true).principal_kinds(kinds.expect("sound"), "client"));
    let request = scene.redeem();
    assert_eq!(
        scene.refuse(&request),
        (Reason::Host(HostError::Minting), "server_error".into()),
        "the host names no kind"
    );
    let access = claims(&member(&scene.grant(&job()), "access_token"));
    assert_eq!(access["principal_kind"], "client");
}

#[test]
fn ep2_forwarded_fields_of_strangers_make_no_connection_secure() {
    use attesto_core::http::{Connection, RequestParts};
    let scene = Scene::new(true);
    let body = scene.redeem().body;
    let headers: &[(&str, &[u8])] = &[
        ("host", b"as.example"),
        ("content-type", b"application/x-www-form-urlencoded"),
        ("x-forwarded-proto", b"https"),
        ("forwarded", b"proto=https"),
    ];
    let plain = Connection::new().peer([203, 0, 113, 9].into());
    let request = RequestParts::new("POST", "/oauth/token", &headers).connection(plain).form_body(body.as_bytes());
    let mut ledger = scene.ledger.clone();
    let step = scene.server.serve(&request, Timestamp::from_secs(NOW), crate::scene::entropy()).expect("an endpoint");
    let Step::Ask(ask) = step else { panic!("a refusal is told of") };
    ledger.answer(ask, None);
    let event = ledger.events.last().expect("told");
    assert_eq!(
        (event.reason, ledger.asked.len()),
        (Some(Reason::Request(RequestError::InsecureTransport)), 1),
        "and nothing else was asked"
    );
    assert_eq!(event.client_address, Some([203, 0, 113, 9].into()));
}

#[test]
fn ep3_a_proof_is_for_the_configured_url_not_the_host_field() {
    let mut scene = Scene::new(true);
    let elsewhere = attesto_core::dpop::ProofMaker::new("POST", "https://evil.example/oauth/token")
        .make(
            attesto_tests::ed25519(2).as_ref(),
            provider().as_ref(),
            Timestamp::from_secs(NOW),
            &mut crate::scene::entropy(),
        )
        .expect("a proof");
    let mut request = scene.redeem().header("dpop", elsewhere);
    assert_eq!(scene.refuse(&request).0, Reason::Sender(SenderError::InvalidProof));
    request.host = "evil.example";
    assert_eq!(scene.refuse(&request).0, Reason::Sender(SenderError::InvalidProof));
}

#[test]
fn az21_a_grant_follows_how_its_resource_is_spelled_now() {
    let mut scene = Scene::new(true);
    let request = scene.redeem();
    scene.code(|code| code.authorization.resources = vec!["https://a.example/".into(), "urn:example:b".into()]);
    scene.app(|app| app.resources(["https://a.example", "urn:example:b"]));
    let audiences =
        |response: &attesto_core::http::ResponseParts| claims(&member(response, "access_token"))["aud"].clone();
    let both = scene.clone().grant(&request);
    assert_eq!(audiences(&both), serde_json::json!(["https://a.example", "urn:example:b"]));
    for (asked, minted) in [
        ("https://a.example", "https://a.example"),
        ("https://a.example/", "https://a.example"),
        ("urn:example:b", "urn:example:b"),
    ] {
        assert_eq!(audiences(&scene.clone().grant(&request.clone().and("resource", asked))), minted, "{asked}");
    }
    // What is introspected is known by the same rule.
    let secret = scene.ledger.clients["other"].1;
    let (other, _) = scene.ledger.clients.remove("other").expect("other");
    scene.ledger.clients.insert("other".into(), (other.resources(["urn:example:b"]), secret));
    let job = Request::token(format!(
        "grant_type=client_credentials&client_id=other&client_secret={SECRET}&resource=urn:example:b"
    ));
    assert_eq!(audiences(&scene.grant(&job)), "urn:example:b");
}

#[test]
fn tk5_az21_a_token_for_one_resource_carries_its_scopes_only_and_the_grant_keeps_them_all() {
    let server = builder(true).scopes_of_resource("https://a.example", ["read"]);
    let mut scene = Scene::from_builder(server.scopes_of_resource("https://b.example", ["write"]));
    scene.app(|app| app.resources(["https://a.example", "https://b.example"]));
    scene.code(|code| code.authorization.resources = vec!["https://a.example".into(), "https://b.example".into()]);
    let request = scene.redeem();
    assert_eq!(member(&scene.clone().grant(&request), "scope"), "read write");
    let one = scene.grant(&request.and("resource", "https://a.example"));
    assert_eq!(member(&one, "scope"), "read");
    assert_eq!(claims(&member(&one, "access_token"))["scope"], "read");
    let refresh = Request::refresh(&member(&one, "refresh_token"));
    let other = scene.clone().grant(&refresh.clone().and("resource", "https://b.example"));
    assert_eq!(claims(&member(&other, "access_token"))["scope"], "write");
    let neither = refresh.clone().and("resource", "https://b.example").and("scope", "read");
    assert_eq!(scene.clone().refuse(&neither), (Reason::Scope(ScopeError::Refused), "invalid_scope".into()));
    assert_eq!(member(&scene.grant(&refresh), "scope"), "read write");
    // Clients for themselves: their own audience is none of the two.
    let (other, secret) = scene.ledger.clients.remove("other").expect("other");
    scene
        .ledger
        .clients
        .insert("other".into(), (other.scopes(["read", "free"]).resources(["https://a.example"]), secret));
    assert_eq!(member(&scene.clone().grant(&job()), "scope"), "free");
    assert_eq!(member(&scene.grant(&job().and("resource", "https://a.example")), "scope"), "read free");
}
