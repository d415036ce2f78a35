//! Where pushed authorization requests are kept (RFC 9126; PA-6, AZ-28, ST-1 to ST-3).

use crate::authorization::{Answered, NewPushedRequest, PushedRequest, SecretDigest, SecretQuery};
use crate::future::BoxFuture;
use crate::host::StoreReach;
use alloc::boxed::Box;
use alloc::sync::Arc;
use core::future::Future;

/// Keeps pushed authorization requests, each known by the digest of its reference. What an implementation guarantees:
///
/// - **One winner.** Among all that take one request, on all instances that share the store, exactly one is given it, and only while
///   `expires_at > now` (**in time**). The store removes and returns in one atomic step (`DELETE .. WHERE expires_at > $now RETURNING ..`). AZ-28.
/// - **Looking changes nothing.** A request is fetched any number of times, while the user logs in, and is there until it is taken
///   or has expired. One that has expired may be answered like any other, or as unknown: who asks judges.
/// - **Nothing is overwritten.** A `put` under a digest that is there is [`Unavailable`](crate::authorization::Unavailable).
/// - **Never dropped early, never a guess.** A store that is full may drop rows of which `present_by` has passed, the oldest first, and is
///   `Unavailable` for new rows otherwise. So is an error, a time-out or a lost answer.
///   What was asked may have been done all the same.
/// - **Shared fairly.** Anybody can push in a public client's name (PA-6), 16 KiB at a time: requests that are not
///   [`authenticated`](PushedRequest::authenticated) have a part of the store, counted in bytes, and leave the rest to the others.
///
/// The testkit holds a store to it: `assert_par_store_conforms`.
pub trait ParStore: Send + Sync {
    /// Stores a pushed request.
    fn put(&self, new: &NewPushedRequest) -> impl Future<Output = Answered<()>> + Send;

    /// The request of this digest. Changes nothing.
    fn fetch(&self, digest: &SecretDigest) -> impl Future<Output = Answered<Option<PushedRequest>>> + Send;

    /// Removes a request that has not expired, and returns it.
    fn take(&self, redemption: &SecretQuery) -> impl Future<Output = Answered<Option<PushedRequest>>> + Send;

    /// Who sees the rows (ST-1).
    fn reach(&self) -> StoreReach;
}

erase! { ParStore as ErasedParStore [reach] {
    fn put(&NewPushedRequest) -> ();
    fn fetch(&SecretDigest) -> Option<PushedRequest>;
    fn take(&SecretQuery) -> Option<PushedRequest>;
} }
