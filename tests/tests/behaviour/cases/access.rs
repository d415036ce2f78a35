//! Which requests are admitted, and as which principal.

use crate::tokens::{bearer, proof, scoped};
use attesto_core::http::TlsSession;
use attesto_core::mtls::CertificatePolicy;
use attesto_tests::client::Request;
use attesto_tests::servers::Server;
use attesto_tests::servers::{App, pinned};
use attesto_tests::{AUDIENCE, World};

const CLIENT: &[u8] = include_bytes!("../../../keys/client.der");
const OTHER: &[u8] = include_bytes!("../../../keys/other.der");

pub(crate) fn the_handler_knows_who_is_calling(server: Server) {
    let world = World::new();
    let running = (server.start)(App::simple(pinned(&world)));
    for method in ["GET", "POST", "DELETE"] {
        let answer = running.send(&Request::new(method, "/mcp").bearer(&bearer(&world)));
        assert_eq!(answer.said(), (200, "usr_1 bearer mcp:tools:read,mcp:tools:call"), "{method}");
        assert!(answer.all("cache-control").is_empty(), "W11: success is left alone");
    }
}

pub(crate) fn t4_bound_token_sent_as_bearer_is_refused_and_the_handler_is_not_reached(server: Server) {
    let world = World::new();
    let running = (server.start)(App::simple(pinned(&world)));
    let answer = running.send(&Request::new("GET", "/mcp").bearer(&world.bound_token()));
    assert_eq!(
        answer.said(),
        (401, r#"{"error":"invalid_token","error_description":"The access token is not valid for this resource"}"#)
    );
    assert!(answer.all("www-authenticate")[0].starts_with("DPoP error=\"invalid_token\""));
    assert_eq!(running.reached.times(), 0);
}

pub(crate) fn t5_t6_proof_is_accepted_once_and_two_keys_may_share_a_jti(server: Server) {
    let world = World::new();
    let running = (server.start)(App::simple(pinned(&world)));
    let token = world.bound_token();
    let request = Request::new("GET", "/mcp").dpop(&token, &proof(&world, &token, "GET", AUDIENCE, "same"));
    assert_eq!(running.send(&request).said(), (200, "usr_1 dpop mcp:tools:read,mcp:tools:call"));
    let again = running.send(&request);
    assert_eq!(again.status, 401);
    assert!(again.all("www-authenticate")[0].contains("error=\"invalid_dpop_proof\""));

    // The same jti under another key is another proof.
    let other = World { client: World::new().thief, ..World::new() };
    let token = other.bound_token();
    let request = Request::new("GET", "/mcp").dpop(&token, &proof(&other, &token, "GET", AUDIENCE, "same"));
    assert_eq!(running.send(&request).status, 200);
    assert_eq!(running.reached.times(), 2);
}

pub(crate) fn w9_a_route_may_ask_for_more_scopes(server: Server) {
    let world = World::new();
    let running = (server.start)(App::simple(pinned(&world)));
    let refused = running.send(&Request::new("GET", "/mcp/scoped").bearer(&bearer(&world)));
    assert_eq!((refused.status, running.reached.times()), (403, 0));
    let challenge = refused.all("www-authenticate")[0];
    assert!(challenge.contains("error=\"insufficient_scope\"") && challenge.contains("scope=\"admin\""));
    let answer = running.send(&Request::new("GET", "/mcp/scoped").bearer(&scoped(&world, "admin")));
    assert_eq!(answer.said(), (200, "usr_1 bearer admin"));
    let anonymous = running.send(&Request::new("GET", "/mcp/scoped"));
    assert_eq!((anonymous.status, anonymous.all("www-authenticate").len()), (401, 2));
}

/// Routers take prefixes off paths; proofs are made for what the client called.
pub(crate) fn d10_proof_is_for_the_path_that_the_client_asked_for(server: Server) {
    let world = World::new();
    let running = (server.start)(App::simple(pinned(&world)));
    let token = scoped(&world, "admin");
    assert_eq!(running.send(&Request::new("GET", "/mcp/scoped?q=1").bearer(&token)).status, 200);
    let token = world.bound_token();
    for (path, status) in [("/mcp/echo", 200), ("/echo", 401), ("/mcp", 401), ("/mcp/scoped", 401), ("/", 401)] {
        let url = format!("https://mcp.example.com{path}");
        let request = Request::new("POST", "/mcp/echo?q=1").dpop(&token, &proof(&world, &token, "POST", &url, path));
        assert_eq!(running.send(&request).status, status, "{path}");
    }
}

pub(crate) fn unserved_paths_are_protected_too(server: Server) {
    let world = World::new();
    let running = (server.start)(App::simple(pinned(&world)));
    assert_eq!(running.send(&Request::new("GET", "/mcp/nothing")).status, 401);
    assert_eq!(running.send(&Request::new("GET", "/mcp/nothing").bearer(&bearer(&world))).status, 404);
    assert_eq!(running.send(&Request::new("GET", "/elsewhere")).status, 404);
}

pub(crate) fn b7_b8_b9_certificate_of_the_tls_session_decides(server: Server) {
    let world = World::new();
    let request = Request::new("GET", "/mcp").bearer(&world.certificate_token(CLIENT));
    let sessions = [
        (TlsSession::with_client_certificate(CLIENT), 200),
        (TlsSession::new(), 401),
        (TlsSession::with_client_certificate(OTHER), 401),
    ];
    for (session, status) in sessions {
        let setup = App::simple(world.builder().mtls(CertificatePolicy::new())).through_tls(session);
        let running = (server.start)(setup);
        let answer = running.send(&request);
        assert_eq!(answer.status, status);
        assert_eq!(answer.text().starts_with("usr_1 mtls"), status == 200);
    }
}
