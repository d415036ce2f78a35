//! The example `check_token`: what it says of tokens that are refused, over loopback.

#[path = "../examples/check_token/args.rs"]
#[allow(dead_code, reason = "the help is for the program")]
mod args;
#[path = "../examples/check_token/checker.rs"]
mod checker;
mod server;

use attesto_core::Timestamp;
use attesto_core::jose::{Jwk, JwkSet};
use attesto_tests::{World, sign};
use serde_json::{Value, json};
use server::{Reply, Server, response};
use std::sync::{Arc, OnceLock};
use std::time::SystemTime;

const GUID: &str = "6e74172b-be56-4843-9ff4-e66a39bb12e3";

/// An issuer on this machine that answers so at these paths, given its own URL, and 404 elsewhere.
async fn issuer(pages: fn(&str, &str) -> Option<(&'static str, String)>) -> (Server, String) {
    let own = Arc::new(OnceLock::<String>::new());
    let known = Arc::clone(&own);
    let server = Server::start(Reply::Script(Arc::new(move |request| {
        let path = request.split(' ').nth(1).unwrap_or_default();
        let own = known.get().map(String::as_str).unwrap_or_default();
        let (status, body) = pages(own, path).unwrap_or(("404 Not Found", String::new()));
        response(status, "content-type: application/json\r\n", body)
    })))
    .await;
    let url = server.url("");
    own.set(url.clone()).expect("once");
    (server, url)
}

fn keys() -> String {
    let world = World::new();
    let jwk = Jwk::new(world.issuer.public_key().clone()).with_kid("k1");
    JwkSet::publish(world.provider.as_ref(), [jwk]).to_json()
}

fn sound(own: &str, path: &str) -> Option<(&'static str, String)> {
    match path {
        "/.well-known/openid-configuration" => {
            Some(("200 OK", json!({"issuer": own, "jwks_uri": format!("{own}/keys")}).to_string()))
        }
        "/keys" => Some(("200 OK", keys())),
        _ => None,
    }
}

/// A token of this issuer; `null` takes a member of header or claims away.
#[expect(clippy::disallowed_methods, reason = "the program that is tested takes the time from the same clock")]
fn token(issuer: &str, header: Value, claims: Value) -> String {
    let now = Timestamp::from(SystemTime::now()).as_secs();
    let good_header = json!({"alg": "ES256", "kid": "k1", "typ": "at+jwt"});
    let good = json!({
        "iss": issuer, "aud": GUID, "sub": "u", "client_id": "c", "jti": "j", "iat": now - 10, "exp": now + 290,
    });
    sign(World::new().issuer.as_ref(), &with(good_header, header), &with(good, claims))
}

fn with(mut base: Value, changes: Value) -> String {
    let members = base.as_object_mut().expect("an object");
    for (name, value) in changes.as_object().expect("an object") {
        match value {
            Value::Null => members.remove(name),
            value => members.insert(name.clone(), value.clone()),
        };
    }
    base.to_string()
}

/// What the program prints for this token.
async fn said(options: &[&str], issuer: &str, resource: &str, token: &str) -> String {
    let environment = |name: &str| match name {
        "INTROSPECTION_CLIENT_ID" => Some("api".to_owned()),
        "INTROSPECTION_CLIENT_SECRET" => Some("s3cret".to_owned()),
        _ => None,
    };
    let words = ["--insecure-loopback"].iter().chain(options).chain([&issuer, &resource]).map(ToString::to_string);
    let args = args::parse(words, environment).unwrap_or_else(|problem| panic!("{problem}"));
    let checker = checker::Checker::new(args).unwrap_or_else(|problem| panic!("{problem}"));
    let (granted, text) = checker.check(token).await;
    assert_eq!(granted, text.starts_with("granted "), "{text}");
    text
}

#[tokio::test]
async fn audience_may_be_anything_that_issuers_write_there() {
    let (_server, own) = issuer(sound).await;
    for audience in [GUID, "api://default", "urn:api", "http://localhost:9/api"] {
        let token = token(&own, json!({}), json!({ "aud": audience }));
        assert_eq!(said(&[], &own, audience, &token).await, "granted u by bearer scopes ", "{audience}");
        let named =
            said(&["--audience", "other", "--audience", audience], &own, "http://localhost:9/api", &token).await;
        assert_eq!(named, "granted u by bearer scopes ", "{audience}");
    }
    let refused = said(&[], &own, "api://default", &token(&own, json!({}), json!({}))).await;
    let found = format!("found \"{GUID}\", not [\"api://default\"]");
    assert_eq!(refused, format!("refused 401 invalid_audience: the token is for another audience: {found}"));
}

#[tokio::test]
async fn refusal_names_what_was_found() {
    let (_server, own) = issuer(sound).await;
    for (header, claims, expected) in [
        (
            json!({"typ": "JWT"}),
            json!({}),
            "unexpected_typ: the token's typ is not that of the issuer's access tokens: found \"JWT\"",
        ),
        (json!({"typ": null}), json!({}), "unexpected_typ: the token has no typ"),
        (json!({}), json!({"aud": null}), "invalid_audience: the token names no audience"),
        (
            json!({}),
            json!({"aud": []}),
            "invalid_audience: the token's audience is empty or not a list of strings: found []",
        ),
    ] {
        let text = said(&[], &own, GUID, &token(&own, header, claims)).await;
        assert!(text.starts_with(&format!("refused 401 {expected}")), "{text}");
    }
    let foreign = said(&[], &own, GUID, &token("https://other.example.com", json!({}), json!({}))).await;
    assert!(foreign.ends_with(&format!(": found \"https://other.example.com\", not {own:?}")), "{foreign}");
    let encrypted = said(&[], &own, GUID, "e30..iv.text.tag").await;
    assert!(encrypted.starts_with("refused 401 encrypted: the token is encrypted"), "{encrypted}");
}

#[tokio::test]
async fn reason_behind_keys_unavailable_is_said() {
    let html: fn(&str, &str) -> _ = |_, _| Some(("200 OK", "<html>".to_owned()));
    let slash: fn(&str, &str) -> _ = |own, path| {
        let document = json!({"issuer": format!("{own}/"), "jwks_uri": format!("{own}/keys")}).to_string();
        path.contains("openid").then_some(("200 OK", document))
    };
    let unusable: fn(&str, &str) -> _ = |own, path| match path {
        "/keys" => Some(("200 OK", r#"{"keys":[]}"#.to_owned())),
        path => sound(own, path),
    };
    let nothing: fn(&str, &str) -> Option<(&'static str, String)> = |_, _| None;
    for (pages, code, url) in [
        (html, "metadata_malformed", "/.well-known/oauth-authorization-server"),
        (slash, "issuer_mismatch", "/.well-known/openid-configuration"),
        (unusable, "keys_unusable", "/keys"),
        (nothing, "metadata_not_found", "/.well-known/oauth-authorization-server"),
    ] {
        let (_server, own) = issuer(pages).await;
        let text = said(&[], &own, GUID, &token(&own, json!({}), json!({}))).await;
        let begin = format!("refused 503 keys_unavailable: the issuer's keys cannot be had now: {code}: ");
        assert!(text.starts_with(&begin) && text.contains(&format!("({own}{url})")), "{text}");
        let both = format!("it names \"{own}/\"; the issuer was said to be {own:?}");
        assert_eq!(text.ends_with(&both), code == "issuer_mismatch", "{text}");
    }
    // Where the metadata is no help, the keys can be named.
    let keys_only: fn(&str, &str) -> _ = |_, path| (path == "/keys").then(|| ("200 OK", keys()));
    let (_server, own) = issuer(keys_only).await;
    let jwks_uri = format!("{own}/keys");
    let text = said(&["--jwks-uri", &jwks_uri], &own, GUID, &token(&own, json!({}), json!({}))).await;
    assert_eq!(text, "granted u by bearer scopes ");
}

#[tokio::test]
async fn profiles_are_taken_by_name_and_changed() {
    let (_server, own) = issuer(sound).await;
    let entra = json!({"typ": "JWT"});
    let claims = json!({"client_id": null, "appid": "app", "uti": "x", "ver": "1.0", "tid": "t", "scp": "read"});
    let v1 = token(&own, entra, claims);
    assert_eq!(said(&["--profile", "entra_id_v1=t"], &own, GUID, &v1).await, "granted u by bearer scopes read");
    assert!(said(&["--profile", "entra_id_v1=other"], &own, GUID, &v1).await.starts_with("refused 401 pinned_claim"));
    let bare = token(&own, json!({"typ": null}), json!({"token_use": "access"}));
    let pinned = |value| ["--typ", "none", "--pin", value];
    assert_eq!(said(&pinned("token_use=access"), &own, GUID, &bare).await, "granted u by bearer scopes ");
    assert!(said(&pinned("token_use=id"), &own, GUID, &bare).await.starts_with("refused 401 pinned_claim"));
    let wrong = |words: &[&str]| args::parse(words.iter().map(ToString::to_string), |_| None).is_err();
    assert!(wrong(&["--profile", "nobody", "https://a.example", GUID]));
    assert!(wrong(&["--profile", "keycloak=x", "https://a.example", GUID]));
    assert!(wrong(&["--profile", "aws", "https://a.example", GUID]));
    assert!(wrong(&["--pin", "x", "https://a.example", GUID]));
    assert!(wrong(&["--introspect", "https://a.example/i", "https://a.example", GUID]), "without credentials");
    assert!(wrong(&["https://a.example"]));
    assert!(!wrong(&["--profile", "aws=1", "https://a.example", GUID]));
}

#[tokio::test]
async fn kind_and_the_subjects_name_are_taken_as_introspection_has_them() {
    let answers: fn(&str, &str) -> _ = |_, path| {
        let answer =
            json!({"active": true, "client_id": "c", "username": "alice", "exp": 9_000_000_000_u64, "aud": GUID});
        (path == "/introspect").then(|| ("200 OK", answer.to_string()))
    };
    let (_server, own) = issuer(answers).await;
    let url = format!("{own}/introspect");
    let options = ["--introspect", &url, "--subject-may-be-client", "--kind-may-be-unsaid", "--subject-in", "username"];
    for refused in [&options[..2], &options[..3], &options[..4]] {
        let text = said(refused, &own, GUID, "opaque").await;
        assert!(text.starts_with("refused 401 foreign_token_invalid"), "{text}");
    }
    assert_eq!(said(&options, &own, GUID, "opaque").await, "granted alice by bearer scopes ");
}

#[tokio::test]
async fn inner_name_of_a_failed_introspection_is_said() {
    let answers: fn(&str, &str) -> _ = |_, path| {
        let answer = json!({"active": true, "client_id": "c", "token_type": "Bearer", "exp": 9_000_000_000_u64});
        (path == "/introspect").then(|| ("200 OK", answer.to_string()))
    };
    let (_server, own) = issuer(answers).await;
    let url = format!("{own}/introspect");
    let options = ["--introspect", &url, "--audience-is-implied", "--subject-may-be-client"];
    let no_audience = said(&options[..2], &own, GUID, "opaque").await;
    assert!(no_audience.contains(": no_audience: "), "{no_audience}");
    let no_subject = said(&options[..3], &own, GUID, "opaque").await;
    assert!(no_subject.contains(": no_subject: "), "{no_subject}");
    assert_eq!(said(&options, &own, GUID, "opaque").await, "granted c by bearer scopes ");
    let nowhere = format!("{own}/nowhere");
    let gone = said(&["--introspect", &nowhere], &own, GUID, "opaque").await;
    assert!(gone.starts_with("refused 503 ") && gone.contains(": unexpected_status: "), "{gone}");
}
