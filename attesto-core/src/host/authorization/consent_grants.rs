//! Where consent grants are kept (AZ-26, ST-1).

use crate::authorization::{Answered, ConsentGrant, ConsentRedemption};
use crate::future::BoxFuture;
use crate::host::StoreReach;
use alloc::boxed::Box;
use alloc::sync::Arc;
use core::future::Future;

/// Stores the grants from clicks on consent pages, for a host that answers [`ConsentDecision::ByGrant`](crate::authorization::ConsentDecision::ByGrant). Your form
/// handler stores them by its own means. An implementation guarantees:
///
/// - **One winner.** Among all takes of one grant, on all instances that share the store, exactly one receives it.
///   The store removes and returns in one atomic step (`DELETE .. WHERE binding = $2 AND expires_at > $now RETURNING
///   ..`).
/// - **Only for its binding**, and **in time**: only if the binding is equal and `expires_at > now`. A grant presented
///   with another binding stays.
/// - **Never dropped early, never a guess.** A grant stays, unchanged, until it is taken or has expired. An error, a
///   time-out or a lost answer is [`Unavailable`](crate::authorization::Unavailable).
///
/// The testkit checks these guarantees: `assert_consent_grant_store_conforms`.
pub trait ConsentGrantStore: Send + Sync {
    /// Removes a grant of this binding that has not expired, and returns it.
    fn take(&self, redemption: &ConsentRedemption) -> impl Future<Output = Answered<Option<ConsentGrant>>> + Send;

    /// Which processes share the rows (ST-1).
    fn reach(&self) -> StoreReach;
}

erase! { ConsentGrantStore as ErasedConsentGrantStore [reach] {
    fn take(&ConsentRedemption) -> Option<ConsentGrant>;
} }
