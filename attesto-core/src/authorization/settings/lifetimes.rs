//! Lifetimes, and the rotation of refresh tokens (AZ-29, PA-6, RT-4, RT-7).

use crate::ConfigError;
use core::fmt;
use core::time::Duration;
use zeroize::Zeroizing;

/// The longest grace window, in seconds: after it, stores may forget the salt of a successor.
pub(crate) const LONGEST_GRACE: u64 = 60;

/// The longest lifetime of a family, in seconds: some 136 years. So no time that a store is given leaves the range of a
/// signed 64-bit column, or of a JSON number (ST-3).
const LONGEST_FAMILY: u64 = 1 << 32;

/// The lifetime of each kind of secret, in seconds.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Lifetimes {
    pub(crate) code: u64,
    pub(crate) id_token: u64,
    pub(crate) pushed_request: u64,
    pub(crate) consent_grant: u64,
}

impl Lifetimes {
    /// RFC 6749 §4.1.2 recommends at most ten minutes; a code is redeemed within seconds.
    pub(crate) const fn new() -> Self {
        Self { code: 60, id_token: 900, pushed_request: 90, consent_grant: 300 }
    }

    /// Checks the bounds of each lifetime. CF-1.
    pub(crate) fn are_sound(&self) -> Result<(), ConfigError> {
        let bounded = [
            ("code_lifetime", self.code, 600, "must be 1 to 600 seconds (RFC 6749 §4.1.2)"),
            ("id_token_lifetime", self.id_token, 3600, "must be 1 to 3600 seconds"),
            ("pushed_request_lifetime", self.pushed_request, 600, "must be 1 to 600 seconds (RFC 9126 §2.2)"),
            ("consent_grant_lifetime", self.consent_grant, 600, "must be 1 to 600 seconds"),
        ];
        match bounded.into_iter().find(|(_, seconds, most, _)| !(1..=*most).contains(seconds)) {
            Some((member, _, _, text)) => Err(ConfigError::new(member, text)),
            None => Ok(()),
        }
    }
}

/// The policy for refresh tokens (RFC 9700 §4.14).
///
/// Each use spends the token and issues a successor. If a spent token is presented again, two parties have it, and the
/// whole family is revoked. A client whose response was lost also presents it again, so a [grace window](Self::grace)
/// can be opened in which it receives the same successor again.
///
/// ```
/// use attesto_core::authorization::{GraceSecret, RefreshPolicy};
/// use core::time::Duration;
///
/// const DAY: Duration = Duration::from_secs(86_400);
/// // 32 bytes from a secure source, the same on every node:
/// let secret = GraceSecret::new([7; 32]);
/// let policy = RefreshPolicy::new().lifetime(7 * DAY)?.family_lifetime(30 * DAY)?.grace(Duration::from_secs(10), secret)?;
/// # Ok::<(), attesto_core::ConfigError>(())
/// ```
#[derive(Clone, Debug)]
#[must_use]
pub struct RefreshPolicy {
    pub(crate) lifetime: u64,
    pub(crate) family_lifetime: u64,
    pub(crate) grace: Option<Grace>,
    pub(crate) only_with_offline_access: bool,
    /// The most unexpired access tokens of one family.
    pub(crate) access_tokens: usize,
    pub(crate) rotates_all: bool,
}

/// The window for lost responses.
#[derive(Clone, Debug)]
pub(crate) struct Grace {
    pub(crate) seconds: u64,
    pub(crate) secret: GraceSecret,
}

impl RefreshPolicy {
    /// Two weeks for an unused token, ninety days for a family, no grace window; a refresh token for every client that
    /// may use one.
    pub const fn new() -> Self {
        Self {
            lifetime: 14 * 86_400,
            family_lifetime: 90 * 86_400,
            grace: None,
            only_with_offline_access: false,
            access_tokens: 100,
            rotates_all: true,
        }
    }

    /// Sets how long an unused token lives.
    ///
    /// # Errors
    /// Fails if it is 0, or longer than the family's lifetime.
    pub fn lifetime(mut self, lifetime: Duration) -> Result<Self, ConfigError> {
        self.lifetime = lifetime.as_secs();
        self.if_sound()
    }

    /// Sets how long a family lives, however often it is used (RT-7). Set it before a longer lifetime of
    /// its tokens.
    ///
    /// # Errors
    /// Fails if it is shorter than a token's lifetime, or longer than 2^32 seconds (136 years).
    pub fn family_lifetime(mut self, lifetime: Duration) -> Result<Self, ConfigError> {
        self.family_lifetime = lifetime.as_secs();
        self.if_sound()
    }

    /// Opens a window after its use, in which a spent token is answered with the same successor again
    /// (RT-4).
    ///
    /// # Errors
    /// Fails if it is 0 or longer than 60 seconds: a thief of the spent token is answered in it too.
    pub fn grace(mut self, window: Duration, secret: GraceSecret) -> Result<Self, ConfigError> {
        let seconds = window.as_secs();
        if !(1..=LONGEST_GRACE).contains(&seconds) {
            return Err(ConfigError::new("grace", "must be 1 to 60 seconds; leave it out for none"));
        }
        self.grace = Some(Grace { seconds, secret });
        Ok(self)
    }

    /// Issues refresh tokens only with the scope `offline_access` (OIDC Core §11).
    pub const fn only_with_offline_access(mut self) -> Self {
        self.only_with_offline_access = true;
        self
    }

    /// Sets how many access tokens of one authorization may be unexpired at once: 2 to 1000. Default 100. A client that
    /// refreshes more often within the lifetime of an access token receives 429 until some have expired. So no client
    /// can fill the host's stores with one authorization, and a revocation has a bounded number of tokens to deny.
    ///
    /// 100 is one refresh every 9 seconds with the default lifetime of access tokens (15 minutes), but only one every 36
    /// seconds if they live for an hour. Raise it, or shorten the lifetime, for clients that refresh for each of many
    /// resources, or from many threads. The deny list must have as many places.
    ///
    /// # Errors
    /// Fails if it is out of range.
    pub fn access_tokens_at_a_time(mut self, tokens: usize) -> Result<Self, ConfigError> {
        if !(2..=1000).contains(&tokens) {
            return Err(ConfigError::new("access_tokens_at_a_time", "must be 2 to 1000"));
        }
        self.access_tokens = tokens;
        Ok(self)
    }

    /// Rotates only the refresh tokens of public clients that are not bound to a key. Those of confidential clients,
    /// and bound ones, are kept as long as they are used (FAPI 2.0 §5.3.2.1; RT-7). A thief then also needs the
    /// client's secret or the key; if the secret was stolen too, the theft is no longer detected. By default all
    /// rotate.
    pub const fn without_rotation_of_protected_tokens(mut self) -> Self {
        self.rotates_all = false;
        self
    }

    fn if_sound(self) -> Result<Self, ConfigError> {
        if self.lifetime == 0 || self.lifetime > self.family_lifetime {
            return Err(ConfigError::new(
                "refresh",
                "a token lives for at least a second and no longer than its family",
            ));
        }
        if self.family_lifetime > LONGEST_FAMILY {
            return Err(ConfigError::new("family_lifetime", "must be at most 2^32 seconds"));
        }
        Ok(self)
    }
}

impl Default for RefreshPolicy {
    fn default() -> Self {
        Self::new()
    }
}

/// 256 bits that every node shares, required to derive the successor of a spent refresh token again (RT-4).
#[derive(Clone)]
pub struct GraceSecret(Zeroizing<[u8; 32]>);

impl GraceSecret {
    /// Creates a secret from 32 bytes of a secure source.
    #[must_use]
    pub fn new(secret: [u8; 32]) -> Self {
        Self(Zeroizing::new(secret))
    }

    pub(crate) fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Debug for GraceSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("GraceSecret(..)")
    }
}

/// Seconds that a user may take for login and consent.
pub(crate) const LONGEST_VISIT: u64 = 600;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rt7_a_token_does_not_outlive_its_family() {
        assert!(RefreshPolicy::new().family_lifetime(Duration::from_secs(14 * 86_400)).is_ok());
        assert!(RefreshPolicy::new().family_lifetime(Duration::from_secs(14 * 86_400 - 1)).is_err());
        assert!(RefreshPolicy::new().lifetime(Duration::from_secs(0)).is_err());
        assert!(RefreshPolicy::new().lifetime(Duration::from_secs(90 * 86_400 + 1)).is_err());
    }

    #[test]
    fn st3_a_family_ends_within_the_times_that_a_store_can_hold() {
        let family = |seconds| RefreshPolicy::new().family_lifetime(Duration::from_secs(seconds));
        assert!(family(1 << 32).is_ok());
        assert!(family((1 << 32) + 1).is_err() && family(u64::MAX).is_err());
    }

    #[test]
    fn a_family_has_two_to_a_thousand_access_tokens_at_a_time() {
        let bound = |tokens| RefreshPolicy::new().access_tokens_at_a_time(tokens);
        assert!(bound(1).is_err() && bound(1001).is_err());
        assert!(bound(2).is_ok() && bound(1000).is_ok());
    }

    #[test]
    fn rt4_a_grace_window_is_short() {
        let grace = |seconds| RefreshPolicy::new().grace(seconds, GraceSecret::new([1; 32]));
        assert!(grace(Duration::from_secs(0)).is_err() && grace(Duration::from_secs(61)).is_err());
        assert!(grace(Duration::from_secs(1)).is_ok() && grace(Duration::from_secs(60)).is_ok());
        assert_eq!(alloc::format!("{:?}", GraceSecret::new([1; 32])), "GraceSecret(..)");
    }
}
