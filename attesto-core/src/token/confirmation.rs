//! `cnf`: which key a token is bound to (RFC 7800 §3.1; A11).

use super::TokenError;
use crate::encoding::json::Value;
use crate::jose::Thumbprint;

/// The key or certificate that a token is bound to.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[expect(clippy::exhaustive_enums, reason = "a new kind of binding must be decided on wherever bindings are checked")]
pub enum Confirmation {
    /// The token is a bearer token.
    None,
    /// Bound to a DPoP key (RFC 9449 §6.1).
    Jkt(Thumbprint),
    /// Binds the token to a client certificate (RFC 8705 §3.1).
    X5tS256(Thumbprint),
}

impl Confirmation {
    /// Reads the claim: absent, or an object with exactly one known member. Rejects anything else, because reading
    /// `null`, `{}` or an unknown member as "not bound" would strip a binding (A11).
    pub(super) fn read(claim: Option<&Value<'_>>) -> Result<Self, TokenError> {
        let object = match claim {
            None => return Ok(Self::None),
            Some(Value::Object(object)) => *object,
            Some(Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_)) => {
                return Err(TokenError::UnsupportedConfirmation);
            }
        };
        let mut found = None;
        object.members(|name, value| {
            let thumbprint = value.into_string().as_deref().and_then(Thumbprint::parse);
            let confirmation = match (name, thumbprint) {
                ("jkt", Some(jkt)) => Self::Jkt(jkt),
                ("x5t#S256", Some(x5t)) => Self::X5tS256(x5t),
                _ => return Err(TokenError::UnsupportedConfirmation),
            };
            match found.replace(confirmation) {
                None => Ok(()),
                Some(_) => Err(TokenError::UnsupportedConfirmation),
            }
        })?;
        found.ok_or(TokenError::UnsupportedConfirmation)
    }
}
