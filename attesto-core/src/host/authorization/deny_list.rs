//! Access tokens that were revoked before they expire (RFC 7009 §2.2.1; AC-6, RV-3, RV-4).

use crate::authorization::{Answered, IssuedAccessToken, RevokedAccessTokens, Unavailable};
use crate::future::BoxFuture;
use crate::host::{RevocationCheck, StoreReach};
use crate::resource::RevocationAnswer;
use crate::token::Claims;
use alloc::boxed::Box;
use alloc::sync::Arc;
use core::future::Future;

/// Keeps the access tokens that no longer count. It helps as far as resources consult it: by introspection, or by a
/// [`RevocationCheck`](crate::host::RevocationCheck) over the same list. What an implementation guarantees:
///
/// - **Kept long enough.** A token that was put on the list is on it while `expires_at > now`, which has the leeway of resources in it
///   ([`resource_leeway`](crate::authorization::AuthorizationServerBuilder::resource_leeway)). It is never evicted to
///   make room: a store that is full is [`Unavailable`](crate::authorization::Unavailable) for new tokens, and holds enough back that
///   no single subject's tokens fill it.
/// - **By `jti` alone**, byte for byte. The same token again changes nothing; with a later `expires_at` it is kept until that.
/// - **All of them.** One question may name up to a thousand tokens (`INSERT .. SELECT unnest($1) .. ON CONFLICT ..`): it is answered
///   when all are on the list. Where it is not answered, some may be.
/// - **At once.** When `revoke` has been answered, every later question, on all instances that share the list, is answered `true`.
/// - **Never a guess.** An error or a time-out is `Unavailable`, and no answer is not "no": the token is not taken.
pub trait AccessTokenDenyList: Send + Sync {
    /// Puts access tokens on the list.
    fn revoke(&self, revoked: &RevokedAccessTokens) -> impl Future<Output = Answered<()>> + Send;

    /// Whether an access token is on the list. Changes nothing.
    fn is_revoked(&self, access: &IssuedAccessToken) -> impl Future<Output = Answered<bool>> + Send;

    /// Who sees the list (ST-1).
    fn reach(&self) -> StoreReach;
}

/// A deny list as a resource consults it: hand it to
/// [`GuardBuilder::revocation_check`](crate::host::GuardBuilder::revocation_check) of the resources beside the authorization server.
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
    /// By this list.
    pub const fn new(list: L) -> Self {
        Self { list }
    }
}

/// A token without `jti` or expiry is none that a list could hold: it counts as revoked.
impl<L: AccessTokenDenyList> RevocationCheck for DenyListCheck<L> {
    async fn revocation(&self, claims: &Claims) -> RevocationAnswer {
        let (Some(jwt_id), Some(expires_at)) = (claims.jwt_id(), claims.expires_at()) else {
            return RevocationAnswer::Revoked;
        };
        match self.list.is_revoked(&IssuedAccessToken::new(jwt_id, expires_at)).await {
            Ok(true) => RevocationAnswer::Revoked,
            Ok(false) => RevocationAnswer::Active,
            Err(Unavailable) => RevocationAnswer::Unavailable,
        }
    }
}

erase! { AccessTokenDenyList as ErasedDenyList [reach] {
    fn revoke(&RevokedAccessTokens) -> ();
    fn is_revoked(&IssuedAccessToken) -> bool;
} }
