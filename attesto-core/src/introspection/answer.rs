//! What comes back (RFC 7662 §2.2), one function per rule.

use super::endpoint::IntrospectionEndpoint;
use super::error::IntrospectionError;
use super::signed;
use crate::encoding::json::{Object, Value};
use crate::host::IncomingResponse;
use crate::token::ForeignClaims;
use crate::{Timestamp, limits};
use alloc::string::String;

pub(super) const JSON: &str = "application/json";
pub(super) const SIGNED: &str = "application/token-introspection+jwt";

/// What the issuer says about a token.
#[derive(Clone, Debug)]
#[expect(clippy::exhaustive_enums, reason = "yes or no")]
pub enum Introspected {
    /// It is valid, and says this. Dates, audience, scopes and binding are still to be held against the request: the resource server
    /// does that with every custom verifier's claims.
    Active(ForeignClaims),
    /// It is not valid, or not for us to know about.
    Inactive,
}

pub(super) fn judge(
    endpoint: &IntrospectionEndpoint,
    response: &IncomingResponse,
    now: Timestamp,
) -> Result<Introspected, IntrospectionError> {
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

/// RFC 7662 §2.3.
const fn status_is_success(status: u16) -> Result<(), IntrospectionError> {
    match status {
        200 => Ok(()),
        401 | 403 => Err(IntrospectionError::CredentialsRefused),
        429 | 500..=599 => Err(IntrospectionError::Busy),
        _ => Err(IntrospectionError::Status),
    }
}

/// RFC 7662 §2.2, RFC 9701 §5. Parameters do not matter.
fn media_type_is(response: &IncomingResponse, expected: &str) -> Result<(), IntrospectionError> {
    let essence = response.content_type.as_deref().unwrap_or_default().split(';').next().unwrap_or_default();
    if essence.trim_ascii().eq_ignore_ascii_case(expected) { Ok(()) } else { Err(IntrospectionError::ContentType) }
}

fn read(endpoint: &IntrospectionEndpoint, answer: &[u8]) -> Result<Introspected, IntrospectionError> {
    let object = Object::parse(answer.trim_ascii()).map_err(|_| IntrospectionError::Malformed)?;
    match object.get("active") {
        Some(Value::Bool(true)) => {}
        Some(Value::Bool(false)) => return Ok(Introspected::Inactive),
        // An answer that does not say it is no answer: neither the token's fault nor in its favour.
        _ => return Err(IntrospectionError::Malformed),
    }
    issuer_is_the_endpoints(endpoint, object)?;
    audience_is_said(endpoint, object)?;
    token_is_an_access_token(object)?;
    dpop_token_has_confirmation(object)?;
    let mut claims = ForeignClaims::of_object(answer).ok_or(IntrospectionError::Malformed)?;
    if object.get("sub").is_none() {
        let client = object.get("client_id").and_then(Value::into_string).filter(|_| endpoint.subject_may_be_client);
        claims = claims.claim("sub", client.ok_or(IntrospectionError::NoSubject)?.into_owned().into());
    }
    Ok(Introspected::Active(claims.issuer(endpoint.issuer.as_str())))
}

/// Where the answer names the issuer, it is the one whose endpoint this is.
fn issuer_is_the_endpoints(endpoint: &IntrospectionEndpoint, answer: Object<'_>) -> Result<(), IntrospectionError> {
    match answer.get("iss") {
        None => Ok(()),
        Some(Value::String(issuer)) if issuer == endpoint.issuer => Ok(()),
        Some(_) => Err(IntrospectionError::WrongIssuer),
    }
}

/// Whether the audience is right, the resource server decides; here it must be said. RFC 8707 §2.
fn audience_is_said(endpoint: &IntrospectionEndpoint, answer: Object<'_>) -> Result<(), IntrospectionError> {
    if endpoint.audience_is_implied || answer.get("aud").is_some() {
        Ok(())
    } else {
        Err(IntrospectionError::NoAudience)
    }
}

/// Endpoints answer for refresh tokens too, and some for ID tokens; `token_type_hint` only hints. What kind it is, they say in one of
/// three members: the RFC's `token_type` (RFC 6749 §7.1, RFC 8693 §2.2.1), Ory's `token_use`, Keycloak's `typ`. A13.
fn token_is_an_access_token(answer: Object<'_>) -> Result<(), IntrospectionError> {
    let says = |member: &str| match answer.get(member) {
        None => Ok(None),
        Some(Value::String(kind)) => Ok(Some(kind.to_ascii_lowercase())),
        Some(_) => Err(IntrospectionError::Malformed),
    };
    let is_one_of = |kind: Option<String>, accepted: &[&str]| kind.is_none_or(|kind| accepted.contains(&kind.as_str()));
    let right = is_one_of(says("token_type")?, &["bearer", "dpop", "n_a", "access_token"])
        && is_one_of(says("token_use")?, &["access_token", "access"])
        && is_one_of(
            says("typ")?,
            &["bearer", "dpop", "access", "access_token", "at+jwt", "application/at+jwt", "jwt"],
        );
    if right { Ok(()) } else { Err(IntrospectionError::NotAnAccessToken) }
}

/// A DPoP-bound token says to which key, or it would pass as an unbound one. RFC 9449 §6.2.
fn dpop_token_has_confirmation(answer: Object<'_>) -> Result<(), IntrospectionError> {
    let is_dpop =
        |member: &str| matches!(answer.get(member), Some(Value::String(kind)) if kind.eq_ignore_ascii_case("dpop"));
    if (is_dpop("token_type") || is_dpop("typ")) && answer.get("cnf").is_none() {
        return Err(IntrospectionError::NoConfirmation);
    }
    Ok(())
}
