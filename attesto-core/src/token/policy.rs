//! What a resource requires of its tokens: audience, clocks, sizes, and a policy of the host (A3, A4, A17).

use super::{Claims, TokenError};
use crate::jose::JwsLimits;
use crate::{ConfigError, Timestamp, limits};
use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt;
use core::time::Duration;

/// The host's own check of verified claims.
pub type TokenPredicate = Arc<dyn Fn(&Claims, Timestamp) -> bool + Send + Sync>;

/// The rules that a resource applies to its tokens.
///
/// ```
/// use attesto_core::token::TokenRules;
/// use core::time::Duration;
///
/// let rules = TokenRules::new().skew(Duration::from_secs(30)).max_age(Duration::from_secs(3600));
/// ```
#[derive(Clone)]
pub struct TokenRules {
    pub(super) audience: Vec<String>,
    pub(super) strict_audience: bool,
    pub(super) any_audience: bool,
    pub(super) skew: u64,
    pub(super) exp_leeway: u64,
    pub(super) limits: JwsLimits,
    max_age: Option<u64>,
    max_lifetime: Option<u64>,
    predicate: Option<TokenPredicate>,
}

impl TokenRules {
    /// Starts with no audience, 60 seconds of skew, no leeway for expired tokens, and a limit of 16 KiB.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            audience: Vec::new(),
            strict_audience: false,
            any_audience: false,
            skew: 60,
            exp_leeway: 0,
            limits: JwsLimits::ACCESS_TOKEN,
            max_age: None,
            max_lifetime: None,
            predicate: None,
        }
    }

    /// Sets the identifiers of this resource. A token must name one of them, byte for byte (A2).
    #[must_use]
    pub fn audience_is<S: Into<String>>(mut self, identifiers: impl IntoIterator<Item = S>) -> Self {
        self.audience = identifiers.into_iter().map(Into::into).collect();
        self
    }

    /// Refuses tokens that name another audience besides (A3).
    #[must_use]
    pub const fn refuse_other_audiences(self) -> Self {
        self.audience_is_sole(true)
    }

    pub(crate) const fn audience_is_sole(mut self, sole: bool) -> Self {
        self.strict_audience = sole;
        self
    }

    /// Skips the check of the audience. The authorization server uses this for tokens it issued itself, for any
    /// resource.
    #[cfg(feature = "std")]
    pub(crate) const fn any_audience(mut self) -> Self {
        self.any_audience = true;
        self
    }

    /// Sets how far the issuer's clock may be ahead, in whole seconds (A5, A6).
    #[must_use]
    pub const fn skew(mut self, skew: Duration) -> Self {
        self.skew = skew.as_secs();
        self
    }

    /// Sets how long after `exp` a token is still accepted, in whole seconds; at most the skew (A4).
    #[must_use]
    pub const fn exp_leeway(mut self, exp_leeway: Duration) -> Self {
        self.exp_leeway = exp_leeway.as_secs();
        self
    }

    /// Sets the longest accepted token, in bytes (J1).
    #[must_use]
    pub const fn size_limit(mut self, bytes: usize) -> Self {
        self.limits.jws = bytes;
        self
    }

    /// Refuses tokens issued longer ago than this, in whole seconds (A17).
    #[must_use]
    pub const fn max_age(mut self, max_age: Duration) -> Self {
        self.max_age = Some(max_age.as_secs());
        self
    }

    /// Refuses tokens with a longer lifetime than this, in whole seconds (A17).
    #[must_use]
    pub const fn max_lifetime(mut self, max_lifetime: Duration) -> Self {
        self.max_lifetime = Some(max_lifetime.as_secs());
        self
    }

    /// Adds the host's own check, which runs last; `false` refuses the token (A17).
    #[must_use]
    pub fn predicate(mut self, predicate: TokenPredicate) -> Self {
        self.predicate = Some(predicate);
        self
    }

    /// The identifiers of this resource.
    #[must_use]
    pub fn audience(&self) -> &[String] {
        &self.audience
    }

    /// Whether a token may name no other audience (A3).
    #[must_use]
    pub const fn audience_is_strict(&self) -> bool {
        self.strict_audience
    }

    /// The clock skew, in whole seconds.
    #[must_use]
    pub const fn skew_seconds(&self) -> u64 {
        self.skew
    }

    /// The longest accepted token, in bytes.
    #[must_use]
    pub const fn token_limit(&self) -> usize {
        self.limits.jws
    }

    pub(super) fn are_consistent(&self) -> Result<(), ConfigError> {
        let names_nobody = self.audience.is_empty() || self.audience.iter().any(String::is_empty);
        if names_nobody && !self.any_audience {
            return Err(ConfigError::new(
                "audience",
                "name at least one identifier of this resource, none of them empty",
            ));
        }
        if self.exp_leeway > self.skew {
            return Err(ConfigError::new("exp_leeway", "must be at most the clock skew"));
        }
        if self.skew > 3600 {
            return Err(ConfigError::new("skew", "must be at most an hour; mend the clocks instead"));
        }
        if !(1024..=limits::ACCESS_TOKEN_CEILING).contains(&self.limits.jws) {
            return Err(ConfigError::new("size_limit", "must be between 1 KiB and 1 MiB"));
        }
        Ok(())
    }

    /// Checks the configured policy, in its order. The issuer's lists were checked before. A17.
    pub(super) fn policy_allows(&self, claims: &Claims, now: Timestamp) -> Result<(), TokenError> {
        self.age_is_allowed(claims, now)?;
        match &self.predicate {
            Some(predicate) if !predicate(claims, now) => Err(TokenError::PolicyRefused),
            Some(_) | None => Ok(()),
        }
    }

    /// Checks `now - iat <= max_age + skew` and `exp - iat <= max_lifetime`; refuses a token that lacks the date. A17.
    fn age_is_allowed(&self, claims: &Claims, now: Timestamp) -> Result<(), TokenError> {
        if let Some(max_age) = self.max_age {
            let young = claims.issued_at().is_some_and(|iat| now.since(iat) <= max_age.saturating_add(self.skew));
            if !young {
                return Err(TokenError::TokenTooOld);
            }
        }
        if let Some(max_lifetime) = self.max_lifetime {
            let short = match (claims.issued_at(), claims.expires_at()) {
                (Some(iat), Some(exp)) => exp.since(iat) <= max_lifetime,
                (None, _) | (_, None) => false,
            };
            if !short {
                return Err(TokenError::LifetimeExceeded);
            }
        }
        Ok(())
    }
}

impl Default for TokenRules {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for TokenRules {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TokenRules")
            .field("audience", &self.audience)
            .field("refuse_other_audiences", &self.strict_audience)
            .field("skew", &self.skew)
            .field("exp_leeway", &self.exp_leeway)
            .finish_non_exhaustive()
    }
}
