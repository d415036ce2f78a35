//! What an operation requires of the token: scopes, and how the user must have authenticated.

use crate::ConfigError;
use crate::challenge::is_acr_value;
use crate::metadata::MetadataPointer;
use crate::scope::is_scope_token;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::time::Duration;

/// What one route or operation requires beyond a valid token. Built once per route.
///
/// ```
/// use attesto_core::resource::Requirement;
/// use core::time::Duration;
///
/// let call = Requirement::scopes(["mcp:tools:call"])?.max_age(Duration::from_secs(300)).acr_values(["phr"])?;
/// assert_eq!(call.required_scopes(), ["mcp:tools:call"]);
/// assert!(Requirement::scopes(["two words"]).is_err());
/// # Ok::<(), attesto_core::ConfigError>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct Requirement {
    scopes: Vec<String>,
    any_of: bool,
    acr_values: Vec<String>,
    max_age: Option<u64>,
    pointer: Option<MetadataPointer>,
}

impl Requirement {
    /// Requires a valid token, with any scopes.
    #[must_use]
    pub const fn authenticated() -> Self {
        Self { scopes: Vec::new(), any_of: false, acr_values: Vec::new(), max_age: None, pointer: None }
    }

    /// Requires every one of these scopes.
    ///
    /// # Errors
    /// Fails if the list is empty (use [`authenticated`](Self::authenticated) to require no scope), or an entry is not
    /// a scope-token of RFC 6749 §3.3 (S1, S6).
    pub fn scopes<S: AsRef<str>>(scopes: impl IntoIterator<Item = S>) -> Result<Self, ConfigError> {
        let scopes = scope_tokens(scopes)?;
        Ok(Self { scopes, ..Self::authenticated() })
    }

    /// Requires at least one of these scopes.
    ///
    /// # Errors
    /// As for [`scopes`](Self::scopes).
    pub fn any_scope<S: AsRef<str>>(scopes: impl IntoIterator<Item = S>) -> Result<Self, ConfigError> {
        let scopes = scope_tokens(scopes)?;
        Ok(Self { scopes, any_of: true, ..Self::authenticated() })
    }

    /// Requires one of these authentication contexts, in order of preference (RFC 9470 §3).
    ///
    /// # Errors
    /// Fails if the list is empty, or a value has a space, quote, comma, backslash or anything but visible ASCII (W10).
    pub fn acr_values<S: AsRef<str>>(mut self, values: impl IntoIterator<Item = S>) -> Result<Self, ConfigError> {
        let values: Vec<String> = values.into_iter().map(|value| value.as_ref().to_string()).collect();
        if values.is_empty() {
            return Err(ConfigError::new("acr_values", "the list is empty; leave the call out to require nothing"));
        }
        if !values.iter().all(|value| is_acr_value(value)) {
            return Err(ConfigError::new(
                "acr_values",
                "each value must be visible ASCII without space, quote, comma or backslash",
            ));
        }
        self.acr_values = values;
        Ok(self)
    }

    /// Requires that the user authenticated at most this long ago, in whole seconds (RFC 9470 §3).
    #[must_use]
    pub const fn max_age(mut self, max_age: Duration) -> Self {
        self.max_age = Some(max_age.as_secs());
        self
    }

    /// Sets what `resource_metadata` in this operation's challenges points to, instead of the server's pointer (P9).
    #[must_use]
    pub fn metadata_pointer(mut self, pointer: MetadataPointer) -> Self {
        self.pointer = Some(pointer);
        self
    }

    /// Copies the metadata pointer of the route's own requirement.
    pub(super) fn pointing_like(mut self, route: &Self) -> Self {
        self.pointer.clone_from(&route.pointer);
        self
    }

    pub(super) const fn pointer(&self) -> Option<&MetadataPointer> {
        self.pointer.as_ref()
    }

    /// Builds a requirement from a custom verifier's answer (H4). Drops values that no challenge can carry.
    pub(super) fn step_up(acr_values: Vec<String>, max_age: Option<u64>) -> Self {
        let acr_values = acr_values.into_iter().filter(|value| is_acr_value(value)).collect();
        Self { acr_values, max_age, ..Self::authenticated() }
    }

    /// The required scopes.
    #[must_use]
    pub fn required_scopes(&self) -> &[String] {
        &self.scopes
    }

    /// Whether one of the scopes is enough.
    #[must_use]
    pub const fn is_any_of(&self) -> bool {
        self.any_of
    }

    /// The accepted authentication contexts; empty means any.
    #[must_use]
    pub fn required_acr_values(&self) -> &[String] {
        &self.acr_values
    }

    /// The age of the oldest accepted authentication, in seconds.
    #[must_use]
    pub const fn required_max_age(&self) -> Option<u64> {
        self.max_age
    }
}

fn scope_tokens<S: AsRef<str>>(scopes: impl IntoIterator<Item = S>) -> Result<Vec<String>, ConfigError> {
    let mut tokens: Vec<String> = Vec::new();
    for scope in scopes {
        let scope = scope.as_ref();
        if !is_scope_token(scope) {
            return Err(ConfigError::new(
                "scopes",
                "each scope must be a scope-token of RFC 6749, without spaces or quotes",
            ));
        }
        if !tokens.iter().any(|known| known == scope) {
            tokens.push(scope.to_string());
        }
    }
    if tokens.is_empty() {
        return Err(ConfigError::new("scopes", "the list is empty; use Requirement::authenticated() to require none"));
    }
    Ok(tokens)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn s6_empty_requirement_must_be_said_aloud() {
        assert!(Requirement::scopes::<&str>([]).is_err());
        assert!(Requirement::any_scope::<&str>([]).is_err());
        assert!(Requirement::authenticated().required_scopes().is_empty());
    }

    #[test]
    fn s1_required_scope_is_a_scope_token() {
        assert!(Requirement::scopes(["a b"]).is_err());
        assert!(Requirement::scopes(["a\"b"]).is_err());
        assert_eq!(Requirement::scopes(["a", "a", "b"]).unwrap().required_scopes(), ["a", "b"]);
    }

    #[test]
    fn w10_acr_values_are_tokens() {
        for bad in ["", "a b", "a\"b", "a,b", "a\\b", "\u{e9}", "a\n"] {
            assert!(Requirement::authenticated().acr_values([bad]).is_err(), "{bad:?}");
        }
        assert!(Requirement::authenticated().acr_values::<&str>([]).is_err());
        assert!(Requirement::authenticated().acr_values(["urn:mace:incommon:iap:silver"]).is_ok());
    }
}
