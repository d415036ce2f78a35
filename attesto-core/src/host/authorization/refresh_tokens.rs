//! Where refresh tokens are kept (RFC 9700 §4.14; catalogue RT-3 to RT-7, ST-1 to ST-3).

use crate::authorization::{
    Answered, FamilyRevocation, IssuedAccessToken, NewRefresh, RefreshState, RepeatedRefresh, Rotated, Rotation,
    SecretDigest,
};
use crate::host::{BoxFuture, StoreReach};
use alloc::boxed::Box;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::future::Future;

/// Keeps refresh tokens, each known by its digest, and the families that they belong to. What an implementation guarantees:
///
/// - **One successor.** Among all rotations of one token, on all instances that share the store, exactly one is
///   [`Rotated::Done`]. Spending the token and storing its successor are one atomic step, under a lock of the family (a
///   transaction that locks the family's row first). The others are [`Rotated::Lost`] and change nothing: their successors are
///   unknown. RT-3.
/// - **Revocation is final.** After `revoke_family` no token of the family is inserted (`false`), rotated
///   ([`Rotated::FamilyRevoked`]) or repeated (`false`), whether it was there before or comes later, and even if no token of
///   the family was ever seen. Steps that run at the same time are as if one came first: a token that was stored had its access
///   token answered to the revocation, or was refused. RT-3, RT-5.
/// - **Revocation answers what lives.** All access tokens noted beside the family's tokens, spent ones included, of which
///   `expires_at > now`; the same again when it is repeated.
/// - **Kept long enough.** Spent tokens are how theft is found out: each row is kept until its family ends, and may be dropped when
///   `family_expires_at < now`, however soon its own `expires_at` is. A revocation is kept until `keep_until < now`, and until no row of
///   the family is left. ST-2.
/// - **The salt is kept for the grace window**, a minute at most after the token was spent, and forgotten soon after. RT-4.
/// - **Nothing is overwritten.** A token under a digest that is there changes nothing and is
///   [`Unavailable`](crate::authorization::Unavailable); so is a successor of another family. Expiry is judged by who asks.
/// - **Never dropped early.** No row is evicted to make room. A store that is full is `Unavailable` for new rows. Revoking a family
///   that is known needs no room.
/// - **Never a guess.** An error, a time-out or a lost answer is `Unavailable`. What was asked may have been done all the same.
///
/// `now` is the time of the request. A future that is dropped before it is done may or may not have done its work.
pub trait RefreshStore: Send + Sync {
    /// What is known of a token. Changes nothing.
    fn get(&self, digest: &SecretDigest) -> impl Future<Output = Answered<Option<RefreshState>>> + Send;

    /// Stores the first token of a family. `false`: the family is revoked.
    fn insert(&self, new: &NewRefresh) -> impl Future<Output = Answered<bool>> + Send;

    /// Spends a token for its successor.
    fn rotate(&self, rotation: &Rotation) -> impl Future<Output = Answered<Rotated>> + Send;

    /// Notes one more access token beside a token that is given again. `false`: it is spent, unknown or of a revoked family.
    fn repeat(&self, repeated: &RepeatedRefresh) -> impl Future<Output = Answered<bool>> + Send;

    /// Revokes a family for good.
    fn revoke_family(
        &self,
        revocation: &FamilyRevocation,
    ) -> impl Future<Output = Answered<Vec<IssuedAccessToken>>> + Send;

    /// Who sees the rows (ST-1).
    fn reach(&self) -> StoreReach;
}

erase! { RefreshStore as ErasedRefreshStore [reach] {
    fn get(&SecretDigest) -> Option<RefreshState>;
    fn insert(&NewRefresh) -> bool;
    fn rotate(&Rotation) -> Rotated;
    fn repeat(&RepeatedRefresh) -> bool;
    fn revoke_family(&FamilyRevocation) -> Vec<IssuedAccessToken>;
} }
