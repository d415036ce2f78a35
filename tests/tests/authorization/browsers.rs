//! Scripts of other origins: which may read what (catalogue C-11).

use crate::scene::{NOW, Request, SECRET, Scene, builder, proof};
use attesto_core::authorization::{AuthorizationServerBuilder, Client, ClientAuthentication, GrantType};
use attesto_core::dpop::{NonceIssuer, NonceSecret, NonceUse, ProofPolicy};
use attesto_core::http::ResponseParts;

const ORIGIN: &str = "https://app.example";
const OTHER: &str = "https://other.example";

fn scene(configure: impl FnOnce(AuthorizationServerBuilder) -> AuthorizationServerBuilder) -> Scene {
    let mut scene = Scene::of(configure(builder(true)));
    scene.app(|app| app.origins([ORIGIN, "http://localhost:5173", "null", "*"]));
    scene
}

/// Every field of CORS that the response has, and what it varies by.
fn cors(response: &ResponseParts) -> Vec<(&'static str, String)> {
    let is_one = |name: &str| name.starts_with("access-control-") || name == "vary";
    let fields = response.headers.iter().filter(|header| is_one(header.name()));
    let mut fields: Vec<_> = fields.map(|header| (header.name(), header.value().to_string())).collect();
    fields.sort_unstable();
    fields
}

fn open_to(origin: &str) -> Vec<(&'static str, String)> {
    [
        ("access-control-allow-origin", origin),
        ("access-control-expose-headers", "DPoP-Nonce, WWW-Authenticate"),
        ("vary", "Origin"),
    ]
    .map(|(name, value)| (name, value.to_owned()))
    .into()
}

fn send(scene: &mut Scene, request: &Request) -> ResponseParts {
    scene.send(request).expect("no fault")
}

fn par(more: &str) -> Request {
    let body = format!("client_id=app&redirect_uri={}&{more}", crate::scene::REDIRECT);
    Request { path: "/oauth/par", ..Request::token(body) }
}

#[test]
fn c11_scripts_of_the_clients_origins_may_read_its_tokens() {
    let mut scene = scene(|builder| builder);
    let request = scene.redeem();
    for (origin, readable) in [
        (ORIGIN, true),
        ("http://localhost:5173", true),
        (OTHER, false),
        ("null", false),
        ("*", false),
        ("https://app.example:443", false),
        ("https://app.example/", false),
        ("https://APP.example", false),
        ("https://app.example.evil.example", false),
        ("http://app.example", false),
        ("http://localhost:5174", false),
        ("", false),
    ] {
        let response = send(&mut scene.clone(), &request.clone().header("origin", origin));
        assert_eq!(response.status, 200, "who may read an answer does not change it");
        assert_eq!(cors(&response), if readable { open_to(origin) } else { Vec::new() }, "{origin}");
    }
    assert_eq!(cors(&send(&mut scene.clone(), &request)), [], "no script");
    let two = request.clone().header("origin", ORIGIN).header("origin", ORIGIN);
    assert_eq!(cors(&send(&mut scene.clone(), &two)), []);
    // Each client has its own.
    let job = Request::token(format!("grant_type=client_credentials&client_id=other&client_secret={SECRET}"));
    let response = send(&mut scene, &job.header("origin", ORIGIN));
    assert_eq!((response.status, cors(&response)), (200, Vec::new()));
}

#[test]
fn c11_errors_can_be_read_once_it_is_known_whose_they_are() {
    let nonces = NonceIssuer::new(NonceUse::AuthorizationServer, NonceSecret::new([4; 32]));
    let mut scene = scene(|builder| builder.dpop(ProofPolicy::new().require_nonces(nonces)));
    let request = scene.redeem().header("origin", ORIGIN);
    // A script without the nonce that it is told of can do nothing.
    let nonce = send(&mut scene, &request.clone().header("dpop", proof(2, NOW)));
    assert_eq!((nonce.status, cors(&nonce)), (400, open_to(ORIGIN)));
    assert_eq!(nonce.header("dpop-nonce").count(), 1);
    let wrong = send(&mut scene, &request.clone().but("code_verifier", "wrong"));
    assert_eq!((wrong.status, cors(&wrong)), (400, open_to(ORIGIN)));
    scene.ledger.clients.insert("web".into(), confidential());
    let basic = Request::token("grant_type=authorization_code&code=x".into()).header("origin", ORIGIN);
    let challenged = send(&mut scene, &basic.header("authorization", "Basic d2ViOndyb25n"));
    assert_eq!((challenged.status, cors(&challenged)), (401, open_to(ORIGIN)));
    for unknown in [
        request.clone().but("client_id", "nobody"),
        request.clone().but("client_id", ""),
        request.clone().and("client_id", "app"),
        request.header("content-type", "text/plain"),
    ] {
        let response = send(&mut scene, &unknown);
        assert_ne!(response.status, 200, "{}", unknown.body);
        assert_eq!(cors(&response), [], "{}", unknown.body);
    }
}

fn confidential() -> (Client, Option<&'static str>) {
    let client = Client::new("web", ClientAuthentication::SecretBasic).origins([ORIGIN]);
    (client.grants([GrantType::AuthorizationCode]), Some(SECRET))
}

#[test]
fn c11_revocation_and_pushed_requests_can_be_read_and_introspection_cannot() {
    let mut scene = scene(|builder| builder);
    scene.ledger.clients.insert("web".into(), confidential());
    let revoke = Request::revoke("x").header("origin", ORIGIN);
    let pushed = par("response_type=token").header("origin", ORIGIN);
    for (request, status) in [(revoke, 200), (pushed, 400)] {
        let response = send(&mut scene, &request);
        assert_eq!((response.status, cors(&response)), (status, open_to(ORIGIN)), "{}", request.path);
    }
    let introspect = Request { path: "/oauth/introspect", ..Request::token("token=x".into()) };
    let introspect = introspect
        .header("origin", ORIGIN)
        .header("authorization", format!("Basic {}", "d2ViOmh1bnRlcjItaHVudGVyMg=="));
    let response = send(&mut scene, &introspect);
    assert_eq!((response.status, response.body_text().as_str()), (200, "{\"active\":false}"));
    assert_eq!(cors(&response), []);
}

fn preflight(path: &'static str) -> Request {
    let request = Request { method: "OPTIONS", path, ..Request::token(String::new()) };
    request.header("origin", OTHER).header("access-control-request-method", "POST")
}

#[test]
fn c11_c4_preflights_are_answered_where_there_are_browser_clients() {
    let expected: Vec<(&str, String)> = [
        ("access-control-allow-headers", "Authorization, Content-Type, DPoP"),
        ("access-control-allow-methods", "POST"),
        ("access-control-allow-origin", "*"),
        ("access-control-max-age", "600"),
    ]
    .map(|(name, value)| (name, value.to_owned()))
    .into();
    let mut with = scene(AuthorizationServerBuilder::browser_clients);
    let mut without = scene(|builder| builder);
    for path in ["/oauth/token", "/oauth/revoke", "/oauth/par"] {
        let response = send(&mut with, &preflight(path));
        assert_eq!((response.status, cors(&response), response.body.len()), (204, expected.clone(), 0), "{path}");
        let response = send(&mut without, &preflight(path));
        assert_eq!((response.status, cors(&response)), (405, Vec::new()), "{path}");
    }
    assert!(with.ledger.events.is_empty(), "nobody asked for anything yet");
    for path in ["/oauth/authorize", "/oauth/introspect"] {
        let response = send(&mut with, &preflight(path));
        assert_eq!((response.status, cors(&response)), (405, Vec::new()), "{path}");
    }
}

#[test]
fn c11_what_is_no_preflight_for_a_post_is_an_unlisted_method() {
    let mut scene = scene(AuthorizationServerBuilder::browser_clients);
    let bare = Request { method: "OPTIONS", ..Request::token(String::new()) };
    let put = bare.clone().header("origin", OTHER).header("access-control-request-method", "PUT");
    let anonymous = bare.clone().header("access-control-request-method", "POST");
    let sandboxed = anonymous.clone().header("origin", "null");
    let get = Request { method: "GET", ..preflight("/oauth/token") };
    for request in [bare, put, anonymous, sandboxed, get] {
        let response = send(&mut scene, &request);
        assert_eq!((response.status, cors(&response)), (405, Vec::new()), "{:?}", request.headers);
        assert!(response.header("allow").eq(["POST"]));
        assert!(!response.body.is_empty(), "says why");
    }
    // RFC 9110 §9.3.2: HTTP/2 takes a body after HEAD for a broken stream.
    let head = Request { method: "HEAD", ..preflight("/oauth/token") };
    let response = send(&mut scene, &head);
    assert_eq!((response.status, response.body.len()), (405, 0));
}

#[test]
fn c11_public_documents_are_open_to_everybody() {
    let mut scene = scene(|builder| builder);
    for path in ["/.well-known/oauth-authorization-server", "/.well-known/jwks.json"] {
        let request = Request { method: "GET", path, ..Request::token(String::new()) };
        let response = send(&mut scene, &request.header("origin", OTHER));
        assert_eq!(response.status, 200);
        assert!(response.header("access-control-allow-origin").eq(["*"]), "{path}");
    }
}
