//! The public documents name what is there, and nothing else.

use crate::issuer::{Issuer, ORIGIN, builder};
use crate::script::to;
use attesto_core::authorization::{GrantType, RouteClass};
use attesto_tests::client::Connection;
use attesto_tests::servers::Server;
use attesto_tests::servers::{CLASS, mark};
use serde_json::Value;

fn document(connection: &mut Connection, path: &str) -> Value {
    let answer = connection.send(&to("GET", path));
    assert_eq!(answer.status, 200, "{path}: {answer:?}");
    serde_json::from_slice(&answer.body).expect("JSON")
}

/// The URLs on the server's own origin that a document names, as paths.
fn named(document: &Value) -> Vec<String> {
    let members = document.as_object().expect("an object").iter();
    let urls = members.filter(|(name, _)| name.ends_with("_endpoint") || name.ends_with("_uri"));
    urls.map(|(_, url)| url.as_str().and_then(|url| url.strip_prefix(ORIGIN)).expect("a URL of ours").to_owned())
        .collect()
}

/// Both documents at all places where clients look, for an issuer without a path, one with a path, and endpoints under a prefix:
/// every URL in them is answered by what it is the URL of.
fn md4_every_url_that_the_documents_name_is_answered(server: Server) {
    let places = |path: &'static str| match path {
        "" => vec!["/.well-known/oauth-authorization-server".to_owned(), "/.well-known/openid-configuration".into()],
        path => vec![
            format!("/.well-known/oauth-authorization-server{path}"),
            format!("/.well-known/openid-configuration{path}"),
            format!("{path}/.well-known/openid-configuration"),
        ],
    };
    for (path, prefix) in [("", "/oauth"), ("", "/mcp/oauth"), ("/t1", "/oauth"), ("/t1/t2", "/mcp/oauth"), ("", "")] {
        let issuer = format!("{ORIGIN}{path}");
        let running = Issuer::from_builder(builder(&issuer).path_prefix(prefix)).serve(server);
        let mut connection = Connection::open(running.address);
        for place in places(path) {
            let document = document(&mut connection, &place);
            assert_eq!(document["issuer"], issuer, "{place}");
            let urls = named(&document);
            assert_eq!(urls.len(), 6, "{place}: {urls:?}");
            for url in urls {
                assert!(
                    url.starts_with(&format!("{prefix}/")) || url == format!("{path}/.well-known/jwks.json"),
                    "{url}"
                );
                // With the wrong method, if there is one: the endpoint itself rejects it.
                let answer = connection.send(&to("PUT", &url));
                assert_eq!(answer.status, 405, "{url}");
                assert!(!answer.all("allow").is_empty(), "{url}: {answer:?}");
            }
        }
        if !path.is_empty() {
            for root in places("") {
                assert_eq!(connection.send(&to("GET", &root)).status, 404, "{root} is another issuer's");
            }
        }
        if prefix != "/oauth" {
            assert_eq!(connection.send(&to("POST", "/oauth/token")).status, 404, "nothing is there");
        }
    }
}

/// Two issuers of one host in one application, as tenants have them: each has its documents, its endpoints and its keys, and verifies
/// nothing of the other's.
fn cf4_md5_two_issuers_on_one_host_are_mounted_side_by_side(server: Server) {
    let running = Issuer::side_by_side().serve(server);
    let mut connection = Connection::open(running.address);
    let mut sets = Vec::new();
    for tenant in ["/t1", "/t2"] {
        let metadata = document(&mut connection, &format!("/.well-known/oauth-authorization-server{tenant}"));
        assert_eq!(metadata["issuer"], format!("{ORIGIN}{tenant}"));
        for url in named(&metadata) {
            assert!(url.starts_with(&format!("{tenant}/")), "{url}");
            assert_eq!(connection.send(&to("PUT", &url)).status, 405, "{url}");
        }
        sets.push(document(&mut connection, &format!("{tenant}/.well-known/jwks.json")));
    }
    assert_ne!(sets[0]["keys"][0]["kid"], sets[1]["keys"][0]["kid"], "each has keys of its own");
    assert_eq!(connection.send(&to("GET", "/.well-known/jwks.json")).status, 404, "the root is neither's");
}

/// What is off is nowhere: not in the documents, not behind a path.
fn ep12_what_is_off_is_not_mounted(server: Server) {
    let only_clients = builder(ORIGIN).grants([GrantType::ClientCredentials]);
    let running = Issuer::from_builder(only_clients).serve(server);
    let mut connection = Connection::open(running.address);
    let urls = named(&document(&mut connection, "/.well-known/oauth-authorization-server"));
    assert_eq!(urls.len(), 4, "{urls:?}");
    for (method, path) in [("GET", "/oauth/authorize"), ("POST", "/oauth/authorize"), ("POST", "/oauth/par")] {
        assert_eq!(connection.send(&to(method, path)).status, 404, "{method} {path}");
    }
}

/// Each class goes through its own middleware, once, and through no other's; what is no endpoint goes through none.
fn cf5_each_class_has_middleware_of_its_own(server: Server) {
    let issuer = Issuer::new();
    let known = issuer.server().clone();
    let running = issuer.serve(server);
    let mut connection = Connection::open(running.address);
    let mut marked = 0;
    for class in RouteClass::ALL {
        for path in known.paths_of(class) {
            for method in ["GET", "POST", "DELETE"] {
                let answer = connection.send(&to(method, path));
                assert_eq!(answer.all(CLASS), [mark(class)], "{method} {path}: {answer:?}");
                marked += 1;
            }
        }
    }
    assert_eq!((marked, known.paths().len()), (24, 8), "every endpoint has a class");
    for (method, path) in [
        ("POST", "/echo"),
        ("GET", "/mcp"),
        ("GET", "/elsewhere"),
        ("GET", "/.well-known/oauth-protected-resource"),
        ("GET", "/oauth"),
    ] {
        let answer = connection.send(&to(method, path));
        assert!(answer.all(CLASS).is_empty(), "{method} {path}: {answer:?}");
    }
}

/// The resource publishes its own document in the same application, at the inserted path and at the root, and it leads to the server.
fn md6_the_resource_beside_the_server_leads_to_it(server: Server) {
    for (issuer, metadata) in [
        (ORIGIN, "/.well-known/oauth-authorization-server"),
        ("https://as.example/t1", "/.well-known/oauth-authorization-server/t1"),
    ] {
        let running = Issuer::from_builder(builder(issuer).path_prefix("/mcp/oauth")).serve(server);
        let mut connection = Connection::open(running.address);
        let inserted = document(&mut connection, "/.well-known/oauth-protected-resource/mcp");
        assert_eq!(inserted, document(&mut connection, "/.well-known/oauth-protected-resource"));
        assert_eq!(inserted["resource"], "https://as.example/mcp");
        assert_eq!(inserted["authorization_servers"], serde_json::json!([issuer]));
        assert_eq!(document(&mut connection, metadata)["issuer"], issuer);
        let challenged = connection.send(&to("GET", "/mcp"));
        assert_eq!(challenged.status, 401);
        let pointer = "resource_metadata=\"https://as.example/.well-known/oauth-protected-resource/mcp\"";
        assert!(challenged.all("www-authenticate")[0].contains(pointer), "{challenged:?}");
        // Below the resource's own path are the server's endpoints, and they are not the resource's.
        let answer = connection.send(&to("GET", "/mcp/oauth/token"));
        assert_eq!((answer.status, answer.all("allow")), (405, vec!["POST"]));
    }
}

on_every_adapter!(
    md4_every_url_that_the_documents_name_is_answered
    cf4_md5_two_issuers_on_one_host_are_mounted_side_by_side
    ep12_what_is_off_is_not_mounted
    cf5_each_class_has_middleware_of_its_own
    md6_the_resource_beside_the_server_leads_to_it
);
