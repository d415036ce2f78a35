//! What stores keep for this server: codes and refresh tokens, known by digest (ST-1 to ST-3).

use crate::Timestamp;
use crate::authorization::scopes::ScopeSet;
use crate::authorization::secret::{FamilyId, RefreshKey, SecretDigest};
use crate::jose::Thumbprint;
use crate::pkce::CodeChallenge;
use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;
use zeroize::Zeroize;

/// How and when a user authenticated (RFC 9470, OIDC Core §2). Carried unchanged through every refresh (RT-9).
#[derive(Clone, Debug, Default, Eq, PartialEq)]
#[non_exhaustive]
pub struct AuthenticationContext {
    /// The time of authentication.
    pub auth_time: Option<Timestamp>,
    /// The authentication context class.
    pub acr: Option<String>,
    /// The methods used (RFC 8176).
    pub amr: Vec<String>,
    /// The session.
    pub sid: Option<String>,
}

impl AuthenticationContext {
    /// Creates the context of a login at this time, without further details.
    #[must_use]
    pub fn at(auth_time: Timestamp) -> Self {
        Self { auth_time: Some(auth_time), ..Self::default() }
    }

    /// Sets the context class.
    #[must_use]
    pub fn acr(mut self, acr: impl Into<String>) -> Self {
        self.acr = Some(acr.into());
        self
    }

    /// Sets the methods.
    #[must_use]
    pub fn amr<S: Into<String>>(mut self, amr: impl IntoIterator<Item = S>) -> Self {
        self.amr = amr.into_iter().map(Into::into).collect();
        self
    }

    /// Sets the session.
    #[must_use]
    pub fn sid(mut self, sid: impl Into<String>) -> Self {
        self.sid = Some(sid.into());
        self
    }
}

/// The contents of one authorization: the ceiling of every token that descends from it.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct Authorization {
    /// The family of all tokens that descend from it.
    pub family: FamilyId,
    /// The client it was given to.
    pub client_id: String,
    /// The user who gave it.
    pub subject: String,
    /// The granted scopes.
    pub scopes: ScopeSet,
    /// The granted resources; empty means the server's own audience (RFC 8707).
    pub resources: Vec<String>,
    /// How the user authenticated.
    pub authentication: AuthenticationContext,
}

impl Authorization {
    /// Creates an authorization of this family, for this client, by this subject, without scopes yet.
    #[must_use]
    pub fn new(family: FamilyId, client_id: impl Into<String>, subject: impl Into<String>) -> Self {
        Self {
            family,
            client_id: client_id.into(),
            subject: subject.into(),
            scopes: ScopeSet::default(),
            resources: Vec::new(),
            authentication: AuthenticationContext::default(),
        }
    }
}

/// An authorization code, as a store keeps it (RFC 6749 §4.1.2).
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct AuthorizationCode {
    /// The authorization it stands for.
    pub authorization: Authorization,
    /// The redirect URI of the authorization request, as presented.
    pub redirect_uri: String,
    /// The PKCE challenge. `None` for a client that is registered to do without; a store must distinguish the two.
    pub challenge: Option<CodeChallenge>,
    /// The DPoP key it is bound to (RFC 9449 §10).
    pub dpop_jkt: Option<Thumbprint>,
    /// `nonce` of the request, for the ID token.
    pub nonce: Option<String>,
    /// Valid while `now < expires_at`.
    pub expires_at: Timestamp,
}

impl AuthorizationCode {
    /// Creates a code for this authorization.
    #[must_use]
    pub fn new(
        authorization: Authorization,
        redirect_uri: impl Into<String>,
        challenge: impl Into<Option<CodeChallenge>>,
        expires_at: Timestamp,
    ) -> Self {
        let challenge = challenge.into();
        Self { authorization, redirect_uri: redirect_uri.into(), challenge, dpop_jkt: None, nonce: None, expires_at }
    }
}

/// The record of an access token, for revocation.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct IssuedAccessToken {
    /// Its `jti`.
    pub jwt_id: String,
    /// Resources accept it at most while `now < expires_at`: its `exp` plus the resources' leeway
    /// ([`resource_leeway`](crate::authorization::AuthorizationServerBuilder::resource_leeway)).
    pub expires_at: Timestamp,
}

impl IssuedAccessToken {
    /// Creates the record of the token with this `jti`.
    #[must_use]
    pub fn new(jwt_id: impl Into<String>, expires_at: Timestamp) -> Self {
        Self { jwt_id: jwt_id.into(), expires_at }
    }
}

/// The result of taking a code.
#[derive(Clone, Debug, Eq, PartialEq)]
#[expect(clippy::exhaustive_enums, reason = "a code is fresh, spent or unknown")]
pub enum TakenCode {
    /// It was fresh, and this call has spent it. No other call receives this answer.
    Fresh(Box<AuthorizationCode>),
    /// It was already spent.
    Spent(SpentCode),
    /// The store does not know it.
    Unknown,
}

/// A code that was already spent.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct SpentCode {
    /// The client it was given to.
    pub client_id: String,
    /// The family of the tokens issued for it.
    pub family: FamilyId,
    /// The access token issued for it, once the exchange was finalized. `None` after a fault, or while the first
    /// exchange is still running (AC-6).
    pub finalized: Option<IssuedAccessToken>,
}

impl SpentCode {
    /// Creates a spent code of this client and family, without a finalized token.
    #[must_use]
    pub fn new(client_id: impl Into<String>, family: FamilyId) -> Self {
        Self { client_id: client_id.into(), family, finalized: None }
    }
}

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

    /// The bytes.
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
    /// Creates the rotation from one token to another.
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
    /// Rotated, by this call and no other.
    Done,
    /// The token was already spent, or is unknown. Nothing has changed.
    Lost,
    /// The family is revoked. Nothing has changed.
    FamilyRevoked,
}
