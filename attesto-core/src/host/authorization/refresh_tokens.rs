//! Where refresh tokens are kept (RFC 9700 §4.14; RT-3 to RT-7, ST-1 to ST-3).

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

/// Keeps refresh tokens, as one row for each family: what its current token is good for, that token's key and the key of the one spent
/// last, and the access tokens that live. What was spent before need not be kept: whoever shows a token with the family's key and with
/// another key of its own shows a spent one. What an implementation guarantees:
///
/// - **One successor.** Among all rotations of one token, on all instances that share the store, exactly one is
///   [`Rotated::Done`]: `UPDATE .. SET current = $successor, last = $spent, spent_at = $now, salt = $salt WHERE family_key = $family
///   AND current = $spent AND NOT revoked`. The others are [`Rotated::Lost`] and change nothing. RT-3.
/// - **Spent is spent.** A token of a known family is answered as spent unless it is the current one; with the time and the salt if it is
///   the one spent last. A store that keeps a row for each token may know nothing of one that was never stored. RT-5.
/// - **Revocation is final.** After `revoke_family` no token of the family is inserted (`false`), rotated
///   ([`Rotated::FamilyRevoked`]) or repeated (`false`), whether it was there before or comes later, and even if no token of
///   the family was ever seen. Steps that run at the same time are as if one came first: a token that was stored had its access
///   token answered to the revocation, or was refused. RT-3, RT-5.
/// - **Access tokens stay noted** with the family until they expire, whichever token they were issued beside, and are answered with
///   the current one. `find_family` knows the family of each (a unique index on `jti`).
/// - **Revocation answers what lives.** All access tokens noted with the family, and those that the question names, of which
///   `expires_at > now`; the same again when it is repeated, and with each token of the family
///   ([`RefreshState::undenied`]), until `settle_revocation` has named them. From then on the tokens of a revoked family may be
///   forgotten, and only the revocation is kept; then they are unknown, and their rotation is [`Rotated::Lost`]. RT-5.
/// - **Kept long enough.** A family is kept while its current token counts or an access token of it lives: until the latest of their
///   `expires_at` is past. A revocation is kept until `keep_until < now`, and while anything of the family is. ST-2.
/// - **The salt is kept for the grace window**, a minute at most after the token was spent, and forgotten soon after. RT-4.
/// - **Nothing is overwritten.** A family under a key that is there changes nothing and is
///   [`Unavailable`](crate::authorization::Unavailable); so is a successor of another family. Expiry is judged by who asks.
/// - **Never dropped early, and shared fairly.** No row is evicted to make room for another user or client. A store that is full is
///   `Unavailable` for new rows, and holds enough back that no single user fills it, and no client of a user what that user's other
///   clients need. Where a user and a client have more than their share, their own family that was used longest ago may end: its row
///   goes, its tokens are unknown, its access tokens live until they expire. A revocation never goes early. Revoking a family that is
///   known needs no room.
/// - **Never a guess.** An error, a time-out or a lost answer is `Unavailable`. What was asked may have been done all the same.
///
/// `now` is the time of the request. A future that is dropped before it is done may or may not have done its work.
pub trait RefreshStore: Send + Sync {
    /// What is known of a token. Changes nothing.
    fn get(&self, key: &RefreshKey) -> impl Future<Output = Answered<Option<RefreshState>>> + Send;

    /// Stores the first token of a family. `false`: the family is revoked.
    fn insert(&self, new: &NewRefresh) -> impl Future<Output = Answered<bool>> + Send;

    /// Spends a token for its successor.
    fn rotate(&self, rotation: &Rotation) -> impl Future<Output = Answered<Rotated>> + Send;

    /// Notes one more access token beside a token that is given again, which counts until `expires_at` at least from then on. `false`: it
    /// is spent, unknown or of a revoked family. `Unavailable` where `at_most` access tokens of the family live already, and this is none
    /// of them.
    fn repeat(&self, repeated: &RepeatedRefresh) -> impl Future<Output = Answered<bool>> + Send;

    /// The family that the access token of this `jti` is noted with. Changes nothing.
    fn find_family(&self, jwt_id: &str) -> impl Future<Output = Answered<Option<RevocableFamily>>> + Send;

    /// Revokes a family for good.
    fn revoke_family(
        &self,
        revocation: &FamilyRevocation,
    ) -> impl Future<Output = Answered<Vec<IssuedAccessToken>>> + Send;

    /// Forgets access tokens of a revoked family that are taken care of. Nothing to be done where they, or the family, are unknown.
    fn settle_revocation(&self, settled: &SettledRevocation) -> impl Future<Output = Answered<()>> + Send;

    /// Who sees the rows (ST-1).
    fn reach(&self) -> StoreReach;
}

erase! { RefreshStore as ErasedRefreshStore [reach] {
    fn get(&RefreshKey) -> Option<RefreshState>;
    fn insert(&NewRefresh) -> bool;
    fn rotate(&Rotation) -> Rotated;
    fn repeat(&RepeatedRefresh) -> bool;
    fn find_family(&str) -> Option<RevocableFamily>;
    fn revoke_family(&FamilyRevocation) -> Vec<IssuedAccessToken>;
    fn settle_revocation(&SettledRevocation) -> ();
} }
