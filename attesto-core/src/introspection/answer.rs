//! Reads the response of an introspection endpoint (RFC 7662 §2.2), one function per rule.

use super::endpoint::{IntrospectionEndpoint, JSON, SIGNED};
use super::error::IntrospectionError;
use super::signed;
use crate::encoding::json::{Object, Value};
use crate::http::{HttpFailure, IncomingResponse};
use crate::token::{ForeignClaims, NAMES_OF_USERS, OTHER_KINDS, TokenError};
use crate::{Timestamp, limits};
use alloc::borrow::Cow;
use alloc::string::String;
use serde_json::Map;

/// The issuer's answer about a token.
#[derive(Clone, Debug)]
#[expect(clippy::exhaustive_enums, reason = "yes or no")]
pub enum Introspected {
    /// The token is valid, with these claims. Dates, audience, scopes and binding must still be checked against the
    /// request: the resource server does so with every custom verifier's claims.
    Active(ForeignClaims),
    /// The token is not valid, or this resource server may not know about it.
    Inactive,
}

impl IntrospectionEndpoint {
    /// Checks the answer. RFC 7662 §2.2.
    ///
    /// # Errors
    /// Fails if it is not an answer, or the token cannot be accepted by it.
    pub fn judge(
        &self,
        response: Result<IncomingResponse, HttpFailure>,
        now: Timestamp,
    ) -> Result<Introspected, IntrospectionError> {
        judge(self, &response?, now)
    }
}

fn judge(
    endpoint: &IntrospectionEndpoint,
    response: &IncomingResponse,
    now: Timestamp,
) -> Result<Introspected, IntrospectionError> {
    if token_is_unknown(response) {
        return Ok(Introspected::Inactive);
    }
    status_is_success(response.status)?;
    if response.body.len() > limits::INTROSPECTION_RESPONSE {
        return Err(IntrospectionError::TooLarge);
    }
    match &endpoint.signed {
        None => {
            media_type_is(response, JSON)?;
            read(endpoint, &response.body)
        }
        Some(signed) => {
            media_type_is(response, SIGNED)?;
            let payload = signed::verify(signed, &response.body, now)?;
            let payload = Object::parse(&payload).map_err(|_| IntrospectionError::Malformed)?;
            match payload.get("token_introspection") {
                Some(Value::Object(answer)) => read(endpoint, answer.as_str().as_bytes()),
                _ => Err(IntrospectionError::Malformed),
            }
        }
    }
}

/// Whether an error response means that the token is unknown. Some products respond 400 or 401 where RFC 7662 §2.2
/// requires `active: false` with 200. `unsupported_token_type` (RFC 7009 §2.2.1) is about the token as well. Other
/// errors are about our own credentials: all of them at 401 (RFC 7662 §2.3), except the bare `Unauthorized` of the MCP
/// SDK's server for an expired token, and at 400 those of RFC 6749 §5.2 and §4.1.2.1. The result never admits a
/// request, so it need not be signed.
fn token_is_unknown(response: &IncomingResponse) -> bool {
    if !matches!(response.status, 400 | 401) || response.body.len() > limits::ERROR_RESPONSE {
        return false;
    }
    let Ok(answer) = Object::parse(response.body.trim_ascii()) else { return false };
    let is_inactive = matches!(answer.get("active"), Some(Value::Bool(false)));
    match answer.get("error") {
        None | Some(Value::Null) => is_inactive,
        Some(Value::String(error)) => match error.as_ref() {
            "unsupported_token_type" => true,
            "invalid_client" | "invalid_token" | "unauthorized_client" | "access_denied" => false,
            "Unauthorized" => is_inactive,
            _ => is_inactive && response.status == 400,
        },
        Some(Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_)) => false,
    }
}

/// Checks that the status is 200. RFC 7662 §2.3.
const fn status_is_success(status: u16) -> Result<(), IntrospectionError> {
    match status {
        200 => Ok(()),
        401 | 403 => Err(IntrospectionError::CredentialsRefused),
        429 | 500..=599 => Err(IntrospectionError::Busy),
        _ => Err(IntrospectionError::Status),
    }
}

/// Checks the media type, ignoring parameters. RFC 7662 §2.2, RFC 9701 §5.
fn media_type_is(response: &IncomingResponse, expected: &str) -> Result<(), IntrospectionError> {
    let essence = response.content_type.as_deref().unwrap_or_default().split(';').next().unwrap_or_default();
    if essence.trim_ascii().eq_ignore_ascii_case(expected) { Ok(()) } else { Err(IntrospectionError::ContentType) }
}

fn read(endpoint: &IntrospectionEndpoint, answer: &[u8]) -> Result<Introspected, IntrospectionError> {
    let object = Object::parse(answer.trim_ascii()).map_err(|_| IntrospectionError::Malformed)?;
    match object.get("active") {
        Some(Value::Bool(true)) => {}
        Some(Value::Bool(false)) => return Ok(Introspected::Inactive),
        // A response without a boolean `active` is no answer: neither against the token nor in its favour.
        _ => return Err(IntrospectionError::Malformed),
    }
    let cleaned = without_nulls(object);
    let object = match &cleaned {
        Some(answer) => Object::parse(answer.as_bytes()).map_err(|_| IntrospectionError::Malformed)?,
        None => object,
    };
    issuer_is_the_endpoints(endpoint, object)?;
    let kind = token_is_an_access_token(endpoint, object)?;
    nothing_tells_of_another_kind(endpoint, object, kind)?;
    dpop_token_has_confirmation(object)?;
    let claims = ForeignClaims::from_answer(&endpoint.profile, object).map_err(profile_error)?;
    audience_is_said(endpoint, &claims)?;
    let subject = subject_is_said(endpoint, object, &claims)?;
    lists_admit(endpoint, &subject, claims.client())?;
    Ok(Introspected::Active(claims.claim("sub", subject.into()).issuer(endpoint.issuer.as_str())))
}

/// Drops members that are `null`, which many products write for absent values; RFC 7662 §2.2 gives `null` no meaning.
/// Keeps `cnf`: there `null` is a binding that cannot be checked, and dropping it would let the token pass unbound.
/// `active` was checked before. `None` if there is nothing to drop.
fn without_nulls(answer: Object<'_>) -> Option<String> {
    let is_dropped = |name: &str| name != "cnf";
    let mut has_nulls = false;
    let _: Result<(), ()> = answer.members(|name, value| {
        has_nulls |= matches!(value, Value::Null) && is_dropped(name);
        Ok(())
    });
    if !has_nulls {
        return None;
    }
    let mut members: Map<String, serde_json::Value> = serde_json::from_str(answer.as_str()).ok()?;
    members.retain(|name, value| !value.is_null() || !is_dropped(name));
    serde_json::to_string(&members).ok()
}

/// Maps an error of the issuer's profile, which marks another kind of token. J13, A13.
fn profile_error(error: TokenError) -> IntrospectionError {
    if error == TokenError::PinnedClaim {
        IntrospectionError::PinnedClaim
    } else if error == TokenError::UnsupportedConfirmation {
        IntrospectionError::NoConfirmation
    } else {
        IntrospectionError::NotAnAccessToken
    }
}

/// Returns the subject: the first of the endpoint's members that is present. If the endpoint allows it and no member
/// names a user, the client is the subject. With a user named, all users of a client would become one subject.
/// RFC 7662 §2.2; A7.
fn subject_is_said(
    endpoint: &IntrospectionEndpoint,
    answer: Object<'_>,
    claims: &ForeignClaims,
) -> Result<String, IntrospectionError> {
    // An empty string is not a name.
    let said = |name: &str| answer.get(name).filter(|value| !matches!(value, Value::String(text) if text.is_empty()));
    let subject_may_be_client = endpoint.subject_may_be_client || endpoint.profile.subject_may_be_client;
    match endpoint.subject.iter().find_map(|name| said(name)) {
        Some(value) => value.into_string().map(Cow::into_owned).ok_or(IntrospectionError::NoSubject),
        None if subject_may_be_client && !names_a_user(said) => {
            claims.client().filter(|client| !client.is_empty()).map(String::from).ok_or(IntrospectionError::NoSubject)
        }
        None => Err(IntrospectionError::NoSubject),
    }
}

/// Checks that subject and client are in the endpoint's lists, if there are any. A17.
fn lists_admit(
    endpoint: &IntrospectionEndpoint,
    subject: &str,
    client: Option<&str>,
) -> Result<(), IntrospectionError> {
    let allowed = |list: Option<&[String]>, value: Option<&str>| {
        list.is_none_or(|list| list.iter().any(|entry| value == Some(entry.as_str())))
    };
    if !allowed(endpoint.subjects.as_deref(), Some(subject)) {
        return Err(IntrospectionError::SubjectNotAllowed);
    }
    if !allowed(endpoint.clients.as_deref(), client) {
        return Err(IntrospectionError::ClientNotAllowed);
    }
    Ok(())
}

/// Whether a member shows that the token is not the client's own. RFC 7662 §2.2 has `username`; A7.
fn names_a_user<'o>(said: impl Fn(&str) -> Option<Value<'o>>) -> bool {
    said("sub").is_some() || NAMES_OF_USERS.iter().any(|name| said(name).is_some())
}

/// Checks that the issuer, if the answer names one, is the endpoint's.
fn issuer_is_the_endpoints(endpoint: &IntrospectionEndpoint, answer: Object<'_>) -> Result<(), IntrospectionError> {
    match answer.get("iss") {
        None => Ok(()),
        Some(Value::String(issuer)) if issuer == endpoint.issuer => Ok(()),
        Some(_) => Err(IntrospectionError::WrongIssuer),
    }
}

/// Checks that the audience is present, in `aud` or where the profile finds it. The resource server checks its value.
/// RFC 8707 §2.
fn audience_is_said(endpoint: &IntrospectionEndpoint, claims: &ForeignClaims) -> Result<(), IntrospectionError> {
    if endpoint.audience_is_implied || claims.names_an_audience() {
        Ok(())
    } else {
        Err(IntrospectionError::NoAudience)
    }
}

/// Whether an answer names the kind of its token.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Access,
    /// It names none, or one that also fits ID tokens: a JWT, or, by RFC 8693 §2.2.1, a token that may not be an access
    /// token.
    Open,
}

/// Checks that the token is an access token. Endpoints also answer for refresh tokens, and some for ID tokens;
/// `token_type_hint` is only a hint. One of three members names the kind: the RFC's `token_type` (RFC 6749 §7.1,
/// RFC 8693 §2.2.1), Ory's `token_use`, or Keycloak's `typ`. Several products omit all of them for refresh tokens. A13.
fn token_is_an_access_token(endpoint: &IntrospectionEndpoint, answer: Object<'_>) -> Result<Kind, IntrospectionError> {
    let says = |member: &str| match answer.get(member) {
        None => Ok(None),
        Some(Value::String(kind)) => Ok(Some(kind.to_ascii_lowercase())),
        Some(_) => Err(IntrospectionError::Malformed),
    };
    let [token_type, token_use, typ] = [says("token_type")?, says("token_use")?, says("typ")?];
    if token_type.is_none() && token_use.is_none() && typ.is_none() && !endpoint.kind_may_be_unsaid {
        return Err(IntrospectionError::KindUnsaid);
    }
    let tells = |kind: &Option<String>| kind.as_deref().is_some_and(|kind| !matches!(kind, "jwt" | "n_a"));
    let kind = if [&token_type, &token_use, &typ].into_iter().any(tells) { Kind::Access } else { Kind::Open };
    let is_one_of = |kind: Option<String>, accepted: &[&str]| kind.is_none_or(|kind| accepted.contains(&kind.as_str()));
    let right = is_one_of(token_type, &["bearer", "dpop", "n_a", "access_token"])
        && is_one_of(token_use, &["access_token", "access"])
        && is_one_of(typ, &["bearer", "dpop", "access", "access_token", "at+jwt", "application/at+jwt", "jwt"]);
    if right { Ok(kind) } else { Err(IntrospectionError::NotAnAccessToken) }
}

/// Refuses members that ID and logout tokens have and access tokens do not, except those that the profile allows. Some
/// issuers' access tokens have the `nonce` of their login: it marks an ID token only if no member names the kind.
/// RFC 8725 §3.12; A13.
fn nothing_tells_of_another_kind(
    endpoint: &IntrospectionEndpoint,
    answer: Object<'_>,
    kind: Kind,
) -> Result<(), IntrospectionError> {
    answer.members(|name, _| {
        let tells = OTHER_KINDS.contains(&name) && !(name == "nonce" && kind == Kind::Access);
        if tells && !endpoint.profile.may_hold(name) { Err(IntrospectionError::NotAnAccessToken) } else { Ok(()) }
    })
}

/// Checks that a DPoP-bound token names its key, since it would otherwise pass as unbound. RFC 9449 §6.2.
fn dpop_token_has_confirmation(answer: Object<'_>) -> Result<(), IntrospectionError> {
    let is_dpop =
        |member: &str| matches!(answer.get(member), Some(Value::String(kind)) if kind.eq_ignore_ascii_case("dpop"));
    if (is_dpop("token_type") || is_dpop("typ")) && answer.get("cnf").is_none() {
        return Err(IntrospectionError::NoConfirmation);
    }
    Ok(())
}
