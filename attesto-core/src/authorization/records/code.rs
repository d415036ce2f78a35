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
    /// When.
    pub auth_time: Option<Timestamp>,
    /// The authentication context class.
    pub acr: Option<String>,
    /// The methods used (RFC 8176).
    pub amr: Vec<String>,
    /// The session it belongs to.
    pub sid: Option<String>,
}

impl AuthenticationContext {
    /// Of a login at this time, of which nothing else is known.
    #[must_use]
    pub fn at(auth_time: Timestamp) -> Self {
        Self { auth_time: Some(auth_time), ..Self::default() }
    }

    /// Names the context class.
    #[must_use]
    pub fn acr(mut self, acr: impl Into<String>) -> Self {
        self.acr = Some(acr.into());
        self
    }

    /// Names the methods.
    #[must_use]
    pub fn amr<S: Into<String>>(mut self, amr: impl IntoIterator<Item = S>) -> Self {
        self.amr = amr.into_iter().map(Into::into).collect();
        self
    }

    /// Names the session.
    #[must_use]
    pub fn sid(mut self, sid: impl Into<String>) -> Self {
        self.sid = Some(sid.into());
        self
    }
}

/// What one authorization allows: the ceiling of every token that descends from it.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct Authorization {
    /// The family of all that descends from it.
    pub family: FamilyId,
    /// The client it was given to.
    pub client_id: String,
    /// The user who gave it.
    pub subject: String,
    /// The scopes given.
    pub scopes: ScopeSet,
    /// The resources given; empty means the server's own audience (RFC 8707).
    pub resources: Vec<String>,
    /// How the user authenticated.
    pub authentication: AuthenticationContext,
}

impl Authorization {
    /// Of this family, to this client, by this subject; of no scope yet.
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
    /// What it is good for.
    pub authorization: Authorization,
    /// The redirect URI of the authorization request, as presented.
    pub redirect_uri: String,
    /// The PKCE challenge. `None` for a client that is registered to do without; a store keeps the two apart.
    pub challenge: Option<CodeChallenge>,
    /// The DPoP key it is bound to (RFC 9449 §10).
    pub dpop_jkt: Option<Thumbprint>,
    /// `nonce` of the request, for the ID token.
    pub nonce: Option<String>,
    /// It counts while `now < expires_at`.
    pub expires_at: Timestamp,
}

impl AuthorizationCode {
    /// A code for this authorization.
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

/// An access token, as revocation knows it.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct IssuedAccessToken {
    /// Its `jti`.
    pub jwt_id: String,
    /// A resource takes it while `now < expires_at` at most: its `exp`, and the leeway that resources have
    /// ([`resource_leeway`](crate::authorization::AuthorizationServerBuilder::resource_leeway)).
    pub expires_at: Timestamp,
}

impl IssuedAccessToken {
    /// The token of this `jti`.
    #[must_use]
    pub fn new(jwt_id: impl Into<String>, expires_at: Timestamp) -> Self {
        Self { jwt_id: jwt_id.into(), expires_at }
    }
}

/// What came of taking a code.
#[derive(Clone, Debug, Eq, PartialEq)]
#[expect(clippy::exhaustive_enums, reason = "a code is fresh, spent or unknown")]
pub enum TakenCode {
    /// It was fresh, and this call has spent it. No other call will be told the same.
    Fresh(Box<AuthorizationCode>),
    /// It was spent before.
    Spent(SpentCode),
    /// The store does not know it.
    Unknown,
}

/// A code that was spent before.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct SpentCode {
    /// The client it was given to.
    pub client_id: String,
    /// The family that came of it.
    pub family: FamilyId,
    /// The access token that came of it, once the exchange had been finalized. `None` where a fault came between, or where the first
    /// exchange is under way still (AC-6).
    pub finalized: Option<IssuedAccessToken>,
}

impl SpentCode {
    /// A code of this client and family, of which nothing came so far.
    #[must_use]
    pub fn new(client_id: impl Into<String>, family: FamilyId) -> Self {
        Self { client_id: client_id.into(), family, finalized: None }
    }
}

/// A refresh token, as a store keeps it (RFC 6749 §6).
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct RefreshToken {
    /// What it is good for: the original grant, whatever the access token beside it was narrowed to (RT-6).
    pub authorization: Authorization,
    /// 0 for the first of its family, one more for each successor.
    pub generation: u32,
    /// The DPoP key it is bound to: for public clients (RFC 9449 §5; SC-6).
    pub dpop_jkt: Option<Thumbprint>,
    /// The certificate it is bound to: for public clients (RFC 8705 §7.1; SC-6).
    pub x5t_s256: Option<Thumbprint>,
    /// Whether its family was bound to that key or certificate later than with its first token: then tokens of it were issued, and
    /// spent, that were bound to less (RT-5).
    pub bound_late: bool,
    /// It counts while `now < expires_at`.
    pub expires_at: Timestamp,
    /// No member of its family counts from then on (RT-7).
    pub family_expires_at: Timestamp,
    /// In what is given to a store: the access token that is issued beside it. In what a store answers for a token that is not spent:
    /// the access tokens of its family that have not expired.
    pub access: Vec<IssuedAccessToken>,
}

impl RefreshToken {
    /// The first of a family.
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
    /// The token; of one that is spent, what its family is now: of that, only what all its tokens have in common is read.
    pub token: RefreshToken,
    /// When and how it was spent, if it was.
    pub spent: Option<SpentRefresh>,
    /// Whether its family was revoked.
    pub family_revoked: bool,
    /// The access tokens of a revoked family that the deny list has not confirmed yet (RT-5). Empty where the revocation is whole.
    pub undenied: Vec<IssuedAccessToken>,
}

/// A refresh token that was spent.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
#[expect(clippy::exhaustive_structs, reason = "when, and what finds the successor again")]
pub struct SpentRefresh {
    /// When; of a token that was spent before the last one of its family: any time, the epoch for one.
    pub at: Timestamp,
    /// What the successor can be found again with, by whom the spent token is shown to. Stores forget it when the grace window has
    /// passed; a store that keeps it longer does no harm, the window is checked here. `None` where there is no such window.
    pub salt: Option<SuccessorSalt>,
}

/// 256 random bits from which, with the spent token and the server's secret, its successor is derived: how an answer that was lost
/// on the way can be given once more, although no store holds a token (RT-4).
#[derive(Clone, Eq, PartialEq)]
pub struct SuccessorSalt([u8; 32]);

impl SuccessorSalt {
    /// Of its bytes, as a store kept them.
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

/// The one step that spends a refresh token and puts its successor in its place.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Rotation {
    /// The token to spend.
    pub spent: RefreshKey,
    /// The successor's own key. Its family's is the same.
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

/// What came of a rotation.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[expect(clippy::exhaustive_enums, reason = "done, or one of the two ways in which it is too late")]
pub enum Rotated {
    /// Done, by this call and no other.
    Done,
    /// The token was spent before, or is unknown. Nothing has changed.
    Lost,
    /// The family is revoked. Nothing has changed.
    FamilyRevoked,
}
