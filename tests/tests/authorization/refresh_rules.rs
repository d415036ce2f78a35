//! The rules of refresh tokens, revocation and introspection, each broken alone (the RT, RV and IN rules).

use crate::ledger::{Fault, LATE};
use crate::scene::{FAMILY, NOW, Request, SECRET, Scene, builder, proof, proof_at, text};
use crate::token_rules::claims;
use attesto_core::Timestamp;
use attesto_core::authorization::{Client, ClientAuthentication, EventKind, GraceSecret, Reason, RefreshPolicy};
use attesto_core::authorization::{ClientError, GrantError, RefreshError, RequestError, ScopeError, SenderError};
use attesto_core::encoding::base64url;
use attesto_core::http::{IncomingResponse, ResponseParts};
use attesto_core::introspection::{IntrospectionCredentials, IntrospectionEndpoint, IntrospectionError};
use serde_json::Value;
use std::time::Duration;

fn refresh_token(response: &ResponseParts) -> String {
    text(response, "refresh_token").expect("a refresh token")
}

fn by_other(request: Request) -> Request {
    request.but("client_id", "other").and("client_secret", SECRET)
}

fn introspect(token: &str) -> Request {
    Request { path: "/oauth/introspect", ..by_other(Request::revoke(token)) }
}

fn body(response: &ResponseParts) -> Value {
    serde_json::from_slice(&response.body).expect("JSON")
}

/// A scene with the access token beside its refresh token.
fn issued() -> (Scene, String, String) {
    let mut scene = Scene::new(true);
    let request = scene.redeem();
    let response = scene.grant(&request);
    (scene, text(&response, "access_token").expect("an access token"), refresh_token(&response))
}

#[test]
fn rt1_a_token_that_is_missing_or_unknown_is_refused() {
    let mut scene = Scene::new(true);
    assert_eq!(
        scene.refuse(&Request::refresh("")),
        (Reason::Request(RequestError::MissingParameter("refresh_token")), "invalid_request".into())
    );
    for token in ["short".to_owned(), base64url::encode(&[3; 32]), scene.code.clone()] {
        let refused = scene.refuse(&Request::refresh(&token));
        assert_eq!(refused, (Reason::Refresh(RefreshError::Unknown), "invalid_grant".into()), "{token}");
    }
}

#[test]
fn rt2_another_client_is_refused_and_the_token_lives_on() {
    let (mut scene, refresh) = Scene::redeemed(true);
    assert_eq!(
        scene.refuse(&by_other(Request::refresh(&refresh))),
        (Reason::Grant(GrantError::OtherClient), "invalid_grant".into())
    );
    scene.grant(&Request::refresh(&refresh));
    assert_eq!(scene.refuse(&by_other(Request::refresh(&refresh))).0, Reason::Grant(GrantError::OtherClient));
    assert!(scene.ledger.revoked.is_empty(), "RT-5: it has no power over the family");
    assert!(scene.ledger.events.iter().any(|event| event.kind == EventKind::RefreshReuseDetected), "but it is told of");
}

#[test]
fn rt2_a_refusal_leaves_the_token_usable() {
    let (mut scene, refresh) = Scene::redeemed(true);
    let request = Request::refresh(&refresh);
    assert_eq!(
        scene.refuse(&request.clone().and("scope", "admin")),
        (Reason::Scope(ScopeError::TooWide), "invalid_scope".into())
    );
    assert_eq!(
        scene.refuse(&request.clone().and("resource", "https://x.example")).0,
        Reason::Scope(ScopeError::InvalidTarget)
    );
    scene.grant(&request);
}

#[test]
fn rt2_az14_offline_access_that_was_left_out_is_left_out_again() {
    let (mut scene, refresh) = Scene::redeemed(true);
    let asked = Request::refresh(&refresh).and("scope", "read%20write%20offline_access");
    assert_eq!(text(&scene.clone().grant(&asked), "scope").as_deref(), Some("read write"));
    let alone = Request::refresh(&refresh).and("scope", "offline_access");
    assert_eq!(scene.clone().refuse(&alone), (Reason::Scope(ScopeError::Refused), "invalid_scope".into()));
    let more = Request::refresh(&refresh).and("scope", "read%20offline_access%20admin");
    assert_eq!(scene.refuse(&more).0, Reason::Scope(ScopeError::TooWide));
}

#[test]
fn rt3_rt5_a_spent_token_that_comes_back_late_ends_the_family() {
    for grace in [true, false] {
        let (mut scene, first) = Scene::redeemed(grace);
        let second = refresh_token(&scene.grant(&Request::refresh(&first)));
        let access = scene.ledger.events.last().and_then(|event| event.jwt_id.clone()).expect("a jti");
        scene.ledger.now += if grace { 11 } else { 0 };
        assert_eq!(
            scene.refuse(&Request::refresh(&first)),
            (Reason::Refresh(RefreshError::Reuse), "invalid_grant".into())
        );
        assert!(scene.ledger.events.iter().any(|event| event.kind == EventKind::RefreshReuseDetected));
        assert_eq!(
            scene.refuse(&Request::refresh(&second)).0,
            Reason::Refresh(RefreshError::FamilyRevoked),
            "the thief's or the client's"
        );
        assert!(scene.ledger.denied.contains(&access), "the access tokens that still live are denied, too");
    }
}

#[test]
fn rt4_in_the_window_a_lost_answer_is_given_again() {
    let (mut scene, first) = Scene::redeemed(true);
    let second = refresh_token(&scene.grant(&Request::refresh(&first)));
    scene.ledger.now += 10;
    let again = scene.grant(&Request::refresh(&first));
    assert_eq!(refresh_token(&again), second, "the same successor");
    assert_eq!(scene.ledger.live(FAMILY), 1);
    scene.grant(&Request::refresh(&second));
    assert_eq!(
        scene.refuse(&Request::refresh(&first)).0,
        Reason::Refresh(RefreshError::Reuse),
        "its successor has been used"
    );
}

#[test]
fn rt4_a_grace_replay_of_the_first_after_its_grandchild_is_reuse() {
    // Answering with the child would hide the theft.
    let (mut scene, first) = Scene::redeemed(true);
    let second = refresh_token(&scene.grant(&Request::refresh(&first)));
    let third = refresh_token(&scene.grant(&Request::refresh(&second)));
    assert_eq!(scene.refuse(&Request::refresh(&first)).0, Reason::Refresh(RefreshError::Reuse));
    assert_eq!(scene.refuse(&Request::refresh(&third)).0, Reason::Refresh(RefreshError::FamilyRevoked));
}

#[test]
fn rt6_narrowing_is_of_the_access_token_only() {
    let (mut scene, first) = Scene::redeemed(true);
    let narrow = scene.grant(&Request::refresh(&first).and("scope", "read"));
    assert_eq!(text(&narrow, "scope").as_deref(), Some("read"));
    let wide = scene.grant(&Request::refresh(&refresh_token(&narrow)));
    assert_eq!(text(&wide, "scope").as_deref(), Some("read write"));
}

#[test]
fn rt7_tokens_and_families_end() {
    let policy = RefreshPolicy::new()
        .lifetime(Duration::from_secs(1000))
        .and_then(|policy| policy.family_lifetime(Duration::from_secs(1500)))
        .expect("sound");
    let mut scene = Scene::from_builder(builder(true).refresh(policy));
    let request = scene.redeem();
    let first = refresh_token(&scene.grant(&request));
    let mut unused = scene.clone();
    unused.ledger.now = NOW + 1000;
    assert_eq!(
        unused.refuse(&Request::refresh(&first)),
        (Reason::Refresh(RefreshError::Expired), "invalid_grant".into())
    );
    scene.ledger.now = NOW + 999;
    let second = refresh_token(&scene.grant(&Request::refresh(&first)));
    scene.ledger.now = NOW + 1499;
    let third = refresh_token(&scene.clone().grant(&Request::refresh(&second)));
    assert_ne!(third, second);
    scene.ledger.now = NOW + 1500;
    assert_eq!(scene.refuse(&Request::refresh(&second)).0, Reason::Refresh(RefreshError::Expired), "the family's end");
}

#[test]
fn rt8_a_denial_does_not_burn_the_token() {
    let (mut scene, refresh) = Scene::redeemed(true);
    scene.ledger.policy = Some(attesto_core::authorization::ScopeSet::default());
    assert_eq!(scene.refuse(&Request::refresh(&refresh)).0, Reason::Scope(ScopeError::Refused));
    scene.ledger.policy = None;
    assert_eq!(scene.ledger.live(FAMILY), 1);
    scene.grant(&Request::refresh(&refresh));
}

#[test]
fn rt9_the_login_is_carried_on_unchanged() {
    let (mut scene, refresh) = Scene::redeemed(true);
    scene.ledger.now += LATE;
    let access = claims(&text(&scene.grant(&Request::refresh(&refresh)), "access_token").expect("an access token"));
    assert_eq!(access["auth_time"].as_u64(), Some(NOW - 5));
}

#[test]
fn rv1_rv2_the_client_authenticates_and_names_a_token() {
    let mut scene = Scene::new(true);
    let nobody = Request::revoke("x").but("client_id", "nobody");
    assert_eq!(scene.refuse(&nobody), (Reason::Client(ClientError::Unknown), "invalid_client".into()));
    assert_eq!(
        scene.refuse(&Request::revoke("")),
        (Reason::Request(RequestError::MissingParameter("token")), "invalid_request".into())
    );
    scene.grant(&Request::revoke("x").and("token_type_hint", "no_such_type"));
}

#[test]
fn rv3_rv5_a_refresh_token_takes_its_family_along() {
    let (mut scene, access, refresh) = issued();
    let response = scene.grant(&Request::revoke(&refresh).and("token_type_hint", "access_token"));
    assert!(response.body.is_empty(), "RV-5");
    assert!(scene.ledger.revoked.contains(&FAMILY));
    assert!(scene.ledger.denied.contains(claims(&access)["jti"].as_str().expect("a jti")));
    assert_eq!(scene.ledger.events.last().map(|event| event.kind), Some(EventKind::TokenRevoked));
    assert_eq!(scene.refuse(&Request::refresh(&refresh)).0, Reason::Refresh(RefreshError::FamilyRevoked));
    scene.grant(&Request::revoke(&refresh));
}

#[test]
fn rv3_another_clients_token_is_refused_and_reported_and_lives_on() {
    let (mut scene, access, refresh) = issued();
    for token in [refresh.as_str(), &access] {
        let refused = scene.refuse(&by_other(Request::revoke(token)));
        assert_eq!(refused, (Reason::Grant(GrantError::OtherClient), "invalid_grant".into()), "RFC 7009 §2.1");
        let event = scene.ledger.events.last().expect("told of");
        assert_eq!((event.kind, event.client_id.as_deref()), (EventKind::RevocationDenied, Some("other")));
    }
    for token in ["unknown", &base64url::encode(&[8; 32])] {
        assert!(scene.grant(&by_other(Request::revoke(token))).body.is_empty(), "RFC 7009 §2.2");
    }
    assert!(scene.ledger.revoked.is_empty() && scene.ledger.denied.is_empty());
    let mut late = scene.clone();
    late.ledger.now = NOW + 960;
    late.grant(&by_other(Request::revoke(&access)));
    late.ledger.now = NOW + 90 * 86_400;
    late.grant(&by_other(Request::revoke(&refresh)));
    scene.grant(&Request::refresh(&refresh));
}

/// A resource with a minute of leeway takes a token for so much longer than `exp`: until then it can be revoked, and is denied.
#[test]
fn rv4_a_token_is_revoked_as_long_as_a_resource_takes_it() {
    let (scene, access, refresh) = issued();
    let jti = claims(&access)["jti"].as_str().expect("a jti").to_owned();
    for (token, now, denied) in
        [(&access, 959, true), (&access, 960, false), (&refresh, 959, true), (&refresh, 960, false)]
    {
        let mut scene = scene.clone();
        scene.ledger.now = NOW + now;
        scene.grant(&Request::revoke(token));
        assert_eq!(scene.ledger.denied.contains(&jti), denied, "{now} {}", token.len());
    }
    let mut strict = Scene::from_builder(builder(true).resource_leeway(Duration::from_secs(0)));
    let request = strict.redeem();
    let access = text(&strict.grant(&request), "access_token").expect("an access token");
    strict.ledger.now = NOW + 900;
    strict.grant(&Request::revoke(&access));
    assert!(strict.ledger.denied.is_empty(), "no resource takes it any more");
}

#[test]
fn rt5_theft_that_a_store_failure_hid_is_handled_when_the_token_is_shown_again() {
    for fault in [Fault::BeforeActing, Fault::Dropped] {
        let (mut scene, first) = Scene::redeemed(true);
        let stolen = scene.grant(&Request::refresh(&first));
        let access = text(&stolen, "access_token").expect("an access token");
        let jti = claims(&access)["jti"].as_str().expect("a jti").to_owned();
        scene.ledger.now += 60;
        let asked = scene.ledger.asked.len();
        let names = {
            let mut dry = scene.clone();
            dry.refuse(&Request::refresh(&first));
            dry.ledger.asked[asked..].to_vec()
        };
        let at = names.iter().position(|name| *name == "RevokeAccessTokens").expect("the list is asked");
        let response = scene.send_with(&Request::refresh(&first), |question| (question == at).then_some(fault));
        assert_eq!(response.map(|response| response.status), (fault == Fault::BeforeActing).then_some(503));
        assert!(!scene.ledger.denied.contains(&jti));
        // The thief, the robbed, whichever token of the family: it is carried on, and then it is whole.
        let second = refresh_token(&stolen);
        assert_eq!(scene.refuse(&Request::refresh(&second)).0, Reason::Refresh(RefreshError::FamilyRevoked));
        assert!(scene.ledger.denied.contains(&jti));
        let asked = scene.ledger.asked.len();
        assert_eq!(scene.refuse(&Request::refresh(&first)).0, Reason::Refresh(RefreshError::FamilyRevoked));
        assert_eq!(scene.ledger.asked[asked..], ["LoadClient", "LoadRefresh", "Record"], "nothing is written");
    }
}

/// A resource accepts a token until `exp` and its leeway: the list keeps it as long, whichever way it was revoked.
#[test]
fn rv4_the_list_keeps_a_token_through_the_leeway_of_resources() {
    for leeway in [0, 60, 300] {
        let scene = || Scene::from_builder(builder(true).resource_leeway(Duration::from_secs(leeway)));
        let mut by_itself = scene();
        let request = by_itself.redeem();
        let granted = by_itself.grant(&request);
        let access = text(&granted, "access_token").expect("an access token");
        let (mut with_family, refresh) = (by_itself.clone(), refresh_token(&granted));
        by_itself.grant(&Request::revoke(&access));
        with_family.grant(&Request::revoke(&refresh));
        let (jti, exp) = (claims(&access)["jti"].clone(), claims(&access)["exp"].as_u64().expect("a time"));
        for scene in [by_itself, with_family] {
            let until = scene.ledger.denied_until.get(jti.as_str().expect("a jti")).copied();
            assert_eq!(until, Some(Timestamp::from_secs(exp + leeway)));
        }
    }
}

/// A thief who learns that the theft is known would drop the connection each time.
#[test]
fn rt5_a_connection_that_drops_between_two_writes_of_a_revocation_delays_it_to_the_next_token_shown() {
    let (mut scene, first) = Scene::redeemed(true);
    let stolen = scene.grant(&Request::refresh(&first));
    let access = text(&stolen, "access_token").expect("an access token");
    let jti = claims(&access)["jti"].as_str().expect("a jti").to_owned();
    scene.ledger.now += 60;
    let second = refresh_token(&stolen);
    for (cause, revokes_at_once) in
        [(Request::refresh(&first), false), (Request::revoke(&second), true), (Request::revoke(&first), true)]
    {
        let asked = scene.ledger.asked.len();
        let mut dry = scene.clone();
        let _ = dry.send(&cause);
        let names = dry.ledger.asked[asked..].to_vec();
        for (at, name) in names.iter().enumerate() {
            for fault in [Fault::Dropped, Fault::DroppedAfterActing] {
                let mut scene = scene.clone();
                assert!(scene.send_with(&cause, |question| (question == at).then_some(fault)).is_none(), "{name}");
                let begun = scene.ledger.revoked.contains(&FAMILY) || scene.ledger.revoked.len() == 1;
                // Where nothing was begun yet, the same request comes again; else any token of the family will do.
                let next = if begun { Request::refresh(&second) } else { cause.clone() };
                let answer = scene.send(&next).map(|response| response.status);
                let expected = if begun || !revokes_at_once { 400 } else { 200 };
                assert_eq!(answer, Some(expected), "{name} {fault:?}");
                assert!(scene.ledger.denied.contains(&jti), "{name} {fault:?}: the access token is denied");
                let writes = scene.ledger.asked.len();
                assert_eq!(
                    scene.refuse(&Request::refresh(&second)).0,
                    Reason::Refresh(RefreshError::FamilyRevoked),
                    "{name} {fault:?}"
                );
                assert!(!scene.ledger.asked[writes..].contains(&"RevokeAccessTokens"), "{name} {fault:?}: it is whole");
            }
        }
    }
}

#[test]
fn rv3_however_many_access_tokens_a_family_has_one_question_denies_them() {
    let (mut scene, mut refresh) = Scene::redeemed(false);
    for _ in 0..50 {
        refresh = refresh_token(&scene.grant(&Request::refresh(&refresh)));
    }
    let asked = scene.ledger.asked.len();
    scene.grant(&Request::revoke(&refresh));
    let questions = ["LoadClient", "LoadRefresh", "RevokeFamily", "RevokeAccessTokens", "SettleRevocation", "Record"];
    assert_eq!(scene.ledger.asked[asked..], questions);
    assert_eq!(scene.ledger.denied.len(), 51);
}

#[test]
fn no_family_has_more_access_tokens_at_a_time_than_the_policy_says() {
    let policy = RefreshPolicy::new().access_tokens_at_a_time(5).expect("a bound");
    let policy = policy.grace(Duration::from_secs(10), GraceSecret::new([9; 32])).expect("a short window");
    let mut scene = Scene::from_builder(builder(true).refresh(policy));
    let request = scene.redeem();
    let first = refresh_token(&scene.grant(&request));
    let second = refresh_token(&scene.grant(&Request::refresh(&first)));
    assert_eq!(refresh_token(&scene.grant(&Request::refresh(&first))), second, "the lost answer's counts too");
    let too_many = |scene: &mut Scene, token: &str| {
        let response = scene.send(&Request::refresh(token)).expect("no fault");
        assert_eq!((response.status, text(&response, "error").as_deref()), (429, Some("temporarily_unavailable")));
        assert_eq!(response.header("retry-after").collect::<String>(), "60");
        assert_eq!(
            scene.ledger.events.last().and_then(|event| event.reason),
            Some(Reason::Refresh(RefreshError::TooManyAccessTokens))
        );
    };
    too_many(&mut scene, &first);
    let third = refresh_token(&scene.grant(&Request::refresh(&second)));
    let fourth = refresh_token(&scene.grant(&Request::refresh(&third)));
    too_many(&mut scene, &fourth);
    assert!(scene.ledger.revoked.is_empty(), "and nothing is lost by it");
    scene.ledger.now = NOW + 960;
    scene.grant(&Request::refresh(&fourth));
}

#[test]
fn rt7_confidential_clients_keep_their_token_where_the_policy_says_so() {
    let policy = RefreshPolicy::new().without_rotation_of_protected_tokens();
    let mut scene = Scene::from_builder(builder(true).refresh(policy));
    scene.code(|code| code.authorization.client_id = "other".into());
    let redeem = by_other(scene.redeem());
    let issued = scene.grant(&redeem);
    let refresh = refresh_token(&issued);
    let again = by_other(Request::refresh(&refresh));
    let mut jtis = vec![claims(&text(&issued, "access_token").expect("a token"))["jti"].clone()];
    for day in [1, 13, 26] {
        scene.ledger.now = NOW + day * 86_400;
        let response = scene.grant(&again);
        assert_eq!(refresh_token(&response), refresh, "the same, and it counts for another two weeks");
        jtis.push(claims(&text(&response, "access_token").expect("a token"))["jti"].clone());
    }
    scene.ledger.now += 100;
    scene.grant(&by_other(Request::revoke(&refresh)));
    assert!(scene.ledger.denied.contains(jtis[3].as_str().expect("a jti")), "what came of it is known");
    assert_eq!(scene.refuse(&again).0, Reason::Refresh(RefreshError::FamilyRevoked));
}

#[test]
fn rt7_public_clients_tokens_rotate_under_every_policy_until_a_key_binds_them() {
    let policy = RefreshPolicy::new().without_rotation_of_protected_tokens();
    let mut scene = Scene::from_builder(builder(true).refresh(policy));
    let request = scene.redeem();
    let first = refresh_token(&scene.grant(&request));
    let second = refresh_token(&scene.grant(&Request::refresh(&first)));
    assert_ne!(second, first);
    let bound = refresh_token(&scene.grant(&Request::refresh(&second).header("dpop", proof(2, NOW))));
    assert_ne!(bound, second, "it was not bound when it was shown");
    let again = Request::refresh(&bound);
    assert_eq!(scene.refuse(&again).0, Reason::Sender(SenderError::ProofRequired));
    assert_eq!(refresh_token(&scene.grant(&again.header("dpop", proof(2, NOW)))), bound);
    assert_eq!(scene.refuse(&Request::refresh(&first)).0, Reason::Refresh(RefreshError::Reuse), "spent ones are spent");
}

#[test]
fn rv4_an_access_token_is_denied_where_there_is_a_list() {
    let (mut scene, access, refresh) = issued();
    scene.grant(&Request::revoke(&access));
    assert!(scene.ledger.denied.contains(claims(&access)["jti"].as_str().expect("a jti")));
    assert!(scene.ledger.revoked.is_empty(), "its refresh token lives on");
    scene.grant(&Request::refresh(&refresh));
}

#[test]
fn rv4_without_a_list_revoking_an_access_token_is_unsupported() {
    let mut scene = Scene::from_builder(
        attesto_core::authorization::AuthorizationServer::builder(
            "https://as.example",
            crate::scene::provider(),
            std::sync::Arc::new(
                attesto_core::token::KeyRing::new(crate::scene::provider().as_ref(), attesto_tests::ed25519(1).into())
                    .expect("a ring"),
            ),
        )
        .audience("https://api.example")
        .without_deny_list(),
    );
    let request = scene.redeem();
    let access = text(&scene.grant(&request), "access_token").expect("an access token");
    assert_eq!(
        scene.refuse(&Request::revoke(&access)),
        (Reason::Grant(GrantError::UnsupportedTokenType), "unsupported_token_type".into())
    );
    scene.grant(&Request::revoke("a.b.c"));
    assert!(scene.ledger.revoked.is_empty());
}

/// Libraries revoke the access token first, and stop where that is refused: the refresh token would live on.
#[test]
fn rv4_without_a_list_the_refresh_tokens_end_by_an_access_token_of_a_client_that_proves_who_it_is() {
    let mut scene = Scene::from_builder(builder(true).without_deny_list());
    scene.code(|code| code.authorization.client_id = "other".into());
    let redeem = by_other(scene.redeem());
    let issued = scene.grant(&redeem);
    let access = text(&issued, "access_token").expect("an access token");
    assert!(scene.grant(&by_other(Request::revoke(&access))).body.is_empty());
    assert!(scene.ledger.revoked.contains(&FAMILY) && scene.ledger.denied.is_empty());
    assert!(!scene.ledger.asked.contains(&"RevokeAccessTokens"), "there is no list to ask");
    assert_eq!(scene.ledger.events.last().map(|event| event.kind), Some(EventKind::TokenRevoked));
    assert_eq!(
        scene.refuse(&by_other(Request::refresh(&refresh_token(&issued)))).0,
        Reason::Refresh(RefreshError::FamilyRevoked)
    );
    // Of a token that came from no such family nothing can be revoked.
    let own = Request::token(format!("grant_type=client_credentials&client_id=other&client_secret={SECRET}"));
    let own = text(&scene.grant(&own), "access_token").expect("an access token");
    assert_eq!(scene.refuse(&by_other(Request::revoke(&own))).0, Reason::Grant(GrantError::UnsupportedTokenType));
}

#[test]
fn rv4_without_a_list_a_public_client_proves_the_access_tokens_key() {
    let mut scene = Scene::from_builder(builder(true).without_deny_list());
    let request = scene.redeem().header("dpop", proof(2, NOW));
    let issued = scene.grant(&request);
    let revoke = Request::revoke(&text(&issued, "access_token").expect("an access token"));
    assert_eq!(scene.refuse(&revoke).0, Reason::Grant(GrantError::UnsupportedTokenType), "whoever has seen it");
    let thief = revoke.clone().header("dpop", proof_at("/oauth/revoke", 3, NOW));
    assert_eq!(scene.refuse(&thief).0, Reason::Grant(GrantError::UnsupportedTokenType), "with a key of its own");
    let elsewhere = revoke.clone().header("dpop", proof(2, NOW));
    assert_eq!(scene.refuse(&elsewhere).0, Reason::Sender(SenderError::InvalidProof));
    assert!(scene.ledger.revoked.is_empty());
    let shown = revoke.header("dpop", proof_at("/oauth/revoke", 2, NOW));
    scene.grant(&shown);
    assert!(scene.ledger.revoked.contains(&FAMILY));
    assert_eq!(scene.refuse(&shown).0, Reason::Sender(SenderError::ProofReplay));
}

#[test]
fn in1_introspection_is_for_confidential_clients() {
    let (mut scene, access, _) = issued();
    let public = Request { path: "/oauth/introspect", ..Request::revoke(&access) };
    let response = scene.send(&public).expect("no fault");
    assert_eq!(response.status, 401);
    assert!(response.header("www-authenticate").next().is_some_and(|challenge| challenge.starts_with("Basic ")));
    let wrong = introspect(&access).but("client_secret", "wrong");
    assert_eq!(scene.send(&wrong).expect("no fault").status, 401, "RFC 7662 §2.3");
    assert_eq!(
        scene.refuse(&introspect("")),
        (Reason::Request(RequestError::MissingParameter("token")), "invalid_request".into())
    );
}

#[test]
fn in2_in4_an_access_token_is_active_for_those_who_may_know() {
    let mut scene = Scene::from_builder(builder(true).ask_introspection());
    let request = scene.redeem();
    let access = text(&scene.grant(&request), "access_token").expect("an access token");
    assert_eq!(body(&scene.grant(&introspect(&access))), serde_json::json!({"active": false}), "IN-4: not its to know");
    scene.ledger.may_introspect.insert("other".into());
    let told = body(&scene.grant(&introspect(&access)));
    let expected = [
        ("sub", "usr_1"),
        ("client_id", "app"),
        ("aud", "https://api.example"),
        ("token_type", "Bearer"),
        ("scope", "read write"),
    ];
    for (name, value) in expected {
        assert_eq!(told[name], value, "{name}");
    }
    assert_eq!((&told["active"], told["exp"].as_u64()), (&true.into(), Some(NOW + 900)));
    let mut late = scene.clone();
    late.ledger.now = NOW + 900;
    assert_eq!(body(&late.grant(&introspect(&access)))["active"], false, "expired");
    let mut denied = scene.clone();
    denied.ledger.denied.insert(claims(&access)["jti"].as_str().expect("a jti").into());
    assert_eq!(body(&denied.grant(&introspect(&access)))["active"], false, "revoked");
    let mut gone = scene.clone();
    gone.ledger.clients.remove("app");
    assert_eq!(body(&gone.grant(&introspect(&access)))["active"], false, "its client is no more");
    assert_eq!(body(&scene.grant(&introspect("a.b.c")))["active"], false);
}

/// A scene in which the client that redeems the code can prove who it is, and its refresh token.
fn of_confidential_client() -> (Scene, Request, String) {
    let mut scene = Scene::from_builder(builder(true).ask_introspection());
    let (other, secret) = scene.ledger.clients.remove("other").expect("other");
    let gate = Client::new("gate", ClientAuthentication::SecretPost);
    scene.ledger.clients.insert("gate".into(), (gate, secret));
    scene.ledger.may_introspect.insert("gate".into());
    scene.ledger.clients.insert("other".into(), (other.scopes(["read", "write"]), secret));
    scene.code(|code| code.authorization.client_id = "other".into());
    let redeem = by_other(scene.redeem());
    let refresh = refresh_token(&scene.grant(&redeem));
    let again = by_other(Request::refresh(&refresh));
    (scene, again, refresh)
}

#[test]
fn in3_a_refresh_token_is_active_to_its_client_until_it_is_spent_or_revoked() {
    let (mut scene, again, refresh) = of_confidential_client();
    let told = body(&scene.grant(&introspect(&refresh)));
    let expected = [("sub", "usr_1"), ("client_id", "other"), ("token_type", "refresh_token"), ("scope", "read write")];
    for (name, value) in expected {
        assert_eq!(told[name], value, "{name}");
    }
    assert_eq!((&told["active"], told["exp"].as_u64()), (&true.into(), Some(NOW + 14 * 86_400)));
    let mut late = scene.clone();
    late.ledger.now += 14 * 86_400;
    assert_eq!(body(&late.grant(&introspect(&refresh)))["active"], false);
    let mut revoked = scene.clone();
    revoked.grant(&by_other(Request::revoke(&refresh)));
    assert_eq!(body(&revoked.grant(&introspect(&refresh)))["active"], false);
    scene.grant(&again);
    assert_eq!(body(&scene.grant(&introspect(&refresh)))["active"], false);
}

/// A resource introspects whatever it is shown: a refresh token must not open it.
#[test]
fn in3_in4_only_its_client_may_introspect_a_refresh_token_which_is_no_access_token() {
    let (mut scene, _, refresh) = of_confidential_client();
    let by_gate = introspect(&refresh).but("client_id", "gate");
    assert_eq!(body(&scene.grant(&by_gate)), serde_json::json!({"active": false}), "whatever the host's policy says");
    let response = scene.grant(&introspect(&refresh));
    let endpoint = "https://as.example/oauth/introspect";
    let reader =
        IntrospectionEndpoint::new(endpoint, "https://as.example", IntrospectionCredentials::post("other", SECRET));
    let incoming = IncomingResponse::new(200, response.body).content_type("application/json");
    let judged = reader.expect("an endpoint").judge(Ok(incoming), Timestamp::from_secs(NOW));
    assert!(matches!(judged, Err(IntrospectionError::NotAnAccessToken)), "{judged:?}");
}

#[test]
fn rt5_reuse_is_seen_as_long_as_the_family_can_be_used() {
    let (mut scene, first) = Scene::redeemed(true);
    scene.ledger.now = NOW + 13 * 86_400;
    let second = refresh_token(&scene.grant(&Request::refresh(&first)));
    scene.ledger.now = NOW + 15 * 86_400;
    assert_eq!(
        scene.refuse(&Request::refresh(&first)).0,
        Reason::Refresh(RefreshError::Reuse),
        "its own expiry has passed"
    );
    assert_eq!(scene.refuse(&Request::refresh(&second)).0, Reason::Refresh(RefreshError::FamilyRevoked));
}

#[test]
fn rt4_two_refreshes_that_meet_are_no_reuse_whichever_began_first() {
    let (mut scene, first) = Scene::redeemed(true);
    scene.ledger.now = NOW + 1;
    let second = refresh_token(&scene.grant(&Request::refresh(&first)));
    scene.ledger.now = NOW;
    assert_eq!(refresh_token(&scene.clone().grant(&Request::refresh(&first))), second);
    scene.ledger.now = NOW - 60;
    assert_eq!(
        scene.refuse(&Request::refresh(&first)).0,
        Reason::Refresh(RefreshError::Reuse),
        "clocks do not differ that much"
    );
}

#[test]
fn rv4_a_server_without_refresh_tokens_asks_no_store_for_them() {
    use attesto_core::authorization::GrantType;
    let mut scene = Scene::from_builder(builder(true).grants([GrantType::ClientCredentials]));
    scene.grant(&by_other(Request::revoke(&base64url::encode(&[8; 32]))));
    scene.grant(&introspect(&base64url::encode(&[8; 32])));
    assert!(!scene.ledger.asked.contains(&"LoadRefresh"));
}
