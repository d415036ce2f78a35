//! All questions of the authorization server to its host: one variant and one answer type each.

use super::consent::{ConsentDecision, ConsentQuestion};
use super::events::AuthorizationEvent;
use super::login::{Authentication, LoginQuestion};
use crate::authorization::records::authorization::{IssuedAccessToken, RevokedAccessTokens};
use crate::authorization::records::code::{AuthorizationCode, CodeRedemption, NewCode, TakenCode};
use crate::authorization::records::consent_grant::{ConsentGrant, ConsentRedemption};
use crate::authorization::records::pushed::{NewPushedRequest, PushedRequest};
use crate::authorization::records::refresh::{
    FamilyRevocation, NewRefresh, RefreshState, RepeatedRefresh, RevocableFamily, Rotated, Rotation, SettledRevocation,
};
use crate::authorization::registered_client::client::Client;
use crate::authorization::registered_client::grant_type::GrantType;
use crate::authorization::scopes::ScopeSet;
use crate::authorization::secret::{RefreshKey, SecretDigest};
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

/// One question to the host, grouped by the store that answers it. The traits of [`host`](crate::host) define what each
/// answer promises.
///
/// Exhaustive on purpose, as are the questions of each store: a new question must break every driver at compile time.
#[derive(Debug)]
#[must_use = "an unanswered question ends the flow"]
#[expect(clippy::exhaustive_enums, reason = "a driver must know every question")]
pub enum Question {
    /// About clients.
    Clients(ClientQuestion),
    /// Is this the first use? Proofs and assertions share one namespace and have distinct keys.
    RecordReplay(Query<ReplayQuery, Recorded>),
    /// Who is the user of this browser? The host may answer with a page to show.
    Authenticate(Query<LoginQuestion, Answered<Authentication>>),
    /// Does the user allow the request? The host may answer with a page to show.
    Consent(Query<ConsentQuestion, Answered<ConsentDecision>>),
    /// Spend a consent grant if it is unspent and unexpired and has this binding; otherwise `None`.
    TakeConsentGrant(Query<ConsentRedemption, Answered<Option<ConsentGrant>>>),
    /// About pushed authorization requests.
    PushedRequests(PushedRequestQuestion),
    /// About authorization codes.
    Codes(CodeQuestion),
    /// About refresh tokens.
    RefreshTokens(RefreshTokenQuestion),
    /// About revoked access tokens.
    DenyList(DenyListQuestion),
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
            Self::Clients(question) => question.name(),
            Self::RecordReplay(_) => "RecordReplay",
            Self::Authenticate(_) => "Authenticate",
            Self::Consent(_) => "Consent",
            Self::TakeConsentGrant(_) => "TakeConsentGrant",
            Self::PushedRequests(question) => question.name(),
            Self::Codes(question) => question.name(),
            Self::RefreshTokens(question) => question.name(),
            Self::DenyList(question) => question.name(),
            Self::MayIntrospect(_) => "MayIntrospect",
            Self::LoadPrincipal(_) => "LoadPrincipal",
            Self::IdTokenClaims(_) => "IdTokenClaims",
            Self::AuthorizeScope(_) => "AuthorizeScope",
            Self::Record(_) => "Record",
        }
    }
}

/// Defines the questions to one store: for each its name in logs and what it asks.
macro_rules! store_questions {
    ($(#[$about:meta])* $questions:ident as $group:ident {
        $( $(#[$meta:meta])* $variant:ident, $name:literal: $query:ty => $answer:ty; )+
    }) => {
        $(#[$about])*
        #[derive(Debug)]
        #[must_use = "an unanswered question ends the flow"]
        #[expect(clippy::exhaustive_enums, reason = "a driver must know every question")]
        pub enum $questions {
            $( $(#[$meta])* $variant(Query<$query, Answered<$answer>>), )+
        }

        impl $questions {
            /// The question's name, for logs.
            #[must_use]
            pub const fn name(&self) -> &'static str {
                match self {
                    $( Self::$variant(_) => $name, )+
                }
            }
        }

        impl From<$questions> for Question {
            fn from(question: $questions) -> Self {
                Self::$group(question)
            }
        }
    };
}

store_questions! {
    /// Questions about clients, for the host's [`ClientStore`](crate::host::ClientStore).
    ClientQuestion as Clients {
        /// Which client has this identifier? `None` for an unknown or disabled client.
        Load, "LoadClient": String => Option<Client>;
        /// Is this the client's secret?
        VerifySecret, "VerifySecret": SecretCheck => bool;
        /// Which keys does the client with this identifier sign with?
        LoadKeys, "LoadClientKeys": String => Arc<VerificationKeys>;
    }
}

store_questions! {
    /// Questions about pushed requests, for the host's [`PushedRequestStore`](crate::host::PushedRequestStore).
    PushedRequestQuestion as PushedRequests {
        /// Store a pushed authorization request.
        Insert, "InsertPushedRequest": NewPushedRequest => ();
        /// Load a pushed request, without changing anything.
        Load, "LoadPushedRequest": SecretDigest => Option<PushedRequest>;
        /// Remove a pushed request that has not expired, and return it. Only one of several concurrent calls receives
        /// it.
        Take, "TakePushedRequest": SecretQuery => Option<PushedRequest>;
    }
}

store_questions! {
    /// Questions about codes, for the host's [`CodeStore`](crate::host::CodeStore).
    #[expect(clippy::large_enum_variant, reason = "a question moves twice: from its flow to the driver, and back")]
    CodeQuestion as Codes {
        /// Store a new code.
        Insert, "InsertCode": NewCode => ();
        /// Load a code, fresh or spent, without changing anything.
        Load, "LoadCode": SecretDigest => Option<AuthorizationCode>;
        /// Spend a code.
        Take, "TakeCode": SecretQuery => TakenCode;
        /// Record the access token issued for a redeemed code.
        RecordRedemption, "RecordRedemption": CodeRedemption => ();
    }
}

store_questions! {
    /// Questions about refresh tokens, for the host's [`RefreshStore`](crate::host::RefreshStore).
    RefreshTokenQuestion as RefreshTokens {
        /// Load the state of a refresh token.
        Load, "LoadRefresh": RefreshKey => Option<RefreshState>;
        /// Store the first refresh token of a family. `false` if the family is already revoked.
        Insert, "InsertRefresh": NewRefresh => bool;
        /// Spend a refresh token and store its successor.
        Rotate, "RotateRefresh": Rotation => Rotated;
        /// Record one more access token for a refresh token that is sent again. `false` if it is by now spent, unknown
        /// or of a revoked family, and must not be sent.
        RecordRepeat, "RecordRepeat": RepeatedRefresh => bool;
        /// Which family does an access token with this `jti` belong to? Asked only if there is no deny list (RV-4).
        LoadFamily, "LoadFamily": String => Option<RevocableFamily>;
        /// Revoke a family for good. Returns its unexpired access tokens that no
        /// [`SettleRevocation`](Self::SettleRevocation) has named yet.
        RevokeFamily, "RevokeFamily": FamilyRevocation => Vec<IssuedAccessToken>;
        /// Record that these access tokens of a revoked family are denied.
        SettleRevocation, "SettleRevocation": SettledRevocation => ();
    }
}

store_questions! {
    /// Questions about revoked access tokens, for the host's [`AccessTokenDenyList`](crate::host::AccessTokenDenyList).
    DenyListQuestion as DenyList {
        /// Put access tokens on the deny list until they expire, in one step or several.
        Revoke, "RevokeAccessTokens": RevokedAccessTokens => ();
        /// Is this access token on the deny list?
        IsRevoked, "IsRevoked": IssuedAccessToken => bool;
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
