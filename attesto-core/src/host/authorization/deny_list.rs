//! The list of access tokens revoked before they expire (RFC 7009 §2.2.1; AC-6, RV-3, RV-4).

use crate::authorization::{Answered, IssuedAccessToken, RevokedAccessTokens, Unavailable, is_storable};
use crate::future::BoxFuture;
use crate::host::{RevocationCheck, StoreReach};
use crate::resource::RevocationAnswer;
use crate::token::Claims;
use alloc::boxed::Box;
use alloc::sync::Arc;
use core::future::Future;

/// Stores the revoked access tokens. It has an effect as far as resources consult it: by introspection, or by a
/// [`RevocationCheck`](crate::host::RevocationCheck) over the same list. An implementation guarantees:
///
/// - **Kept long enough.** A revoked token stays on the list while `expires_at > now`, which includes the resources'
///   leeway ([`resource_leeway`](crate::authorization::AuthorizationServerBuilder::resource_leeway)). It is never
///   evicted to make room: a full list is [`Unavailable`](crate::authorization::Unavailable) for new tokens, and
///   reserves enough that no single subject's tokens can fill it.
/// - **Keyed by `jti` alone**, byte for byte. Adding a token again changes nothing; a later `expires_at` extends its
///   time.
/// - **All of them.** One question may name up to a thousand tokens (`INSERT .. SELECT unnest($1) .. ON CONFLICT ..`).
///   It is answered when all are on the list; if it fails, some may be.
/// - **At once.** After `revoke` was answered, every later question, on all instances that share the list, is answered
///   `true`.
/// - **Never a guess.** An error or a time-out is `Unavailable`. It never means "no": the token is not accepted.
pub trait AccessTokenDenyList: Send + Sync {
    /// Puts access tokens on the list.
    fn revoke(&self, revoked: &RevokedAccessTokens) -> impl Future<Output = Answered<()>> + Send;

    /// Whether an access token is on the list. Changes nothing.
    fn is_revoked(&self, access: &IssuedAccessToken) -> impl Future<Output = Answered<bool>> + Send;

    /// Which processes share the list (ST-1).
    fn reach(&self) -> StoreReach;

    /// The most tokens that the list can hold, if it is bounded. A host is not built with a list that holds fewer than
    /// one authorization may have
    /// ([`access_tokens_at_a_time`](crate::authorization::RefreshPolicy::access_tokens_at_a_time)), because such an
    /// authorization could never be revoked completely. RT-5.
    fn capacity(&self) -> Option<usize> {
        None
    }
}

/// Lets a resource consult a deny list: pass it to
/// [`GuardBuilder::revocation_check`](crate::host::GuardBuilder::revocation_check) of the resources in the
/// authorization server's process.
///
/// ```
/// use attesto_core::host::{DenyListCheck, GuardBuilder, MemoryDenyList};
/// use std::sync::Arc;
///
/// # fn demo(guard: GuardBuilder) -> Result<(), attesto_core::ConfigError> {
/// let denied = Arc::new(MemoryDenyList::single_node(100_000)?); // `AuthorizationHostBuilder::deny_list` takes a clone
/// let guard = guard.revocation_check(DenyListCheck::new(denied));
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct DenyListCheck<L> {
    list: L,
}

impl<L: AccessTokenDenyList> DenyListCheck<L> {
    /// Checks against this list.
    pub const fn new(list: L) -> Self {
        Self { list }
    }
}

/// Treats a token as revoked that no list can hold: one without `jti` or expiry, or with a NUL in its `jti` (ST-5).
impl<L: AccessTokenDenyList> RevocationCheck for DenyListCheck<L> {
    async fn revocation(&self, claims: &Claims) -> RevocationAnswer {
        let (Some(jwt_id), Some(expires_at)) = (claims.jwt_id(), claims.expires_at()) else {
            return RevocationAnswer::Revoked;
        };
        if !is_storable(jwt_id) {
            return RevocationAnswer::Revoked;
        }
        match self.list.is_revoked(&IssuedAccessToken::new(jwt_id, expires_at)).await {
            Ok(true) => RevocationAnswer::Revoked,
            Ok(false) => RevocationAnswer::Active,
            Err(Unavailable) => RevocationAnswer::Unavailable,
        }
    }
}

erase! { AccessTokenDenyList as ErasedDenyList [reach, capacity -> Option<usize>] {
    fn revoke(&RevokedAccessTokens) -> ();
    fn is_revoked(&IssuedAccessToken) -> bool;
} }
