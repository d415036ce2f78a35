//! Consent grants (AZ-26).

use super::world::{assert_redirected, location, logged_in, page};
use super::*;
use crate::Timestamp;
use crate::authorization::NewConsentGrant;
use crate::authorization::error::at_token::HostError;
use alloc::boxed::Box;
use alloc::string::{String, ToString};
use std::collections::HashSet;
use std::sync::Mutex;

/// A host that shows a page until the browser comes back with a grant.
fn with_page() -> (World, Arc<Mutex<Option<ConsentQuestion>>>) {
    let mut world = World::new();
    let shown = Arc::new(Mutex::new(None));
    let slot = Arc::clone(&shown);
    world.consent = Box::new(move |question| {
        *slot.lock().unwrap() = Some(question.clone());
        if question.grant_presented { ConsentDecision::ByGrant } else { ConsentDecision::Interact(page("may they?")) }
    });
    (world, shown)
}

/// The user clicks, with the scopes they have left.
fn click(world: &mut World, question: &ConsentQuestion, subject: &str, scopes: &[&str]) -> String {
    let (binding, now) = (question.binding(), Timestamp::from_secs(world.now));
    let mut entropy = |out: &mut [u8]| {
        out.fill(77);
        Ok(())
    };
    let new: NewConsentGrant =
        world.server.grant_consent(binding, subject, ScopeSet::new(scopes), now, &mut entropy).unwrap();
    world.grants.insert(new.digest(), new.grant().clone());
    assert!(world.server.is_resume_url(&new.resume(question.resume_url())));
    new.resume(question.resume_url())
}

fn ask(world: &mut World, shown: &Mutex<Option<ConsentQuestion>>, request: &Pairs) -> ConsentQuestion {
    assert_eq!(world.get(request).body_text(), "may they?");
    shown.lock().unwrap().take().unwrap()
}

#[test]
fn az26_a_consent_comes_back_as_a_grant_and_is_spent() {
    for request in [good(), good().with("prompt", "consent")] {
        let (mut world, shown) = with_page();
        let question = ask(&mut world, &shown, &request);
        let url = click(&mut world, &question, "usr_1", &["files.read"]);
        world.asked.clear();
        assert!(location(&world.follow(&url), WEB).get("code").is_some());
        assert_eq!(world.asked, ["LoadClient", "Authenticate", "Consent", "TakeConsentGrant", "InsertCode"]);
        assert_eq!(world.codes[0].code.authorization.scopes.to_string(), "files.read");
        // The second time, the user is asked again.
        assert_eq!(world.follow(&url).body_text(), "may they?");
        assert_eq!(world.codes.len(), 1);
    }
}

#[test]
fn az26_native_clients_are_served_by_grants() {
    let (mut world, shown) = with_page();
    let uri = "http://127.0.0.1:4711/cb";
    let question = ask(&mut world, &shown, &good().with("client_id", "cli").with("redirect_uri", uri));
    let url = click(&mut world, &question, "usr_1", &["files.read"]);
    assert!(location(&world.follow(&url), uri).get("code").is_some());
}

#[test]
fn az26_a_grant_expires() {
    let (mut world, shown) = with_page();
    let question = ask(&mut world, &shown, &good());
    let url = click(&mut world, &question, "usr_1", &["files.read"]);
    world.now = NOW + 300;
    assert_eq!(world.follow(&url).body_text(), "may they?");
    world.now = NOW + 299;
    assert!(location(&world.follow(&url), WEB).get("code").is_some());
}

#[test]
fn az26_a_grant_is_for_one_request_and_one_user() {
    let changes: [fn(&Pairs) -> Pairs; 5] = [
        |pairs| pairs.with("scope", "files.read"),
        |pairs| pairs.with("scope", "files.read files.write openid"),
        |pairs| pairs.with("redirect_uri", "https://app.example/other"),
        |pairs| pairs.with("code_challenge", "BBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBA"),
        |pairs| pairs.clone().and("resource", AUDIENCE),
    ];
    let uris = [WEB, "https://app.example/other"];
    for change in changes {
        let (mut world, shown) = with_page();
        world.clients = [web().redirect_uris(uris)].into();
        let question = ask(&mut world, &shown, &good());
        let url = click(&mut world, &question, "usr_1", &["files.read"]);
        let token = Pairs::parse(url.split_once('?').unwrap().1).get("consent_grant").unwrap().to_string();
        let other = change(&good()).with("consent_grant", &token);
        assert_eq!(world.get(&other).body_text(), "may they?");
        assert_eq!((world.codes.len(), world.grants.len()), (0, 1));
        assert!(location(&world.follow(&url), WEB).get("code").is_some(), "not spent by the attempt");
    }
    let (mut world, shown) = with_page();
    let question = ask(&mut world, &shown, &good());
    let url = click(&mut world, &question, "usr_1", &["files.read"]);
    world.user = Box::new(|_| {
        let Authentication::User(login) = logged_in(NOW) else { panic!("a login") };
        Authentication::User(Box::new(Login::new("usr_2", login.authentication)))
    });
    assert_eq!(world.follow(&url).body_text(), "may they?");
}

#[test]
fn az26_a_store_is_not_taken_at_its_word() {
    let spoil: [fn(&mut ConsentGrant); 3] = [
        |grant| grant.subject = "usr_2".into(),
        |grant| grant.binding = ConsentBinding::from_bytes([0; 32]),
        |grant| grant.expires_at = Timestamp::from_secs(NOW),
    ];
    for spoil in spoil {
        let (mut world, shown) = with_page();
        let question = ask(&mut world, &shown, &good());
        let url = click(&mut world, &question, "usr_1", &["files.read"]);
        world.spoil = Some(spoil);
        assert_eq!(world.follow(&url).body_text(), "may they?");
        assert!(world.codes.is_empty());
    }
    // The user cannot allow more than was requested either.
    let (mut world, shown) = with_page();
    let question = ask(&mut world, &shown, &good());
    let url = click(&mut world, &question, "usr_1", &["files.read", "openid"]);
    assert_redirected(&world.follow(&url), "server_error");
    assert_eq!(world.reason(), Reason::Host(HostError::PolicyOverreach));
}

#[test]
fn az26_a_grant_that_is_not_there_cannot_be_used() {
    let mut world = World::new();
    world.consent = Box::new(|_| ConsentDecision::ByGrant);
    assert_redirected(&world.get(&good()), "server_error");
    assert_eq!(world.reason(), Reason::Host(HostError::Answer));
    for token in ["x", &CHALLENGE[1..], "a.b.c"] {
        world.asked.clear();
        world.get(&good().with("consent_grant", token));
        assert!(!world.asked.contains(&"TakeConsentGrant"), "{token}");
    }
    // Unknown: the host is asked again, and is at fault if it insists.
    world.events.clear();
    assert_redirected(&world.get(&good().with("consent_grant", CHALLENGE)), "server_error");
    assert_eq!(world.reason(), Reason::Host(HostError::Answer));
}

#[test]
fn az26_a_store_that_is_down_is_neither_yes_nor_no() {
    let (mut world, shown) = with_page();
    let question = ask(&mut world, &shown, &good());
    let url = click(&mut world, &question, "usr_1", &["files.read"]);
    world.down = Some("TakeConsentGrant");
    assert_redirected(&world.follow(&url), "temporarily_unavailable");
    assert!(world.codes.is_empty());
}

#[test]
fn az26_a_pushed_grant_is_none() {
    let (mut world, _) = with_page();
    let reference = world.reference(&good().with("consent_grant", CHALLENGE).with("attesto_since", "0"));
    let record = world.pushed.values().next().unwrap();
    assert!(!record.parameters.contains("consent_grant") && !record.parameters.contains("attesto_since"));
    world.get(&Pairs::new(&[("client_id", "web"), ("request_uri", &reference)]));
    assert!(!world.asked.contains(&"TakeConsentGrant"));
}

#[test]
fn az26_bindings_do_not_depend_on_the_order_of_scopes_and_on_everything_else() {
    let (mut world, shown) = with_page();
    // A scope that looks like a resource is not one.
    world.clients = [web().scopes(["files.read", "files.write", "openid", "https://files.example"]), native()].into();
    let mut binding = |request: &Pairs| ask(&mut world, &shown, request).binding();
    let first = binding(&good());
    assert_eq!(first, binding(&good().with("scope", "files.write files.read")));
    assert_eq!(first, binding(&good().with("state", "other").with("nonce", "n")));
    let others = [
        good().with("scope", "files.read"),
        good().with("scope", "files.read files.write openid"),
        good().with("scope", "files.read https://files.example"),
        good().with("scope", "files.read").and("resource", "https://files.example"),
        good().and("resource", AUDIENCE),
        good().and("resource", AUDIENCE).and("resource", "https://files.example"),
        good().and("resource", "https://files.example"),
        good().with("code_challenge", "BBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBA"),
        good().with("client_id", "cli").with("redirect_uri", "http://127.0.0.1/cb"),
        good().with("client_id", "cli").with("redirect_uri", "http://127.0.0.1:81/cb"),
    ];
    let bindings: HashSet<ConsentBinding> = others.iter().map(binding).collect();
    assert_eq!(bindings.len(), others.len());
    assert!(!bindings.contains(&first));
}

#[test]
fn az26_no_value_runs_into_the_next() {
    let (mut world, shown) = with_page();
    let question = ask(&mut world, &shown, &good());
    let provider = crate::crypto::RustCrypto::new();
    let of =
        |subject: &str, client_id: &str| ConsentBinding::new(&provider, subject, client_id, &question.visit.request);
    assert_eq!(of("usr_1", "web"), question.binding());
    assert_ne!(of("usr_1w", "eb"), question.binding());
}
