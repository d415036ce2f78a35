//! Redirect URIs to which codes are never sent, whatever is registered (AZ-8, AZ-9).

use super::world::{assert_direct, location};
use super::*;

/// A visit with this redirect URI, which is registered exactly.
fn visit(world: &mut World, client: Client, uri: &str) -> ResponseParts {
    let id = client.id().to_string();
    world.clients = [client.redirect_uris([uri])].into();
    world.consent = Box::new(|_| ConsentDecision::Denied);
    world.get(&good().with("client_id", &id).with("redirect_uri", uri))
}

fn is_refused(client: fn() -> Client, uri: &str) {
    let mut world = World::new();
    assert_direct(&visit(&mut world, client(), uri), 400, "invalid_request");
    assert!(world.codes.is_empty() && !world.asked.contains(&"Authenticate"), "{uri}");
}

fn is_answered(client: fn() -> Client, uri: &str) {
    let mut world = World::new();
    assert_eq!(location(&visit(&mut world, client(), uri), uri).get("error"), Some("access_denied"), "{uri}");
}

#[test]
fn az8_plain_http_is_for_loopback_only() {
    for uri in [
        "http://app.example/cb",
        "HTTP://app.example/cb",
        "http://192.168.1.7:8080/cb",
        "http://10.0.0.1/cb",
        "http://localhost.evil.example/cb",
        "http://127.0.0.1.evil.example/cb",
        "http://[2001:db8::1]/cb",
        "http://0.0.0.0/cb",
        "http://[::ffff:127.0.0.1]/cb",
    ] {
        is_refused(web, uri);
        is_refused(native, uri);
    }
    for uri in ["http://127.0.0.1/cb", "http://127.0.0.1:8080/cb", "http://[::1]:8080/cb", "http://localhost:8080/cb"] {
        is_answered(web, uri);
        is_answered(native, uri);
    }
}

#[test]
fn az8_a_private_use_scheme_has_a_dot() {
    for uri in
        ["mailto:a@b", "intent:cb", "intent://app/cb", "myapp:/cb", "cursor://oauth/cb", "tel:1", "urn:a:b", "ws://a/"]
    {
        is_refused(native, uri);
    }
    for uri in ["com.example.app:/cb", "com.example.app://cb"] {
        is_answered(native, uri);
    }
}

#[test]
fn az8_schemes_that_act_by_themselves_are_never_sent_a_code() {
    for uri in ["javascript:alert(1)", "data:text/html,x", "file:///etc/passwd"] {
        is_refused(web, uri);
        is_refused(native, uri);
    }
}
