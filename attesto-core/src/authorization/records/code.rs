//! Authorization codes, as a store keeps them (RFC 6749 §4.1.2; ST-1 to ST-3).

use super::authorization::{Authorization, IssuedAccessToken};
use crate::Timestamp;
use crate::authorization::secret::{FamilyId, SecretDigest};
use crate::jose::Thumbprint;
use crate::pkce::CodeChallenge;
use alloc::boxed::Box;
use alloc::string::String;

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
    /// The access token recorded for it. `None` after a fault, or while the first exchange is still running (AC-6).
    pub recorded: Option<IssuedAccessToken>,
}

impl SpentCode {
    /// Creates a spent code of this client and family, without a recorded token.
    #[must_use]
    pub fn new(client_id: impl Into<String>, family: FamilyId) -> Self {
        Self { client_id: client_id.into(), family, recorded: None }
    }
}

/// A code to store.
#[derive(Clone, Debug, Eq, PartialEq)]
#[expect(clippy::exhaustive_structs, reason = "a key and its row")]
pub struct NewCode {
    /// The key in the store.
    pub digest: SecretDigest,
    /// The record to store.
    pub code: AuthorizationCode,
    /// The time of the request.
    pub now: Timestamp,
}

/// The access token issued for a code, to record.
#[derive(Clone, Debug, Eq, PartialEq)]
#[expect(clippy::exhaustive_structs, reason = "a key and what to record beside it")]
pub struct CodeRedemption {
    /// The code's key.
    pub digest: SecretDigest,
    /// The access token. The store keeps the row until it has expired.
    pub access: IssuedAccessToken,
}
