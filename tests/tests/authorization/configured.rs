//! Configurations that are refused, each wrong in one member (CF-1, CF-2).

use crate::scene::builder;
use attesto_core::authorization::{AuthMethod, AuthorizationServerBuilder, GrantType};
use std::time::Duration;

/// The member that is wrong; `None` where nothing is.
fn wrong(configure: impl FnOnce(AuthorizationServerBuilder) -> AuthorizationServerBuilder) -> Option<&'static str> {
    configure(builder(true)).build().err().map(|error| error.member())
}

#[test]
fn cf1_a_code_lives_for_ten_minutes_at_most() {
    for (seconds, expected) in [(0, Some("code_lifetime")), (1, None), (600, None), (601, Some("code_lifetime"))] {
        assert_eq!(
            wrong(|builder| builder.code_lifetime(Duration::from_secs(seconds))),
            expected,
            "{seconds}: RFC 6749 §4.1.2"
        );
    }
}

#[test]
fn cf1_an_id_token_lives_for_an_hour_at_most() {
    for (seconds, expected) in
        [(0, Some("id_token_lifetime")), (1, None), (3600, None), (3601, Some("id_token_lifetime"))]
    {
        assert_eq!(wrong(|builder| builder.id_token_lifetime(Duration::from_secs(seconds))), expected, "{seconds}");
    }
}

#[test]
fn cf1_az21_the_audience_is_an_absolute_uri_and_https_where_it_is_a_url() {
    let others = ["urn:", ":a", "urn:a#b", "urn:a b", "HTTP://api.example", "https:a"];
    for bad in ["api", "http://api.example", "https://api.example/#f", "https://", "https://api.example/a b"]
        .into_iter()
        .chain(others)
    {
        assert_eq!(wrong(|builder| builder.audience(bad)), Some("audience"), "{bad}");
    }
    for good in ["https://api.example", "https://api.example/v1?tenant=a", "urn:example:api", "api://default"] {
        assert_eq!(wrong(|builder| builder.audience(good)), None, "{good}");
    }
}

#[test]
fn cf1_a_realm_can_stand_between_quotes() {
    for bad in ["a\"b", "a\\b", "a\r\nset-cookie: x", "a\tb", "b\u{fc}cher", "\u{7f}"] {
        assert_eq!(wrong(|builder| builder.realm(bad)), Some("realm"), "{bad:?}");
    }
    assert_eq!(wrong(|builder| builder.realm("Example, Inc. [staging] ~ #1!")), None);
}

#[test]
fn cf1_advertised_scopes_are_scopes_and_each_is_there_once() {
    for bad in [["read", "read"], ["read", "a b"], ["read", ""], ["read", "a\"b"], ["read", "b\u{fc}cher"]] {
        assert_eq!(wrong(|builder| builder.scopes_supported(bad)), Some("scopes_supported"), "{bad:?}");
    }
    assert_eq!(wrong(|builder| builder.scopes_supported(["read", "READ", "files:write"])), None);
}

#[test]
fn cf1_cf2_there_is_a_grant() {
    assert_eq!(wrong(|builder| builder.grants([])), Some("grants"));
    for grant in [GrantType::AuthorizationCode, GrantType::ClientCredentials] {
        assert_eq!(wrong(|builder| builder.grants([grant])), None, "{grant:?}");
    }
}

#[test]
fn cf1_cf2_refresh_tokens_come_of_codes() {
    use GrantType::{AuthorizationCode, ClientCredentials, RefreshToken};
    assert_eq!(wrong(|builder| builder.grants([RefreshToken])), Some("grants"));
    assert_eq!(wrong(|builder| builder.grants([RefreshToken, ClientCredentials])), Some("grants"));
    assert_eq!(wrong(|builder| builder.grants([RefreshToken, AuthorizationCode])), None);
}

#[test]
fn cf1_cf2_there_is_an_authentication_method() {
    assert_eq!(wrong(|builder| builder.auth_methods([])), Some("auth_methods"));
    assert_eq!(wrong(|builder| builder.auth_methods([AuthMethod::ClientSecretPost])), None);
}

#[test]
fn cf1_cf2_clients_prove_who_they_are_before_they_get_tokens_for_themselves() {
    let only_public =
        |grants: &[GrantType]| wrong(|builder| builder.grants(grants.iter().copied()).auth_methods([AuthMethod::None]));
    assert_eq!(only_public(&[GrantType::AuthorizationCode, GrantType::ClientCredentials]), Some("auth_methods"));
    assert_eq!(only_public(&[GrantType::ClientCredentials]), Some("auth_methods"));
    assert_eq!(only_public(&[GrantType::AuthorizationCode]), None);
    let both = [AuthMethod::None, AuthMethod::ClientSecretBasic];
    assert_eq!(wrong(|builder| builder.auth_methods(both)), None, "one of them proves it");
}

#[test]
fn cf1_az8_a_listed_scheme_is_an_applications_own() {
    for bad in ["javascript", "https", "mailto", "intent", "cursor:", "Cursor", ""] {
        assert_eq!(wrong(|builder| builder.private_use_schemes([bad])), Some("private_use_schemes"), "{bad:?}");
    }
    assert_eq!(wrong(|builder| builder.private_use_schemes(["cursor", "vscode"])), None);
}

#[test]
fn cf1_the_switch_for_loopback_is_refused_on_another_host() {
    assert_eq!(wrong(AuthorizationServerBuilder::danger_insecure_loopback), Some("danger_insecure_loopback"));
}
