//! What is held to the registration, what is judged before anything is recorded, and what the introspection endpoint calls active.

use crate::ledger::Fault;
use crate::scene::{NOW, Request, SECRET, Scene, builder, entropy, proof, text};
use attesto_core::Timestamp;
use attesto_core::authorization::{Client, ClientAuthentication, ClientQuestion, GrantType, Question, Reason, Step};
use attesto_core::authorization::{CodeError, GrantError, PkceError, SenderError};
use attesto_core::http::{Connection, OriginPolicy, RequestParts, TrustedProxies, XForwarded};
use attesto_core::mtls::{CertificatePolicy, ClientCert};
use std::sync::Arc;

fn job() -> Request {
    Request::token(format!("grant_type=client_credentials&client_id=other&client_secret={SECRET}"))
}

fn introspect(caller: &str, token: &str) -> Request {
    Request {
        path: "/oauth/introspect",
        ..Request::token(format!("client_id={caller}&client_secret={SECRET}&token={token}"))
    }
}

/// Changes the client `other`.
fn other(scene: &mut Scene, change: impl FnOnce(Client) -> Client) {
    let (client, secret) = scene.ledger.clients.remove("other").expect("other");
    scene.ledger.clients.insert("other".into(), (change(client), secret));
}

/// The status, the error, and the reason in the event.
fn answer(scene: &mut Scene, request: &Request) -> (u16, Option<String>, Option<&'static str>) {
    let response = scene.send(request).expect("no fault");
    let reason = scene.ledger.events.last().and_then(|event| event.reason).map(Reason::code);
    (response.status, text(&response, "error"), reason)
}

#[test]
fn tk4_defaults_beyond_the_registered_scopes_are_never_granted() {
    let contradicts = (500, Some("server_error".into()), Some("registration_scopes"));
    let mut scene = Scene::new(true);
    other(&mut scene, |client| client.default_scopes(["read", "admin"]));
    assert_eq!(answer(&mut scene, &job()), contradicts);
    // Whatever is asked for: the registration says two things, and nothing here can know which is meant.
    assert_eq!(answer(&mut scene, &job().and("scope", "read")), contradicts);
    other(&mut scene, |client| client.default_scopes(["read"]));
    assert_eq!(answer(&mut scene, &job()), (200, None, None));
    let request = scene.redeem();
    scene.app(|app| app.default_scopes(["read", "admin"]));
    assert_eq!(answer(&mut scene, &request), contradicts);
    scene.app(|app| app.default_scopes(["read"]));
    scene.grant(&request); // it was not spent
}

#[test]
fn sc4_a_code_that_cannot_be_redeemed_is_spent_and_leaves_no_proof_behind() {
    let world = Scene::new(true);
    let request = world.redeem();
    for (name, value, reason) in [
        ("redirect_uri", "https://app.example/other", Reason::Code(CodeError::RedirectUriMismatch).code()),
        ("code_verifier", "", "verifier_missing"),
        ("code_verifier", "short", "verifier_malformed"),
        (
            "code_verifier",
            "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
            Reason::Pkce(PkceError::WrongVerifier).code(),
        ),
    ] {
        let mut scene = world.clone();
        let refused = answer(&mut scene, &request.clone().but(name, value).header("dpop", proof(2, NOW)));
        assert_eq!(refused, (400, Some("invalid_grant".into()), Some(reason)), "{name}={value}");
        assert!(scene.ledger.replays.is_empty(), "{name}={value}");
        let again = answer(&mut scene, &request.clone().header("dpop", proof(2, NOW)));
        assert_eq!(again.2, Some(Reason::Code(CodeError::Replayed).code()), "{name}={value}: the code is spent");
    }
    let mut scene = world.clone();
    scene.grant(&request.clone().header("dpop", proof(2, NOW)));
    assert_eq!(scene.ledger.replays.len(), 1, "what is redeemed is recorded");
}

#[test]
fn sc4_a_dead_code_fills_no_replay_store() {
    let mut scene = Scene::new(true);
    let request = scene.redeem();
    scene.grant(&request.clone().header("dpop", proof(2, NOW)));
    let recorded = scene.ledger.replays.len();
    scene.ledger.now = NOW + 700;
    for _ in 0..5 {
        let again = request.clone().header("dpop", proof(2, NOW + 700));
        assert_eq!(answer(&mut scene, &again).2, Some(Reason::Code(CodeError::Replayed).code()));
    }
    assert_eq!(scene.ledger.replays.len(), recorded);
    // Its own client presented it, with the verifier: the tokens of the code are revoked, as before.
    assert!(scene.ledger.revoked.contains(&crate::scene::FAMILY));
}

#[test]
fn sc4_a_code_of_another_key_leaves_no_proof_behind() {
    let mut scene = Scene::new(true);
    let jkt = attesto_core::jose::Thumbprint::from_bytes([1; 32]);
    scene.code(|code| code.dpop_jkt = Some(jkt));
    let request = scene.redeem().header("dpop", proof(3, NOW));
    assert_eq!(answer(&mut scene, &request).2, Some(Reason::Grant(GrantError::KeyMismatch).code()));
    assert!(scene.ledger.replays.is_empty());
}

#[test]
fn ac1_redirect_uri_may_be_absent_and_must_be_the_same_where_it_is_there() {
    let world = Scene::new(true);
    let with = world.redeem();
    let without = with.clone().but("redirect_uri", "");
    world.clone().grant(&with);
    let mut scene = world.clone();
    let response = scene.grant(&without);
    assert!(text(&response, "refresh_token").is_some());
    let mut other = world.clone();
    assert_eq!(
        other.refuse(&with.but("redirect_uri", "https://app.example/cb2")).0,
        Reason::Code(CodeError::RedirectUriMismatch)
    );
    // A code that came back is known by its verifier, too.
    assert_eq!(scene.refuse(&without).0, Reason::Code(CodeError::Replayed));
    assert!(scene.ledger.revoked.contains(&crate::scene::FAMILY));
}

/// A world in which `app` is confidential and has redeemed its code: with the access and the refresh token.
fn redeemed_by_a_confidential_client() -> (Scene, String, String) {
    let mut scene = Scene::from_builder(builder(true).ask_introspection());
    let app = Client::new("app", ClientAuthentication::SecretPost)
        .redirect_uris([crate::scene::REDIRECT])
        .scopes(["read", "write"])
        .grants([GrantType::AuthorizationCode, GrantType::RefreshToken]);
    scene.ledger.clients.insert("app".into(), (app, Some(SECRET)));
    let request = scene.redeem().and("client_secret", SECRET);
    let response = scene.grant(&request);
    let [access, refresh] = ["access_token", "refresh_token"].map(|name| text(&response, name).expect("both tokens"));
    (scene, access, refresh)
}

fn is_active(scene: &mut Scene, request: &Request) -> bool {
    let response = scene.grant(request);
    let body: serde_json::Value = serde_json::from_slice(&response.body).expect("JSON");
    assert!(body["active"] == true || body.as_object().is_some_and(|members| members.len() == 1), "{body}");
    body["active"] == true
}

#[test]
fn hc2_in2_in3_tokens_of_a_suspended_subject_are_inactive() {
    let (mut scene, access, refresh) = redeemed_by_a_confidential_client();
    for token in [&access, &refresh] {
        let request = introspect("app", token);
        assert!(is_active(&mut scene, &request));
        let asked = scene.ledger.asked.iter().filter(|asked| **asked == "LoadPrincipal").count();
        scene.ledger.suspended.insert("usr_1".into());
        assert!(!is_active(&mut scene, &request));
        assert_eq!(scene.ledger.asked.iter().filter(|asked| **asked == "LoadPrincipal").count(), asked + 1);
        scene.ledger.suspended.clear();
        assert!(is_active(&mut scene, &request), "nothing was changed");
    }
}

#[test]
fn hc2_in2_who_may_not_know_of_a_token_asks_no_store_for_its_subject() {
    let (mut scene, access, _) = redeemed_by_a_confidential_client();
    scene.ledger.asked.clear();
    assert!(!is_active(&mut scene, &introspect("other", &access)));
    assert!(!scene.ledger.asked.contains(&"LoadPrincipal"));
}

#[test]
fn hc2_in2_a_token_of_a_client_itself_is_no_users() {
    let mut scene = Scene::new(true);
    let access = text(&scene.grant(&job()), "access_token").expect("a token");
    scene.ledger.suspended.insert("other".into());
    scene.ledger.asked.clear();
    assert!(is_active(&mut scene, &introspect("other", &access)));
    assert!(!scene.ledger.asked.contains(&"LoadPrincipal"));
    // Once the client may get none for itself, the name may be a user's only.
    other(&mut scene, |client| client.grants([GrantType::AuthorizationCode]));
    assert!(!is_active(&mut scene, &introspect("other", &access)));
}

#[test]
fn hc2_in2_no_word_of_the_subject_is_no_answer() {
    let (mut scene, access, _) = redeemed_by_a_confidential_client();
    scene.ledger.asked.clear();
    let request = introspect("app", &access);
    assert!(is_active(&mut scene.clone(), &request));
    let mut plain = scene.clone();
    plain.send(&request);
    let at = plain.ledger.asked.iter().position(|asked| *asked == "LoadPrincipal").expect("it is asked");
    let response = scene.send_with(&request, |question| (question == at).then_some(Fault::BeforeActing));
    assert_eq!(response.expect("an answer").status, 503);
}

/// Answers one question with a fault, whichever it is.
fn with_every_fault(mut play: impl FnMut(&dyn Fn(usize) -> Option<Fault>, &str)) {
    for fault in Fault::ALL {
        for at in 0..8 {
            play(&|question| (question == at).then_some(fault), &format!("{fault:?} at {at}"));
        }
    }
}

#[test]
fn sc4_no_fault_makes_a_code_that_cannot_be_redeemed_leave_a_proof_or_a_token() {
    let world = Scene::new(true);
    let request = world.redeem().but("code_verifier", "").header("dpop", proof(2, NOW));
    with_every_fault(|fault, context| {
        let mut scene = world.clone();
        scene.send_with(&request, fault);
        let again = scene.send(&request).expect("no fault");
        assert_eq!(again.status, 400, "{context}");
        assert!(scene.ledger.replays.is_empty() && scene.ledger.refresh.is_empty(), "{context}");
        scene.holds(context);
    });
}

#[test]
fn tk4_no_fault_gets_a_client_more_than_its_scopes() {
    let mut world = Scene::new(true);
    other(&mut world, |client| client.default_scopes(["read", "admin"]));
    with_every_fault(|fault, context| {
        let mut scene = world.clone();
        let response = scene.send_with(&job(), fault);
        assert!(response.is_none_or(|response| response.status >= 500), "{context}");
        assert_eq!(scene.send(&job()).map(|response| response.status), Some(500), "{context}");
    });
}

#[test]
fn sc2_a_certificate_that_cannot_be_read_is_not_the_same_as_none() {
    let policy = CertificatePolicy::new().forwarded(Arc::new(ClientCert));
    let proxy = TrustedProxies::parse(["loopback"]).expect("a list");
    let server = builder(true).mtls(policy).origin(OriginPolicy::behind(proxy, XForwarded::PROTO)).build();
    let server = server.expect("a server");
    let asked = |certificate: Option<&'static [u8]>| {
        let mut headers: Vec<(&str, &[u8])> = vec![
            ("host", b"as.example"),
            ("x-forwarded-proto", b"https"),
            ("content-type", b"application/x-www-form-urlencoded"),
        ];
        headers.extend(certificate.map(|certificate| ("client-cert", certificate)));
        let headers: &[(&str, &[u8])] = &headers;
        let request = RequestParts::new("POST", "/oauth/token", &headers)
            .connection(Connection::new().peer([127, 0, 0, 1].into()))
            .form_body(b"grant_type=client_credentials&client_id=app");
        server.token(&request, Timestamp::from_secs(NOW), entropy())
    };
    let Step::Ask(Question::Record(event)) = asked(Some(b":a:")) else { panic!("refused before any question") };
    assert_eq!(event.question().reason, Some(Reason::Sender(SenderError::CertificateUnreadable)));
    assert!(matches!(asked(None), Step::Ask(Question::Clients(ClientQuestion::Load(_)))), "without one it goes on");
}
