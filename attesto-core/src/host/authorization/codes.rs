//! Where authorization codes are kept (RFC 6749 §4.1.2; AC-2, AC-6, ST-1 to ST-3).

use crate::authorization::{Answered, AuthorizationCode, FinalizedCode, NewCode, SecretDigest, SecretQuery, TakenCode};
use crate::future::BoxFuture;
use crate::host::StoreReach;
use alloc::boxed::Box;
use alloc::sync::Arc;
use core::future::Future;

/// Keeps authorization codes, each known by its digest. What an implementation guarantees:
///
/// - **One winner.** Among all that take one code, on all instances that share the store, exactly one is answered
///   [`TakenCode::Fresh`]. The store marks and reads in one atomic step (`UPDATE .. SET consumed_at = .. WHERE consumed_at IS NULL
///   RETURNING ..`); reading first and writing later does not conform. AC-2.
/// - **A spent code is remembered.** Every later take is answered [`TakenCode::Spent`], with the client and the family of the
///   code, and with the access token that `finalize` noted. So a row is kept until its code has expired, and once it is
///   finalized until the access token has expired too: a row may be dropped when `max(expires_at, access.expires_at) < now`.
///   AC-6, ST-2.
/// - **Finalizing waits for nobody.** A code that was taken can be finalized for a minute at least, even if it expires meanwhile.
/// - **Nothing is overwritten.** A `put` under a digest that is there changes nothing and is
///   [`Unavailable`](crate::authorization::Unavailable); so is a `finalize` of a code that is unknown or was not taken, or was
///   finalized with another access token. The same once more changes nothing.
/// - **Expiry is judged by who asks.** A code that has expired and is not yet dropped may be answered like any other, or as
///   unknown. One that has not (`expires_at > now`) is there, and is never evicted to make room: a store that is full is
///   `Unavailable` for new rows only.
/// - **Never a guess.** An error, a time-out or a lost answer is `Unavailable`. What was asked may have been done all the same.
/// - **Secrets are not known.** A row holds the digest of the code, never the code.
///
/// `now` is the time of the request. A future that is dropped before it is done may or may not have done its work.
pub trait CodeStore: Send + Sync {
    /// Stores a new code.
    fn put(&self, new: &NewCode) -> impl Future<Output = Answered<()>> + Send;

    /// The code of this digest, fresh or spent. Changes nothing.
    fn peek(&self, digest: &SecretDigest) -> impl Future<Output = Answered<Option<AuthorizationCode>>> + Send;

    /// Spends a code.
    fn take(&self, presented: &SecretQuery) -> impl Future<Output = Answered<TakenCode>> + Send;

    /// Notes what came of a code that was taken.
    fn finalize(&self, finalized: &FinalizedCode) -> impl Future<Output = Answered<()>> + Send;

    /// Who sees the rows. Codes that one process keeps and another is shown are unknown there (ST-1).
    fn reach(&self) -> StoreReach;
}

erase! { CodeStore as ErasedCodeStore [reach] {
    fn put(&NewCode) -> ();
    fn peek(&SecretDigest) -> Option<AuthorizationCode>;
    fn take(&SecretQuery) -> TakenCode;
    fn finalize(&FinalizedCode) -> ();
} }
