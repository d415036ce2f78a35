//! The claims as written, before any rule has checked them.

use super::TokenError;
use crate::encoding::json::{Object, Value};

/// The claims that the rules check, as written or absent.
#[derive(Debug)]
pub(super) struct RawClaims<'p> {
    /// All claims.
    pub(super) object: Object<'p>,
    pub(super) iss: Option<Value<'p>>,
    pub(super) aud: Option<Value<'p>>,
    /// Whether the value of `aud` comes from another claim, by the profile.
    pub(super) aud_is_elsewhere: bool,
    pub(super) exp: Option<Value<'p>>,
    pub(super) nbf: Option<Value<'p>>,
    pub(super) iat: Option<Value<'p>>,
    pub(super) sub: Option<Value<'p>>,
    pub(super) client_id: Option<Value<'p>>,
    pub(super) jti: Option<Value<'p>>,
    pub(super) scope: Option<Value<'p>>,
    pub(super) cnf: Option<Value<'p>>,
    pub(super) acr: Option<Value<'p>>,
    pub(super) auth_time: Option<Value<'p>>,
    pub(super) purpose: Option<Value<'p>>,
    pub(super) principal_kind: Option<Value<'p>>,
}

impl<'p> RawClaims<'p> {
    /// Reads the claims under their RFC 9068 names. The payload is parsed once, for any issuer.
    pub(super) fn read(payload: &'p [u8]) -> Result<Self, TokenError> {
        let mut claims = Self::none();
        let object = Object::read(payload, |name, value| claims.take(name, value));
        claims.object = object.map_err(|_| TokenError::MalformedClaims)??;
        Ok(claims)
    }

    /// Reads the claims from an object that is known to be strict JSON.
    pub(super) fn from_object(object: Object<'p>) -> Result<Self, TokenError> {
        let mut claims = Self { object, ..Self::none() };
        object.members(|name, value| claims.take(name, value))?;
        Ok(claims)
    }

    fn take(&mut self, name: &str, value: Value<'p>) -> Result<(), TokenError> {
        let slot = match name {
            "iss" => &mut self.iss,
            "aud" => &mut self.aud,
            "exp" => &mut self.exp,
            "nbf" => &mut self.nbf,
            "iat" => &mut self.iat,
            "sub" => &mut self.sub,
            "client_id" => &mut self.client_id,
            "jti" => &mut self.jti,
            "scope" => &mut self.scope,
            "cnf" => &mut self.cnf,
            "acr" => &mut self.acr,
            "auth_time" => &mut self.auth_time,
            "typ" => &mut self.purpose,
            _ => return Ok(()),
        };
        *slot = Some(value);
        Ok(())
    }

    /// The claims of an empty object.
    const fn none() -> Self {
        Self {
            object: Object::assertion("{}"),
            iss: None,
            aud: None,
            aud_is_elsewhere: false,
            exp: None,
            nbf: None,
            iat: None,
            sub: None,
            client_id: None,
            jti: None,
            scope: None,
            cnf: None,
            acr: None,
            auth_time: None,
            purpose: None,
            principal_kind: None,
        }
    }
}
