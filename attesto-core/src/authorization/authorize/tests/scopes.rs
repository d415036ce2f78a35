//! The scopes of a request (AZ-14).

use super::world::{assert_redirected, location};
use super::*;
use crate::authorization::{AuthorizationServerBuilder, EventKind};
use alloc::string::String;

fn provider(builder: AuthorizationServerBuilder) -> AuthorizationServerBuilder {
    builder.openid_connect().id_tokens_without_rs256().scopes_supported([
        "openid",
        "offline_access",
        "files.read",
        "files.write",
        "admin",
    ])
}

fn granted(world: &mut World, request: &Pairs) -> String {
    assert!(location(&world.get(request), WEB).get("code").is_some());
    world.codes.last().unwrap().code.authorization.scopes.to_string()
}

fn refused(world: &mut World, request: &Pairs) {
    let codes = world.codes.len();
    assert_redirected(&world.get(request), "invalid_scope");
    assert_eq!(world.codes.len(), codes);
}

#[test]
fn az14_names_that_the_server_does_not_know_are_ignored_in_openid_requests() {
    let mut world = World::built(provider);
    assert_eq!(granted(&mut world, &good().with("scope", "openid email files.read phone")), "openid files.read");
    // A scope that the server knows and the client may not have is still refused.
    refused(&mut world, &good().with("scope", "openid admin"));
    // Without `openid` the request is a plain OAuth request (RFC 6749 §3.3), as it is if the server is not an OpenID
    // provider.
    refused(&mut world, &good().with("scope", "email files.read"));
    refused(&mut World::new(), &good().with("scope", "openid email"));
}

#[test]
fn az14_openid_is_never_granted_unasked() {
    let mut world = World::built(provider);
    world.clients = [web().default_scopes(["openid", "files.read"])].into();
    assert_eq!(granted(&mut world, &good().without("scope")), "files.read");
    world.clients = [web().scopes(["files.read", "openid"]).default_scopes([""; 0])].into();
    assert_eq!(granted(&mut world, &good().without("scope")), "files.read");
    world.clients = [web().scopes(["openid"]).default_scopes([""; 0])].into();
    refused(&mut world, &good().without("scope"));
}

#[test]
fn az14_offline_access_that_is_not_registered_is_left_out() {
    let mut world = World::new();
    world.clients = [web().scopes(["files.read"])].into();
    for request in [good(), good().with("prompt", "consent")] {
        let request = request.with("scope", "files.read offline_access");
        world.consent = Box::new(|question| ConsentDecision::Granted(question.visit.request.scopes.clone()));
        if request.get("prompt").is_none() {
            assert_eq!(granted(&mut world, &request), "files.read");
        } else {
            assert_redirected(&world.get(&request), "server_error"); // consent must be asked: this host does not
        }
    }
    refused(&mut world, &good().with("scope", "offline_access"));
}

#[test]
fn az14_scopes_left_out_are_reported_once_a_code_is_issued() {
    let mut world = World::built(provider);
    let request = good().with("scope", "openid email files.read offline_access");
    assert_eq!(granted(&mut world, &request), "openid files.read");
    let told: alloc::vec::Vec<_> = world.events.drain(..).map(|event| (event.kind, event.scope.unwrap())).collect();
    let left_out = (EventKind::ScopesLeftOut, "email offline_access".into());
    assert_eq!(told, [left_out, (EventKind::CodeIssued, "openid files.read".into())]);
    // Without requested scopes, none is left out, and no event is reported.
    granted(&mut world, &good().without("scope"));
    assert_eq!(world.events.len(), 1);
}

#[test]
fn az14_scopes_that_a_client_may_not_have_are_left_out_by_a_switch_and_never_all_of_them() {
    let request = good().with("scope", "admin files.read nonsense");
    refused(&mut World::built(provider), &request);
    let mut world = World::built(|builder| builder.narrow_scopes());
    assert_eq!(granted(&mut world, &request), "files.read");
    assert_eq!((world.events.remove(0).kind, world.events.len()), (EventKind::ScopesLeftOut, 1));
    refused(&mut world, &good().with("scope", "admin nonsense"));
    refused(&mut world, &good().with("scope", "a  b"));
}

#[test]
fn az14_pa4_pushed_scopes_are_narrowed_alike() {
    let mut world = World::built(provider);
    let reference = world.reference(&good().with("scope", "openid email files.read"));
    let request = Pairs::new(&[("client_id", "web"), ("request_uri", &reference)]);
    assert_eq!(granted(&mut world, &request), "openid files.read");
    let response = world.push(&good().with("scope", "openid admin").and("client_secret", "s3cret"), &[]);
    assert_eq!((response.status, world::json(&response, "error").as_str()), (400, "invalid_scope"));
}

#[test]
fn az21_az14_scopes_of_a_resource_are_for_requests_that_name_it() {
    let tied = |builder: AuthorizationServerBuilder| {
        builder.scopes_of_resource("https://files.example", ["files.read"]).scopes_of_resource(AUDIENCE, ["admin"])
    };
    let client = || web().scopes(["files.read", "files.write", "admin"]).default_scopes(["files.read", "files.write"]);
    let world = || {
        let mut world = World::built(tied);
        world.clients = [client()].into();
        world
    };
    let files = good().with("resource", "https://files.example/");
    assert_eq!(granted(&mut world(), &files), "files.read files.write");
    refused(&mut world(), &good());
    refused(&mut world(), &files.with("scope", "files.read admin"));
    assert_eq!(granted(&mut world(), &good().with("scope", "admin files.write")), "admin files.write");
    assert_eq!(
        granted(&mut world(), &files.and("resource", AUDIENCE).with("scope", "files.read admin")),
        "files.read admin"
    );
    // Unrequested ones are left out, and so are others with the option.
    assert_eq!(granted(&mut world(), &good().without("scope")), "files.write");
    let mut narrow = World::built(|builder| tied(builder).narrow_scopes());
    narrow.clients = [client()].into();
    assert_eq!(granted(&mut narrow, &good()), "files.write");
    refused(&mut narrow, &good().with("scope", "files.read"));
}
