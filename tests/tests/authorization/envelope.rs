//! Errors in the host's own form: bytes and nothing else (EP-9).

use crate::scene::{NOW, Request, Scene, builder, proof};
use attesto_core::authorization::{Client, ClientAuthentication, ErrorEnvelope, GrantType};
use attesto_core::http::{Connection, RequestParts, ResponseParts};
use attesto_core::resource::{ErrorView, RenderedBody};
use serde_json::{Value, json};

type Write = fn(&str) -> Option<String>;
type NoStore = fn() -> Option<String>;

/// Hooks that a test chooses.
#[derive(Debug)]
struct Hooks {
    body: fn(&ErrorView<'_>) -> Option<RenderedBody>,
    challenge: Write,
    no_store: NoStore,
}

const NONE: Hooks = Hooks { body: |_| None, challenge: |_| None, no_store: || None };

impl ErrorEnvelope for Hooks {
    fn body(&self, error: &ErrorView<'_>) -> Option<RenderedBody> {
        (self.body)(error)
    }

    fn challenge(&self, challenge: &str) -> Option<String> {
        (self.challenge)(challenge)
    }

    fn no_store(&self) -> Option<String> {
        (self.no_store)()
    }
}

fn wrapped(error: &ErrorView<'_>) -> Option<RenderedBody> {
    let fields: Vec<&str> = error.headers.iter().map(|header| header.name()).collect();
    let body = json!({ "problem": {
        "status": error.status, "error": error.error, "description": error.description, "fields": fields,
    }});
    Some(RenderedBody::new("application/problem+json", body.to_string()))
}

fn scene(hooks: Option<Hooks>) -> Scene {
    let builder = builder(true);
    let mut scene = Scene::from_builder(match hooks {
        Some(hooks) => builder.error_envelope(hooks),
        None => builder,
    });
    let web = Client::new("web", ClientAuthentication::SecretBasic).grants([GrantType::AuthorizationCode]);
    scene.ledger.clients.insert("web".into(), (web, Some("right")));
    scene
}

/// A request of each endpoint that is refused, each for another reason and with other fields.
fn refused(scene: &Scene) -> Vec<Request> {
    let at = |path, body: &str| Request { path, ..Request::token(body.into()) };
    let basic = |request: Request| request.header("authorization", "Basic d2ViOndyb25n");
    let code = scene.redeem();
    vec![
        code.clone().but("code_verifier", "wrong"),
        code.clone().but("client_id", "nobody"),
        basic(Request::token("grant_type=authorization_code".into())),
        Request { method: "PUT", ..code.clone() },
        code.header("dpop", proof(2, NOW - 900)),
        at("/oauth/revoke", "client_id=app"),
        basic(at("/oauth/revoke", "token=x")),
        at("/oauth/introspect", "client_id=app&token=x"),
        at("/oauth/par", "client_id=app"),
        at("/oauth/authorize", "client_id=nobody"),
        Request { method: "DELETE", ..at("/oauth/authorize", "") },
    ]
}

fn send(scene: &mut Scene, request: &Request) -> ResponseParts {
    scene.send(request).expect("no fault")
}

fn field(response: &ResponseParts, name: &'static str) -> Vec<String> {
    response.header(name).map(Into::into).collect()
}

/// All but the body and its type.
fn rest(response: &ResponseParts) -> Vec<(&str, String)> {
    let rest = response.headers.iter().filter(|header| header.name() != "content-type");
    rest.map(|header| (header.name(), header.value().to_string())).collect()
}

#[test]
fn ep9_the_body_of_every_endpoints_errors_is_the_hosts_and_nothing_else_changes() {
    let requests = refused(&scene(None));
    let mut statuses = Vec::new();
    for request in &requests {
        let plain = send(&mut scene(None), request);
        let own: Value = serde_json::from_slice(&plain.body).expect("JSON");
        let dressed = send(&mut scene(Some(Hooks { body: wrapped, ..NONE })), request);
        let body: Value = serde_json::from_slice(&dressed.body).expect("JSON");
        let problem = &body["problem"];
        assert_eq!((dressed.status, rest(&dressed)), (plain.status, rest(&plain)), "{request:?}");
        assert_eq!(field(&dressed, "content-type"), ["application/problem+json"]);
        assert_eq!((&problem["error"], &problem["description"]), (&own["error"], &own["error_description"]));
        assert_eq!(problem["status"], plain.status);
        let seen = |name: &str| problem["fields"].as_array().expect("fields").iter().any(|field| field == name);
        for name in ["cache-control", "www-authenticate", "allow"] {
            assert_eq!(seen(name), plain.headers.iter().any(|header| header.name() == name), "{name} {request:?}");
        }
        statuses.push(plain.status);
    }
    assert_eq!(statuses, [400, 401, 401, 405, 400, 400, 401, 401, 400, 400, 405], "as without hooks");
}

#[test]
fn ep9_success_is_not_an_error_and_pages_for_people_are_not_json() {
    let hooks =
        || Some(Hooks { body: wrapped, challenge: |_| panic!("none is due"), no_store: || Some("no-store, x".into()) });
    let mut with = scene(hooks());
    let request = with.redeem();
    let granted = with.grant(&request);
    assert_eq!(field(&granted, "content-type"), ["application/json"]);
    assert_eq!(field(&granted, "cache-control"), ["no-store"]);
    let page = send(
        &mut with,
        &Request { path: "/oauth/authorize", ..Request::token(String::new()) }.header("accept", "text/html"),
    );
    assert_eq!((page.status, field(&page, "content-type")), (400, vec!["text/html; charset=utf-8".into()]));
}

#[test]
fn ep9_faults_of_the_host_are_written_by_the_host_too() {
    let mut scene = scene(Some(Hooks { body: wrapped, ..NONE }));
    let request = scene.redeem();
    let response = scene.send_with(&request, |_| Some(crate::ledger::Fault::BeforeActing)).expect("an answer");
    let body: Value = serde_json::from_slice(&response.body).expect("JSON");
    assert_eq!((response.status, &body["problem"]["error"]), (503, &json!("temporarily_unavailable")));
    assert_eq!(field(&response, "retry-after"), ["1"]);
}

#[test]
fn ep9_a_challenge_is_written_in_the_hosts_words_as_long_as_it_says_the_same() {
    let own = "Basic realm=\"https://as.example\", charset=\"UTF-8\"";
    let request = &refused(&scene(None))[2];
    let cases: [(Write, &str); 9] = [
        (|own| Some(own.to_string()), own),
        (
            |_| Some("basic Charset=\"UTF-8\", realm=\"https://as.example\", title=\"clients\"".into()),
            "basic Charset=\"UTF-8\", realm=\"https://as.example\", title=\"clients\"",
        ),
        (|_| Some(String::new()), own),
        (|_| Some("Basic".into()), own),
        (|_| Some("Bearer realm=\"https://as.example\", charset=\"UTF-8\"".into()), own),
        (|_| Some("Basic realm=\"other\", charset=\"UTF-8\"".into()), own),
        (|own| Some(format!("{own}, Bearer error=\"invalid_token\"")), own),
        (|own| Some(format!("{own}\r\nset-cookie: a=b")), own),
        (|_| panic!("told to"), own),
    ];
    for (index, (challenge, expected)) in cases.into_iter().enumerate() {
        let response = send(&mut scene(Some(Hooks { challenge, ..NONE })), request);
        assert_eq!((response.status, field(&response, "www-authenticate")), (401, vec![expected.into()]), "{index}");
    }
}

#[test]
fn ep9_ep8_no_cache_keeps_an_error_even_if_a_hook_allows_it() {
    let cases: [(NoStore, &str); 8] = [
        (|| Some("private, No-Store, max-age=0".into()), "private, No-Store, max-age=0"),
        (|| None, "no-store"),
        (|| Some("no-cache".into()), "no-store"),
        (|| Some("public, max-age=3600".into()), "no-store"),
        (|| Some("no-store-at-all".into()), "no-store"),
        (|| Some("x=\"a, no-store, b\"".into()), "no-store"),
        (|| Some("no-store\r\nset-cookie: a=b".into()), "no-store"),
        (|| panic!("told to"), "no-store"),
    ];
    let requests = refused(&scene(None));
    for (index, (no_store, expected)) in cases.into_iter().enumerate() {
        let mut scene = scene(Some(Hooks { no_store, ..NONE }));
        for request in &requests {
            let response = send(&mut scene, request);
            assert_eq!(field(&response, "cache-control"), [expected], "{index} {}", request.path);
            assert_eq!(field(&response, "pragma"), ["no-cache"], "{index} {}", request.path);
        }
    }
}

#[test]
fn ep9_hc5_a_hook_that_panics_or_gives_no_media_type_leaves_the_error_as_it_was() {
    let bodies: [fn(&ErrorView<'_>) -> Option<RenderedBody>; 4] = [
        |_| panic!("told to"),
        |_| None,
        |_| Some(RenderedBody::new("", "x")),
        |_| Some(RenderedBody::new("text/plain\r\nset-cookie: a=b", "x")),
    ];
    for request in &refused(&scene(None)) {
        let plain = send(&mut scene(None), request);
        for body in bodies {
            let response = send(&mut scene(Some(Hooks { body, ..NONE })), request);
            assert_eq!(response.status, plain.status);
            assert_eq!((response.headers, response.body), (plain.headers.clone(), plain.body.clone()));
        }
    }
}

#[test]
fn ep9_plain_http_is_refused_in_the_hosts_words() {
    let scene = scene(Some(Hooks { body: wrapped, ..NONE }));
    let headers: &[(&str, &[u8])] = &[("host", b"as.example")];
    let request = RequestParts::new("POST", "/oauth/token", &headers).connection(Connection::new());
    let mut step = scene.server.token(&request, attesto_core::Timestamp::from_secs(NOW), crate::scene::entropy());
    let response = loop {
        use attesto_core::authorization::{Question, Step};
        step = match step {
            Step::Done(response) => break response,
            Step::Ask(Question::Record(query)) => query.answer(()),
            Step::Ask(other) => panic!("{other:?}"),
        };
    };
    assert_eq!(field(&response, "content-type"), ["application/problem+json"]);
    assert!(response.body_text().contains("TLS required"));
}
