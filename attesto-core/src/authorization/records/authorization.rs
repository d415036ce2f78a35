//! What a user has allowed, how they authenticated, and the access tokens issued for it.

use crate::Timestamp;
use crate::authorization::scopes::ScopeSet;
use crate::authorization::secret::FamilyId;
use alloc::string::String;
use alloc::vec::Vec;

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
    /// Creates the context of a login at this time, without further details.
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

/// The contents of one authorization: the ceiling of every token that descends from it.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct Authorization {
    /// The family of all that descends from it.
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

/// An access token, as revocation knows it.
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

/// Access tokens to put on the deny list.
#[derive(Clone, Debug, Eq, PartialEq)]
#[expect(clippy::exhaustive_structs, reason = "which, and when")]
pub struct RevokedAccessTokens {
    /// One token, or the unexpired ones of one family.
    pub access: Vec<IssuedAccessToken>,
    /// Their subject, for lists that limit the tokens of each subject.
    pub subject: String,
    /// The time of the request.
    pub now: Timestamp,
}
