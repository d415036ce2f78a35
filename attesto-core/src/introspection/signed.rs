//! Signed answers (RFC 9701 §5): a JWT that contains the object.

use super::error::IntrospectionError;
use crate::encoding::json::{Object, Value};
use crate::jose::{CompactJws, JwsLimits};
use crate::token::{TokenError, TrustedIssuer, signature_verifies};
use crate::{Timestamp, limits};
use alloc::string::String;
use alloc::vec::Vec;

/// Seconds that the issuer's clock may be ahead, and that an answer may be old, since it was requested just now.
const AHEAD: u64 = 60;
const OLD: u64 = 300;

/// The signer and the audience of the answers.
#[derive(Clone, Debug)]
pub(super) struct Signed {
    pub(super) issuer: TrustedIssuer,
    pub(super) audience: String,
}

/// Returns the payload of a JWT that the issuer signed, for this resource server, just now, as an introspection
/// response.
pub(super) fn verify(signed: &Signed, jwt: &[u8], now: Timestamp) -> Result<Vec<u8>, IntrospectionError> {
    let sizes = JwsLimits { jws: limits::INTROSPECTION_RESPONSE, ..JwsLimits::ACCESS_TOKEN };
    let jws = CompactJws::split(jwt.trim_ascii(), sizes).map_err(|_| IntrospectionError::Signature)?;
    let mut buffer = Vec::new();
    let header = jws.header(&mut buffer).map_err(|_| IntrospectionError::Signature)?;
    // An access token of the same issuer must not pass as an answer, nor an answer as an access token. RFC 9701 §8.1.
    if !header.typ_is("token-introspection+jwt") {
        return Err(IntrospectionError::Signature);
    }
    signature_verifies(&jws, &header, &signed.issuer, now).map_err(|refused| {
        let no_key =
            matches!(refused.error, TokenError::KeysUnavailable | TokenError::UnknownKey | TokenError::KeyNotForAlg);
        if no_key { IntrospectionError::KeysUnavailable } else { IntrospectionError::Signature }
    })?;
    let mut payload = Vec::new();
    jws.payload(&mut payload).map_err(|_| IntrospectionError::Signature)?;
    is_ours(&payload, signed, now)?;
    Ok(payload)
}

fn is_ours(payload: &[u8], signed: &Signed, now: Timestamp) -> Result<(), IntrospectionError> {
    let object = Object::parse(payload).map_err(|_| IntrospectionError::Malformed)?;
    match object.get("iss") {
        Some(Value::String(issuer)) if issuer == signed.issuer.issuer() => {}
        _ => return Err(IntrospectionError::NotForUs),
    }
    if !names(object.get("aud"), &signed.audience) {
        return Err(IntrospectionError::NotForUs);
    }
    let Some(Value::Number(iat)) = object.get("iat") else { return Err(IntrospectionError::NotRecent) };
    let iat = iat.date_ceil().ok_or(IntrospectionError::NotRecent)?;
    if iat <= now.plus(AHEAD) && now.since(iat) <= OLD { Ok(()) } else { Err(IntrospectionError::NotRecent) }
}

fn names(audience: Option<Value<'_>>, expected: &str) -> bool {
    match audience {
        Some(Value::String(audience)) => audience == expected,
        Some(Value::Array(array)) => {
            let mut named = false;
            let all = array.items(|item| {
                named |= item.into_string().ok_or(())? == expected;
                Ok::<(), ()>(())
            });
            all.is_ok() && named
        }
        Some(Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_)) | None => false,
    }
}
