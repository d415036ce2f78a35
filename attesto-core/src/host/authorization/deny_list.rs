//! Access tokens that were revoked before they expire (RFC 7009 §2.2.1; catalogue AC-6, RV-3, RV-4).

use crate::authorization::{Answered, IssuedAccessToken, RevokedAccessToken};
use crate::host::{BoxFuture, StoreReach};
use alloc::boxed::Box;
use alloc::sync::Arc;
use core::future::Future;

/// Keeps the access tokens that no longer count. It helps as far as resources consult it: by introspection, or by a
/// [`RevocationCheck`](crate::host::RevocationCheck) over the same list. What an implementation guarantees:
///
/// - **Kept long enough.** A token that was put on the list is on it while `expires_at > now`, and for as much longer as a
///   resource takes expired tokens ([`TokenRules::exp_leeway`](crate::token::TokenRules::exp_leeway)). It is never evicted to
///   make room: a store that is full is [`Unavailable`](crate::authorization::Unavailable) for new tokens.
/// - **By `jti` alone**, byte for byte. The same token again changes nothing; with a later `expires_at` it is kept until that.
/// - **At once.** When `revoke` has been answered, every later question, on all instances that share the list, is answered `true`.
/// - **Never a guess.** An error or a time-out is `Unavailable`, and no answer is not "no": the token is not taken.
pub trait AccessTokenDenyList: Send + Sync {
    /// Puts an access token on the list.
    fn revoke(&self, revoked: &RevokedAccessToken) -> impl Future<Output = Answered<()>> + Send;

    /// Whether an access token is on the list. Changes nothing.
    fn is_revoked(&self, access: &IssuedAccessToken) -> impl Future<Output = Answered<bool>> + Send;

    /// Who sees the list (ST-1).
    fn reach(&self) -> StoreReach;
}

erase! { AccessTokenDenyList as ErasedDenyList [reach] {
    fn revoke(&RevokedAccessToken) -> ();
    fn is_revoked(&IssuedAccessToken) -> bool;
} }
