//! Scripts of other origins: which may read what (EP-11).

use crate::ledger::Fault;
use crate::scene::{NOW, Request, SECRET, Scene, builder, proof};
use attesto_core::authorization::{AuthorizationServerBuilder, Client, ClientAuthentication, GrantType};
use attesto_core::dpop::{NonceIssuer, NonceSecret, NonceUse, ProofPolicy};
use attesto_core::http::ResponseParts;

const ORIGIN: &str = "https://app.example";
const OTHER: &str = "https://other.example";

fn scene(configure: impl FnOnce(AuthorizationServerBuilder) -> AuthorizationServerBuilder) -> Scene {
    let mut scene = Scene::from_builder(configure(builder(true)));
    scene.app(|app| app.origins([ORIGIN, "http://localhost:5173", "null", "*"]));
    scene
}

/// Every field of CORS that the response has, and what it varies by.
fn cors(response: &ResponseParts) -> Vec<(&str, String)> {
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
fn ep11_scripts_of_the_clients_origins_may_read_its_tokens() {
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
fn ep11_errors_can_be_read_once_it_is_known_whose_they_are() {
    let nonces = NonceIssuer::new(NonceUse::AuthorizationServer, NonceSecret::new([4; 32]));
    let mut scene = scene(|builder| builder.dpop(ProofPolicy::new().require_nonces(nonces)));
    let request = scene.redeem().header("origin", ORIGIN);
    // A script that cannot read the nonce cannot retry.
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

#[test]
fn ep11_with_browser_clients_any_origin_may_read_failures_of_authentication() {
    let mut scene = scene(AuthorizationServerBuilder::allow_browser_clients);
    scene.ledger.clients.insert("web".into(), confidential());
    let everybody: Vec<(&str, String)> = [
        ("access-control-allow-origin", "*".to_owned()),
        ("access-control-expose-headers", "DPoP-Nonce, WWW-Authenticate".to_owned()),
    ]
    .into();
    let code = scene.redeem();
    let at = |path: &'static str, body: &str| Request { path, ..Request::token(body.into()) };
    for path in ["/oauth/token", "/oauth/par", "/oauth/revoke"] {
        for (request, status) in [
            (at(path, "client_id=nobody"), 401),
            (at(path, "token=x"), 401),
            (at(path, "client_id=app&client_secret=x"), 401),
            (at(path, "").header("authorization", "Basic d2ViOndyb25n"), 401),
            (at(path, "").header("authorization", "Basic !"), 401),
            (at(path, "client_id=app&client_id=app"), 400),
            (at(path, "").header("content-type", "text/plain"), 400),
            (Request { method: "GET", ..at(path, "") }, 405),
        ] {
            for origin in [ORIGIN, OTHER, "null"] {
                let response = send(&mut scene, &request.clone().header("origin", origin));
                let context = format!("{path} {} {:?} {origin}", request.body, request.headers);
                assert_eq!((response.status, cors(&response)), (status, everybody.clone()), "{context}");
            }
        }
        let request = at(path, "client_id=app").header("origin", OTHER);
        let fault = |question| (question == 0).then_some(Fault::BeforeActing);
        let response = scene.send_with(&request, fault).expect("an answer");
        assert_eq!((response.status, cors(&response)), (503, everybody.clone()), "{path}");
    }
    // Once it has authenticated, the answer is about this client, and for its scripts only.
    for (origin, readable) in [(ORIGIN, open_to(ORIGIN)), (OTHER, Vec::new())] {
        let wrong = code.clone().but("code_verifier", "wrong").header("origin", origin);
        let response = send(&mut scene.clone(), &wrong);
        assert_eq!((response.status, cors(&response)), (400, readable.clone()), "{origin}");
        let response = send(&mut scene.clone(), &code.clone().header("origin", origin));
        assert_eq!((response.status, cors(&response)), (200, readable), "{origin}");
    }
    // Who introspects is no script, and who authorizes is a person.
    let introspect = at("/oauth/introspect", "token=x&client_id=nobody").header("origin", ORIGIN);
    let visit = Request::visit("client_id=nobody").header("origin", ORIGIN);
    for request in [introspect, visit] {
        let response = send(&mut scene, &request);
        assert_ne!(response.status, 200);
        assert_eq!(cors(&response), []);
    }
}

fn confidential() -> (Client, Option<&'static str>) {
    let client = Client::new("web", ClientAuthentication::SecretBasic).origins([ORIGIN]);
    (client.grants([GrantType::AuthorizationCode]), Some(SECRET))
}

#[test]
fn ep11_revocation_and_pushed_requests_can_be_read_and_introspection_cannot() {
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
fn ep11_ep4_preflights_are_answered_where_there_are_browser_clients() {
    let expected: Vec<(&str, String)> = [
        ("access-control-allow-headers", "Authorization, Content-Type, DPoP"),
        ("access-control-allow-methods", "POST"),
        ("access-control-allow-origin", "*"),
        ("access-control-max-age", "600"),
    ]
    .map(|(name, value)| (name, value.to_owned()))
    .into();
    let mut with = scene(AuthorizationServerBuilder::allow_browser_clients);
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
fn ep11_credentials_are_for_the_clients_origins_where_the_server_says_so() {
    let credentials = ("access-control-allow-credentials", "true".to_owned());
    let mut with = scene(|builder| builder.allow_browser_clients().allow_browser_credentials());
    let request = with.redeem();
    let mut expected = open_to(ORIGIN);
    expected.insert(0, credentials.clone());
    assert_eq!(cors(&send(&mut with.clone(), &request.clone().header("origin", ORIGIN))), expected);
    assert_eq!(cors(&send(&mut with.clone(), &request.header("origin", OTHER))), [], "not its origin");
    // A browser takes no `*` for such a request.
    let answer = send(&mut with, &preflight("/oauth/token"));
    let fields = cors(&answer);
    assert!(fields.contains(&credentials) && fields.contains(&("access-control-allow-origin", OTHER.to_owned())));
    assert!(fields.contains(&("vary", "Origin".to_owned())));
    // By itself it answers no preflight.
    let mut alone = scene(AuthorizationServerBuilder::allow_browser_credentials);
    assert_eq!(cors(&send(&mut alone, &preflight("/oauth/token"))), []);
}

#[test]
fn ep11_options_other_than_a_preflight_for_post_is_an_unlisted_method() {
    let mut scene = scene(AuthorizationServerBuilder::allow_browser_clients);
    let bare = Request { method: "OPTIONS", ..Request::token(String::new()) };
    let put = bare.clone().header("origin", OTHER).header("access-control-request-method", "PUT");
    let anonymous = bare.clone().header("access-control-request-method", "POST");
    let sandboxed = anonymous.clone().header("origin", "null");
    let get = Request { method: "GET", ..preflight("/oauth/token") };
    for request in [bare, put, anonymous, sandboxed, get] {
        let response = send(&mut scene, &request);
        assert_eq!(response.status, 405, "{:?}", request.headers);
        assert_eq!(response.header("access-control-allow-methods").count(), 0, "no permission to go on");
        assert_eq!(response.header("access-control-allow-headers").count(), 0);
        assert!(response.header("allow").eq(["POST"]));
        assert!(!response.body.is_empty(), "says why");
    }
    // RFC 9110 §9.3.2: HTTP/2 takes a body after HEAD for a broken stream.
    let head = Request { method: "HEAD", ..preflight("/oauth/token") };
    let response = send(&mut scene, &head);
    assert_eq!((response.status, response.body.len()), (405, 0));
}

#[test]
fn ep11_public_documents_are_readable_from_any_origin() {
    let mut scene = scene(|builder| builder);
    for path in ["/.well-known/oauth-authorization-server", "/.well-known/jwks.json"] {
        let request = Request { method: "GET", path, ..Request::token(String::new()) };
        let response = send(&mut scene, &request.header("origin", OTHER));
        assert_eq!(response.status, 200);
        assert!(response.header("access-control-allow-origin").eq(["*"]), "{path}");
    }
}
