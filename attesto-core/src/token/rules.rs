//! The rules for claims, one function each (A1 to A13), in the order of [`check`].

use super::claims::number;
use super::issuer::TrustedIssuer;
use super::raw::RawClaims;
use super::scope_claim::scope_is_well_formed;
use super::{Confirmation, TokenError, TokenRules};
use crate::Timestamp;
use crate::encoding::json::{Number, Value};
use crate::limits;

/// Applies every rule for the claims of a JWT access token whose signature has verified. Issuer, audience and time come
/// before shapes.
pub(super) fn check(
    claims: &RawClaims<'_>,
    issuer: &TrustedIssuer,
    rules: &TokenRules,
    now: Timestamp,
) -> Result<(), TokenError> {
    Confirmation::read(claims.cnf.as_ref())?; //             A11
    iss_is_issuer(claims, issuer)?; //                       A1
    aud_names_resource(claims, rules)?; //                   A2, A3
    token_is_unexpired(claims, rules, now)?; //              A4
    nbf_has_come(claims, rules, now)?; //                    A5
    sub_is_present(claims)?; //                              A7
    client_id_is_present(claims)?; //                        A8
    if claims.jti.is_some() || !issuer.profile.jti_is_optional() {
        jti_is_present(claims)?; //                          A9
    }
    scope_is_well_formed(claims.scope.as_ref())?; //         A10
    issuer.profile.purpose_is_access(claims.purpose.as_ref(), claims.cnf.as_ref())?; // A13
    if claims.iat.is_some() || !issuer.profile.iat_may_be_absent() {
        iat_is_past(claims, rules, now)?; //                 A6
    }
    Ok(())
}

/// Applies the rules to a custom verifier's claims. The verifier is responsible for the claims it leaves out.
pub(super) fn check_foreign(claims: &RawClaims<'_>, rules: &TokenRules, now: Timestamp) -> Result<(), TokenError> {
    Confirmation::read(claims.cnf.as_ref())?;
    if claims.aud.is_some() {
        aud_names_resource(claims, rules)?;
    }
    if claims.exp.is_some() {
        token_is_unexpired(claims, rules, now)?;
    }
    nbf_has_come(claims, rules, now)?;
    sub_is_present(claims)?;
    if claims.client_id.is_some() {
        client_id_is_present(claims)?;
    }
    if claims.jti.is_some() {
        jti_is_present(claims)?;
    }
    if claims.iat.is_some() {
        iat_is_past(claims, rules, now)?;
    }
    scope_is_well_formed(claims.scope.as_ref())
}

/// Checks that `iss` is the trusted issuer, byte for byte. RFC 9068 §4; A1.
fn iss_is_issuer(claims: &RawClaims<'_>, issuer: &TrustedIssuer) -> Result<(), TokenError> {
    if text(claims.iss.as_ref()) == Some(issuer.issuer()) { Ok(()) } else { Err(TokenError::InvalidIssuer) }
}

/// Checks that `aud` names this resource and, in strict mode, nothing else. RFC 9068 §4, RFC 7519 §4.1.3; A2, A3.
fn aud_names_resource(claims: &RawClaims<'_>, rules: &TokenRules) -> Result<(), TokenError> {
    if rules.any_audience {
        return Ok(());
    }
    let (mut ours, mut others) = (false, false);
    let mut see = |audience: &str| {
        let known = rules.audience.iter().any(|accepted| accepted == audience);
        ours |= known;
        others |= !known;
    };
    match &claims.aud {
        None => return Err(TokenError::AudienceMissing),
        Some(Value::String(audience)) if !audience.is_empty() => see(audience),
        Some(Value::Array(audiences)) => audiences.items(|item| match item.into_string() {
            Some(audience) => {
                see(&audience);
                Ok(())
            }
            None => Err(TokenError::AudienceShape),
        })?,
        Some(Value::String(_) | Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_)) => {}
    }
    match (ours, others) {
        (false, false) => Err(TokenError::AudienceShape),
        (false, true) => Err(TokenError::InvalidAudience),
        (true, true) if rules.strict_audience => Err(TokenError::AudienceTooWide),
        (true, _) => Ok(()),
    }
}

/// Checks `exp > now - leeway`: a token is expired from the second of `exp` on. RFC 7519 §4.1.4; A4.
fn token_is_unexpired(claims: &RawClaims<'_>, rules: &TokenRules, now: Timestamp) -> Result<(), TokenError> {
    let exp = number(&claims.exp).and_then(Number::date_floor).ok_or(TokenError::ExpInvalid)?;
    exp_is_ahead(exp, rules, now)
}

/// Checks an expiry that was already read. A4.
pub(super) fn exp_is_ahead(exp: Timestamp, rules: &TokenRules, now: Timestamp) -> Result<(), TokenError> {
    if exp.plus(rules.exp_leeway) > now { Ok(()) } else { Err(TokenError::Expired) }
}

/// Checks `nbf <= now + skew`, if `nbf` is present. RFC 7519 §4.1.5; A5.
fn nbf_has_come(claims: &RawClaims<'_>, rules: &TokenRules, now: Timestamp) -> Result<(), TokenError> {
    if claims.nbf.is_none() {
        return Ok(());
    }
    let nbf = number(&claims.nbf).and_then(Number::date_ceil).ok_or(TokenError::NbfInvalid)?;
    if nbf <= now.plus(rules.skew) { Ok(()) } else { Err(TokenError::NotYetValid) }
}

/// Checks that `iat` is present and `iat <= now + skew`. RFC 9068 §2.2; A6.
fn iat_is_past(claims: &RawClaims<'_>, rules: &TokenRules, now: Timestamp) -> Result<(), TokenError> {
    let iat = number(&claims.iat).and_then(Number::date_ceil).ok_or(TokenError::IatInvalid)?;
    if iat <= now.plus(rules.skew) { Ok(()) } else { Err(TokenError::IssuedInFuture) }
}

/// Checks that `sub` is a non-empty string. RFC 9068 §2.2; A7.
fn sub_is_present(claims: &RawClaims<'_>) -> Result<(), TokenError> {
    non_empty(claims.sub.as_ref()).map(|_| ()).ok_or(TokenError::SubInvalid)
}

/// Checks that the client's id is a non-empty string. RFC 9068 §2.2; A8.
fn client_id_is_present(claims: &RawClaims<'_>) -> Result<(), TokenError> {
    non_empty(claims.client_id.as_ref()).map(|_| ()).ok_or(TokenError::ClientIdInvalid)
}

/// Checks that the token's id is a non-empty string within the limit. RFC 9068 §2.2; A9.
fn jti_is_present(claims: &RawClaims<'_>) -> Result<(), TokenError> {
    let jti = non_empty(claims.jti.as_ref()).filter(|jti| jti.len() <= limits::JTI);
    jti.map(|_| ()).ok_or(TokenError::JtiInvalid)
}

pub(super) fn text<'v>(value: Option<&'v Value<'_>>) -> Option<&'v str> {
    match value {
        Some(Value::String(text)) => Some(text),
        Some(Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_)) | None => None,
    }
}

fn non_empty<'v>(value: Option<&'v Value<'_>>) -> Option<&'v str> {
    text(value).filter(|text| !text.is_empty())
}
