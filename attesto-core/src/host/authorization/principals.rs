//! For whom tokens are, and what they may say (catalogue HC-2, HC-3).

use crate::authorization::{Answered, Principal, ScopeRequest, ScopeSet};
use crate::host::BoxFuture;
use alloc::boxed::Box;
use alloc::sync::Arc;
use core::future::Future;

/// Knows the users. Asked each time that a token is made for one, so a user who is suspended gets no further token.
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

erase! { PrincipalStore as ErasedPrincipalStore {
    fn load_principal(&str) -> Option<Principal>;
} }

erase! { ScopePolicy as ErasedScopePolicy {
    fn authorize_scope(&ScopeRequest) -> ScopeSet;
} }
