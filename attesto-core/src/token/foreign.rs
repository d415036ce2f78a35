//! The claims that a custom verifier read from a token of another format or issuer (H1).

use super::raw::RawClaims;
use super::{IssuerProfile, TokenError};
use crate::Timestamp;
use crate::encoding::json;
use crate::jose::Thumbprint;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt;
use serde_json::{Map, Value};

/// The claims of a foreign token, in the terms of an access token.
///
/// The verifier is responsible for what it leaves out. Without [`dpop_jkt`](Self::dpop_jkt) or
/// [`x5t_s256`](Self::x5t_s256) the token counts as unbound. Without [`audience`](Self::audience) the verifier must
/// itself have checked that the token is for this resource (RFC 8707 §2).
///
/// ```
/// use attesto_core::token::ForeignClaims;
///
/// let claims = ForeignClaims::new("user-7").client_id("cli").scopes(["mcp:tools:call"]).claim("tenant", "t1".into());
/// ```
#[derive(Clone)]
#[must_use]
pub struct ForeignClaims(Map<String, Value>);

impl ForeignClaims {
    /// Starts the claims of a token about this subject.
    pub fn new(subject: impl Into<String>) -> Self {
        let mut claims = Map::new();
        claims.insert("sub".into(), Value::String(subject.into()));
        Self(claims)
    }

    /// Sets the client.
    pub fn client_id(self, client_id: impl Into<String>) -> Self {
        self.claim("client_id", Value::String(client_id.into()))
    }

    /// Sets the issuer.
    pub fn issuer(self, issuer: impl Into<String>) -> Self {
        self.claim("iss", Value::String(issuer.into()))
    }

    /// Sets the token's identifier, for revocation and audit.
    pub fn jwt_id(self, jti: impl Into<String>) -> Self {
        self.claim("jti", Value::String(jti.into()))
    }

    /// Sets the granted scopes.
    pub fn scopes<S: AsRef<str>>(self, scopes: impl IntoIterator<Item = S>) -> Self {
        let scopes: Vec<String> = scopes.into_iter().map(|scope| scope.as_ref().to_string()).collect();
        self.claim("scope", Value::String(scopes.join(" ")))
    }

    /// Sets the audience; it is checked as that of a JWT access token.
    pub fn audience<S: Into<String>>(self, audience: impl IntoIterator<Item = S>) -> Self {
        let audience: Vec<Value> = audience.into_iter().map(|entry| Value::String(entry.into())).collect();
        self.claim("aud", Value::Array(audience))
    }

    /// Sets the expiry; it is checked as that of a JWT access token.
    pub fn expires_at(self, exp: Timestamp) -> Self {
        self.claim("exp", exp.as_secs().into())
    }

    /// Sets when the token was issued.
    pub fn issued_at(self, iat: Timestamp) -> Self {
        self.claim("iat", iat.as_secs().into())
    }

    /// Binds the token to a DPoP key.
    pub fn dpop_jkt(self, jkt: Thumbprint) -> Self {
        self.confirm("jkt", jkt)
    }

    /// Binds the token to a certificate.
    pub fn x5t_s256(self, thumbprint: Thumbprint) -> Self {
        self.confirm("x5t#S256", thumbprint)
    }

    /// Sets how the user authenticated (RFC 9470).
    pub fn acr(self, acr: impl Into<String>) -> Self {
        self.claim("acr", Value::String(acr.into()))
    }

    /// Sets when the user authenticated.
    pub fn auth_time(self, auth_time: Timestamp) -> Self {
        self.claim("auth_time", auth_time.as_secs().into())
    }

    /// Sets any claim, including `cnf` as the issuer wrote it.
    pub fn claim(mut self, name: impl Into<String>, value: Value) -> Self {
        self.0.insert(name.into(), value);
        self
    }

    /// Adds a binding. Two kinds of binding are kept side by side and then refused: none is silently dropped (A11).
    fn confirm(mut self, kind: &str, thumbprint: Thumbprint) -> Self {
        let cnf = self.0.entry("cnf").or_insert_with(|| Value::Object(Map::new()));
        match cnf {
            Value::Object(members) => {
                members.insert(kind.into(), Value::String(thumbprint.to_base64url()));
            }
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => *cnf = Value::Null,
        }
        self
    }

    /// Reads the claims that an issuer wrote in one JSON object, and moves them to where the rules look for them.
    ///
    /// # Errors
    /// Fails if the object is, by the issuer's profile, about another kind of token.
    pub(crate) fn from_answer(profile: &IssuerProfile, answer: json::Object<'_>) -> Result<Self, TokenError> {
        let mut raw = RawClaims::from_object(answer)?;
        profile.payload_fits(raw.object)?;
        profile.purpose_is_access(raw.purpose.as_ref(), raw.cnf.as_ref())?;
        profile.locate(&mut raw, answer);
        let mut claims = Self(serde_json::from_str(answer.as_str()).map_err(|_| TokenError::MalformedClaims)?);
        for (name, found) in [("client_id", raw.client_id), ("jti", raw.jti), ("scope", raw.scope)] {
            claims.put(name, found);
        }
        if let (true, Some(found)) = (raw.aud_is_elsewhere, raw.aud) {
            claims.0.insert("aud".into(), audience_as_written(found));
        }
        if profile.dates_may_be_text() {
            ["exp", "nbf", "iat", "auth_time"].iter().for_each(|name| claims.read_date(name));
        }
        Ok(claims)
    }

    /// Stores a claim that the profile found. Anything but a string becomes `null`, which the rules refuse.
    fn put(&mut self, name: &str, found: Option<json::Value<'_>>) {
        match found {
            Some(value) => {
                let text = value.into_string().map_or(Value::Null, |text| Value::String(text.into_owned()));
                self.0.insert(name.into(), text);
            }
            None => {
                self.0.remove(name);
            }
        }
    }

    /// Reads a date written as a string of digits; leaves any other string alone.
    fn read_date(&mut self, name: &str) {
        if let Some(Value::String(text)) = self.0.get(name)
            && text.bytes().all(|byte| byte.is_ascii_digit())
            && let Ok(seconds) = text.parse::<u64>()
        {
            self.0.insert(name.into(), seconds.into());
        }
    }

    /// Whether the claims have an `aud`, valid or not.
    pub(crate) fn names_an_audience(&self) -> bool {
        self.0.contains_key("aud")
    }

    /// The client, if the claims name one.
    pub(crate) fn client(&self) -> Option<&str> {
        self.0.get("client_id").and_then(Value::as_str)
    }

    /// The expiry, if the claims have one. A value that is not a whole number counts as already expired: the rules
    /// refuse it, and it must not be cached.
    #[cfg(feature = "std")]
    pub(crate) fn expiry(&self) -> Option<Timestamp> {
        self.0.get("exp").map(|exp| Timestamp::from_secs(exp.as_u64().unwrap_or_default()))
    }

    pub(super) fn into_payload(self) -> Vec<u8> {
        serde_json::to_vec(&Value::Object(self.0)).unwrap_or_default()
    }
}

/// Returns the audience as a string or a list. Any other value becomes `null`, which the rules refuse.
fn audience_as_written(found: json::Value<'_>) -> Value {
    match found {
        json::Value::String(audience) => Value::String(audience.into_owned()),
        json::Value::Array(list) => serde_json::from_str(list.as_str()).unwrap_or_default(),
        json::Value::Null | json::Value::Bool(_) | json::Value::Number(_) | json::Value::Object(_) => Value::Null,
    }
}

/// Prints no claims: they are personal data.
impl fmt::Debug for ForeignClaims {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ForeignClaims(..)")
    }
}
