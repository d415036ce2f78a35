//! For whom tokens are, and what they may say (HC-2, HC-3).

use crate::authorization::{Answered, ClaimsRequest, IntrospectionCheck, Principal, ScopeRequest, ScopeSet};
use crate::future::BoxFuture;
use alloc::boxed::Box;
use alloc::string::String;
use alloc::sync::Arc;
use core::future::Future;
use serde_json::{Map, Value};

/// Knows the users. Asked each time that a token is made for one or introspected: a user who is suspended gets no further token, and
/// those there are count as inactive.
///
/// `None` is for a subject who may have none (suspended, deleted, never there): the client is told `invalid_grant`. An error or a
/// time-out is [`Unavailable`](crate::authorization::Unavailable) and ends with 503, the grant unspent where it can be.
/// Subjects are compared byte for byte. Nothing here changes anything.
pub trait PrincipalStore: Send + Sync {
    /// The subject as it is now.
    fn load_principal(&self, subject: &str) -> impl Future<Output = Answered<Option<Principal>>> + Send;
}

/// Decides which scopes are granted. There is no default: a policy that grants whatever is asked for is a decision too.
///
/// What is asked for lies within what the client is registered for and what the grant holds. The answer can only narrow it: a scope
/// that was not asked for makes the request fail, and an empty answer refuses it (`invalid_scope`). An error or a time-out is
/// [`Unavailable`](crate::authorization::Unavailable) and ends with 503. Nothing here changes anything.
pub trait ScopePolicy: Send + Sync {
    /// What of this is granted.
    fn authorize_scope(&self, request: &ScopeRequest) -> impl Future<Output = Answered<ScopeSet>> + Send;
}

/// Grants what is asked for: no more than the client is registered for and the user has allowed.
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
    async fn authorize_scope(&self, request: &ScopeRequest) -> Answered<ScopeSet> {
        Ok(request.scopes.clone())
    }
}

/// Says what ID tokens tell of a user (OIDC Core §5.1, §5.4; IT-4).
///
/// Of what the scopes stand for, what is known: none of it has to be. A claim of the protocol (`iss`, `sub`, `aud` ..) makes the request
/// fail. An error or a time-out is [`Unavailable`](crate::authorization::Unavailable) and ends with 503. Nothing here changes anything.
pub trait ClaimsProvider: Send + Sync {
    /// The claims of this user for this client.
    fn id_token_claims(&self, request: &ClaimsRequest) -> impl Future<Output = Answered<Map<String, Value>>> + Send;
}

/// Decides who may look at other parties' tokens (RFC 7662 §2.2; IN-4): an API gateway, say. A token's own client and its
/// audience are not asked about.
///
/// `false` makes the token inactive to the caller. An error or a time-out is [`Unavailable`](crate::authorization::Unavailable) and ends
/// with 503. Nothing here changes anything.
pub trait IntrospectionPolicy: Send + Sync {
    /// Whether this caller may.
    fn may_introspect(&self, check: &IntrospectionCheck) -> impl Future<Output = Answered<bool>> + Send;
}

erase! { PrincipalStore as ErasedPrincipalStore {
    fn load_principal(&str) -> Option<Principal>;
} }

erase! { ScopePolicy as ErasedScopePolicy {
    fn authorize_scope(&ScopeRequest) -> ScopeSet;
} }

erase! { ClaimsProvider as ErasedClaimsProvider {
    fn id_token_claims(&ClaimsRequest) -> Map<String, Value>;
} }

erase! { IntrospectionPolicy as ErasedIntrospectionPolicy {
    fn may_introspect(&IntrospectionCheck) -> bool;
} }
