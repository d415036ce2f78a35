//! The store of authorization codes (RFC 6749 §4.1.2; AC-2, AC-6, ST-1 to ST-3).

use crate::authorization::{
    Answered, AuthorizationCode, CodeRedemption, NewCode, SecretDigest, SecretQuery, TakenCode,
};
use crate::future::BoxFuture;
use crate::host::StoreReach;
use alloc::boxed::Box;
use alloc::sync::Arc;
use core::future::Future;

/// Stores authorization codes under their digests. An implementation guarantees:
///
/// - **One winner.** Among all takes of one code, on all instances that share the store, exactly one is answered
///   [`TakenCode::Fresh`]. The store marks and reads in one atomic step (`UPDATE .. SET taken_at = .. WHERE
///   taken_at IS NULL RETURNING ..`). Reading first and writing later does not conform. AC-2.
/// - **A spent code is remembered.** Every later take is answered [`TakenCode::Spent`], with the client and the family
///   of the code, and with the access token that `record` stored. So a row is kept until its code has expired and, once
///   an access token is recorded, until that has expired too: drop it when `max(expires_at, access.expires_at) < now`.
///   AC-6, ST-2.
/// - **Time to record.** After a code was taken, its access token can be recorded for at least a minute, even if the
///   code expires meanwhile.
/// - **Nothing is overwritten.** An `insert` under an existing digest changes nothing and is
///   [`Unavailable`](crate::authorization::Unavailable). So is a `record` for a code that is unknown, was not taken, or
///   has another access token recorded. Repeating the same `record` changes nothing.
/// - **The server checks expiry.** An expired code that is not yet dropped may be returned like any other, or as
///   unknown. An unexpired one (`expires_at > now`) is present, and never evicted to make room: a full store is
///   `Unavailable` for new rows only.
/// - **Never a guess.** An error, a time-out or a lost answer is `Unavailable`. The operation may still have happened.
/// - **No secrets.** A row has the digest of the code, never the code.
///
/// `now` is the time of the request. A future that is dropped before it completes may or may not have done its work.
pub trait CodeStore: Send + Sync {
    /// Stores a new code.
    fn insert(&self, new: &NewCode) -> impl Future<Output = Answered<()>> + Send;

    /// Loads the code with this digest, fresh or spent, without changing anything.
    fn load(&self, digest: &SecretDigest) -> impl Future<Output = Answered<Option<AuthorizationCode>>> + Send;

    /// Spends a code, and returns it if no take came before.
    fn take(&self, presented: &SecretQuery) -> impl Future<Output = Answered<TakenCode>> + Send;

    /// Records the access token issued for a taken code.
    fn record(&self, redemption: &CodeRedemption) -> impl Future<Output = Answered<()>> + Send;

    /// Which processes share the rows. A code that one process stores is unknown to the others (ST-1).
    fn reach(&self) -> StoreReach;
}

erase! { CodeStore as ErasedCodeStore [reach] {
    fn insert(&NewCode) -> ();
    fn load(&SecretDigest) -> Option<AuthorizationCode>;
    fn take(&SecretQuery) -> TakenCode;
    fn record(&CodeRedemption) -> ();
} }
