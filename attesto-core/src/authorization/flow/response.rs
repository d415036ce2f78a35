//! The bytes of responses: JSON, never cached (RFC 6749 §5; EP-8, EP-10, CA-11).

use super::envelope;
use crate::authorization::error::at_endpoint::RequestError;
use crate::authorization::error::at_token::{HostError, RefreshError};
use crate::authorization::error::code::OAuthError;
use crate::authorization::error::reason::Reason;
use crate::authorization::settings::server::Settings;
use crate::http::{Header, ResponseParts};
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use serde_json::{Map, Value};

/// Builds an uncacheable JSON response. EP-8.
pub(crate) fn json(status: u16, members: Map<String, Value>, nonce: Option<&str>) -> ResponseParts {
    let mut response = empty(status, nonce);
    response.headers.push(Header::own("content-type", "application/json"));
    response.body = Value::Object(members).to_string().into_bytes();
    response
}

/// Builds an uncacheable response without a body.
pub(crate) fn empty(status: u16, nonce: Option<&str>) -> ResponseParts {
    let mut response = ResponseParts::new(status);
    response.headers.push(Header::own("cache-control", "no-store"));
    response.headers.push(Header::own("pragma", "no-cache"));
    if let Some(nonce) = nonce {
        response.headers.push(Header::own("dpop-nonce", nonce.to_string()));
    }
    response
}

/// Builds the error of RFC 6749 §5.2. `challenge`: the client sent an `Authorization` field, so the 401 of a failed
/// authentication has a challenge. Without the field there is none, since a browser would ask its user for a name and a
/// password. CA-11.
pub(crate) fn refusal(server: &Settings, reason: Reason, challenge: bool, nonce: Option<&str>) -> ResponseParts {
    let mut fields: Vec<Header> = nonce.map(|nonce| Header::own("dpop-nonce", nonce.to_string())).into_iter().collect();
    if reason.error() == OAuthError::InvalidClient && challenge {
        let realm = &server.realm;
        fields.push(envelope::challenge(server, format!("Basic realm=\"{realm}\", charset=\"UTF-8\"")));
    }
    error(server, reason.status(), reason, fields, "POST")
}

/// Builds an error as JSON, or in the host's format, with the fields that its reason requires. EP-8, EP-9.
pub(crate) fn error(
    server: &Settings,
    status: u16,
    reason: Reason,
    fields: Vec<Header>,
    allow: &'static str,
) -> ResponseParts {
    let mut response = ResponseParts::new(status);
    response.headers.push(envelope::cache_control(server));
    response.headers.push(Header::own("pragma", "no-cache"));
    response.headers.extend(fields);
    response.headers.extend(demanded(server, reason, allow));
    envelope::body(server, reason, &mut response);
    response
}

/// Returns the field that a response for this reason must have: when to retry (RFC 9110 §10.2.3), or which methods are
/// allowed (§10.2.1).
pub(crate) fn demanded(server: &Settings, reason: Reason, allow: &'static str) -> Option<Header> {
    // What is in the way goes with time: access tokens expire, and so do the proofs and assertions on record.
    if matches!(reason, Reason::Refresh(RefreshError::TooManyAccessTokens) | Reason::Host(HostError::ReplayShare)) {
        return Some(Header::own("retry-after", "60"));
    }
    if reason.error() == OAuthError::TemporarilyUnavailable {
        return Some(Header::own("retry-after", server.retry_after.to_string()));
    }
    (reason == Reason::Request(RequestError::MethodNotAllowed)).then(|| Header::own("allow", allow))
}
