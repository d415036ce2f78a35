//! Refresh tokens, as a store keeps them (RFC 6749 §6; ST-1 to ST-3).

use super::authorization::{Authorization, IssuedAccessToken};
use crate::Timestamp;
use crate::authorization::secret::{FamilyId, RefreshKey, SecretDigest};
use crate::jose::Thumbprint;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;
use zeroize::Zeroize;

/// A refresh token, as a store keeps it (RFC 6749 §6).
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct RefreshToken {
    /// The original grant, whatever the access token issued with it was narrowed to (RT-6).
    pub authorization: Authorization,
    /// 0 for the first of its family, one more for each successor.
    pub generation: u32,
    /// The DPoP key it is bound to: for public clients (RFC 9449 §5; SC-6).
    pub dpop_jkt: Option<Thumbprint>,
    /// The certificate it is bound to: for public clients (RFC 8705 §7.1; SC-6).
    pub x5t_s256: Option<Thumbprint>,
    /// Whether its family was bound to that key or certificate only after its first token: then less strongly bound
    /// tokens of it were issued and spent before (RT-5).
    pub bound_late: bool,
    /// Valid while `now < expires_at`.
    pub expires_at: Timestamp,
    /// No token of its family is valid from then on (RT-7).
    pub family_expires_at: Timestamp,
    /// In a record to store: the access token issued with it. In a record that a store returns for an unspent token:
    /// the unexpired access tokens of its family.
    pub access: Vec<IssuedAccessToken>,
}

impl RefreshToken {
    /// Creates the first token of a family.
    #[must_use]
    pub fn first(
        authorization: Authorization,
        expires_at: Timestamp,
        family_expires_at: Timestamp,
        access: IssuedAccessToken,
    ) -> Self {
        Self {
            authorization,
            generation: 0,
            dpop_jkt: None,
            x5t_s256: None,
            bound_late: false,
            expires_at,
            family_expires_at,
            access: [access].into(),
        }
    }
}

/// The state of a refresh token that a store knows.
#[derive(Clone, Debug, Eq, PartialEq)]
#[expect(
    clippy::exhaustive_structs,
    reason = "the token, whether it is spent, whether its family is revoked, and how far"
)]
pub struct RefreshState {
    /// The token. For a spent one, the family's current token, of which only what all tokens of the family share is
    /// read.
    pub token: RefreshToken,
    /// When and how it was spent, if it was.
    pub spent: Option<SpentRefresh>,
    /// Whether its family was revoked.
    pub family_revoked: bool,
    /// The access tokens of a revoked family that the deny list has not confirmed yet (RT-5). Empty if the revocation
    /// is complete.
    pub undenied: Vec<IssuedAccessToken>,
}

/// A refresh token that was spent.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
#[expect(clippy::exhaustive_structs, reason = "when, and what finds the successor again")]
pub struct SpentRefresh {
    /// When it was spent. For a token spent before the family's last one: any time, for example the epoch.
    pub at: Timestamp,
    /// The salt from which the holder of the spent token can derive the successor again. Stores forget it when the
    /// grace window has passed; keeping it longer is harmless, since this server checks the window. `None` without a
    /// window.
    pub salt: Option<SuccessorSalt>,
}

/// 256 random bits from which, with the spent token and the server's secret, its successor is derived. So a lost
/// response can be sent again although no store has a token (RT-4).
#[derive(Clone, Eq, PartialEq)]
pub struct SuccessorSalt([u8; 32]);

impl SuccessorSalt {
    /// Creates a salt from bytes that a store kept.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// Its bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl Drop for SuccessorSalt {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

impl fmt::Debug for SuccessorSalt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SuccessorSalt(..)")
    }
}

/// The step that spends a refresh token and stores its successor, atomically.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Rotation {
    /// The token to spend.
    pub spent: RefreshKey,
    /// The successor's own key. Its family's key is the same.
    pub successor: SecretDigest,
    /// The successor.
    pub token: RefreshToken,
    /// See [`SpentRefresh::salt`].
    pub salt: Option<SuccessorSalt>,
    /// The time of the request.
    pub now: Timestamp,
}

impl Rotation {
    /// Spends one token for another.
    #[must_use]
    pub const fn new(
        spent: RefreshKey,
        successor: SecretDigest,
        token: RefreshToken,
        salt: Option<SuccessorSalt>,
        now: Timestamp,
    ) -> Self {
        Self { spent, successor, token, salt, now }
    }
}

/// The result of a rotation.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[expect(clippy::exhaustive_enums, reason = "done, or one of the two ways in which it is too late")]
pub enum Rotated {
    /// Done, by this call and no other.
    Done,
    /// The token was already spent, or is unknown. Nothing has changed.
    Lost,
    /// The family is revoked. Nothing has changed.
    FamilyRevoked,
}

/// A refresh token to store.
#[derive(Clone, Debug, Eq, PartialEq)]
#[expect(clippy::exhaustive_structs, reason = "a key and its row")]
pub struct NewRefresh {
    /// The key in the store.
    pub key: RefreshKey,
    /// The record to store.
    pub token: RefreshToken,
    /// The time of the request.
    pub now: Timestamp,
}

/// A refresh token that is sent to its client again: because a response was lost (RT-4), or because it does
/// not rotate (RT-7).
#[derive(Clone, Debug, Eq, PartialEq)]
#[expect(clippy::exhaustive_structs, reason = "a key and what to note beside it")]
pub struct RepeatedRefresh {
    /// The refresh token's key.
    pub key: RefreshKey,
    /// The access token issued with it this time.
    pub access: IssuedAccessToken,
    /// The refresh token is valid at least until then from now on; never earlier than before.
    pub expires_at: Timestamp,
    /// If this many access tokens of the family are unexpired, change nothing and fail to answer.
    pub at_most: usize,
    /// The time of the request.
    pub now: Timestamp,
}

/// A family to revoke.
#[derive(Clone, Debug, Eq, PartialEq)]
#[expect(clippy::exhaustive_structs, reason = "which, and when")]
pub struct FamilyRevocation {
    /// The family.
    pub family: FamilyId,
    /// Its user, for stores that limit the families of each subject.
    pub subject: String,
    /// Access tokens of the family that the store may not know.
    pub access: Vec<IssuedAccessToken>,
    /// The time of the request.
    pub now: Timestamp,
    /// The revocation must be kept at least until then: no request that began before it can insert a token of the
    /// family later.
    pub keep_until: Timestamp,
}

/// Access tokens of a revoked family that the deny list has confirmed, or for which there is no list.
#[derive(Clone, Debug, Eq, PartialEq)]
#[expect(clippy::exhaustive_structs, reason = "which, and when")]
pub struct SettledRevocation {
    /// The family.
    pub family: FamilyId,
    /// The tokens that need not be returned any more.
    pub access: Vec<IssuedAccessToken>,
    /// The time of the request.
    pub now: Timestamp,
}

/// The family of an access token.
#[derive(Clone, Debug, Eq, PartialEq)]
#[expect(clippy::exhaustive_structs, reason = "which, and whose")]
pub struct RevocableFamily {
    /// The family.
    pub family: FamilyId,
    /// The client it was issued to.
    pub client_id: String,
}
