//! All questions of the authorization server to its host: one variant and one answer type each.

use super::consent::{ConsentDecision, ConsentQuestion};
use super::events::AuthorizationEvent;
use super::login::{Authentication, LoginQuestion};
use crate::authorization::records::authorization::IssuedAccessToken;
use crate::authorization::records::code::{AuthorizationCode, TakenCode};
use crate::authorization::records::consent_grant::{ConsentGrant, ConsentRedemption};
use crate::authorization::records::pushed::{NewPushedRequest, PushedRequest};
use crate::authorization::records::refresh::{RefreshState, RefreshToken, Rotated, Rotation};
use crate::authorization::registered_client::client::Client;
use crate::authorization::registered_client::grant_type::GrantType;
use crate::authorization::scopes::ScopeSet;
use crate::authorization::secret::{FamilyId, RefreshKey, SecretDigest};
use crate::dpop::{ReplayAnswer, ReplayClaim};
use crate::jose::VerificationKeys;
use crate::{Timestamp, exchange};
use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt;
use serde_json::{Map, Value};
use zeroize::Zeroizing;

/// The host could not answer: an error, a time-out, a lost connection. A requested change may or may not have happened.
///
/// The request ends with 503: never a pass, and never a claim that the client was wrong (TK-6).
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("no answer")]
#[expect(clippy::exhaustive_structs, reason = "why there is no answer stays with whoever could not give it")]
pub struct Unavailable;

/// An answer, or a failure to answer.
pub type Answered<T> = Result<T, Unavailable>;

/// The next step of a flow of the authorization server: a question to its host, or the response.
pub type Step = exchange::Step<Question>;

/// One question of the authorization server, with the flow that waits for its answer.
pub type Query<Q, A> = exchange::Query<Question, Q, A>;

/// One question to the host. The traits of [`host`](crate::host) define what each answer promises.
///
/// Exhaustive on purpose: a new question must break every driver at compile time.
#[derive(Debug)]
#[must_use = "an unanswered question ends the flow"]
#[expect(clippy::exhaustive_enums, reason = "a driver must know every question")]
pub enum Question {
    /// Which client has this identifier? `None` for an unknown or disabled client.
    LoadClient(Query<String, Answered<Option<Client>>>),
    /// Is this the client's secret?
    VerifySecret(Query<SecretCheck, Answered<bool>>),
    /// Which keys does the client with this identifier sign with?
    LoadClientKeys(Query<String, Answered<Arc<VerificationKeys>>>),
    /// Is this the first use? Proofs and assertions share one namespace and have distinct keys.
    RecordReplay(Query<ReplayQuery, Recorded>),
    /// Who is the user of this browser? The host may answer with a page to show.
    Authenticate(Query<LoginQuestion, Answered<Authentication>>),
    /// Does the user allow the request? The host may answer with a page to show.
    Consent(Query<ConsentQuestion, Answered<ConsentDecision>>),
    /// Spend a consent grant if it is unspent and unexpired and has this binding; otherwise `None`.
    TakeConsentGrant(Query<ConsentRedemption, Answered<Option<ConsentGrant>>>),
    /// Store a pushed authorization request.
    InsertPushedRequest(Query<NewPushedRequest, Answered<()>>),
    /// Load a pushed request, without changing anything.
    LoadPushedRequest(Query<SecretDigest, Answered<Option<PushedRequest>>>),
    /// Remove a pushed request that has not expired, and return it. Only one of several concurrent calls receives it.
    TakePushedRequest(Query<SecretQuery, Answered<Option<PushedRequest>>>),
    /// Store a new code.
    InsertCode(Query<NewCode, Answered<()>>),
    /// Load a code, fresh or spent, without changing anything.
    LoadCode(Query<SecretDigest, Answered<Option<AuthorizationCode>>>),
    /// Spend a code.
    TakeCode(Query<SecretQuery, Answered<TakenCode>>),
    /// Record the access token issued for a redeemed code.
    RecordRedemption(Query<CodeRedemption, Answered<()>>),
    /// Load the state of a refresh token.
    LoadRefresh(Query<RefreshKey, Answered<Option<RefreshState>>>),
    /// Store the first refresh token of a family. `false` if the family is already revoked.
    InsertRefresh(Query<NewRefresh, Answered<bool>>),
    /// Spend a refresh token and store its successor.
    RotateRefresh(Query<Rotation, Answered<Rotated>>),
    /// Record one more access token for a refresh token that is sent again. `false` if it is by now spent, unknown or
    /// of a revoked family, and must not be sent.
    RecordRepeat(Query<RepeatedRefresh, Answered<bool>>),
    /// Which family does an access token with this `jti` belong to? Asked only if there is no deny list (RV-4).
    LoadFamily(Query<String, Answered<Option<RevocableFamily>>>),
    /// Revoke a family for good. Returns its unexpired access tokens that no
    /// [`SettleRevocation`](Self::SettleRevocation) has named yet.
    RevokeFamily(Query<FamilyRevocation, Answered<Vec<IssuedAccessToken>>>),
    /// Record that these access tokens of a revoked family are denied.
    SettleRevocation(Query<SettledRevocation, Answered<()>>),
    /// Put access tokens on the deny list until they expire, in one step or several.
    RevokeAccessTokens(Query<RevokedAccessTokens, Answered<()>>),
    /// Is this access token on the deny list?
    IsRevoked(Query<IssuedAccessToken, Answered<bool>>),
    /// May this caller know about this token? Asked only if the token is neither the caller's nor for the caller.
    MayIntrospect(Query<IntrospectionCheck, Answered<bool>>),
    /// Load the subject. `None` if it does not exist or may have no tokens.
    LoadPrincipal(Query<String, Answered<Option<Principal>>>),
    /// Which claims about this user may an ID token for this client have?
    IdTokenClaims(Query<IdTokenClaimsQuestion, Answered<Map<String, Value>>>),
    /// Which of these scopes does the policy grant?
    AuthorizeScope(Query<ScopeQuestion, Answered<ScopeSet>>),
    /// Record an event. No decision depends on it.
    Record(Query<AuthorizationEvent, ()>),
}

impl Question {
    /// The question's name, for logs.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::LoadClient(_) => "LoadClient",
            Self::VerifySecret(_) => "VerifySecret",
            Self::LoadClientKeys(_) => "LoadClientKeys",
            Self::RecordReplay(_) => "RecordReplay",
            Self::Authenticate(_) => "Authenticate",
            Self::Consent(_) => "Consent",
            Self::TakeConsentGrant(_) => "TakeConsentGrant",
            Self::InsertPushedRequest(_) => "InsertPushedRequest",
            Self::LoadPushedRequest(_) => "LoadPushedRequest",
            Self::TakePushedRequest(_) => "TakePushedRequest",
            Self::InsertCode(_) => "InsertCode",
            Self::LoadCode(_) => "LoadCode",
            Self::TakeCode(_) => "TakeCode",
            Self::RecordRedemption(_) => "RecordRedemption",
            Self::LoadRefresh(_) => "LoadRefresh",
            Self::InsertRefresh(_) => "InsertRefresh",
            Self::RotateRefresh(_) => "RotateRefresh",
            Self::RecordRepeat(_) => "RecordRepeat",
            Self::LoadFamily(_) => "LoadFamily",
            Self::RevokeFamily(_) => "RevokeFamily",
            Self::SettleRevocation(_) => "SettleRevocation",
            Self::RevokeAccessTokens(_) => "RevokeAccessTokens",
            Self::IsRevoked(_) => "IsRevoked",
            Self::MayIntrospect(_) => "MayIntrospect",
            Self::LoadPrincipal(_) => "LoadPrincipal",
            Self::IdTokenClaims(_) => "IdTokenClaims",
            Self::AuthorizeScope(_) => "AuthorizeScope",
            Self::Record(_) => "Record",
        }
    }
}

/// A secret for the host to check with its own hashing (HC-1).
#[derive(Clone)]
#[non_exhaustive]
pub struct SecretCheck {
    /// The client; `None` if it does not exist. The check must then take as long as any other and fail, so that timing
    /// does not reveal which clients exist (CA-11).
    pub client_id: Option<String>,
    /// The presented secret.
    pub secret: Zeroizing<String>,
}

impl SecretCheck {
    /// A secret that was presented for this client; `None` for a client that does not exist.
    #[must_use]
    pub const fn new(client_id: Option<String>, secret: Zeroizing<String>) -> Self {
        Self { client_id, secret }
    }
}

impl fmt::Debug for SecretCheck {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SecretCheck").field("client_id", &self.client_id).finish_non_exhaustive()
    }
}

/// A first use to record.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[expect(clippy::exhaustive_structs, reason = "what a replay store is asked")]
pub struct ReplayQuery {
    /// The use.
    pub claim: ReplayClaim,
    /// The current time.
    pub now: Timestamp,
}

/// The answer of a replay store and the time of its arrival, read from the clock **after** it arrived. The store may
/// have dropped the record of an earlier use by then, so a claim whose time has passed is refused whatever the answer
/// (D11, D17).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[expect(clippy::exhaustive_structs, reason = "what, and when")]
pub struct Recorded {
    /// The answer.
    pub answer: ReplayAnswer,
    /// The time of its arrival.
    pub now: Timestamp,
}

/// A presented secret, with the time of the request.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[expect(clippy::exhaustive_structs, reason = "which, and when")]
pub struct SecretQuery {
    /// The key in the store.
    pub digest: SecretDigest,
    /// The time of the request.
    pub now: Timestamp,
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

/// The access token issued for a code.
#[derive(Clone, Debug, Eq, PartialEq)]
#[expect(clippy::exhaustive_structs, reason = "a key and what to note beside it")]
pub struct CodeRedemption {
    /// The code's key.
    pub digest: SecretDigest,
    /// The access token. The store keeps the row until it has expired.
    pub access: IssuedAccessToken,
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

/// A subject, as the host knows it when a token is made (HC-2, IT-6).
#[derive(Clone, Debug, Default, Eq, PartialEq)]
#[non_exhaustive]
pub struct Principal {
    /// The kind of principal, if the issuer has kinds.
    pub kind: Option<String>,
    /// Further claims of access tokens. A reserved name makes the request fail.
    pub claims: Map<String, Value>,
}

impl Principal {
    /// Creates a subject without further claims.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets its kind.
    #[must_use]
    pub fn kind(mut self, kind: impl Into<String>) -> Self {
        self.kind = Some(kind.into());
        self
    }

    /// Adds a claim.
    #[must_use]
    pub fn claim(mut self, name: impl Into<String>, value: Value) -> Self {
        self.claims.insert(name.into(), value);
        self
    }
}

/// Claims for an ID token (OIDC Core §5; IT-4).
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct IdTokenClaimsQuestion {
    /// The user.
    pub subject: String,
    /// The client that receives the ID token.
    pub client_id: String,
    /// The granted scopes: `profile`, `email`, `address` and `phone` each stand for some claims (OIDC Core §5.4).
    pub scopes: ScopeSet,
}

/// A caller of the introspection endpoint that is neither the token's client nor its audience (IN-4).
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct IntrospectionCheck {
    /// The caller.
    pub caller: String,
    /// The client that the token was issued to.
    pub client_id: String,
    /// The resources that the token is for.
    pub audience: Vec<String>,
}

/// A request for scopes (TK-4).
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct ScopeQuestion {
    /// The client.
    pub client_id: String,
    /// The user; `None` if the client asks for itself.
    pub subject: Option<String>,
    /// The grant.
    pub grant: GrantType,
    /// The requested scopes, within what the client and the grant may have. The answer must be within them too:
    /// anything more is an error, not a grant.
    pub scopes: ScopeSet,
    /// The resources that the token will be for.
    pub resources: Vec<String>,
}
