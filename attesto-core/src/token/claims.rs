//! The claims of an access token, read in place.

use super::raw::RawClaims;
use super::scope_claim;
use super::{Confirmation, TokenError};
use crate::Timestamp;
use crate::encoding::json::{Number, Object, Value};
use alloc::borrow::Cow;
use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

/// The claims of a verified token. One allocation holds the payload as it was signed; claims are read from it.
///
/// Claims do not authorize a request: only a [`Grant`](crate::resource::Grant) does.
#[derive(Clone)]
pub struct Claims {
    payload: String,
    iss: Option<Text>,
    sub: Option<Text>,
    client_id: Option<Text>,
    jti: Option<Text>,
    scope: Option<Text>,
    acr: Option<Text>,
    principal_kind: Option<Text>,
    /// The audiences, where the profile found them in a claim other than `aud`.
    audiences_elsewhere: Option<Box<[String]>>,
    exp: Option<Timestamp>,
    iat: Option<Timestamp>,
    auth_time: Option<Timestamp>,
    confirmation: Confirmation,
}

/// A string of the payload: its position, or a copy where the payload spells it with escapes.
#[derive(Clone)]
enum Text {
    Span(usize, usize),
    Owned(Box<str>),
}

impl Text {
    /// Returns the position of `text` in `payload`, or a copy if the payload spells it with escapes.
    fn from_payload(payload: &[u8], text: &str) -> Self {
        let start = text.as_ptr().addr().wrapping_sub(payload.as_ptr().addr());
        let end = start.wrapping_add(text.len());
        match payload.get(start..end) {
            Some(found) if found == text.as_bytes() => Self::Span(start, end),
            Some(_) | None => Self::Owned(text.into()),
        }
    }

    fn get<'p>(&'p self, payload: &'p str) -> &'p str {
        match self {
            Self::Span(start, end) => payload.get(*start..*end).unwrap_or_default(),
            Self::Owned(text) => text,
        }
    }
}

/// Returns the strings of an audience, which is a string or an array. RFC 7519 §4.1.3.
fn members_of(audience: Option<Value<'_>>) -> Vec<String> {
    let mut audiences = Vec::new();
    match audience {
        Some(Value::String(audience)) => audiences.push(audience.into_owned()),
        Some(Value::Array(array)) => {
            let _ = array.items(|item| {
                audiences.extend(item.into_string().map(Cow::into_owned));
                Ok::<(), ()>(())
            });
        }
        Some(Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_)) | None => {}
    }
    audiences
}

impl Claims {
    /// Collects the claims read from `payload`; [`with_payload`](Self::with_payload) adds the payload itself. Lenient:
    /// the rules reject wrong shapes.
    pub(super) fn from_raw(raw: &RawClaims<'_>, payload: &[u8]) -> Result<Self, TokenError> {
        let text = |value: &Option<Value<'_>>| match value {
            Some(Value::String(text)) => Some(Text::from_payload(payload, text)),
            _ => None,
        };
        let scope = match &raw.scope {
            Some(Value::String(scope)) => scope_claim::without_duplicates(scope)
                .map_or_else(|| Some(Text::from_payload(payload, scope)), |rebuilt| Some(Text::Owned(rebuilt.into()))),
            _ => None,
        };
        Ok(Self {
            payload: String::new(),
            iss: text(&raw.iss),
            sub: text(&raw.sub),
            client_id: text(&raw.client_id),
            jti: text(&raw.jti),
            scope,
            acr: text(&raw.acr),
            principal_kind: text(&raw.principal_kind),
            audiences_elsewhere: raw.aud_is_elsewhere.then(|| members_of(raw.aud.clone()).into()),
            exp: number(&raw.exp).and_then(Number::date_floor),
            iat: number(&raw.iat).and_then(Number::date_ceil),
            auth_time: number(&raw.auth_time).and_then(Number::date_exact),
            confirmation: Confirmation::read(raw.cnf.as_ref())?,
        })
    }

    /// Stores the payload that the claims were read from.
    pub(super) fn with_payload(mut self, payload: Vec<u8>) -> Result<Self, TokenError> {
        self.payload = String::from_utf8(payload).map_err(|_| TokenError::MalformedClaims)?;
        Ok(self)
    }

    /// Returns the payload's buffer for reuse.
    pub(crate) fn into_buffer(self) -> Vec<u8> {
        self.payload.into_bytes()
    }

    fn text<'c>(&'c self, text: Option<&'c Text>) -> Option<&'c str> {
        text.map(|text| text.get(&self.payload))
    }

    /// `iss`. `None` only for a custom verifier's claims.
    #[must_use]
    pub fn issuer(&self) -> Option<&str> {
        self.text(self.iss.as_ref())
    }

    /// `sub`; never empty in a grant.
    #[must_use]
    pub fn subject(&self) -> &str {
        self.text(self.sub.as_ref()).unwrap_or_default()
    }

    /// `client_id`, or the claim that the [`IssuerProfile`](super::IssuerProfile) names in its place. `None` only for a
    /// custom verifier's claims.
    #[must_use]
    pub fn client_id(&self) -> Option<&str> {
        self.text(self.client_id.as_ref())
    }

    /// `jti`, or the claim that the [`IssuerProfile`](super::IssuerProfile) names in its place: for revocation and
    /// audit, not for replay detection. `None` only for a custom verifier's claims, and where the profile allows it.
    #[must_use]
    pub fn jwt_id(&self) -> Option<&str> {
        self.text(self.jti.as_ref())
    }

    /// The scopes, each once, in the order granted.
    pub fn scopes(&self) -> impl Iterator<Item = &str> + Clone {
        self.scope().split(' ').filter(|scope| !scope.is_empty())
    }

    /// The scopes in one string, each once, separated by single spaces.
    pub(crate) fn scope(&self) -> &str {
        self.text(self.scope.as_ref()).unwrap_or_default()
    }

    /// The members of `aud`, or of the claim that the [`IssuerProfile`](super::IssuerProfile::audience_in) names in its
    /// place.
    #[must_use]
    pub fn audiences(&self) -> Vec<String> {
        match &self.audiences_elsewhere {
            Some(found) => found.to_vec(),
            None => members_of(self.get("aud")),
        }
    }

    /// `exp`, rounded down to whole seconds.
    #[must_use]
    pub const fn expires_at(&self) -> Option<Timestamp> {
        self.exp
    }

    /// `iat`, rounded up to whole seconds.
    #[must_use]
    pub const fn issued_at(&self) -> Option<Timestamp> {
        self.iat
    }

    /// The key or certificate the token is bound to.
    #[must_use]
    pub const fn confirmation(&self) -> Confirmation {
        self.confirmation
    }

    /// `acr`, if it is a string (RFC 9068 §2.2.1; A12).
    #[must_use]
    pub fn acr(&self) -> Option<&str> {
        self.text(self.acr.as_ref())
    }

    /// `auth_time`, if it is an integer (A12).
    #[must_use]
    pub const fn auth_time(&self) -> Option<Timestamp> {
        self.auth_time
    }

    /// The value of the configured kind claim (A14).
    #[must_use]
    pub fn principal_kind(&self) -> Option<&str> {
        self.text(self.principal_kind.as_ref())
    }

    /// The whole payload, unchanged: for claims without an accessor here (A18).
    #[must_use]
    pub fn as_json(&self) -> &str {
        &self.payload
    }

    /// Returns any claim by name (A18).
    #[must_use]
    pub fn get(&self, name: &str) -> Option<Value<'_>> {
        // The payload was checked to be strict JSON when the claims were read.
        Object::assertion(&self.payload).get(name)
    }
}

pub(super) const fn number(value: &Option<Value<'_>>) -> Option<Number> {
    match value {
        Some(Value::Number(number)) => Some(*number),
        Some(Value::Null | Value::Bool(_) | Value::String(_) | Value::Array(_) | Value::Object(_)) | None => None,
    }
}

/// Prints no claims: they are personal data.
impl fmt::Debug for Claims {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Claims").field("exp", &self.exp).finish_non_exhaustive()
    }
}
