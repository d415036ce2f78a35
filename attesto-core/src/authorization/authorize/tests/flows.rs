//! Requests that are answered with a code (AZ-28 to AZ-30).

use super::world::{assert_direct, assert_guarded, assert_redirected, header, location, logged_in};
use super::*;
use crate::Timestamp;
use crate::authorization::EventKind;
use crate::authorization::error::at_authorize::{AuthorizeError, RedirectUriError, UserError};
use crate::authorization::error::at_token::HostError;
use crate::crypto::RustCrypto;
use crate::pkce::CodeChallenge;
use alloc::boxed::Box;
use alloc::format;
use core::time::Duration;

#[test]
fn az29_the_code_stands_for_what_was_asked_and_allowed() {
    let mut world = World::new();
    world.user = Box::new(|_| logged_in(NOW - 7));
    world.consent = Box::new(|question| {
        assert_eq!(question.visit.request.scopes.to_string(), "openid files.write");
        ConsentDecision::Granted(ScopeSet::new(["openid"]))
    });
    let request = good()
        .with("scope", "openid files.write")
        .with("nonce", "n-1")
        .with("dpop_jkt", CHALLENGE)
        .and("resource", "https://files.example");
    let answer = location(&world.get(&request), WEB);
    let secret = Secret::presented(answer.get("code").unwrap()).unwrap();
    let [stored] = world.codes.as_slice() else { panic!("one code") };
    assert_eq!(stored.digest, secret.digest(&RustCrypto::new()));
    let code = &stored.code;
    assert_eq!((code.redirect_uri.as_str(), code.nonce.as_deref()), (WEB, Some("n-1")));
    assert_eq!(code.challenge, CodeChallenge::parse(CHALLENGE));
    assert_eq!(code.dpop_jkt.unwrap().to_base64url(), CHALLENGE);
    assert_eq!(code.expires_at, Timestamp::from_secs(NOW + 60));
    let authorization = &code.authorization;
    assert_eq!((authorization.client_id.as_str(), authorization.subject.as_str()), ("web", "usr_1"));
    assert_eq!(authorization.scopes.to_string(), "openid");
    assert_eq!(authorization.resources, ["https://files.example"]);
    assert_eq!(authorization.authentication.auth_time, Some(Timestamp::from_secs(NOW - 7)));
    assert_eq!(authorization.authentication.acr.as_deref(), Some("mfa"));
    assert_eq!(world.asked, ["LoadClient", "Authenticate", "Consent", "InsertCode"]);
    let [event] = world.events.as_slice() else { panic!("one event") };
    assert_eq!((event.kind, event.reason), (EventKind::CodeIssued, None));
    assert_eq!((event.client_id.as_deref(), event.subject.as_deref()), (Some("web"), Some("usr_1")));
    assert_eq!((event.scope.as_deref(), event.family), (Some("openid"), Some(authorization.family)));
    assert!(!format!("{event:?}").contains(secret.as_str()));
}

#[test]
fn az30_success_is_a_303_with_code_state_and_iss() {
    let mut world = World::new();
    let response = world.get(&good());
    let answer = location(&response, WEB);
    assert_eq!((answer.get("state"), answer.get("iss")), (Some(STATE), Some(ISSUER)));
    assert_eq!((answer.0.len(), answer.get("code").map(str::len)), (3, Some(43)));
    assert_guarded(&response);
    assert!(response.body.is_empty());
}

#[test]
fn az9_a_native_client_is_answered_on_its_own_port() {
    let mut world = World::new();
    let uri = "http://127.0.0.1:51004/cb";
    let request = good().with("client_id", "cli").with("redirect_uri", uri);
    world.consent = Box::new(|_| ConsentDecision::Denied);
    assert_eq!(location(&world.get(&request), uri).get("error"), Some("access_denied"));
    let other = request.with("redirect_uri", "http://[::1]:51004/cb");
    assert_eq!(world.get(&other).status, 400);
}

#[test]
fn az29_no_code_leaves_before_the_store_has_confirmed() {
    let mut world = World::new();
    world.down = Some("InsertCode");
    assert_redirected(&world.get(&good()), "temporarily_unavailable");
}

#[test]
fn tk6_with_any_store_down_no_code_is_issued_and_the_client_is_not_blamed() {
    let questions = [
        "LoadPushedRequest",
        "LoadClient",
        "Authenticate",
        "Consent",
        "TakeConsentGrant",
        "TakePushedRequest",
        "InsertCode",
    ];
    for down in questions {
        let mut world = World::new();
        let reference = world.reference(&good());
        world.events.clear();
        world.asked.clear();
        world.consent = Box::new(|question| match question.grant_presented {
            true => ConsentDecision::ByGrant,
            false => ConsentDecision::Granted(question.visit.request.scopes.clone()),
        });
        world.down = Some(down);
        let pairs = [("client_id", "web"), ("request_uri", &reference), ("consent_grant", CHALLENGE)];
        let response = world.get(&Pairs::new(&pairs));
        assert_eq!(world.asked.last(), Some(&down), "what was to follow is not asked");
        if response.status == 503 {
            assert_direct(&response, 503, "temporarily_unavailable");
        } else {
            assert_redirected(&response, "temporarily_unavailable");
        }
        assert_eq!(world.reason(), Reason::Host(HostError::Unavailable));
    }
}

#[test]
fn az29_codes_differ_and_live_as_configured() {
    let mut world = World::built(|builder| builder.code_lifetime(Duration::from_secs(600)));
    let (first, second) = (world.get(&good()), world.get(&good()));
    assert_ne!(header(&first, "location"), header(&second, "location"));
    assert_ne!(world.codes[0].digest, world.codes[1].digest);
    assert_ne!(world.codes[0].code.authorization.family, world.codes[1].code.authorization.family);
    assert_eq!(world.codes[0].code.expires_at, Timestamp::from_secs(NOW + 600));
}

#[test]
fn az3_what_was_pushed_is_the_whole_request() {
    let mut world = World::new();
    let reference = world.reference(&good().without("state").with("scope", "files.read").with("nonce", "pushed"));
    world.events.clear();
    let front = good().with("request_uri", &reference).with("nonce", "front").with("response_mode", "form_post");
    let answer = location(&world.get(&front.with("redirect_uri", "https://evil.example/")), WEB);
    assert_eq!((answer.get("state"), answer.get("iss")), (None, Some(ISSUER)));
    let code = &world.codes[0].code;
    assert_eq!((code.nonce.as_deref(), code.redirect_uri.as_str()), (Some("pushed"), WEB));
    assert_eq!(code.authorization.scopes.to_string(), "files.read");
}

#[test]
fn az28_a_pushed_request_is_good_for_one_code() {
    let mut world = World::new();
    let reference = world.reference(&good());
    world.asked.clear();
    let request = Pairs::new(&[("client_id", "web"), ("request_uri", &reference)]);
    assert!(location(&world.get(&request), WEB).get("code").is_some());
    assert_eq!(
        world.asked,
        ["LoadPushedRequest", "LoadClient", "Authenticate", "Consent", "TakePushedRequest", "InsertCode"]
    );
    assert_eq!(world.get(&request).status, 400);
    assert_eq!(world.codes.len(), 1);
}

#[test]
fn az28_the_loser_of_a_race_gets_an_error_and_no_code() {
    let mut world = World::new();
    let reference = world.reference(&good());
    world.events.clear();
    world.meanwhile = Some(("TakePushedRequest", |world| world.pushed.clear()));
    let response = world.get(&Pairs::new(&[("client_id", "web"), ("request_uri", &reference)]));
    assert_redirected(&response, "invalid_request_uri");
    assert_eq!((world.reason(), world.codes.len()), (Reason::Authorize(AuthorizeError::UnknownRequestUri), 0));
}

#[test]
fn az28_a_denial_spends_the_pushed_request() {
    let mut world = World::new();
    let reference = world.reference(&good());
    world.events.clear();
    world.consent = Box::new(|_| ConsentDecision::Denied);
    let request = Pairs::new(&[("client_id", "web"), ("request_uri", &reference)]);
    assert_redirected(&world.get(&request), "access_denied");
    assert_eq!(world.reason(), Reason::User(UserError::AccessDenied));
    assert!(world.pushed.is_empty());
    // A denial stands, even if another request was faster.
    let reference = world.reference(&good());
    world.meanwhile = Some(("TakePushedRequest", |world| world.pushed.clear()));
    let request = Pairs::new(&[("client_id", "web"), ("request_uri", &reference)]);
    assert_redirected(&world.get(&request), "access_denied");
}

#[test]
fn az28_without_entropy_the_pushed_request_is_not_spent() {
    let mut world = World::new();
    let reference = world.reference(&good());
    world.entropy = false;
    let request = Pairs::new(&[("client_id", "web"), ("request_uri", &reference)]);
    assert_redirected(&world.get(&request), "server_error");
    assert_eq!(world.pushed.len(), 1);
}

#[test]
fn az8_what_was_pushed_is_checked_again() {
    // The registration has changed since.
    let mut world = World::new();
    let reference = world.reference(&good());
    world.events.clear();
    world.clients = [web().redirect_uris(["https://app.example/new"])].into();
    let request = Pairs::new(&[("client_id", "web"), ("request_uri", &reference)]);
    assert_eq!(world.get(&request).status, 400);
    assert_eq!(world.reason(), Reason::RedirectUri(RedirectUriError::Unregistered));
}
