//! Which paths and methods are the server's, and which are not.

use crate::issuer::{Issuer, SECRET, builder};
use crate::script::{posted, to, visit};
use attesto_tests::client::{Connection, Request};
use attesto_tests::servers::Server;
use std::sync::Arc;
use std::sync::atomic::Ordering;

/// Paths that a careless router would take for an endpoint's.
const NEARLY: [&str; 24] = [
    "/oauth/%74oken",
    "/%6fauth/token",
    "/oauth%2Ftoken",
    "/oauth%2ftoken",
    "/oauth/token%00",
    "/oauth/token%20",
    "/oauth/token%2F",
    "/oauth/token%3Fx",
    "/oauth/./token",
    "/oauth/../oauth/token",
    "/oauth/x/../token",
    "/oauth/%2e/token",
    "/oauth/%2e%2e/oauth/token",
    "/oauth/token/.",
    "/oauth/token/",
    "/oauth//token",
    "//oauth/token",
    "/oauth/token;x=y",
    "/oauth\\token",
    "/OAuth/token",
    "/oauth/TOKEN",
    "/oauth/tokens",
    "/oauth",
    "/x/oauth/token",
];

fn ep12_other_spellings_of_a_path_are_nobodys(server: Server) {
    let issuer = Issuer::new();
    let looked_up = Arc::clone(&issuer.looked_up);
    let running = issuer.serve(server);
    let good = format!("grant_type=client_credentials&client_id=post&client_secret={SECRET}");
    for path in NEARLY {
        for endpoint in ["token", "introspect"] {
            let path = path.replace("token", endpoint).replace("%74oken", "%69ntrospect");
            let answer = running.send(&posted(&path, &good));
            // A path that is none at all (`\`) is the HTTP library's to refuse.
            let status = if path.contains('\\') && answer.status == 400 { 404 } else { answer.status };
            assert_eq!(status, 404, "{path}: {answer:?}");
            assert!(!answer.text().contains("error"), "{path}: {answer:?}");
        }
    }
    for path in ["/.well-known/%6fauth-authorization-server", "/.well-known/jwks%2ejson", "/.well-known/./jwks.json"] {
        assert_eq!(running.send(&to("GET", path)).status, 404, "{path}");
    }
    let mut encoded = visit();
    encoded.target = encoded.target.replace("/authorize", "/%61uthorize");
    assert_eq!(running.send(&encoded).status, 404);
    assert_eq!(looked_up.load(Ordering::SeqCst), 0);
    assert_eq!(running.send(&posted("/oauth/token", &good)).status, 200);
}

fn ep4_other_methods_are_405_and_say_which_are_taken(server: Server) {
    for prefix in ["/oauth", "/mcp/oauth"] {
        let issuer = Issuer::from_builder(builder("https://as.example").path_prefix(prefix));
        let looked_up = Arc::clone(&issuer.looked_up);
        let running = issuer.serve(server);
        let mut connection = Connection::open(running.address);
        let mut refuse = |method: &str, path: &str, allow: &[&str]| {
            let answer = connection.send(&to(method, path));
            assert_eq!(answer.status, 405, "{method} {path}");
            assert_eq!(answer.all("allow"), allow, "{method} {path}");
        };
        for method in ["GET", "HEAD", "OPTIONS", "PUT", "PATCH", "DELETE", "QUERY"] {
            for name in ["token", "revoke", "introspect", "par"] {
                refuse(method, &format!("{prefix}/{name}"), &["POST"]);
            }
        }
        for method in ["HEAD", "OPTIONS", "PUT", "DELETE"] {
            refuse(method, &format!("{prefix}/authorize"), &["GET, POST"]);
        }
        assert_eq!(looked_up.load(Ordering::SeqCst), 0);
    }
}

/// What a browser asks before a client's script may fetch a document with a field of its own.
fn md1_md5_preflight_of_the_public_documents_is_answered(server: Server) {
    let running = Issuer::new().serve(server);
    let mut connection = Connection::open(running.address);
    for name in ["oauth-authorization-server", "openid-configuration", "jwks.json"] {
        let path = format!("/.well-known/{name}");
        let preflight = to("OPTIONS", &path)
            .header("origin", "https://inspector.example")
            .header("access-control-request-method", "GET")
            .header("access-control-request-headers", "mcp-protocol-version");
        let answer = connection.send(&preflight);
        assert_eq!((answer.status, answer.body.len()), (204, 0), "{path}");
        assert_eq!(answer.all("access-control-allow-origin"), ["*"], "{path}");
        assert!(answer.all("access-control-allow-headers")[0].contains("MCP-Protocol-Version"), "{path}");
        let refused = connection.send(&to("DELETE", &path));
        assert_eq!((refused.status, refused.all("allow")), (405, vec!["GET, HEAD, OPTIONS"]), "{path}");
    }
}

/// A request that is not the server's goes through as it is: bodies of any length, and of any kind.
fn requests_to_other_paths_go_through_untouched(server: Server) {
    let running = Issuer::new().serve(server);
    let form = "grant_type=client_credentials&client_id=post";
    for length in [0, 1, 65_536, 65_537, 1_000_000] {
        let mut body = form.as_bytes().to_vec();
        body.resize(length, b'e');
        let answer = running.send(&Request { body: body.clone(), ..posted("/echo?client_secret=x", "") });
        assert_eq!(answer.status, 200);
        assert!(answer.body == body, "{} of {length} bytes came back, or others", answer.body.len());
    }
    // And as it comes: the first chunk is answered before the second is sent.
    let mut connection = Connection::open(running.address);
    connection.write(b"POST /echo HTTP/1.1\r\nhost: as.example\r\ntransfer-encoding: chunked\r\n\r\n3\r\none\r\n");
    assert_eq!(connection.read_head().0, 200);
    assert_eq!(connection.chunk(), b"one");
    connection.write(b"3\r\ntwo\r\n0\r\n\r\n");
    assert_eq!(connection.chunk(), b"two");
    assert_eq!(connection.chunk(), b"");
}

on_every_adapter!(
    ep12_other_spellings_of_a_path_are_nobodys
    ep4_other_methods_are_405_and_say_which_are_taken
    md1_md5_preflight_of_the_public_documents_is_answered
    requests_to_other_paths_go_through_untouched
);
