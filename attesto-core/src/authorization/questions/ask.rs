//! Everything that the authorization server can ask its host: one variant for each question, one answer type for each.

use super::consent::{ConsentDecision, ConsentRequest};
use super::events::AuthorizationEvent;
use super::login::{Authentication, AuthenticationRequest};
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

/// Whoever was asked could not answer: an error, a time-out, a lost connection. What was to be changed may or may not have been.
///
/// The request ends with 503: never a pass, and never a claim that the client was wrong (TK-6).
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("no answer")]
#[expect(clippy::exhaustive_structs, reason = "why there is no answer stays with whoever could not give it")]
pub struct Unavailable;

/// An answer, or none.
pub type Answered<T> = Result<T, Unavailable>;

/// What comes next in a flow of the authorization server: a question to its host, or the response.
pub type Step = exchange::Step<Ask>;

/// One question of the authorization server, with the flow that waits for its answer.
pub type Query<Q, A> = exchange::Query<Ask, Q, A>;

/// One question to the host. The traits of [`host`](crate::host) say what each promises.
///
/// Exhaustive on purpose: a new question breaks every driver when it is compiled, instead of hanging it when it runs.
#[derive(Debug)]
#[must_use = "an unanswered question ends the flow"]
#[expect(clippy::exhaustive_enums, reason = "a driver must know every question")]
pub enum Ask {
    /// Which client has this identifier? `None`: none, or a disabled one.
    LoadClient(Query<String, Answered<Option<Client>>>),
    /// Is this the client's secret?
    VerifySecret(Query<SecretCheck, Answered<bool>>),
    /// Which keys does the client of this identifier sign with?
    ClientKeys(Query<String, Answered<Arc<VerificationKeys>>>),
    /// Is this the first use? One namespace for proofs and assertions, told apart by their keys.
    RecordReplay(Query<ReplayQuery, Recorded>),
    /// Who is the user in this browser? Or: this is what to show them.
    Authenticate(Query<AuthenticationRequest, Answered<Authentication>>),
    /// Does the user allow it? Or: this is what to show them.
    Consent(Query<ConsentRequest, Answered<ConsentDecision>>),
    /// Spend what a click on a consent page left: if it is unspent and unexpired, and the binding is the same. `None`: it is not.
    ConsumeConsentGrant(Query<ConsentRedemption, Answered<Option<ConsentGrant>>>),
    /// Store a pushed authorization request.
    PutPar(Query<NewPushedRequest, Answered<()>>),
    /// Is there such a pushed request? Changes nothing.
    FetchPar(Query<SecretDigest, Answered<Option<PushedRequest>>>),
    /// Remove a pushed request that has not expired, and return it. Of several that try, one is given it.
    TakePar(Query<SecretQuery, Answered<Option<PushedRequest>>>),
    /// Store a new code.
    PutCode(Query<NewCode, Answered<()>>),
    /// Is there such a code, fresh or spent? Changes nothing.
    PeekCode(Query<SecretDigest, Answered<Option<AuthorizationCode>>>),
    /// Spend a code.
    TakeCode(Query<SecretQuery, Answered<TakenCode>>),
    /// Note what came of a code that was taken.
    FinalizeCode(Query<FinalizedCode, Answered<()>>),
    /// What is known of a refresh token?
    GetRefresh(Query<RefreshKey, Answered<Option<RefreshState>>>),
    /// Store the first refresh token of a family. `false`: the family is revoked already.
    InsertRefresh(Query<NewRefresh, Answered<bool>>),
    /// Spend a refresh token for its successor.
    RotateRefresh(Query<Rotation, Answered<Rotated>>),
    /// Note one more access token beside a refresh token that is given again. `false`: it is spent, unknown or of a revoked family
    /// by now, and must not be given.
    RepeatRefresh(Query<RepeatedRefresh, Answered<bool>>),
    /// Which family did an access token come from? By its `jti`. Asked only where there is no deny list (RV-4).
    FindFamily(Query<String, Answered<Option<RevocableFamily>>>),
    /// Revoke a family for good. Answers the access tokens of it that still live and that no
    /// [`SettleRevocation`](Self::SettleRevocation) has named yet.
    RevokeFamily(Query<FamilyRevocation, Answered<Vec<IssuedAccessToken>>>),
    /// Note that these access tokens of a revoked family are taken care of.
    SettleRevocation(Query<SettledRevocation, Answered<()>>),
    /// Put access tokens on the deny list until they expire: all of them, in one step or several.
    RevokeAccessTokens(Query<RevokedAccessTokens, Answered<()>>),
    /// Is this access token on the deny list?
    IsRevoked(Query<IssuedAccessToken, Answered<bool>>),
    /// May this caller know about this token? Asked only where the token is neither its own nor for it.
    MayIntrospect(Query<IntrospectionCheck, Answered<bool>>),
    /// Who is this subject now? `None`: nobody who may have tokens.
    LoadPrincipal(Query<String, Answered<Option<Principal>>>),
    /// What may an ID token say of this user to this client?
    IdTokenClaims(Query<ClaimsRequest, Answered<Map<String, Value>>>),
    /// Which of these scopes does the policy grant?
    AuthorizeScope(Query<ScopeRequest, Answered<ScopeSet>>),
    /// Take note. Nothing depends on it.
    Record(Query<AuthorizationEvent, ()>),
}

impl Ask {
    /// The question's name, for logs.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::LoadClient(_) => "LoadClient",
            Self::VerifySecret(_) => "VerifySecret",
            Self::ClientKeys(_) => "ClientKeys",
            Self::RecordReplay(_) => "RecordReplay",
            Self::Authenticate(_) => "Authenticate",
            Self::Consent(_) => "Consent",
            Self::ConsumeConsentGrant(_) => "ConsumeConsentGrant",
            Self::PutPar(_) => "PutPar",
            Self::FetchPar(_) => "FetchPar",
            Self::TakePar(_) => "TakePar",
            Self::PutCode(_) => "PutCode",
            Self::PeekCode(_) => "PeekCode",
            Self::TakeCode(_) => "TakeCode",
            Self::FinalizeCode(_) => "FinalizeCode",
            Self::GetRefresh(_) => "GetRefresh",
            Self::InsertRefresh(_) => "InsertRefresh",
            Self::RotateRefresh(_) => "RotateRefresh",
            Self::RepeatRefresh(_) => "RepeatRefresh",
            Self::FindFamily(_) => "FindFamily",
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

/// A secret to be checked by the host: with its hashing, at its pace (HC-1).
#[derive(Clone)]
#[non_exhaustive]
pub struct SecretCheck {
    /// The client; `None` where there is no such client. Then the check takes as long as any other and fails, so that the time
    /// does not tell which clients exist (CA-11).
    pub client_id: Option<String>,
    /// What was presented.
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

/// A first use to be recorded at a time.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[expect(clippy::exhaustive_structs, reason = "what a replay store is asked")]
pub struct ReplayQuery {
    /// What is used.
    pub claim: ReplayClaim,
    /// When.
    pub now: Timestamp,
}

/// What the replay store says, and the time at which it has said so: read from the clock **after** the answer has come. Until then the
/// store may have dropped the record of an earlier use, and a claim whose time has passed is refused whatever the answer is (D11, D17).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[expect(clippy::exhaustive_structs, reason = "what, and when")]
pub struct Recorded {
    /// What.
    pub answer: ReplayAnswer,
    /// When.
    pub now: Timestamp,
}

/// A secret that was presented, at a time.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[expect(clippy::exhaustive_structs, reason = "which, and when")]
pub struct SecretQuery {
    /// Its key.
    pub digest: SecretDigest,
    /// The time of the request.
    pub now: Timestamp,
}

/// A code to be stored.
#[derive(Clone, Debug, Eq, PartialEq)]
#[expect(clippy::exhaustive_structs, reason = "a key and its row")]
pub struct NewCode {
    /// Its key.
    pub digest: SecretDigest,
    /// What is known by it.
    pub code: AuthorizationCode,
    /// The time of the request.
    pub now: Timestamp,
}

/// What came of a code.
#[derive(Clone, Debug, Eq, PartialEq)]
#[expect(clippy::exhaustive_structs, reason = "a key and what to note beside it")]
pub struct FinalizedCode {
    /// The code's key.
    pub digest: SecretDigest,
    /// The access token. The store keeps the row until this has expired.
    pub access: IssuedAccessToken,
}

/// A refresh token to be stored.
#[derive(Clone, Debug, Eq, PartialEq)]
#[expect(clippy::exhaustive_structs, reason = "a key and its row")]
pub struct NewRefresh {
    /// Its key.
    pub key: RefreshKey,
    /// What is known by it.
    pub token: RefreshToken,
    /// The time of the request.
    pub now: Timestamp,
}

/// A refresh token that is given to its client once more: because an answer was lost (RT-4), or because it does not rotate
/// (RT-7).
#[derive(Clone, Debug, Eq, PartialEq)]
#[expect(clippy::exhaustive_structs, reason = "a key and what to note beside it")]
pub struct RepeatedRefresh {
    /// The refresh token's key.
    pub key: RefreshKey,
    /// The access token that goes with it this time.
    pub access: IssuedAccessToken,
    /// The token counts until then at least from now on. Never earlier than it does.
    pub expires_at: Timestamp,
    /// Where as many access tokens of the family live, nothing is changed, and there is no answer.
    pub at_most: usize,
    /// The time of the request.
    pub now: Timestamp,
}

/// Access tokens to be put on the deny list.
#[derive(Clone, Debug, Eq, PartialEq)]
#[expect(clippy::exhaustive_structs, reason = "which, and when")]
pub struct RevokedAccessTokens {
    /// Which: one, or those of one family that still live.
    pub access: Vec<IssuedAccessToken>,
    /// Who they are about, for lists that hold no subject's tokens beyond a share.
    pub subject: String,
    /// The time of the request.
    pub now: Timestamp,
}

/// A family to be revoked.
#[derive(Clone, Debug, Eq, PartialEq)]
#[expect(clippy::exhaustive_structs, reason = "which, and when")]
pub struct FamilyRevocation {
    /// Which.
    pub family: FamilyId,
    /// Its user, for stores that hold no subject's families beyond a share.
    pub subject: String,
    /// Access tokens of it that the store may not know.
    pub access: Vec<IssuedAccessToken>,
    /// The time of the request.
    pub now: Timestamp,
    /// The revocation is kept until then at least: no request that began before it can insert a token of the family later.
    pub keep_until: Timestamp,
}

/// Access tokens of a revoked family that are taken care of: the deny list has confirmed them, or there is none.
#[derive(Clone, Debug, Eq, PartialEq)]
#[expect(clippy::exhaustive_structs, reason = "which, and when")]
pub struct SettledRevocation {
    /// The family.
    pub family: FamilyId,
    /// Those that need not be answered any more.
    pub access: Vec<IssuedAccessToken>,
    /// The time of the request.
    pub now: Timestamp,
}

/// A family that an access token came from.
#[derive(Clone, Debug, Eq, PartialEq)]
#[expect(clippy::exhaustive_structs, reason = "which, and whose")]
pub struct RevocableFamily {
    /// Which.
    pub family: FamilyId,
    /// The client that it was given to.
    pub client_id: String,
}

/// A subject, as the host knows it when a token is made (HC-2, IT-6).
#[derive(Clone, Debug, Default, Eq, PartialEq)]
#[non_exhaustive]
pub struct Principal {
    /// The kind of principal, where the issuer has kinds.
    pub kind: Option<String>,
    /// Further claims of access tokens. A reserved name makes the request fail.
    pub claims: Map<String, Value>,
}

impl Principal {
    /// A subject of which nothing is said in tokens.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Names its kind.
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
pub struct ClaimsRequest {
    /// The user.
    pub subject: String,
    /// The client that will read them.
    pub client_id: String,
    /// The scopes granted: `profile`, `email`, `address` and `phone` each stand for some claims (OIDC Core §5.4).
    pub scopes: ScopeSet,
}

/// A caller of the introspection endpoint that is neither the token's client nor its audience (IN-4).
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct IntrospectionCheck {
    /// The caller.
    pub caller: String,
    /// The client that the token was given to.
    pub client_id: String,
    /// The resources that the token is for.
    pub audience: Vec<String>,
}

/// Scopes that somebody asks for (TK-4).
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct ScopeRequest {
    /// The client.
    pub client_id: String,
    /// The user; `None` where the client asks for itself.
    pub subject: Option<String>,
    /// The grant.
    pub grant: GrantType,
    /// What is asked for, within what the client and the grant may have. The answer must be within it too: anything more is an
    /// error, not a grant.
    pub scopes: ScopeSet,
    /// The resources that the token will be for.
    pub resources: Vec<String>,
}
