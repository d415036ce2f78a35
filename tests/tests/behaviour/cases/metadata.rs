//! RFC 9728: what clients discover, without asking anybody's leave.

use super::negative::differences;
use attesto_core::resource::ResourceServer;
use attesto_tests::client::Request;
use attesto_tests::servers::Server;
use attesto_tests::servers::{App, Remembering, Resource, pinned};
use attesto_tests::{AUDIENCE, World};
use std::sync::Arc;

const WELL_KNOWN: &str = "/.well-known/oauth-protected-resource";
const OTHER: &str = "https://mcp.example.com/other";

/// Two resources on one host: a token for one does not open the other.
fn two(world: &World) -> App {
    let first = pinned(world).refuse_other_audiences().mcp();
    let second = ResourceServer::builder(OTHER, Arc::clone(&world.provider)).issuer(world.trusted()).mcp();
    App::with_resources([
        Resource::new(first, Remembering::new(10), &[]),
        Resource::new(second, Remembering::new(10), &[]).at("/other"),
    ])
}

/// Whatever is asked of a well-known path, every server says what the core says.
fn as_the_core_says(server: Server, setup: App, paths: &[&str]) {
    let documents = setup.documents();
    let running = (server.start)(setup);
    for path in paths {
        for method in ["GET", "HEAD", "OPTIONS", "POST", "PUT", "DELETE"] {
            let request = Request::new(method, path).header("origin", "https://app.example.com");
            let (path, query) = path.split_once('?').map_or((*path, None), |(path, query)| (path, Some(query)));
            let expected = documents.respond(method, path, query).expect("a document's path");
            let found = differences(&running.send(&request), &expected);
            assert!(found.is_empty(), "{method} {path}: {found:?}");
        }
    }
    assert_eq!(running.send(&Request::new("GET", &format!("{WELL_KNOWN}/none"))).status, 404);
}

pub(crate) fn p1_to_p3_one_resource_publishes_its_document(server: Server) {
    let setup = App::simple(pinned(&World::new()));
    as_the_core_says(server, setup, &[WELL_KNOWN, &format!("{WELL_KNOWN}/mcp")]);
}

pub(crate) fn p4_several_resources_publish_theirs_side_by_side(server: Server) {
    let paths = [WELL_KNOWN.into(), format!("{WELL_KNOWN}/mcp"), format!("{WELL_KNOWN}/other")];
    as_the_core_says(server, two(&World::new()), &paths.each_ref().map(String::as_str));
}

pub(crate) fn t9_discovery_leads_from_the_challenge_to_a_document_that_leads_back(server: Server) {
    let world = World::new();
    let running = (server.start)(two(&world));
    for (base, resource) in [("/mcp", AUDIENCE), ("/other", OTHER)] {
        let path = format!("{WELL_KNOWN}{base}");
        let challenge = running.send(&Request::new("GET", base));
        assert_eq!(challenge.status, 401);
        let pointer = format!("resource_metadata=\"https://mcp.example.com{path}\"");
        assert!(challenge.all("www-authenticate").iter().all(|value| value.contains(&pointer)));
        let document = running.send(&Request::new("GET", &path));
        assert_eq!((document.status, document.all("content-type")), (200, vec!["application/json"]));
        assert_eq!(document.all("access-control-allow-origin"), ["*"]);
        let json: serde_json::Value = serde_json::from_slice(&document.body).expect("JSON");
        assert_eq!(json["resource"], resource);
    }
    let root = running.send(&Request::new("GET", WELL_KNOWN));
    let first = running.send(&Request::new("GET", &format!("{WELL_KNOWN}/mcp")));
    assert_eq!(root.body, first.body, "the first declared resource");
    let refused = running.send(&Request::new("POST", &format!("{WELL_KNOWN}/mcp")));
    assert_eq!((refused.status, refused.all("allow")), (405, vec!["GET, HEAD, OPTIONS"]));
}

/// What a browser asks before an MCP client's script may fetch the document with a field of its own.
pub(crate) fn p5_preflight_of_the_documents_is_answered(server: Server) {
    let running = (server.start)(two(&World::new()));
    for path in [WELL_KNOWN.to_owned(), format!("{WELL_KNOWN}/mcp"), format!("{WELL_KNOWN}/other")] {
        let preflight = Request::new("OPTIONS", &path)
            .header("origin", "https://inspector.example")
            .header("access-control-request-method", "GET")
            .header("access-control-request-headers", "mcp-protocol-version");
        let answer = running.send(&preflight);
        assert_eq!((answer.status, answer.body.len()), (204, 0), "{path}");
        assert_eq!(answer.all("access-control-allow-origin"), ["*"]);
        assert_eq!(answer.all("access-control-allow-methods"), ["GET, HEAD"]);
        assert!(answer.all("access-control-allow-headers")[0].contains("MCP-Protocol-Version"));
        assert!(answer.all("access-control-allow-credentials").is_empty());
    }
    assert_eq!(running.send(&Request::new("OPTIONS", "/mcp")).status, 401, "the resource is the application's");
}

pub(crate) fn a3_token_for_one_resource_does_not_open_its_sibling(server: Server) {
    let world = World::new();
    let running = (server.start)(two(&world));
    let token = world.token(|_, _| {});
    assert_eq!(running.send(&Request::new("GET", "/mcp").bearer(&token)).status, 200);
    let token = world.token(|_, claims| {
        claims.insert("aud".into(), OTHER.into());
    });
    assert_eq!(running.send(&Request::new("GET", "/mcp").bearer(&token)).status, 401);
    assert_eq!(running.reached.times(), 1);
}
