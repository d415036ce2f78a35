//! Kinds of servers: what they are by default, and what they cannot be made (CF-6).

use crate::scene::{builder, provider};
use attesto_core::ConfigError;
use attesto_core::authorization::{
    AuthMethod, AuthorizationServer, AuthorizationServerBuilder, GraceSecret, GrantType, Profile, RefreshPolicy,
};
use attesto_core::token::KeyRing;
use attesto_tests::{counter, ed25519};
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;

fn plain() -> AuthorizationServerBuilder {
    let ring = Arc::new(KeyRing::new(provider().as_ref(), ed25519(1).into()).expect("a ring"));
    AuthorizationServer::builder("https://as.example", provider(), ring).audience("https://api.example")
}

fn grace() -> RefreshPolicy {
    RefreshPolicy::new().grace(Duration::from_secs(10), GraceSecret::new([9; 32])).expect("a short window")
}

fn mcp() -> AuthorizationServerBuilder {
    plain().profile(Profile::Mcp).refresh(grace())
}

/// What the metadata says.
fn member(server: &AuthorizationServer, name: &str) -> Value {
    use attesto_core::authorization::Step;
    use attesto_core::http::RequestParts;
    let headers: &[(&str, &[u8])] = &[("host", b"as.example")];
    let request = RequestParts::new("GET", "/.well-known/oauth-authorization-server", &headers);
    let now = attesto_core::Timestamp::from_secs(crate::scene::NOW);
    let Some(Step::Done(document)) = server.serve(&request, now, counter(1)) else { panic!("a document") };
    serde_json::from_slice::<Value>(&document.body).expect("JSON")[name].clone()
}

#[test]
fn cf6_a_profile_says_what_holds_where_nothing_is_configured() {
    let methods = "token_endpoint_auth_methods_supported";
    let generic = plain().build().expect("sound");
    let same = plain().profile(Profile::Generic).build().expect("sound");
    let four = json!(["none", "client_secret_basic", "client_secret_post", "private_key_jwt"]);
    for server in [generic, same] {
        assert_eq!(member(&server, methods), four);
        assert_eq!(member(&server, "grant_types_supported"), json!(["authorization_code", "refresh_token"]));
    }
    let server = mcp().build().expect("sound");
    assert_eq!(member(&server, methods), four);
    assert_eq!(member(&server, "grant_types_supported"), json!(["authorization_code", "refresh_token"]));
    // MCP clients refuse a server without these.
    assert_eq!(member(&server, "code_challenge_methods_supported"), json!(["S256"]));
    assert_eq!(member(&server, "authorization_response_iss_parameter_supported"), true);
    assert_eq!((Profile::default().name(), Profile::Mcp.name()), ("generic", "mcp"));
}

#[test]
fn cf6_settings_count_in_any_order_unless_they_weaken_the_profile() {
    let methods = [AuthMethod::None, AuthMethod::PrivateKeyJwt];
    let before = plain().auth_methods(methods).refresh(grace()).profile(Profile::Mcp).build().expect("sound");
    let after = mcp().auth_methods(methods).build().expect("sound");
    for server in [before, after] {
        assert_eq!(member(&server, "token_endpoint_auth_methods_supported"), json!(["none", "private_key_jwt"]));
    }
    // Without refresh tokens there is no rotation that could lose one.
    assert!(plain().profile(Profile::Mcp).grants([GrantType::AuthorizationCode]).build().is_ok());
    // The last word counts.
    assert!(plain().profile(Profile::Mcp).profile(Profile::Generic).build().is_ok());
}

#[test]
fn cf6_less_than_the_profile_is_refused_with_the_member_and_the_fix() {
    let cases = [
        (plain().profile(Profile::Mcp), "refresh", "grace"),
        (mcp().refresh(RefreshPolicy::new()), "refresh", "grace"),
        (mcp().grants([GrantType::ClientCredentials]), "grants", "authorization_code"),
        (mcp().grants([]), "grants", "authorization_code"),
    ];
    for (builder, expected, fix) in cases {
        let error: ConfigError = builder.build().expect_err(fix);
        let text = error.to_string();
        assert_eq!(error.member(), expected, "{text}");
        assert!(text.contains(fix) && text.contains("profile mcp") && text.contains("add it"), "{text}");
    }
    // The same under the generic profile is sound.
    assert!(plain().grants([GrantType::ClientCredentials]).build().is_ok());
    assert!(plain().auth_methods([AuthMethod::ClientSecretBasic]).build().is_ok());
    assert!(builder(false).build().is_ok());
}

#[test]
fn cf6_mcp_refuses_what_its_clients_cannot_do_and_takes_those_with_secrets() {
    let tied = grace().only_with_offline_access();
    for (builder, member) in [
        (mcp().require_pushed_authorization_requests(), "require_pushed_authorization_requests"),
        (mcp().refresh(tied.clone()), "refresh"),
    ] {
        assert_eq!(builder.build().expect_err(member).member(), member);
    }
    // Where there are no refresh tokens, nothing is tied to anything.
    assert!(mcp().refresh(tied).grants([GrantType::AuthorizationCode]).build().is_ok());
    assert!(plain().require_pushed_authorization_requests().build().is_ok());
    let methods = json!(["none", "client_secret_basic", "client_secret_post", "private_key_jwt"]);
    assert_eq!(member(&mcp().build().expect("sound"), "token_endpoint_auth_methods_supported"), methods);
    assert!(mcp().auth_methods([AuthMethod::ClientSecretPost]).build().is_ok());
}
