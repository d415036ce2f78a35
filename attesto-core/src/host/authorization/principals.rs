//! The subjects of tokens, and what their tokens may say (HC-2, HC-3).

use crate::authorization::{Answered, IdTokenClaimsQuestion, IntrospectionCheck, Principal, ScopeQuestion, ScopeSet};
use crate::future::BoxFuture;
use alloc::boxed::Box;
use alloc::string::String;
use alloc::sync::Arc;
use core::future::Future;
use serde_json::{Map, Value};

/// Loads users. Called each time a token is minted for a user or introspected: a suspended user gets no further token,
/// and existing ones are inactive.
///
/// `None` means that the subject may have no tokens (suspended, deleted, nonexistent): the client receives
/// `invalid_grant`. An error or a time-out is [`Unavailable`](crate::authorization::Unavailable) and ends with 503, if
/// possible without spending the grant. Subjects are compared byte for byte. The method changes nothing.
pub trait PrincipalStore: Send + Sync {
    /// Loads the subject's current state.
    fn load_principal(&self, subject: &str) -> impl Future<Output = Answered<Option<Principal>>> + Send;
}

/// Decides which scopes are granted. There is no default: granting everything requested is a decision too.
///
/// The request is within the client's registration and the grant. The answer can only narrow it: a scope that was not
/// requested makes the request fail, and an empty answer refuses it (`invalid_scope`). An error or a time-out is
/// [`Unavailable`](crate::authorization::Unavailable) and ends with 503. The method changes nothing.
pub trait ScopePolicy: Send + Sync {
    /// Returns the granted scopes out of those requested.
    fn authorize_scope(&self, request: &ScopeQuestion) -> impl Future<Output = Answered<ScopeSet>> + Send;
}

/// Grants every requested scope that the client is registered for and the user has allowed.
///
/// ```
/// use attesto_core::host::{AuthorizationHost, ClientStore, ScopesAsAsked};
/// # fn demo(clients: impl ClientStore + 'static) {
/// let host = AuthorizationHost::builder(clients, ScopesAsAsked);
/// # }
/// ```
#[derive(Clone, Copy, Debug, Default)]
#[expect(clippy::exhaustive_structs, reason = "a policy without settings")]
pub struct ScopesAsAsked;

impl ScopePolicy for ScopesAsAsked {
    async fn authorize_scope(&self, request: &ScopeQuestion) -> Answered<ScopeSet> {
        Ok(request.scopes.clone())
    }
}

/// Provides the user claims of ID tokens (OIDC Core §5.1, §5.4; IT-4).
///
/// Return the known claims that the scopes stand for; none is required. A claim of the protocol (`iss`, `sub`, `aud`
/// ..) makes the request fail. An error or a time-out is [`Unavailable`](crate::authorization::Unavailable) and ends
/// with 503. The method changes nothing.
pub trait ClaimsProvider: Send + Sync {
    /// Returns the claims about this user for this client.
    fn id_token_claims(
        &self,
        request: &IdTokenClaimsQuestion,
    ) -> impl Future<Output = Answered<Map<String, Value>>> + Send;
}

/// Decides who may look at other parties' tokens (RFC 7662 §2.2; IN-4): an API gateway, say. A token's own client and its
/// audience are not asked about.
///
/// `false` makes the token inactive to the caller. An error or a time-out is
/// [`Unavailable`](crate::authorization::Unavailable) and ends with 503. The method changes nothing.
pub trait IntrospectionPolicy: Send + Sync {
    /// Whether this caller may introspect the token.
    fn may_introspect(&self, check: &IntrospectionCheck) -> impl Future<Output = Answered<bool>> + Send;
}

erase! { PrincipalStore as ErasedPrincipalStore {
    fn load_principal(&str) -> Option<Principal>;
} }

erase! { ScopePolicy as ErasedScopePolicy {
    fn authorize_scope(&ScopeQuestion) -> ScopeSet;
} }

erase! { ClaimsProvider as ErasedClaimsProvider {
    fn id_token_claims(&IdTokenClaimsQuestion) -> Map<String, Value>;
} }

erase! { IntrospectionPolicy as ErasedIntrospectionPolicy {
    fn may_introspect(&IntrospectionCheck) -> bool;
} }
