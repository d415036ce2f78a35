//! Login and consent of the user in a browser (AZ-24 to AZ-26, HC-3).

use crate::authorization::{
    Answered, Authentication, ConsentDecision, ConsentGrant, ConsentQuestion, ConsentRedemption, LoginQuestion,
};
use crate::future::BoxFuture;
use crate::host::StoreReach;
use alloc::boxed::Box;
use alloc::sync::Arc;
use core::future::Future;

/// Logs users in, and asks them for consent. There is no default for either.
///
/// Both are called each time the browser comes to the authorization endpoint, and may answer with a page or a redirect
/// that leads back there; no state is kept meanwhile. An error or a time-out is
/// [`Unavailable`](crate::authorization::Unavailable): no user is logged in, and nothing is allowed.
pub trait ConsentPolicy: Send + Sync {
    /// Returns who the user is, or a page.
    fn authenticate(&self, request: &LoginQuestion) -> impl Future<Output = Answered<Authentication>> + Send;

    /// Returns what the user allows, or a page.
    fn consent(&self, request: &ConsentQuestion) -> impl Future<Output = Answered<ConsentDecision>> + Send;
}

/// Stores the grants from clicks on consent pages, for a host that answers [`ConsentDecision::ByGrant`]. Your form
/// handler stores them by its own means. An implementation guarantees:
///
/// - **One winner.** Among all consumes of one grant, on all instances that share the store, exactly one receives it.
///   The store removes and returns in one atomic step (`DELETE .. WHERE binding = $2 AND expires_at > $now RETURNING
///   ..`).
/// - **Only for its binding**, and **in time**: only if the binding is equal and `expires_at > now`. A grant presented
///   with another binding stays.
/// - **Never dropped early, never a guess.** A grant stays, unchanged, until it is spent or has expired. An error, a
///   time-out or a lost answer is [`Unavailable`](crate::authorization::Unavailable).
///
/// The testkit checks these guarantees: `assert_consent_grant_store_conforms`.
pub trait ConsentGrantStore: Send + Sync {
    /// Spends a grant.
    fn take(&self, redemption: &ConsentRedemption) -> impl Future<Output = Answered<Option<ConsentGrant>>> + Send;

    /// Which processes share the rows (ST-1).
    fn reach(&self) -> StoreReach;
}

erase! { ConsentPolicy as ErasedConsentPolicy {
    fn authenticate(&LoginQuestion) -> Authentication;
    fn consent(&ConsentQuestion) -> ConsentDecision;
} }

erase! { ConsentGrantStore as ErasedConsentGrantStore [reach] {
    fn take(&ConsentRedemption) -> Option<ConsentGrant>;
} }
