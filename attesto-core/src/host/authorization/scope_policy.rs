//! Which scopes are granted (HC-3).

use crate::authorization::{Answered, ScopeQuestion, ScopeSet};
use crate::future::BoxFuture;
use alloc::boxed::Box;
use alloc::sync::Arc;
use core::future::Future;

/// Decides which scopes are granted. There is no default: granting everything requested is a decision too.
///
/// The request is within the client's registration and the grant. The answer can only narrow it: a scope that was not
/// requested makes the request fail, and an empty answer refuses it (`invalid_scope`). An error or a time-out is
/// [`Unavailable`](crate::authorization::Unavailable) and ends with 503. The method changes nothing.
pub trait ScopePolicy: Send + Sync {
    /// Returns the granted scopes out of those requested.
    fn authorize_scope(&self, question: &ScopeQuestion) -> impl Future<Output = Answered<ScopeSet>> + Send;
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
    async fn authorize_scope(&self, question: &ScopeQuestion) -> Answered<ScopeSet> {
        Ok(question.scopes.clone())
    }
}

erase! { ScopePolicy as ErasedScopePolicy {
    fn authorize_scope(&ScopeQuestion) -> ScopeSet;
} }
