//! The store of refresh tokens (RFC 9700 §4.14; RT-3 to RT-7, ST-1 to ST-3).

use crate::authorization::{
    Answered, FamilyRevocation, IssuedAccessToken, NewRefresh, RefreshKey, RefreshState, RepeatedRefresh,
    RevocableFamily, Rotated, Rotation, SettledRevocation,
};
use crate::future::BoxFuture;
use crate::host::StoreReach;
use alloc::boxed::Box;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::future::Future;

/// Stores refresh tokens, as one row for each family: the authorization of its current token, that token's key and the
/// key of the token spent last, and the unexpired access tokens. Tokens spent earlier need not be kept: a token with
/// the family's key and any other key of its own was spent. An implementation guarantees:
///
/// - **One successor.** Among all rotations of one token, on all instances that share the store, exactly one is
///   [`Rotated::Done`]: `UPDATE .. SET current = $successor, last = $spent, spent_at = $now, salt = $salt WHERE
///   family_key = $family AND current = $spent AND NOT revoked`. The others are [`Rotated::Lost`] and change nothing.
///   RT-3.
/// - **Spent is spent.** A token of a known family is returned as spent unless it is the current one, with the time and
///   the salt if it is the one spent last. A store with a row for each token may not know one that was never stored.
///   RT-5.
/// - **Revocation is final.** After `revoke_family` no token of the family is inserted (`false`), rotated
///   ([`Rotated::FamilyRevoked`]) or repeated (`false`), whether it existed before or comes later, and even if no token
///   of the family was ever seen. Concurrent steps behave as if one came first: either the revocation returns the
///   access token of a stored token, or that token was refused. RT-3, RT-5.
/// - **Access tokens stay recorded** with the family until they expire, whichever token they were issued with, and are
///   returned with the current one. `load_family` finds the family of each (a unique index on `jti`).
/// - **Revocation returns unexpired access tokens.** It returns all that are recorded with the family, and those that
///   the question names, with `expires_at > now`. It returns the same again when repeated, and so does each token of
///   the family ([`RefreshState::undenied`]), until `settle_revocation` has named them. From then on the tokens of a
///   revoked family may be forgotten, and only the revocation is kept; they are then unknown, and their rotation is
///   [`Rotated::Lost`]. RT-5.
/// - **Kept long enough.** A family is kept until the latest `expires_at` of its current token and its access tokens
///   has passed. A revocation is kept until `keep_until < now`, and as long as anything of the family is. ST-2.
/// - **The salt is kept for the grace window**, at most a minute after the token was spent, and forgotten soon after.
///   RT-4.
/// - **Nothing is overwritten.** An `insert` under an existing family key changes nothing and is
///   [`Unavailable`](crate::authorization::Unavailable); so is a successor of another family. The server checks expiry.
/// - **Never dropped early, and shared fairly.** No row is evicted to make room for another user or client. A full
///   store is `Unavailable` for new rows. It reserves enough that no single user can fill it, and no client of a user
///   can take what that user's other clients need. If a user and a client exceed their share, their own least recently
///   used family may end: its row is dropped, its tokens are unknown, and its access tokens live until they expire. A
///   revocation is never dropped early. Revoking a known family needs no room.
/// - **Never a guess.** An error, a time-out or a lost answer is `Unavailable`. The operation may still have happened.
///
/// `now` is the time of the request. A future that is dropped before it completes may or may not have done its work.
pub trait RefreshStore: Send + Sync {
    /// Loads the state of a token, without changing anything.
    fn load(&self, key: &RefreshKey) -> impl Future<Output = Answered<Option<RefreshState>>> + Send;

    /// Stores the first token of a family. `false` if the family is revoked.
    fn insert(&self, new: &NewRefresh) -> impl Future<Output = Answered<bool>> + Send;

    /// Spends a token and stores its successor.
    fn rotate(&self, rotation: &Rotation) -> impl Future<Output = Answered<Rotated>> + Send;

    /// Records one more access token for a token that is sent again, which is then valid at least until `expires_at`.
    /// `false` if it is spent, unknown or of a revoked family. `Unavailable` if the family already has `at_most`
    /// unexpired access tokens and this is not one of them.
    fn record_repeat(&self, repeated: &RepeatedRefresh) -> impl Future<Output = Answered<bool>> + Send;

    /// Returns the family with which the access token of this `jti` is recorded, without changing anything.
    fn load_family(&self, jwt_id: &str) -> impl Future<Output = Answered<Option<RevocableFamily>>> + Send;

    /// Revokes a family for good.
    fn revoke_family(
        &self,
        revocation: &FamilyRevocation,
    ) -> impl Future<Output = Answered<Vec<IssuedAccessToken>>> + Send;

    /// Forgets denied access tokens of a revoked family. Does nothing if they, or the family, are unknown.
    fn settle_revocation(&self, settled: &SettledRevocation) -> impl Future<Output = Answered<()>> + Send;

    /// Which processes share the rows (ST-1).
    fn reach(&self) -> StoreReach;
}

erase! { RefreshStore as ErasedRefreshStore [reach] {
    fn load(&RefreshKey) -> Option<RefreshState>;
    fn insert(&NewRefresh) -> bool;
    fn rotate(&Rotation) -> Rotated;
    fn record_repeat(&RepeatedRefresh) -> bool;
    fn load_family(&str) -> Option<RevocableFamily>;
    fn revoke_family(&FamilyRevocation) -> Vec<IssuedAccessToken>;
    fn settle_revocation(&SettledRevocation) -> ();
} }
