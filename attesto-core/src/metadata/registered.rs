//! The optional members of authorization-server metadata that a host may set, and the type of each: the IANA registry
//! "OAuth Authorization Server Metadata", and members that OpenID Connect and MCP clients read.

use super::document::{MemberValue, alg_is_named, items_are_distinct, signed_metadata_is_signed, word_is_printable};
use crate::ConfigError;
use crate::http::{PlainHttp, WebUrl};
use crate::scope::is_scope_token;
use alloc::format;
use alloc::string::String;

/// The type of a member.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Kind {
    /// Signature algorithms; never `none`.
    Algs,
    /// `true` or `false`.
    Flag,
    /// A signed JWT.
    Jwt,
    /// Scope-tokens.
    Scopes,
    /// An absolute https URL.
    Url,
    /// An object of URLs.
    Urls,
    /// Words without spaces.
    Words,
}

/// Name and kind, in alphabetical order. Members with their own setters are not listed.
const REGISTERED: &[(&str, Kind)] = &[
    ("acr_values_supported", Kind::Words),
    ("authorization_details_types_supported", Kind::Words),
    ("authorization_encryption_alg_values_supported", Kind::Words),
    ("authorization_encryption_enc_values_supported", Kind::Words),
    ("authorization_response_iss_parameter_supported", Kind::Flag),
    ("authorization_signing_alg_values_supported", Kind::Algs),
    ("backchannel_authentication_endpoint", Kind::Url),
    ("backchannel_authentication_request_signing_alg_values_supported", Kind::Algs),
    ("backchannel_logout_session_supported", Kind::Flag),
    ("backchannel_logout_supported", Kind::Flag),
    ("backchannel_token_delivery_modes_supported", Kind::Words),
    ("backchannel_user_code_parameter_supported", Kind::Flag),
    ("check_session_iframe", Kind::Url),
    ("claim_types_supported", Kind::Words),
    ("claims_locales_supported", Kind::Words),
    ("claims_parameter_supported", Kind::Flag),
    ("claims_supported", Kind::Words),
    ("client_id_metadata_document_supported", Kind::Flag),
    ("device_authorization_endpoint", Kind::Url),
    ("display_values_supported", Kind::Words),
    ("end_session_endpoint", Kind::Url),
    ("frontchannel_logout_session_supported", Kind::Flag),
    ("frontchannel_logout_supported", Kind::Flag),
    ("id_token_encryption_alg_values_supported", Kind::Words),
    ("id_token_encryption_enc_values_supported", Kind::Words),
    ("id_token_signing_alg_values_supported", Kind::Algs),
    ("introspection_encryption_alg_values_supported", Kind::Words),
    ("introspection_encryption_enc_values_supported", Kind::Words),
    ("introspection_endpoint", Kind::Url),
    ("introspection_endpoint_auth_methods_supported", Kind::Words),
    ("introspection_endpoint_auth_signing_alg_values_supported", Kind::Algs),
    ("introspection_signing_alg_values_supported", Kind::Algs),
    ("mtls_endpoint_aliases", Kind::Urls),
    ("op_policy_uri", Kind::Url),
    ("op_tos_uri", Kind::Url),
    ("prompt_values_supported", Kind::Words),
    ("pushed_authorization_request_endpoint", Kind::Url),
    ("registration_endpoint", Kind::Url),
    ("request_object_encryption_alg_values_supported", Kind::Words),
    ("request_object_encryption_enc_values_supported", Kind::Words),
    ("request_object_signing_alg_values_supported", Kind::Algs),
    ("request_parameter_supported", Kind::Flag),
    ("request_uri_parameter_supported", Kind::Flag),
    ("require_pushed_authorization_requests", Kind::Flag),
    ("require_request_uri_registration", Kind::Flag),
    ("require_signed_request_object", Kind::Flag),
    ("response_modes_supported", Kind::Words),
    ("revocation_endpoint", Kind::Url),
    ("revocation_endpoint_auth_methods_supported", Kind::Words),
    ("revocation_endpoint_auth_signing_alg_values_supported", Kind::Algs),
    ("scopes_supported", Kind::Scopes),
    ("service_documentation", Kind::Url),
    ("signed_metadata", Kind::Jwt),
    ("subject_types_supported", Kind::Words),
    ("tls_client_certificate_bound_access_tokens", Kind::Flag),
    ("token_endpoint_auth_methods_supported", Kind::Words),
    ("token_endpoint_auth_signing_alg_values_supported", Kind::Algs),
    ("ui_locales_supported", Kind::Words),
    ("userinfo_encryption_alg_values_supported", Kind::Words),
    ("userinfo_encryption_enc_values_supported", Kind::Words),
    ("userinfo_endpoint", Kind::Url),
    ("userinfo_signing_alg_values_supported", Kind::Algs),
];

/// Checks a member's name and value, and returns the registered spelling of the name.
pub(super) fn member_is_registered(
    name: &str,
    value: &MemberValue,
    plain_http: PlainHttp,
) -> Result<&'static str, ConfigError> {
    let Some(&(name, kind)) = REGISTERED.iter().find(|(registered, _)| *registered == name) else {
        let problem = format!("{name:?} is not a registered member, or has a setter of its own; check the spelling");
        return Err(ConfigError::new("member", problem));
    };
    match (kind, value) {
        (Kind::Flag, MemberValue::Flag(_)) => {}
        (Kind::Jwt, MemberValue::Text(jwt)) => signed_metadata_is_signed(jwt)?,
        (Kind::Url, MemberValue::Text(url)) => {
            WebUrl::parse(name, url, plain_http)?;
        }
        (Kind::Urls, MemberValue::Map(map)) => {
            for (endpoint, url) in map {
                word_is_printable(name, endpoint)?;
                WebUrl::parse(name, url, plain_http)?;
            }
        }
        (Kind::Algs, MemberValue::List(list)) => items_are_valid(name, list, alg_is_named)?,
        (Kind::Scopes, MemberValue::List(list)) => items_are_valid(name, list, scope_is_token)?,
        (Kind::Words, MemberValue::List(list)) => items_are_valid(name, list, word_is_printable)?,
        (kind, _) => return Err(ConfigError::new(name, format!("holds {}", kind.expectation()))),
    }
    Ok(name)
}

/// The members unrelated to the endpoints of an [`AuthorizationServer`](crate::authorization::AuthorizationServer):
/// they describe the host's own endpoints and pages. In alphabetical order.
#[cfg(feature = "std")]
const OF_THE_HOST: &[&str] = &[
    "acr_values_supported",
    "backchannel_authentication_endpoint",
    "backchannel_authentication_request_signing_alg_values_supported",
    "backchannel_logout_session_supported",
    "backchannel_logout_supported",
    "backchannel_token_delivery_modes_supported",
    "backchannel_user_code_parameter_supported",
    "check_session_iframe",
    "claim_types_supported",
    "claims_locales_supported",
    "claims_supported",
    "device_authorization_endpoint",
    "display_values_supported",
    "end_session_endpoint",
    "frontchannel_logout_session_supported",
    "frontchannel_logout_supported",
    "mtls_endpoint_aliases",
    "op_policy_uri",
    "op_tos_uri",
    "registration_endpoint",
    "service_documentation",
    "ui_locales_supported",
    "userinfo_encryption_alg_values_supported",
    "userinfo_encryption_enc_values_supported",
    "userinfo_endpoint",
    "userinfo_signing_alg_values_supported",
];

/// Checks that the host of an authorization server may set this member. Members of the protocol follow from the
/// configuration. MD-4.
#[cfg(feature = "std")]
pub(crate) fn member_is_the_hosts(name: &str) -> Result<(), ConfigError> {
    if OF_THE_HOST.contains(&name) {
        return Ok(());
    }
    let problem = format!(
        "{name:?} is a member that follows from the server's configuration, or none of the registry; \
         only what the host does beside this server may be added"
    );
    Err(ConfigError::new("metadata_member", problem))
}

/// Checks that every item is valid and none occurs twice.
fn items_are_valid(
    name: &'static str,
    list: &[String],
    is_valid: fn(&'static str, &str) -> Result<(), ConfigError>,
) -> Result<(), ConfigError> {
    items_are_distinct(name, list)?;
    list.iter().try_for_each(|item| is_valid(name, item))
}

fn scope_is_token(name: &'static str, scope: &str) -> Result<(), ConfigError> {
    if is_scope_token(scope) {
        return Ok(());
    }
    Err(ConfigError::new(name, format!("{scope:?} is not a scope-token")))
}

impl Kind {
    const fn expectation(self) -> &'static str {
        match self {
            Self::Algs => "an array of signature algorithms",
            Self::Flag => "true or false",
            Self::Jwt => "a signed JWT",
            Self::Scopes => "an array of scopes",
            Self::Url => "an absolute https URL",
            Self::Urls => "an object of absolute https URLs",
            Self::Words => "an array of words",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(name: &str, value: impl Into<MemberValue>) -> Result<&'static str, ConfigError> {
        member_is_registered(name, &value.into(), PlainHttp::Refused)
    }

    #[test]
    fn p10_table_is_sorted_and_without_repetition() {
        assert!(REGISTERED.is_sorted_by(|a, b| a.0 < b.0));
        assert!(OF_THE_HOST.is_sorted_by(|a, b| a < b));
        assert!(OF_THE_HOST.iter().all(|name| REGISTERED.iter().any(|(registered, _)| registered == name)));
    }

    #[test]
    fn p10_unknown_names_are_refused() {
        for name in ["", "Scopes_supported", "scope_supported", "issuer", "token_endpoint", "x_custom"] {
            assert_eq!(check(name, true).unwrap_err().member(), "member", "{name}");
        }
    }

    #[test]
    fn p10_values_are_of_the_members_kind() {
        assert!(check("request_parameter_supported", false).is_ok());
        assert!(check("request_parameter_supported", "false").is_err());
        assert!(check("revocation_endpoint", "https://h/revoke").is_ok());
        assert!(check("revocation_endpoint", "http://h/revoke").is_err());
        assert!(check("revocation_endpoint", "/revoke").is_err());
        assert!(check("revocation_endpoint", ["https://h/revoke"]).is_err());
        assert!(check("token_endpoint_auth_methods_supported", ["none", "private_key_jwt"]).is_ok());
        assert!(check("token_endpoint_auth_methods_supported", ["a b"]).is_err());
        assert!(check("token_endpoint_auth_methods_supported", ["none", "none"]).is_err());
        assert!(check("token_endpoint_auth_signing_alg_values_supported", ["ES256"]).is_ok());
        assert!(check("token_endpoint_auth_signing_alg_values_supported", ["none"]).is_err());
        assert!(check("scopes_supported", ["a", "b"]).is_ok());
        assert!(check("scopes_supported", ["a\""]).is_err());
        assert!(check("signed_metadata", "eyJhbGciOiJFUzI1NiJ9.e30.c2ln").is_ok());
        assert!(check("signed_metadata", "eyJhbGciOiJub25lIn0.e30.").is_err());
        let aliases = |url: &str| MemberValue::Map([("token_endpoint".into(), url.into())].into());
        assert!(check("mtls_endpoint_aliases", aliases("https://mtls.h/token")).is_ok());
        assert!(check("mtls_endpoint_aliases", aliases("http://mtls.h/token")).is_err());
    }
}
