//! The store of pushed authorization requests (RFC 9126; PA-6, AZ-28, ST-1 to ST-3).

use crate::authorization::{Answered, NewPushedRequest, PushedRequest, SecretDigest, SecretQuery};
use crate::future::BoxFuture;
use crate::host::StoreReach;
use alloc::boxed::Box;
use alloc::sync::Arc;
use core::future::Future;

/// Stores pushed authorization requests under the digests of their references. An implementation guarantees:
///
/// - **One winner.** Among all takes of one request, on all instances that share the store, exactly one receives it,
///   and only while `expires_at > now` (**in time**). The store removes and returns in one atomic step (`DELETE ..
///   WHERE expires_at > $now RETURNING ..`). AZ-28.
/// - **Loading changes nothing.** A request is loaded any number of times, while the user logs in, and stays until it is
///   taken or has expired. An expired one may be returned like any other, or as unknown: the server checks.
/// - **Nothing is overwritten.** An `insert` under an existing digest is
///   [`Unavailable`](crate::authorization::Unavailable).
/// - **Never dropped early, never a guess.** A full store may drop rows whose `present_by` has passed, oldest first,
///   and is otherwise `Unavailable` for new rows. An error, a time-out or a lost answer is `Unavailable` too; the
///   operation may still have happened.
/// - **Shared fairly.** Anyone can push in a public client's name (PA-6), 16 KiB at a time: requests that are not
///   [`authenticated`](PushedRequest::authenticated) have a part of the store, counted in bytes, and leave the rest to
///   the others.
///
/// The testkit checks these guarantees: `assert_pushed_request_store_conforms`.
pub trait PushedRequestStore: Send + Sync {
    /// Stores a pushed request.
    fn insert(&self, new: &NewPushedRequest) -> impl Future<Output = Answered<()>> + Send;

    /// Loads the request with this digest, without changing anything.
    fn load(&self, digest: &SecretDigest) -> impl Future<Output = Answered<Option<PushedRequest>>> + Send;

    /// Removes a request that has not expired, and returns it.
    fn take(&self, presented: &SecretQuery) -> impl Future<Output = Answered<Option<PushedRequest>>> + Send;

    /// Which processes share the rows (ST-1).
    fn reach(&self) -> StoreReach;
}

erase! { PushedRequestStore as ErasedPushedRequestStore [reach] {
    fn insert(&NewPushedRequest) -> ();
    fn load(&SecretDigest) -> Option<PushedRequest>;
    fn take(&SecretQuery) -> Option<PushedRequest>;
} }
