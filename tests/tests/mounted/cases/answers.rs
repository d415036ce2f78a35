//! What the core answers is what arrives.

use crate::issuer::Issuer;
use crate::script::{Recorded, code_in, expected, logged_in, member, posted, redemption, to, visit};
use attesto_tests::client::Connection;
use attesto_tests::servers::Server;

/// Some 250 requests, good and bad, each answered as the core answers it without an adapter: every byte but those that are
/// the HTTP library's.
fn every_answer_is_the_cores_byte_for_byte(server: Server) {
    let (running, expected) = (Issuer::new().serve(server), expected());
    let found = Recorded::new(|request| running.send(request));
    found.assert_is(&expected);
    // The script is no list of refusals, nor of successes.
    let statuses = expected.statuses();
    for status in [200, 201, 303, 400, 401, 405, 413] {
        assert!(statuses.contains_key(&status), "{status}: {statuses:?}");
    }
}

/// Repeats it over one kept connection: no response affects the next.
fn answers_do_not_depend_on_the_connection(server: Server) {
    let (running, expected) = (Issuer::new().serve(server), expected());
    let mut connection = Connection::open(running.address);
    let found = Recorded::new(|request| {
        // A server that answers before it has read all may close the connection; the next request opens another.
        let answer = connection.send(request);
        if answer.status == 413 || answer.all("connection") == ["close"] {
            connection = Connection::open(running.address);
        }
        answer
    });
    found.assert_is(&expected);
}

/// By the system's clock and randomness, mounted in one piece: the whole way of a user.
fn ep13_the_short_form_serves_the_whole_way(server: Server) {
    let running = Issuer::whole().serve(server);
    let mut connection = Connection::open(running.address);
    let codes = [(); 2].map(|()| code_in(&connection.send(&logged_in(visit()))));
    assert_ne!(codes[0], codes[1], "randomness is the system's");
    assert!(codes.iter().all(|code| code.len() == 43), "256 bits");
    let tokens = connection.send(&posted("/oauth/token", &redemption(&codes[0])));
    assert_eq!(tokens.status, 200, "{tokens:?}");
    let spent = connection.send(&posted("/oauth/token", &redemption(&codes[0])));
    assert_eq!((spent.status, member(&spent, "error")), (400, "invalid_grant".into()));
}

/// A host's page with what no response should have: sent as far as it can be, and nothing breaks.
fn odd_answer_of_a_host_breaks_no_connection(server: Server) {
    let running = Issuer::new().serve(server);
    let mut connection = Connection::open(running.address);
    for _ in 0..2 {
        let answer = connection.send(&visit().header("cookie", "odd=1"));
        assert_eq!((answer.status, answer.all("set-cookie")), (500, vec!["odd=; Max-Age=0"]), "{answer:?}");
    }
}

/// A token of the server opens the resource that is served beside it.
fn tokens_open_the_resource_beside_the_server(server: Server) {
    let running = Issuer::new().serve(server);
    let code = code_in(&running.send(&logged_in(visit())));
    let tokens = running.send(&posted("/oauth/token", &redemption(&code)));
    let answer = running.send(&to("GET", "/mcp").bearer(&member(&tokens, "access_token")));
    assert_eq!((answer.status, answer.text().split(" ").next()), (200, Some("usr_1")));
    let refused = running.send(&to("GET", "/mcp"));
    let document = "resource_metadata=\"https://as.example/.well-known/oauth-protected-resource/mcp\"";
    let algorithms = "ES256 ES384 ES512 EdDSA Ed25519 RS256 RS384 RS512 PS256 PS384 PS512";
    let challenges = [format!("DPoP algs=\"{algorithms}\", {document}"), format!("Bearer {document}")];
    assert_eq!(
        (refused.status, refused.all("www-authenticate")),
        (401, challenges.iter().map(String::as_str).collect())
    );
}

on_every_adapter!(
    every_answer_is_the_cores_byte_for_byte
    answers_do_not_depend_on_the_connection
    ep13_the_short_form_serves_the_whole_way
    odd_answer_of_a_host_breaks_no_connection
    tokens_open_the_resource_beside_the_server
);
