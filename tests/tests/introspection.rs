//! Opaque tokens: what their issuer says counts as far as the rules allow, and no request is granted if the issuer says nothing or
//! nonsense (RFC 7662, RFC 9701; H1 to H5).

use attesto_core::Timestamp;
use attesto_core::encoding::form;
use attesto_core::host::{Guard, HttpClient, Introspector, MemoryReplayStore};
use attesto_core::http::{HttpFailure, IncomingResponse, OutgoingRequest};
use attesto_core::introspection::{Introspected, IntrospectionCredentials, IntrospectionEndpoint, IntrospectionError};
use attesto_core::jose::{Jwk, JwkSet};
use attesto_core::limits;
use attesto_core::remote::RemoteKeys;
use attesto_core::resource::{Requirement, ResourceServer};
use attesto_core::token::{IssuerProfile, TrustedIssuer};
use attesto_tests::{AUDIENCE, Call, ISSUER, NOW, World, sign, stopped};
use serde_json::{Value, json};
use std::sync::{Arc, Mutex};
use std::task::{Context, Waker};
use std::time::Duration;

const TOKEN: &str = "mF_9.B5f-4.1JqM+/=";
const URL: &str = "https://auth.example.com/introspect";

type Answer = Result<IncomingResponse, HttpFailure>;

/// An issuer that answers every question alike, and its keys.
#[derive(Clone)]
struct Issuer {
    answer: Arc<Mutex<Answer>>,
    keys: Arc<Mutex<Answer>>,
    asked: Arc<Mutex<Vec<OutgoingRequest>>>,
    silent: bool,
}

impl HttpClient for Issuer {
    async fn send(&self, request: OutgoingRequest) -> Answer {
        let url = request.url.clone();
        self.asked.lock().expect("no panic").push(request);
        if self.silent {
            std::future::pending::<()>().await;
        }
        let answer = if url == URL { &self.answer } else { &self.keys };
        answer.lock().expect("no panic").clone()
    }
}

impl Issuer {
    fn saying(answer: Answer) -> Self {
        Self {
            answer: Arc::new(Mutex::new(answer)),
            keys: Arc::new(Mutex::new(Err(HttpFailure::Transport))),
            asked: Arc::default(),
            silent: false,
        }
    }

    fn say(&self, answer: Answer) {
        *self.answer.lock().expect("no panic") = answer;
    }

    fn times_asked(&self) -> usize {
        self.asked.lock().expect("no panic").len()
    }
}

fn endpoint() -> IntrospectionEndpoint {
    IntrospectionEndpoint::new(URL, ISSUER, IntrospectionCredentials::basic("api", "secret")).expect("a sound endpoint")
}

fn response(body: impl Into<Vec<u8>>, media_type: &str) -> Answer {
    Ok(IncomingResponse::new(200, body.into()).content_type(media_type))
}

fn says(answer: &Value) -> Answer {
    response(answer.to_string(), "application/json")
}

fn active() -> Value {
    json!({
        "active": true, "iss": ISSUER, "sub": "usr_1", "client_id": "client-1", "aud": AUDIENCE, "exp": NOW + 600,
        "scope": "mcp:tools:read", "token_type": "Bearer", "username": "jane",
    })
}

fn with(changes: &Value) -> Value {
    let mut answer = active();
    let members = answer.as_object_mut().expect("an object");
    for (name, value) in changes.as_object().expect("an object") {
        match value {
            Value::Null => members.remove(name),
            value => members.insert(name.clone(), value.clone()),
        };
    }
    answer
}

fn guard(introspector: Introspector) -> Guard {
    let world = World::new();
    let server = ResourceServer::builder(AUDIENCE, world.provider)
        .ask_foreign()
        .authorization_server(ISSUER)
        .build()
        .expect("a sound configuration");
    let store = MemoryReplayStore::single_node(100).expect("a capacity");
    Guard::builder(server).replay_store(store).foreign_verifier(introspector).build().expect("a sound guard")
}

fn introspector(endpoint: IntrospectionEndpoint, issuer: &Issuer) -> Introspector {
    Introspector::new(endpoint, issuer.clone(), World::new().provider)
}

/// The status, and for a refusal its reason.
async fn outcome(guard: &Guard, call: &Call, requirement: &Requirement, seconds: u64) -> String {
    let headers: Vec<(&str, &[u8])> =
        call.headers.iter().map(|(name, value)| (name.as_str(), value.as_slice())).collect();
    let headers: &[(&str, &[u8])] = &headers;
    let connection = attesto_core::http::Connection::new().tls();
    let parts = attesto_core::http::RequestParts::new(&call.method, &call.path, &headers).connection(connection);
    match guard.admit(&parts, requirement, &stopped(Timestamp::from_secs(NOW + seconds))).await {
        Ok(grant) => format!("200 {} {}", grant.subject(), grant.sender().kind()),
        Err(denial) => format!("{} {}", denial.status(), denial.reason().code()),
    }
}

async fn bearer(answer: Answer) -> String {
    let guard = guard(introspector(endpoint(), &Issuer::saying(answer)));
    outcome(&guard, &Call::new().bearer(TOKEN), &Requirement::authenticated(), 0).await
}

#[tokio::test]
async fn h1_active_token_is_let_in_and_says_who() {
    assert_eq!(bearer(says(&active())).await, "200 usr_1 bearer");
    assert_eq!(bearer(response(active().to_string(), "Application/JSON; charset=utf-8")).await, "200 usr_1 bearer");
    assert_eq!(
        bearer(says(&with(&json!({"iss": null, "exp": null, "scope": null, "client_id": null})))).await,
        "200 usr_1 bearer"
    );
}

#[tokio::test]
async fn a13_access_tokens_are_known_by_each_name_that_products_give_them() {
    for kind in [
        json!({"token_type": "Bearer"}),
        json!({"token_type": "bearer", "token_use": "access_token"}), // Ory Hydra
        json!({"token_type": "access_token"}),                        // and before
        json!({"token_type": "N_A"}),                                 // RFC 8693
        json!({"token_type": null, "typ": "Bearer"}),                 // Keycloak
        json!({"token_type": null, "typ": "at+jwt"}),
        json!({"token_type": null, "token_use": "access"}),
        json!({"typ": "access"}),
    ] {
        assert_eq!(bearer(says(&with(&kind))).await, "200 usr_1 bearer", "{kind}");
    }
}

#[tokio::test]
async fn h2_what_the_issuer_says_is_held_to_the_rules() {
    for (changes, expected) in [
        (json!({"active": false}), "401 foreign_token_invalid"),
        (json!({"iss": "https://evil.example.com"}), "401 foreign_token_invalid"),
        (json!({"iss": 1}), "401 foreign_token_invalid"),
        (json!({"aud": null}), "401 foreign_token_invalid"),
        (json!({"sub": null}), "401 foreign_token_invalid"),
        (json!({"token_type": "dpop"}), "401 foreign_token_invalid"),
        (json!({"typ": "DPoP"}), "401 foreign_token_invalid"),
        (json!({"token_type": "refresh_token"}), "401 foreign_token_invalid"),
        (json!({"token_type": "mac"}), "401 foreign_token_invalid"),
        (json!({"token_type": ""}), "401 foreign_token_invalid"),
        (json!({"token_use": "refresh_token"}), "401 foreign_token_invalid"),
        (json!({"token_use": "id"}), "401 foreign_token_invalid"),
        (json!({"typ": "Refresh"}), "401 foreign_token_invalid"),
        (json!({"typ": "Offline"}), "401 foreign_token_invalid"),
        (json!({"typ": "ID"}), "401 foreign_token_invalid"),
        (json!({"typ": "logout+jwt"}), "401 foreign_token_invalid"),
        (json!({"aud": "https://other.example.com"}), "401 invalid_audience"),
        (json!({"aud": ["https://other.example.com"]}), "401 invalid_audience"),
        (json!({"aud": 1}), "401 invalid_audience"),
        (json!({"exp": NOW}), "401 expired"),
        (json!({"exp": "soon"}), "401 invalid_claims"),
        (json!({"nbf": NOW + 61}), "401 not_yet_valid"),
        (json!({"sub": ""}), "401 foreign_token_invalid"),
        (json!({"sub": 1}), "401 foreign_token_invalid"),
        (json!({"scope": "a  b"}), "401 invalid_scope"),
        (json!({"cnf": {}}), "401 unsupported_confirmation"),
    ] {
        assert_eq!(bearer(says(&with(&changes))).await, expected, "{changes}");
    }
}

#[tokio::test]
async fn h5_issuer_that_gives_no_answer_is_503_and_admits_no_request() {
    let body = active().to_string();
    let status = |status| Ok(IncomingResponse::new(status, body.clone().into()).content_type("application/json"));
    for (answer, error) in [
        (Err(HttpFailure::Timeout), IntrospectionError::Timeout),
        (Err(HttpFailure::Transport), IntrospectionError::Transport),
        (Err(HttpFailure::TooLarge), IntrospectionError::TooLarge),
        (says(&with(&json!({"pad": "x".repeat(limits::INTROSPECTION_RESPONSE)}))), IntrospectionError::TooLarge),
        (status(401), IntrospectionError::CredentialsRefused),
        (status(403), IntrospectionError::CredentialsRefused),
        (status(429), IntrospectionError::Busy),
        (status(500), IntrospectionError::Busy),
        (status(201), IntrospectionError::Status),
        (status(302), IntrospectionError::Status),
        (response(body.clone(), "text/html"), IntrospectionError::ContentType),
        (Ok(IncomingResponse::new(200, body.clone().into())), IntrospectionError::ContentType),
        (says(&with(&json!({"active": null}))), IntrospectionError::Malformed),
        (says(&with(&json!({"active": "true"}))), IntrospectionError::Malformed),
        (says(&with(&json!({"active": 1}))), IntrospectionError::Malformed),
        (says(&with(&json!({"token_type": ["DPoP"]}))), IntrospectionError::Malformed),
        (says(&with(&json!({"token_use": 1}))), IntrospectionError::Malformed),
        (says(&with(&json!({"typ": {}}))), IntrospectionError::Malformed),
        (Err(HttpFailure::Unacceptable), IntrospectionError::Unacceptable),
        (says(&json!([active()])), IntrospectionError::Malformed),
        (response(body.replacen('{', r#"{"active":true,"#, 1), "application/json"), IntrospectionError::Malformed),
        (response("{}", "application/json"), IntrospectionError::Malformed),
        (response("", "application/json"), IntrospectionError::Malformed),
        (response("[".repeat(20_000), "application/json"), IntrospectionError::Malformed),
    ] {
        let found = endpoint().judge(answer.clone(), Timestamp::from_secs(NOW)).expect_err("no answer");
        assert_eq!(found, error);
        let seen = Arc::new(Mutex::new(None));
        let note = Arc::clone(&seen);
        let watched = introspector(endpoint(), &Issuer::saying(answer))
            .on_failure(move |error| *note.lock().expect("no panic") = Some(error));
        let seen_status = outcome(&guard(watched), &Call::new().bearer(TOKEN), &Requirement::authenticated(), 0).await;
        assert_eq!(seen_status, "503 verifier_unavailable", "{error}");
        assert_eq!(*seen.lock().expect("no panic"), Some(error));
    }
}

#[tokio::test]
async fn binding_and_scopes_hold_for_opaque_tokens() {
    let world = World::new();
    let jkt = world.thumbprint(world.client.as_ref()).to_base64url();
    let issuer = Issuer::saying(says(&with(&json!({"cnf": {"jkt": jkt}, "token_type": "DPoP"}))));
    let guard = guard(introspector(endpoint(), &issuer));
    let any = Requirement::authenticated();
    assert_eq!(outcome(&guard, &Call::new().bearer(TOKEN), &any, 0).await, "401 dpop_proof_required");
    let proof = world.proof(TOKEN, |_, _| {});
    let bound = Call::new().dpop(TOKEN, &proof);
    assert_eq!(outcome(&guard, &bound, &any, 0).await, "200 usr_1 dpop");
    assert_eq!(outcome(&guard, &bound, &any, 0).await, "401 replay");
    let write = Requirement::scopes(["mcp:tools:call"]).expect("a scope");
    let fresh = Call::new().dpop(
        TOKEN,
        &world.proof(TOKEN, |_, claims| {
            claims.insert("jti".into(), "proof-2".into());
        }),
    );
    assert_eq!(outcome(&guard, &fresh, &write, 0).await, "403 insufficient_scope");
}

#[tokio::test]
async fn active_is_remembered_for_a_moment_never_past_exp_and_nothing_else_is() {
    let issuer = Issuer::saying(says(&with(&json!({"exp": NOW + 40}))));
    let guard_of = guard(introspector(endpoint(), &issuer));
    let (call, any) = (Call::new().bearer(TOKEN), Requirement::authenticated());
    for (seconds, asked) in [(0, 1), (29, 1), (30, 2), (39, 2)] {
        assert_eq!(outcome(&guard_of, &call, &any, seconds).await, "200 usr_1 bearer");
        assert_eq!(issuer.times_asked(), asked, "after {seconds} s");
    }
    assert_eq!(outcome(&guard_of, &call, &any, 40).await, "401 expired");
    assert_eq!(issuer.times_asked(), 3);
    // Another token is another question.
    outcome(&guard_of, &Call::new().bearer("other"), &any, 31).await;
    assert_eq!(issuer.times_asked(), 4);
    for answer in [says(&json!({"active": false})), Err(HttpFailure::Timeout), says(&with(&json!({"aud": null})))] {
        let issuer = Issuer::saying(answer);
        let guard = guard(introspector(endpoint(), &issuer));
        assert_ne!(outcome(&guard, &call, &any, 0).await, "200 usr_1 bearer");
        issuer.say(says(&active()));
        assert_eq!(outcome(&guard, &call, &any, 0).await, "200 usr_1 bearer", "asked again at once");
    }
    let issuer = Issuer::saying(says(&active()));
    let forgetful = guard(introspector(endpoint(), &issuer).remember(Duration::from_secs(0), 100));
    outcome(&forgetful, &call, &any, 0).await;
    outcome(&forgetful, &call, &any, 0).await;
    assert_eq!(issuer.times_asked(), 2);
}

#[tokio::test]
async fn one_token_in_a_thousand_requests_is_one_question() {
    let silent = Issuer { silent: true, ..Issuer::saying(says(&active())) };
    let introspector = introspector(endpoint(), &silent);
    let clock = stopped(Timestamp::from_secs(NOW));
    let mut context = Context::from_waker(Waker::noop());
    let mut waiting: Vec<_> = (0..1_000).map(|_| Box::pin(introspector.introspect(TOKEN, &clock))).collect();
    assert!(waiting.iter_mut().all(|question| question.as_mut().poll(&mut context).is_pending()));
    assert_eq!(silent.times_asked(), 1);
    // The caller that fetches goes away, and one of the others continues.
    drop(waiting.remove(0));
    assert!(waiting.iter_mut().all(|question| question.as_mut().poll(&mut context).is_pending()));
    assert_eq!(silent.times_asked(), 2);
}

#[tokio::test]
async fn failure_reaches_every_waiter_and_is_not_remembered() {
    let issuer = Issuer::saying(Err(HttpFailure::Timeout));
    let introspector = introspector(endpoint(), &issuer);
    let clock = stopped(Timestamp::from_secs(NOW));
    let (one, other) = tokio::join!(introspector.introspect(TOKEN, &clock), introspector.introspect(TOKEN, &clock));
    assert_eq!([one.unwrap_err(), other.unwrap_err()], [IntrospectionError::Timeout; 2]);
    issuer.say(says(&active()));
    assert!(introspector.introspect(TOKEN, &clock).await.is_ok());
}

#[tokio::test]
async fn long_answers_are_not_remembered() {
    for (pad, asked) in [(limits::REMEMBERED_INTROSPECTION / 2, 1), (limits::REMEMBERED_INTROSPECTION, 2)] {
        let issuer = Issuer::saying(says(&with(&json!({"pad": "x".repeat(pad)}))));
        let guard = guard(introspector(endpoint(), &issuer));
        for _ in 0..2 {
            let call = Call::new().bearer(TOKEN);
            assert_eq!(outcome(&guard, &call, &Requirement::authenticated(), 0).await, "200 usr_1 bearer");
        }
        assert_eq!(issuer.times_asked(), asked, "{pad}");
    }
}

#[tokio::test]
async fn number_of_introspections_at_a_time_is_bounded() {
    let silent = Issuer { silent: true, ..Issuer::saying(says(&active())) };
    let introspector = introspector(endpoint(), &silent).at_once(2);
    let clock = stopped(Timestamp::from_secs(NOW));
    let mut context = Context::from_waker(Waker::noop());
    let mut waiting: Vec<_> = ["a", "b"].map(|token| Box::pin(introspector.introspect(token, &clock))).into();
    for question in &mut waiting {
        assert!(question.as_mut().poll(&mut context).is_pending());
    }
    assert_eq!(introspector.introspect("c", &clock).await.unwrap_err(), IntrospectionError::Overloaded);
    drop(waiting.pop());
    assert!(Box::pin(introspector.introspect("c", &clock)).as_mut().poll(&mut context).is_pending(), "room again");
}

#[test]
fn request_carries_the_token_and_the_credentials_encoded() {
    let request =
        |credentials| IntrospectionEndpoint::new(URL, ISSUER, credentials).expect("a sound endpoint").request(TOKEN);
    let header = |request: &OutgoingRequest, name: &str| {
        request.headers.iter().find(|header| header.name() == name).map(|header| header.value().to_string())
    };
    let basic = request(IntrospectionCredentials::basic("a:b", "p ü%"));
    assert_eq!((basic.method, basic.url.as_str()), ("POST", URL));
    // RFC 6749 §2.3.1: form-encoded before base64, so that a colon in the id cannot move the boundary.
    assert_eq!(header(&basic, "authorization").as_deref(), Some("Basic YSUzQWI6cCslQzMlQkMlMjU="));
    assert_eq!(header(&basic, "accept").as_deref(), Some("application/json"));
    assert_eq!(header(&basic, "content-type").as_deref(), Some("application/x-www-form-urlencoded"));
    let body = |request: &OutgoingRequest| String::from_utf8(request.body.to_vec()).expect("text");
    assert_eq!(body(&basic), "token=mF_9.B5f-4.1JqM%2B%2F%3D&token_type_hint=access_token");
    let post = request(IntrospectionCredentials::post("api", "s&c=x"));
    assert_eq!(header(&post, "authorization"), None);
    assert!(body(&post).ends_with("&client_id=api&client_secret=s%26c%3Dx"), "{}", body(&post));
    let values: Vec<_> =
        form::pairs(post.body.as_slice()).map(|pair| pair.value().expect("a form").into_owned()).collect();
    assert_eq!(values[0], TOKEN.as_bytes());
    assert_eq!(values[3], b"s&c=x");
    let token = request(IntrospectionCredentials::bearer("t0k3n"));
    assert_eq!(header(&token, "authorization").as_deref(), Some("Bearer t0k3n"));
    let shown = format!("{basic:?} {post:?} {:?} {:?}", endpoint(), IntrospectionCredentials::bearer("t0k3n"));
    for secret in ["mF_9", "s&c", "t0k3n", "secret\""] {
        assert!(!shown.contains(secret), "{secret} in {shown}");
    }
}

#[test]
fn unsound_endpoints_are_configuration_errors() {
    let new = |url, issuer: &str, credentials| IntrospectionEndpoint::new(url, issuer, credentials).map(|_| ());
    let good = || IntrospectionCredentials::basic("a", "b");
    for url in [
        "http://auth.example.com/i",
        "http://localhost/i",
        "/i",
        "https://u@auth.example.com/i",
        "https://auth.example.com/i#f",
    ] {
        assert!(new(url, ISSUER, good()).is_err(), "{url}");
    }
    assert!(IntrospectionEndpoint::danger_insecure_loopback("http://localhost/i", ISSUER, good()).is_ok());
    assert!(new(URL, "", good()).is_err());
    for credentials in [
        IntrospectionCredentials::basic("", "b"),
        IntrospectionCredentials::post("a", ""),
        IntrospectionCredentials::bearer(""),
        IntrospectionCredentials::bearer("a\r\nb"),
    ] {
        assert!(new(URL, ISSUER, credentials).is_err());
    }
}

#[tokio::test]
async fn leaving_things_out_must_be_allowed() {
    let answer = || says(&with(&json!({"aud": null, "sub": null, "username": null})));
    let now = Timestamp::from_secs(NOW);
    assert_eq!(endpoint().judge(answer(), now).unwrap_err(), IntrospectionError::NoAudience);
    let implied = endpoint().audience_is_implied();
    assert_eq!(implied.judge(answer(), now).unwrap_err(), IntrospectionError::NoSubject);
    let both = implied.subject_may_be_client();
    let guard = guard(introspector(both.clone(), &Issuer::saying(answer())));
    assert_eq!(
        outcome(&guard, &Call::new().bearer(TOKEN), &Requirement::authenticated(), 0).await,
        "200 client-1 bearer"
    );
    let nobody = says(&with(&json!({"aud": null, "sub": null, "client_id": null})));
    assert_eq!(both.judge(nobody, now).unwrap_err(), IntrospectionError::NoSubject);
}

/// A signed answer, valid but for what `change` does to header and payload.
fn signed(change: impl FnOnce(&mut Value, &mut Value)) -> Answer {
    let world = World::new();
    let mut header = json!({"typ": "token-introspection+jwt", "alg": "ES256", "kid": "k1"});
    let mut payload = json!({"iss": ISSUER, "aud": "api", "iat": NOW, "token_introspection": active()});
    change(&mut header, &mut payload);
    let jwt = sign(world.issuer.as_ref(), &header.to_string(), &payload.to_string());
    response(jwt, "application/token-introspection+jwt")
}

fn signing_endpoint() -> IntrospectionEndpoint {
    endpoint().signed_by(World::new().trusted(), "api").expect("the endpoint's issuer")
}

#[test]
fn signed_answer_is_taken_from_the_issuer_for_us_and_just_now() {
    let judge = |answer| signing_endpoint().judge(answer, Timestamp::from_secs(NOW));
    assert!(matches!(judge(signed(|_, _| {})), Ok(Introspected::Active(_))));
    assert!(matches!(judge(signed(|_, p| p["aud"] = json!(["x", "api"]))), Ok(Introspected::Active(_))));
    assert!(matches!(judge(signed(|_, p| p["iat"] = (NOW - 300).into())), Ok(Introspected::Active(_))));
    assert!(matches!(
        judge(signed(|_, p| p["token_introspection"] = json!({"active": false}))),
        Ok(Introspected::Inactive)
    ));
    let request = signing_endpoint().request(TOKEN);
    assert!(request.headers.iter().any(|h| h.name() == "accept" && h.value() == "application/token-introspection+jwt"));

    let forged = match signed(|_, _| {}) {
        Ok(mut response) => {
            let last = response.body.len() - 5;
            response.body[last] ^= 1;
            Ok(response)
        }
        failure => failure,
    };
    for (name, answer, error) in [
        ("unsigned", says(&active()), IntrospectionError::ContentType),
        (
            "an object under the right name",
            response(active().to_string(), "application/token-introspection+jwt"),
            IntrospectionError::Signature,
        ),
        ("forged", forged, IntrospectionError::Signature),
        ("an access token", signed(|h, _| h["typ"] = "at+jwt".into()), IntrospectionError::Signature),
        ("without typ", signed(|h, _| h["typ"] = "JWT".into()), IntrospectionError::Signature),
        ("alg none", signed(|h, _| h["alg"] = "none".into()), IntrospectionError::Signature),
        ("another key", signed(|h, _| h["kid"] = "k9".into()), IntrospectionError::KeysUnavailable),
        ("another issuer", signed(|_, p| p["iss"] = "https://evil.example.com".into()), IntrospectionError::NotForUs),
        ("for another", signed(|_, p| p["aud"] = "other".into()), IntrospectionError::NotForUs),
        ("for nobody", signed(|_, p| p["aud"] = Value::Null), IntrospectionError::NotForUs),
        ("for others and a number", signed(|_, p| p["aud"] = json!(["api", 1])), IntrospectionError::NotForUs),
        ("old", signed(|_, p| p["iat"] = (NOW - 301).into()), IntrospectionError::NotRecent),
        ("in the future", signed(|_, p| p["iat"] = (NOW + 61).into()), IntrospectionError::NotRecent),
        ("undated", signed(|_, p| p["iat"] = "now".into()), IntrospectionError::NotRecent),
        ("empty", signed(|_, p| p["token_introspection"] = Value::Null), IntrospectionError::Malformed),
        (
            "at the top",
            signed(|_, p| *p = with(&json!({"iss": ISSUER, "aud": "api", "iat": NOW}))),
            IntrospectionError::Malformed,
        ),
        ("a lie inside", signed(|_, p| p["token_introspection"]["iss"] = "x".into()), IntrospectionError::WrongIssuer),
    ] {
        assert_eq!(judge(answer).map(|_| ()), Err(error), "{name}");
    }
    assert!(endpoint().signed_by(World::new().trusted(), "api").is_ok());
    let other = IntrospectionEndpoint::new(URL, "https://other.example.com", IntrospectionCredentials::bearer("t"));
    assert!(other.expect("a sound endpoint").signed_by(World::new().trusted(), "api").is_err());
}

#[tokio::test]
async fn keys_of_signed_answers_are_fetched_when_they_are_needed() {
    let world = World::new();
    let remote = RemoteKeys::builder(ISSUER, Arc::clone(&world.provider))
        .jwks_uri("https://auth.example.com/jwks")
        .build()
        .expect("a sound issuer");
    let endpoint = endpoint().signed_by(TrustedIssuer::remote(remote), "api").expect("the endpoint's issuer");
    let issuer = Issuer::saying(signed(|_, _| {}));
    let guard = guard(introspector(endpoint, &issuer));
    let (call, any) = (Call::new().bearer(TOKEN), Requirement::authenticated());
    assert_eq!(outcome(&guard, &call, &any, 0).await, "503 verifier_unavailable", "its keys cannot be had");
    let jwk = Jwk::new(world.issuer.public_key().clone()).with_kid("k1");
    let set = JwkSet::publish(world.provider.as_ref(), [jwk]).to_json();
    *issuer.keys.lock().expect("no panic") = response(set, "application/jwk-set+json");
    assert_eq!(outcome(&guard, &call, &any, 5).await, "200 usr_1 bearer");
    assert_eq!(issuer.times_asked(), 4, "twice about the token, twice for keys");
}

#[tokio::test]
async fn j9_key_for_another_algorithm_is_fetched_for_signed_answers_too() {
    let world = World::new();
    let remote = RemoteKeys::builder(ISSUER, Arc::clone(&world.provider))
        .jwks_uri("https://auth.example.com/jwks")
        .build()
        .expect("a sound issuer");
    let endpoint = endpoint().signed_by(TrustedIssuer::remote(remote), "api").expect("the endpoint's issuer");
    let issuer = Issuer::saying(signed(|_, p| p["iat"] = (NOW + 40).into()));
    let eddsa =
        r#"{"keys":[{"kty":"OKP","crv":"Ed25519","kid":"k1","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]}"#;
    *issuer.keys.lock().expect("no panic") = response(eddsa, "application/jwk-set+json");
    let guard = guard(introspector(endpoint, &issuer));
    let (call, any) = (Call::new().bearer(TOKEN), Requirement::authenticated());
    assert_eq!(outcome(&guard, &call, &any, 0).await, "503 verifier_unavailable");
    let jwk = Jwk::new(world.issuer.public_key().clone()).with_kid("k1");
    let set = JwkSet::publish(world.provider.as_ref(), [jwk]).to_json();
    *issuer.keys.lock().expect("no panic") = response(set, "application/jwk-set+json");
    assert_eq!(outcome(&guard, &call, &any, 40).await, "200 usr_1 bearer");
}

#[tokio::test]
async fn j22_withdrawn_key_of_signed_answers_stops_where_only_introspection_refreshes_keys() {
    let world = World::new();
    let remote = RemoteKeys::builder(ISSUER, Arc::clone(&world.provider))
        .jwks_uri("https://auth.example.com/jwks")
        .build()
        .expect("a sound issuer");
    let endpoint = endpoint().signed_by(TrustedIssuer::remote(remote), "api").expect("the endpoint's issuer");
    let signed_at = |seconds: u64| {
        signed(move |_, claims| {
            claims["iat"] = (NOW + seconds).into();
        })
    };
    let publish = |kid: &str| {
        let jwk = Jwk::new(world.issuer.public_key().clone()).with_kid(kid);
        response(JwkSet::publish(world.provider.as_ref(), [jwk]).to_json(), "application/jwk-set+json")
    };
    let issuer = Issuer::saying(signed_at(0));
    *issuer.keys.lock().expect("no panic") = publish("k1");
    let guard = guard(introspector(endpoint, &issuer).remember(Duration::from_secs(0), 0));
    let (call, any) = (Call::new().bearer(TOKEN), Requirement::authenticated());
    assert_eq!(outcome(&guard, &call, &any, 0).await, "200 usr_1 bearer");
    *issuer.keys.lock().expect("no panic") = publish("k2");
    for (seconds, expected) in
        [(60, "200 usr_1 bearer"), (400, "503 verifier_unavailable"), (401, "503 verifier_unavailable")]
    {
        issuer.say(signed_at(seconds));
        assert_eq!(outcome(&guard, &call, &any, seconds).await, expected, "after {seconds} s");
    }
}

/// What a judged answer leads to, in a word.
fn judged(endpoint: &IntrospectionEndpoint, answer: Answer) -> String {
    match endpoint.judge(answer, Timestamp::from_secs(NOW)) {
        Ok(Introspected::Active(_)) => "active".into(),
        Ok(Introspected::Inactive) => "inactive".into(),
        Err(error) => error.code().into(),
    }
}

#[tokio::test]
async fn a13_token_whose_kind_is_not_said_may_be_a_refresh_token() {
    // As doorkeeper and Spring Authorization Server answer about refresh tokens.
    let unsaid = json!({"token_type": null, "token_use": null, "typ": null});
    assert_eq!(bearer(says(&with(&unsaid))).await, "401 foreign_token_invalid");
    let null = active().to_string().replace(r#""token_type":"Bearer""#, r#""token_type":null,"typ":null"#);
    assert_eq!(bearer(response(null, "application/json")).await, "401 foreign_token_invalid");
    let implied = endpoint().audience_is_implied().subject_may_be_client();
    let spring = says(&json!({"active": true, "client_id": "c", "iat": NOW, "exp": NOW + 60}));
    assert_eq!(judged(&implied, spring.clone()), "kind_unsaid");
    // For an issuer that says so about no token. What is said still counts.
    assert_eq!(judged(&implied.kind_may_be_unsaid(), spring), "active");
    let lax = endpoint().kind_may_be_unsaid();
    assert_eq!(judged(&lax, says(&with(&unsaid))), "active");
    assert_eq!(judged(&lax, says(&with(&json!({"token_type": "refresh_token"})))), "not_an_access_token");
    assert_eq!(judged(&lax, says(&with(&json!({"token_type": null, "typ": "Refresh"})))), "not_an_access_token");
}

#[tokio::test]
async fn a13_answer_about_an_id_or_logout_token_is_refused_without_any_profile() {
    let lax = || endpoint().kind_may_be_unsaid();
    let judged_with = |endpoint: &IntrospectionEndpoint, kind: &Value, member: &str| {
        let mut answer = with(kind);
        answer[member] = "x".into();
        judged(endpoint, says(&answer))
    };
    let said = json!({"token_type": "Bearer"});
    let unsaid = json!({"token_type": null});
    let jwt = json!({"token_type": null, "typ": "JWT"});
    for kind in [&said, &unsaid, &jwt] {
        assert_eq!(judged(&lax(), says(&with(kind))), "active", "{kind}");
        for member in ["at_hash", "c_hash", "events"] {
            assert_eq!(judged_with(&lax(), kind, member), "not_an_access_token", "{member} {kind}");
            let allowing = IssuerProfile::rfc9068().access_tokens_may_hold([member]).expect("a claim");
            assert_eq!(
                judged_with(&lax().profile(allowing), kind, member),
                "active",
                "{member} {kind}: as the host says"
            );
        }
    }
    // An access token may have a `nonce`, Keycloak's had for years; only what says nothing of its kind is taken for an ID token by it.
    for kind in [&unsaid, &jwt, &json!({"token_type": "N_A"}), &json!({"token_type": "N_A", "typ": "jwt"})] {
        assert_eq!(judged_with(&lax(), kind, "nonce"), "not_an_access_token", "{kind}");
    }
    assert_eq!(judged_with(&endpoint(), &jwt, "nonce"), "not_an_access_token", "`JWT` tells no kind");
    for kind in [
        &said,
        &json!({"token_type": null, "typ": "Bearer"}),
        &json!({"token_type": null, "token_use": "access"}),
        &json!({"token_type": null, "typ": "at+jwt"}),
        &json!({"token_type": "Bearer", "typ": "JWT"}),
    ] {
        assert_eq!(judged_with(&endpoint(), kind, "nonce"), "active", "{kind}");
    }
    let allowing = || IssuerProfile::rfc9068().access_tokens_may_hold(["nonce"]).expect("a claim");
    assert_eq!(judged_with(&lax().profile(allowing()), &unsaid, "nonce"), "active");
    assert_eq!(judged_with(&lax().profile(allowing()), &unsaid, "at_hash"), "not_an_access_token");
    let null = with(&unsaid).to_string().replacen('{', r#"{"nonce":null,"at_hash":null,"#, 1);
    assert_eq!(judged(&lax(), response(null, "application/json")), "active", "`null` is absent");
    let mut id_token = active();
    id_token["at_hash"] = "x".into();
    assert_eq!(bearer(says(&id_token)).await, "401 foreign_token_invalid");
}

#[test]
fn a7_answer_that_names_a_user_is_not_about_the_client() {
    let endpoint = endpoint().audience_is_implied().subject_may_be_client();
    // django-oauth-toolkit about alice's token: no `sub`, and `username`.
    let alice = with(&json!({"sub": null, "username": "alice", "client_id": "pw"}));
    assert_eq!(judged(&endpoint, says(&alice)), "no_subject");
    for name in
        ["user_name", "user_id", "preferred_username", "email", "upn", "uid", "unique_name", "given_name", "sid"]
    {
        let answer = with(&json!({"sub": null, "username": null, name: "alice"}));
        assert_eq!(judged(&endpoint, says(&answer)), "no_subject", "{name}");
    }
    let number = with(&json!({"sub": null, "username": null, "user_id": 42}));
    assert_eq!(judged(&endpoint, says(&number)), "no_subject", "a number names a user as well");
    let client = with(&json!({"sub": null, "username": null}));
    assert_eq!(judged(&endpoint, says(&client)), "active");
    let unnamed = with(&json!({"sub": null, "username": ""}));
    assert_eq!(judged(&endpoint, says(&unnamed)), "active", "an empty name names nobody");
}

#[test]
fn a7_profile_makes_the_client_the_subject_as_the_endpoint_does() {
    let client = with(&json!({"sub": null, "username": null}));
    assert_eq!(judged(&endpoint(), says(&client)), "no_subject");
    let profile = || IssuerProfile::rfc9068().subject_may_be_client();
    for endpoint in [endpoint().profile(profile()), endpoint().profile(IssuerProfile::duende())] {
        assert_eq!(judged(&endpoint, says(&client)), "active");
        let user = with(&json!({"sub": null, "username": "alice"}));
        assert_eq!(judged(&endpoint, says(&user)), "no_subject", "a user is not the client");
    }
}

#[test]
fn a17_lists_of_the_endpoint_hold_without_a_trusted_issuer() {
    let listed = || endpoint().allow_subjects(["usr_1"]).allow_clients(["client-1"]);
    assert_eq!(judged(&listed(), says(&active())), "active");
    for iss in [json!(ISSUER), Value::Null] {
        let judged = |member: &str, value: &str| {
            let change = if value.is_empty() { Value::Null } else { value.into() };
            judged(&listed(), says(&with(&json!({"iss": iss, member: change}))))
        };
        assert_eq!(judged("sub", "usr_2"), "subject_not_allowed");
        assert_eq!(judged("client_id", "client-2"), "client_not_allowed");
        assert_eq!(judged("client_id", ""), "client_not_allowed");
    }
    let nobody = endpoint().allow_subjects(Vec::<String>::new());
    assert_eq!(judged(&nobody, says(&active())), "subject_not_allowed", "an empty list lists no subject");
    assert!(IntrospectionError::SubjectNotAllowed.is_about_the_token());
    assert!(IntrospectionError::ClientNotAllowed.is_about_the_token());
}

#[tokio::test]
async fn a17_a_resource_that_only_introspects_refuses_who_is_not_listed() {
    let issuer = Issuer::saying(says(&with(&json!({"sub": "usr_2"}))));
    let guard = guard(introspector(endpoint().allow_subjects(["usr_1"]), &issuer));
    let (call, any) = (Call::new().bearer(TOKEN), Requirement::authenticated());
    assert_eq!(outcome(&guard, &call, &any, 0).await, "401 foreign_token_invalid");
    issuer.say(says(&active()));
    assert_eq!(outcome(&guard, &call, &any, 0).await, "200 usr_1 bearer");
}

#[tokio::test]
async fn h5_issuer_that_does_not_know_the_token_is_not_out() {
    let error = |status, body: &str| Ok(IncomingResponse::new(status, body.into()).content_type("application/json"));
    let [unknown, outage] = ["401 foreign_token_invalid", "503 verifier_unavailable"];
    for (status, body, expected) in [
        // oidc-provider, about whatever looks like a JWT; the MCP SDK's server, about an expired token.
        (400, r#"{"error":"unsupported_token_type","error_description":"x"}"#, unknown),
        (401, r#"{"error":"unsupported_token_type"}"#, unknown),
        (401, r#"{"active":false,"error":"Unauthorized","error_description":"x"}"#, unknown),
        (401, r#"{"active":false}"#, unknown),
        (400, r#"{"active":false}"#, unknown),
        (401, r#"{"active":false,"error":null}"#, unknown),
        (400, r#"{"active":false,"error":"invalid_request"}"#, unknown),
        // About our own credential, RFC 7662 §2.3.
        (401, r#"{"active":false,"error":"unauthorized_client"}"#, outage),
        (400, r#"{"active":false,"error":"unauthorized_client"}"#, outage),
        (401, r#"{"active":false,"error":"access_denied"}"#, outage),
        (400, r#"{"active":false,"error":"access_denied"}"#, outage),
        (401, r#"{"active":false,"error":"unauthorized"}"#, outage),
        (401, r#"{"active":false,"error":"invalid_request"}"#, outage),
        (401, r#"{"active":false,"error":""}"#, outage),
        (401, r#"{"active":false,"error":{"code":"invalid_client"}}"#, outage),
        (400, r#"{"active":false,"error":{"code":"invalid_client"}}"#, outage),
        (401, r#"{"active":false,"error":["unsupported_token_type"]}"#, outage),
        (401, r#"{"active":false,"error":401}"#, outage),
        (401, r#"{"error":"invalid_client"}"#, outage),
        (401, r#"{"error":"invalid_token"}"#, outage),
        (401, r#"{"active":false,"error":"invalid_client"}"#, outage),
        (400, r#"{"active":false,"error":"invalid_token"}"#, outage),
        (400, r#"{"error":"invalid_request"}"#, outage),
        (400, r#"{"error":"unsupported_token_type","error":"invalid_client"}"#, outage),
        (400, r#"{"active":"false"}"#, outage),
        (400, r#"{"active":true}"#, outage),
        (401, "", outage),
        (401, "<html>", outage),
        (403, r#"{"active":false}"#, outage),
        (500, r#"{"active":false}"#, outage),
    ] {
        let seen = Arc::new(Mutex::new(0));
        let note = Arc::clone(&seen);
        let watched = introspector(endpoint(), &Issuer::saying(error(status, body)))
            .on_failure(move |_| *note.lock().expect("no panic") += 1);
        let found = outcome(&guard(watched), &Call::new().bearer(TOKEN), &Requirement::authenticated(), 0).await;
        assert_eq!(found, expected, "{status} {body}");
        assert_eq!(
            *seen.lock().expect("no panic"),
            i32::from(expected == outage),
            "what a stranger can cause is no alarm"
        );
    }
    let long = format!(r#"{{"active":false,"pad":"{}"}}"#, "x".repeat(limits::INTROSPECTION_RESPONSE));
    assert_eq!(bearer(error(401, &long)).await, outage, "not read");
}

#[tokio::test]
async fn h2_null_is_absent_for_every_member_but_active_and_cnf() {
    let null = |names: &[&str]| {
        let mut answer = active();
        names.iter().for_each(|name| answer[*name] = Value::Null);
        says(&answer)
    };
    for name in ["iss", "exp", "nbf", "iat", "jti", "scope", "client_id", "username", "token_use", "typ", "acr"] {
        assert_eq!(bearer(null(&[name])).await, "200 usr_1 bearer", "{name}");
    }
    let all = ["iss", "exp", "nbf", "iat", "jti", "scope", "username", "token_use", "typ", "sub", "aud"];
    let lenient = endpoint().audience_is_implied().subject_may_be_client();
    assert_eq!(judged(&lenient, null(&all)), "active");
    assert_eq!(judged(&endpoint(), null(&["aud"])), "no_audience");
    assert_eq!(judged(&endpoint(), null(&["sub"])), "no_subject");
    assert_eq!(judged(&endpoint(), null(&["active"])), "malformed");
    assert_eq!(bearer(null(&["cnf"])).await, "401 unsupported_confirmation");
}

#[tokio::test]
async fn a7_subject_is_taken_from_the_member_that_the_host_names() {
    let named = || endpoint().audience_is_implied().subject_in(["sub", "username"]).expect("members");
    let who = |endpoint: IntrospectionEndpoint, changes: Value| async move {
        let guard = guard(introspector(endpoint, &Issuer::saying(says(&with(&changes)))));
        outcome(&guard, &Call::new().bearer(TOKEN), &Requirement::authenticated(), 0).await
    };
    assert_eq!(who(named(), json!({})).await, "200 usr_1 bearer");
    assert_eq!(who(named(), json!({"sub": null, "username": "alice"})).await, "200 alice bearer");
    assert_eq!(who(named(), json!({"sub": "", "username": "alice"})).await, "200 alice bearer");
    assert_eq!(who(named(), json!({"sub": null, "username": null})).await, "401 foreign_token_invalid");
    assert_eq!(who(named(), json!({"sub": 1, "username": "alice"})).await, "401 foreign_token_invalid");
    let both = || named().subject_may_be_client();
    assert_eq!(who(both(), json!({"sub": null, "username": "alice"})).await, "200 alice bearer");
    assert_eq!(who(both(), json!({"sub": null, "username": null})).await, "200 client-1 bearer");
    assert_eq!(who(both(), json!({"sub": null, "username": null, "email": "a@b"})).await, "401 foreign_token_invalid");
    let by_name = || endpoint().subject_in(["username"]).expect("members").subject_may_be_client();
    assert_eq!(who(by_name(), json!({"username": null})).await, "401 foreign_token_invalid", "`sub` names a user");
    for wrong in [&[][..], &[" "], &["sub", ""]] {
        assert!(endpoint().subject_in(wrong.iter().copied()).is_err(), "{wrong:?}");
    }
}

#[tokio::test]
async fn h2_answers_are_read_as_the_issuers_profile_spells_them() {
    let read = |profile: IssuerProfile, answer: Value| async move {
        let guard = guard(introspector(endpoint().profile(profile), &Issuer::saying(says(&answer))));
        let read = Requirement::scopes(["mcp:tools:read"]).expect("a scope");
        outcome(&guard, &Call::new().bearer(TOKEN), &read, 0).await
    };
    let rfc9068 = IssuerProfile::rfc9068;
    let scopes = || rfc9068().scopes_in(["scope", "scp"]).expect("claims");
    let array = with(&json!({"scope": ["mcp:tools:read", "other"]}));
    assert_eq!(read(rfc9068(), array.clone()).await, "401 invalid_scope");
    assert_eq!(read(scopes(), array).await, "200 usr_1 bearer");
    let scp = with(&json!({"scope": null, "scp": ["mcp:tools:read"]}));
    assert_eq!(read(rfc9068(), scp.clone()).await, "403 insufficient_scope");
    assert_eq!(read(scopes(), scp).await, "200 usr_1 bearer");
    assert_eq!(read(scopes(), with(&json!({"scope": [1]}))).await, "401 invalid_scope");
    let mut null = with(&json!({"scp": ["mcp:tools:read"]}));
    null["scope"] = Value::Null;
    assert_eq!(read(scopes(), null).await, "200 usr_1 bearer", "`null` is absent in every spelling");

    let text = with(&json!({"exp": (NOW + 60).to_string()}));
    assert_eq!(read(rfc9068(), text.clone()).await, "401 invalid_claims");
    let dates = || rfc9068().introspected_dates_may_be_text();
    assert_eq!(read(dates(), text).await, "200 usr_1 bearer");
    assert_eq!(read(dates(), with(&json!({"exp": NOW.to_string()}))).await, "401 expired");
    for wrong in ["", "soon", "-1", "+1800000060", "1800000060.5", "99999999999999999999"] {
        assert_eq!(read(dates(), with(&json!({"exp": wrong}))).await, "401 invalid_claims", "{wrong}");
    }

    let pinned = || rfc9068().pin("token_class", "access_token").forbid("nonce");
    assert_eq!(read(pinned(), with(&json!({"token_class": "access_token"}))).await, "200 usr_1 bearer");
    assert_eq!(read(pinned(), active()).await, "401 foreign_token_invalid");
    let nonce = with(&json!({"token_class": "access_token", "nonce": "n"}));
    assert_eq!(read(pinned(), nonce).await, "401 foreign_token_invalid");
    let profile = || endpoint().profile(IssuerProfile::keycloak());
    assert_eq!(judged(&profile(), says(&with(&json!({"typ": "Bearer"})))), "active");
    assert_eq!(judged(&profile(), says(&active())), "not_an_access_token", "its `typ` must be there");
    assert_eq!(judged(&endpoint().profile(pinned()), says(&active())), "pinned_claim");
    let client = rfc9068().client_id_in(["azp"]).expect("a claim");
    let lenient = || endpoint().profile(client.clone()).subject_may_be_client();
    let machine = json!({"sub": null, "username": null, "client_id": null, "azp": "m2m"});
    let guard = guard(introspector(lenient(), &Issuer::saying(says(&with(&machine)))));
    let found = outcome(&guard, &Call::new().bearer(TOKEN), &Requirement::authenticated(), 0).await;
    assert_eq!(found, "200 m2m bearer");
}

#[tokio::test]
async fn a2_audience_that_the_profile_finds_elsewhere_is_the_answers_audience() {
    let verdict = |changes: Value| async move {
        let profile = IssuerProfile::rfc9068().audience_in(["for", "client_id"]).expect("claims");
        let guard = guard(introspector(endpoint().profile(profile), &Issuer::saying(says(&with(&changes)))));
        outcome(&guard, &Call::new().bearer(TOKEN), &Requirement::authenticated(), 0).await
    };
    assert_eq!(verdict(json!({"aud": null, "for": AUDIENCE})).await, "200 usr_1 bearer");
    assert_eq!(verdict(json!({"aud": null, "for": ["x", AUDIENCE]})).await, "200 usr_1 bearer");
    assert_eq!(verdict(json!({"aud": null, "client_id": AUDIENCE})).await, "200 usr_1 bearer");
    assert_eq!(verdict(json!({"for": "https://other.example.com"})).await, "200 usr_1 bearer", "aud counts alone");
    assert_eq!(verdict(json!({"aud": "https://other.example.com", "for": AUDIENCE})).await, "401 invalid_audience");
    assert_eq!(verdict(json!({"aud": null})).await, "401 invalid_audience", "the client is not this resource");
    assert_eq!(verdict(json!({"aud": null, "for": "https://other.example.com"})).await, "401 invalid_audience");
    assert_eq!(verdict(json!({"aud": null, "for": 1})).await, "401 invalid_audience");
    assert_eq!(verdict(json!({"aud": null, "for": {"a": AUDIENCE}})).await, "401 invalid_audience");
    assert_eq!(verdict(json!({"aud": null, "client_id": null})).await, "401 foreign_token_invalid");
    let null = with(&json!({"for": AUDIENCE, "aud": 1})).to_string().replace(r#""aud":1"#, r#""aud":null"#);
    let profile = IssuerProfile::rfc9068().audience_in(["for"]).expect("a claim");
    let strict = guard(introspector(endpoint().profile(profile), &Issuer::saying(response(null, "application/json"))));
    let found = outcome(&strict, &Call::new().bearer(TOKEN), &Requirement::authenticated(), 0).await;
    assert_eq!(found, "200 usr_1 bearer", "`null` is absent");
}

#[test]
fn a2_audience_found_elsewhere_is_said_also_where_it_may_be_left_out() {
    let profile = IssuerProfile::rfc9068().audience_in(["for"]).expect("a claim");
    let implied = endpoint().profile(profile.clone()).audience_is_implied();
    assert_eq!(judged(&implied, says(&with(&json!({"aud": null})))), "active");
    assert_eq!(judged(&endpoint().profile(profile), says(&with(&json!({"aud": null})))), "no_audience");
}
