//! The claims as written, before any rule has looked at them.

use super::{IssuerProfile, TokenError};
use crate::encoding::json::{Object, Value};

/// Each claim the rules look at, as written or absent.
#[derive(Debug, Default)]
pub(super) struct RawClaims<'p> {
    pub(super) iss: Option<Value<'p>>,
    pub(super) aud: Option<Value<'p>>,
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
    /// As a profile spells them; RFC 9068's names where there is none.
    pub(super) fn read(
        payload: &'p [u8],
        kind_claim: Option<&str>,
        profile: Option<&IssuerProfile>,
    ) -> Result<Self, TokenError> {
        let object = Object::parse(payload).map_err(|_| TokenError::MalformedClaims)?;
        let mut claims = Self::default();
        object.members(|name, value| -> Result<(), TokenError> {
            if kind_claim == Some(name) {
                claims.principal_kind = Some(value);
                return Ok(());
            }
            let slot = match name {
                "iss" => &mut claims.iss,
                "aud" => &mut claims.aud,
                "exp" => &mut claims.exp,
                "nbf" => &mut claims.nbf,
                "iat" => &mut claims.iat,
                "sub" => &mut claims.sub,
                "client_id" => &mut claims.client_id,
                "jti" => &mut claims.jti,
                "scope" => &mut claims.scope,
                "cnf" => &mut claims.cnf,
                "acr" => &mut claims.acr,
                "auth_time" => &mut claims.auth_time,
                "typ" => &mut claims.purpose,
                _ => return Ok(()),
            };
            *slot = Some(value);
            Ok(())
        })?;
        if let Some(profile) = profile {
            profile.locate(&mut claims, object);
        }
        Ok(claims)
    }
}
