//! The resources of a request (AZ-21).

use super::world::{assert_redirected, location};
use super::*;
use crate::authorization::error::at_token::HostError;

fn granted(client: Client, resources: &[&str]) -> alloc::vec::Vec<alloc::string::String> {
    let mut world = World::new();
    world.clients = [client].into();
    let request = resources.iter().fold(good(), |pairs, resource| pairs.and("resource", resource));
    assert!(location(&world.get(&request), WEB).get("code").is_some(), "{resources:?}");
    world.codes[0].code.authorization.resources.clone()
}

fn refused(client: Client, resource: &str) {
    let mut world = World::new();
    world.clients = [client].into();
    assert_redirected(&world.get(&good().with("resource", resource)), "invalid_target");
    assert!(world.codes.is_empty(), "{resource}");
}

#[test]
fn az21_a_host_with_and_without_its_slash_is_one_resource_in_the_configured_spelling() {
    assert_eq!(granted(web(), &["https://api.example/"]), [AUDIENCE]);
    assert_eq!(
        granted(web(), &["https://api.example/", AUDIENCE, "https://files.example/"]),
        [AUDIENCE, "https://files.example"]
    );
    assert_eq!(
        granted(web().resources(["https://slash.example/"]), &["https://slash.example"]),
        ["https://slash.example/"]
    );
    assert_eq!(
        granted(web().resources(["https://a.example:8443"]), &["https://a.example:8443/"]),
        ["https://a.example:8443"]
    );
    for other in [
        "https://api.example//",
        "https://api.example/?",
        "https://api.example?",
        "https://api.example/#",
        "https://API.example/",
        "http://api.example/",
        "https://api.example:443/",
        "https://other.example/x/?y=z",
        "https://other.example",
    ] {
        refused(web(), other);
    }
    // Only for the empty path: a slash after another path names another resource.
    refused(web().resources(["https://api.example/mcp"]), "https://api.example/mcp/");
    refused(web().resources(["https://api.example/mcp/"]), "https://api.example/mcp");
    refused(web().resources(["urn:a:b"]), "urn:a:b/");
}

#[test]
fn az21_any_absolute_uri_may_be_registered() {
    for resource in
        ["urn:example:inventory", "api://0a1b/read", "spiffe://td/a", "api://default", "https://api.example/a?b=c"]
    {
        assert_eq!(granted(web().resources([resource]), &[resource]), [resource]);
    }
    for resource in [
        "inventory",
        "/a",
        "urn:",
        ":a",
        "1a:b",
        "urn:a#b",
        "urn:a b",
        "urn:%zz",
        "u_rn:a",
        "https:",
        "https://",
        "http://u@h/",
    ] {
        refused(web().resources([resource]), resource);
    }
}

#[test]
fn az21_one_resource_in_two_spellings_is_a_contradiction() {
    for resources in [&["https://api.example/"][..], &["https://files.example", "https://files.example/"]] {
        let mut world = World::new();
        world.clients = [web().resources(resources.iter().copied())].into();
        assert_eq!(world.get(&good()).status, 500);
        assert_eq!(world.reason(), Reason::Host(HostError::ResourceSpelledTwice));
        assert!(world.codes.is_empty());
    }
    for resources in [&[AUDIENCE][..], &["https://api.example/a", "https://api.example/a/"]] {
        assert!(granted(web().resources(resources.iter().copied()), &[]).is_empty());
    }
}
