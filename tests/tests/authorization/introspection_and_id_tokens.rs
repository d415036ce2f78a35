//! What is promised of tokens, introspection, pushed requests and events, held to with one small test each.

use crate::scene::{FAMILY, NOW, REDIRECT, Request, SECRET, Scene, VERIFIER, builder, proof_at, provider, text};
use crate::token_rules::claims;
use attesto_core::Timestamp;
use attesto_core::authorization::{
    AuthenticationContext, AuthorizationServerBuilder, Client, ClientAuthentication, EventKind, GrantType, Question,
    Reason, RefreshTokenQuestion, ScopeSet, Step,
};
use attesto_core::authorization::{RequestError, SenderError};
use attesto_core::http::{Connection, RequestParts, ResponseParts};
use attesto_core::limits;
use attesto_core::pkce::CodeVerifier;
use serde_json::{Value, json};
use std::time::Duration;

const LOGIN: &str = "urn:example:gold";

/// By a confidential client.
fn introspect(caller: &str, token: &str) -> Request {
    let body = format!("client_id={caller}&client_secret={SECRET}&token={token}");
    Request { path: "/oauth/introspect", ..Request::token(body) }
}

fn body(response: &ResponseParts) -> Value {
    serde_json::from_slice(&response.body).expect("JSON")
}

fn member(response: &ResponseParts, name: &str) -> String {
    text(response, name).unwrap_or_else(|| panic!("no {name}"))
}

/// A confidential client beside the others.
fn add(scene: &mut Scene, id: &str) {
    let client = Client::new(id, ClientAuthentication::SecretPost)
        .redirect_uris([REDIRECT])
        .scopes(["read", "write", "openid"])
        .grants([GrantType::AuthorizationCode, GrantType::RefreshToken]);
    scene.ledger.clients.insert(id.into(), (client, Some(SECRET)));
}

/// A code of a login of which everything is known.
fn logged_in(configure: impl FnOnce(AuthorizationServerBuilder) -> AuthorizationServerBuilder) -> Scene {
    let mut scene = Scene::from_builder(configure(builder(true)));
    let login = AuthenticationContext::at(Timestamp::from_secs(NOW - 5)).acr(LOGIN).amr(["pwd", "otp"]).sid("sid-1");
    scene.code(|code| code.authorization.authentication = login);
    scene
}

/// A code of the confidential client `app`, redeemed: its access token and its refresh token.
fn confidential() -> (Scene, String, String) {
    let mut scene = logged_in(|builder| builder);
    add(&mut scene, "app");
    let request = scene.redeem().and("client_secret", SECRET);
    let response = scene.grant(&request);
    (scene, member(&response, "access_token"), member(&response, "refresh_token"))
}

#[test]
fn in2_a_token_for_a_resource_that_its_client_lost_is_inactive() {
    let mut scene = Scene::new(true);
    add(&mut scene, "app");
    scene.app(|app| app.resources(["https://b.example"]));
    scene.code(|code| code.authorization.resources = vec!["https://b.example".into()]);
    let request = scene.redeem().and("client_secret", SECRET);
    let access = member(&scene.grant(&request), "access_token");
    assert_eq!(claims(&access)["aud"], "https://b.example");
    assert_eq!(body(&scene.grant(&introspect("app", &access)))["active"], true);
    scene.app(|app| app.resources(["https://c.example"]));
    assert_eq!(body(&scene.grant(&introspect("app", &access))), json!({"active": false}));
}

#[test]
fn in2_the_answer_describes_the_login_behind_a_token() {
    let (mut scene, access, _) = confidential();
    let told = body(&scene.grant(&introspect("app", &access)));
    assert_eq!((&told["acr"], &told["auth_time"]), (&LOGIN.into(), &(NOW - 5).into()), "RFC 9470 §6.2");
}

#[test]
fn in3_the_answer_describes_the_login_behind_a_refresh_token() {
    let (mut scene, _, refresh) = confidential();
    let told = body(&scene.grant(&introspect("app", &refresh)));
    assert_eq!((&told["acr"], &told["auth_time"]), (&LOGIN.into(), &(NOW - 5).into()));
}

#[test]
fn in3_no_refresh_token_outlives_its_family() {
    let (mut scene, _, refresh) = confidential();
    let end = NOW + 100;
    for row in scene.ledger.refresh.values_mut() {
        // Longer than the family, as a store says that was filled under another configuration.
        row.token.expires_at = Timestamp::from_secs(end + 1000);
        row.token.family_expires_at = Timestamp::from_secs(end);
    }
    scene.ledger.now = end - 1;
    assert_eq!(body(&scene.grant(&introspect("app", &refresh)))["active"], true);
    scene.ledger.now = end;
    assert_eq!(body(&scene.grant(&introspect("app", &refresh))), json!({"active": false}));
}

#[test]
fn in3_a_refresh_token_of_a_deleted_client_is_inactive() {
    // Only that client may introspect the token, so it is deleted after it has authenticated.
    let (mut scene, _, refresh) = confidential();
    let asked = introspect("app", &refresh);
    assert_eq!(body(&scene.grant(&asked))["active"], true);
    let mut step = asked.begin(&scene.server, scene.ledger.now);
    let response = loop {
        step = match step {
            Step::Done(response) => break response,
            Step::Ask(ask) => {
                if matches!(ask, Question::RefreshTokens(RefreshTokenQuestion::Load(_))) {
                    scene.ledger.clients.remove("app");
                }
                scene.ledger.answer(ask, None).expect("no fault")
            }
        };
    };
    assert_eq!((response.status, body(&response)), (200, json!({"active": false})));
}

#[test]
fn in2_a_token_of_a_deleted_client_is_inactive_to_every_caller() {
    let (mut scene, access, _) = confidential();
    // In the audience, so that the caller may introspect the token of any client.
    add(&mut scene, "https://api.example");
    let asked = introspect("https://api.example", &access);
    assert_eq!(body(&scene.grant(&asked))["active"], true);
    scene.ledger.clients.remove("app");
    assert_eq!(body(&scene.grant(&asked)), json!({"active": false}));
}

#[test]
fn in4_a_client_may_know_of_its_own_tokens() {
    let (mut scene, access, _) = confidential();
    let told = body(&scene.grant(&introspect("app", &access)));
    assert_eq!((&told["active"], &told["sub"]), (&true.into(), &"usr_1".into()));
    assert_eq!(body(&scene.grant(&introspect("other", &access))), json!({"active": false}));
    assert!(!scene.ledger.asked.contains(&"MayIntrospect"), "nobody was asked");
}

#[test]
fn in4_a_resource_may_know_of_tokens_for_it() {
    let (mut scene, access, _) = confidential();
    for (caller, active) in [("https://api.example", true), ("https://b.example", false)] {
        add(&mut scene, caller);
        assert_eq!(body(&scene.grant(&introspect(caller, &access)))["active"], active, "{caller}");
    }
    assert!(!scene.ledger.asked.contains(&"MayIntrospect"), "nobody was asked");
}

#[test]
fn it1_an_access_token_says_how_its_user_logged_in() {
    let mut scene = logged_in(|builder| builder);
    let request = scene.redeem();
    let access = claims(&member(&scene.grant(&request), "access_token"));
    assert_eq!((&access["acr"], &access["auth_time"]), (&LOGIN.into(), &(NOW - 5).into()), "RFC 9068 §2.2.1");
}

#[test]
fn rt9_a_refreshed_access_token_says_how_its_user_logged_in() {
    let mut scene = logged_in(|builder| builder);
    let request = scene.redeem();
    let mut refresh = member(&scene.grant(&request), "refresh_token");
    for _ in 0..2 {
        let response = scene.grant(&Request::refresh(&refresh));
        assert_eq!(claims(&member(&response, "access_token"))["acr"], LOGIN);
        refresh = member(&response, "refresh_token");
    }
}

/// With the scope `openid`.
fn openid(configure: impl FnOnce(AuthorizationServerBuilder) -> AuthorizationServerBuilder) -> ResponseParts {
    let mut scene = logged_in(configure);
    scene.code(|code| code.authorization.scopes = ScopeSet::new(["openid", "read"]));
    let request = scene.redeem();
    scene.grant(&request)
}

#[test]
fn it2_an_id_token_names_its_audience_and_how_its_user_logged_in() {
    let id = claims(&member(
        &openid(|builder| builder.openid_connect().id_tokens_without_rs256().scopes_supported(["openid"])),
        "id_token",
    ));
    let expected =
        [("azp", "app".into()), ("acr", LOGIN.into()), ("amr", json!(["pwd", "otp"])), ("sid", "sid-1".into())];
    for (name, value) in expected {
        assert_eq!(id[name], value, "{name}");
    }
}

#[test]
fn it2_an_id_token_lives_as_long_as_configured() {
    for lifetime in [300, 3600] {
        let response = openid(|builder| {
            builder
                .openid_connect()
                .id_tokens_without_rs256()
                .scopes_supported(["openid"])
                .id_token_lifetime(Duration::from_secs(lifetime))
        });
        let id = claims(&member(&response, "id_token"));
        assert_eq!((id["iat"].as_u64(), id["exp"].as_u64()), (Some(NOW), Some(NOW + lifetime)));
        assert_eq!(claims(&member(&response, "access_token"))["exp"].as_u64(), Some(NOW + 900), "by its own");
    }
}

#[test]
fn ac8_without_openid_connect_there_is_no_id_token() {
    let response = openid(|builder| builder);
    assert_eq!(member(&response, "scope"), "openid read", "it was granted");
    assert!(text(&response, "id_token").is_none());
}

#[test]
fn ep1_ep11_a_preflight_in_the_clear_is_refused_like_everything() {
    let scene = Scene::from_builder(builder(true).allow_browser_clients());
    for path in ["/oauth/token", "/oauth/revoke", "/oauth/par"] {
        for (connection, is_secure) in [(Connection::new(), false), (Connection::new().tls(), true)] {
            let headers: &[(&str, &[u8])] = &[
                ("host", b"as.example"),
                ("origin", b"https://app.example"),
                ("access-control-request-method", b"POST"),
            ];
            let request = RequestParts::new("OPTIONS", path, &headers).connection(connection);
            let step = scene.server.serve(&request, Timestamp::from_secs(NOW), crate::scene::entropy());
            match step.expect("an endpoint") {
                Step::Done(response) => assert!(is_secure && response.status == 204, "{path}: {response:?}"),
                Step::Ask(ask) => {
                    let mut ledger = scene.ledger.clone();
                    ledger.answer(ask, None);
                    let reason = ledger.events.last().and_then(|event| event.reason);
                    assert_eq!(
                        (is_secure, reason),
                        (false, Some(Reason::Request(RequestError::InsecureTransport))),
                        "{path}"
                    );
                }
            }
        }
    }
}

/// A request to be pushed by this client.
pub(crate) fn par(client: &str) -> Request {
    let challenge = CodeVerifier::parse(VERIFIER).expect("a verifier").challenge(provider().as_ref());
    let body = format!(
        "client_id={client}&redirect_uri={REDIRECT}&response_type=code&scope=read&code_challenge={challenge}\
         &code_challenge_method=S256"
    );
    Request { path: "/oauth/par", ..Request::token(body) }
}

fn push(scene: &mut Scene, request: &Request) -> ResponseParts {
    let response = scene.send(request).expect("no fault");
    assert_eq!(response.status, 201, "{}", response.body_text());
    response
}

#[test]
fn pa5_sc4_strangers_do_not_fill_the_replay_store_with_pushed_proofs() {
    let mut scene = Scene::new(true);
    let proven = par("app").header("dpop", proof_at("/oauth/par", 2, NOW));
    push(&mut scene, &proven);
    assert!(scene.ledger.replays.is_empty() && !scene.ledger.asked.contains(&"RecordReplay"));
    assert!(scene.ledger.pushed.values().all(|held| held.row.dpop_jkt.is_some()), "it binds all the same");
    add(&mut scene, "web");
    let proven = par("web").and("client_secret", SECRET).header("dpop", proof_at("/oauth/par", 3, NOW));
    push(&mut scene, &proven);
    assert_eq!(scene.ledger.replays.len(), 1, "who has proven who they are may");
    assert_eq!(scene.refuse(&proven).0, Reason::Sender(SenderError::ProofReplay));
}

#[test]
fn pa6_pa9_a_stored_pushed_request_is_bounded() {
    let kept = |first: usize, second: usize| {
        let mut scene = Scene::new(true);
        let request = par("app").and("login_hint", &"a".repeat(first)).and("ui_locales", &"b".repeat(second));
        let response = scene.send(&request).expect("no fault");
        match scene.ledger.pushed.values().next() {
            Some(held) => (response.status, held.row.parameters.len(), None),
            None => (response.status, 0, scene.ledger.events.last().and_then(|event| event.reason)),
        }
    };
    let (status, least, _) = kept(1, 1);
    assert_eq!(status, 201);
    let most = limits::PUSHED_REQUEST - least + 2;
    assert_eq!(kept(8100, most - 8100), (201, limits::PUSHED_REQUEST, None));
    assert_eq!(kept(8100, most - 8099), (400, 0, Some(Reason::Request(RequestError::ParameterTooLong))));
}

#[test]
fn az27_a_resume_url_has_no_fragment() {
    let server = &Scene::new(true).server;
    assert!(server.is_resume_url("https://as.example/oauth/authorize?client_id=app"));
    for url in ["https://as.example/oauth/authorize?client_id=app#x", "https://as.example/oauth/authorize?#"] {
        assert!(!server.is_resume_url(url), "{url}");
    }
}

#[test]
fn ev1_every_introspection_is_an_event() {
    let (mut scene, access, _) = confidential();
    for (caller, active) in [("app", true), ("other", false)] {
        scene.ledger.events.clear();
        assert_eq!(body(&scene.grant(&introspect(caller, &access)))["active"], active);
        let [event] = scene.ledger.events.as_slice() else { panic!("one event: {:?}", scene.ledger.events) };
        assert_eq!(
            (event.kind, event.reason, event.client_id.as_deref()),
            (EventKind::Introspected, None, Some(caller))
        );
    }
}

#[test]
fn ev1_a_rotation_is_an_event() {
    let (mut scene, refresh) = Scene::redeemed(true);
    scene.ledger.events.clear();
    scene.grant(&Request::refresh(&refresh));
    let kinds: Vec<EventKind> = scene.ledger.events.iter().map(|event| event.kind).collect();
    assert_eq!(kinds, [EventKind::RefreshRotated, EventKind::TokenIssued]);
    let rotated = &scene.ledger.events[0];
    assert_eq!((rotated.family, rotated.subject.as_deref()), (Some(FAMILY), Some("usr_1")));
    assert_eq!((rotated.client_id.as_deref(), rotated.reason), (Some("app"), None));
}

#[test]
fn rv3_a_token_of_an_ended_family_counts_as_revoked() {
    let (scene, refresh) = Scene::redeemed(true);
    let end = scene.ledger.refresh.values().next().expect("a refresh token").token.family_expires_at.as_secs();
    for (now, does_something) in [(end - 1, true), (end, false)] {
        let mut scene = scene.clone();
        scene.ledger.now = now;
        scene.ledger.events.clear();
        assert!(scene.grant(&Request::revoke(&refresh)).body.is_empty(), "RV-5");
        assert_eq!(
            (scene.ledger.revoked.contains(&FAMILY), scene.ledger.asked.contains(&"RevokeFamily")),
            (does_something, does_something)
        );
        assert_eq!(scene.ledger.events.len(), usize::from(does_something));
    }
}
