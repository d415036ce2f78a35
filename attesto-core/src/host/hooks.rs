//! The host's hooks for one request, besides its replay store.

use crate::future::BoxFuture;
use crate::http::RequestParts;
use crate::resource::{AnyPrincipal, ForeignAnswer, ForeignQuestion, RevocationAnswer, Sender};
use crate::token::Claims;
use alloc::boxed::Box;
use alloc::sync::Arc;
use core::future::Future;

/// Maps verified claims to the host's own principal: a user record, a tenant (docs/rules, step 9).
///
/// Implement it with an `async fn`. The implementation sets its own time-outs: the core has no clock. Return
/// [`PrincipalOutcome::Unavailable`] for an error, which gives 503. [`PrincipalOutcome::Refused`] gives 401 without
/// detail.
pub trait PrincipalLookup: Send + Sync {
    /// The host's type of principal.
    type Principal: Send + Sync + 'static;

    /// Returns the principal for these claims and this sender.
    fn principal(
        &self,
        claims: &Claims,
        sender: &Sender,
    ) -> impl Future<Output = PrincipalOutcome<Self::Principal>> + Send;
}

/// The result of a [`PrincipalLookup`].
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[expect(clippy::exhaustive_enums, reason = "yes, no, and no answer")]
pub enum PrincipalOutcome<P> {
    /// The host knows the caller and admits it.
    Accepted(P),
    /// The host refuses.
    Refused,
    /// The host failed to look up the principal.
    Unavailable,
}

/// Verifies tokens that no configured issuer signed: opaque tokens, introspection, foreign formats (H1 to
/// H5).
///
/// The implementation must carry over the audience (RFC 8707) and the confirmation (`cnf`): dropping `cnf` drops the
/// binding. Return [`ForeignAnswer::Unavailable`] for an error or a time-out. [`ForeignQuestion::now`] reads the clock
/// at each call: call it after a wait, not before.
pub trait ForeignVerifier: Send + Sync {
    /// Verifies the token and returns its claims. The request has peer, path and header fields, except those that carry
    /// credentials.
    fn verify(
        &self,
        token: &ForeignQuestion<'_>,
        request: &RequestParts<'_>,
    ) -> impl Future<Output = ForeignAnswer> + Send;
}

/// Checks whether a token was revoked before it expired (A17).
pub trait RevocationCheck: Send + Sync {
    /// Whether the token with these claims is revoked; `claims.jwt_id()` is the key of revocation lists.
    fn revocation(&self, claims: &Claims) -> impl Future<Output = RevocationAnswer> + Send;
}

pub(super) trait ErasedPrincipalLookup: Send + Sync {
    fn principal<'a>(&'a self, claims: &'a Claims, sender: &'a Sender)
    -> BoxFuture<'a, PrincipalOutcome<AnyPrincipal>>;
}

impl<L: PrincipalLookup> ErasedPrincipalLookup for L {
    fn principal<'a>(
        &'a self,
        claims: &'a Claims,
        sender: &'a Sender,
    ) -> BoxFuture<'a, PrincipalOutcome<AnyPrincipal>> {
        Box::pin(async move {
            match PrincipalLookup::principal(self, claims, sender).await {
                PrincipalOutcome::Accepted(principal) => {
                    let principal: AnyPrincipal = Arc::new(principal);
                    PrincipalOutcome::Accepted(principal)
                }
                PrincipalOutcome::Refused => PrincipalOutcome::Refused,
                PrincipalOutcome::Unavailable => PrincipalOutcome::Unavailable,
            }
        })
    }
}

pub(super) trait ErasedForeignVerifier: Send + Sync {
    fn verify<'a>(
        &'a self,
        token: &'a ForeignQuestion<'_>,
        request: &'a RequestParts<'_>,
    ) -> BoxFuture<'a, ForeignAnswer>;
}

impl<V: ForeignVerifier> ErasedForeignVerifier for V {
    fn verify<'a>(
        &'a self,
        token: &'a ForeignQuestion<'_>,
        request: &'a RequestParts<'_>,
    ) -> BoxFuture<'a, ForeignAnswer> {
        Box::pin(ForeignVerifier::verify(self, token, request))
    }
}

pub(super) trait ErasedRevocationCheck: Send + Sync {
    fn revocation<'a>(&'a self, claims: &'a Claims) -> BoxFuture<'a, RevocationAnswer>;
}

impl<R: RevocationCheck> ErasedRevocationCheck for R {
    fn revocation<'a>(&'a self, claims: &'a Claims) -> BoxFuture<'a, RevocationAnswer> {
        Box::pin(RevocationCheck::revocation(self, claims))
    }
}
