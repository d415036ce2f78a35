//! What a host can be asked about one request, besides its replay store.

use crate::future::BoxFuture;
use crate::http::RequestParts;
use crate::resource::{ForeignAnswer, ForeignQuestion, RevocationAnswer, Sender};
use crate::token::Claims;
use alloc::boxed::Box;
use alloc::sync::Arc;
use core::any::Any;
use core::future::Future;

/// A principal of a type that only the host knows.
pub type AnyPrincipal = Arc<dyn Any + Send + Sync>;

/// Turns verified claims into the host's own notion of who is calling: a user record, a tenant (catalogue step 9).
///
/// Implement it with an `async fn`. Time-outs are the implementation's: the core has no clock. An error is
/// [`PrincipalOutcome::Unavailable`], which answers 503; [`PrincipalOutcome::Refused`] answers 401 without detail.
pub trait PrincipalLookup: Send + Sync {
    /// What the host works with.
    type Principal: Send + Sync + 'static;

    /// The principal for these claims, sent by this sender.
    fn principal(
        &self,
        claims: &Claims,
        sender: &Sender,
    ) -> impl Future<Output = PrincipalOutcome<Self::Principal>> + Send;
}

/// What a [`PrincipalLookup`] found.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[expect(clippy::exhaustive_enums, reason = "yes, no, and no answer")]
pub enum PrincipalOutcome<P> {
    /// The host knows the caller and lets it in.
    Accepted(P),
    /// The host refuses.
    Refused,
    /// The host could not find out.
    Unavailable,
}

/// Verifies tokens that no configured issuer signed: opaque tokens, introspection, foreign formats (section 11).
///
/// The audience (RFC 8707) and the confirmation (`cnf`) are the implementation's duty to carry over: a verifier that drops
/// `cnf` drops the binding. An error or a time-out is [`ForeignAnswer::Unavailable`]. [`ForeignQuestion::now`] reads the clock again each
/// time: ask it after a wait, not before.
pub trait ForeignVerifier: Send + Sync {
    /// What the token says. The request shows peer, path and header fields, less those that carry credentials.
    fn verify(
        &self,
        token: &ForeignQuestion<'_>,
        request: &RequestParts<'_>,
    ) -> impl Future<Output = ForeignAnswer> + Send;
}

/// Knows which tokens have been revoked before they expire (A17).
pub trait RevocationCheck: Send + Sync {
    /// Whether the token with these claims is revoked; `claims.jwt_id()` is what revocation lists hold.
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
