//! Who the user in front of the browser is, and what they allow (AZ-24 to AZ-26, HC-3).

use crate::authorization::{
    Answered, Authentication, AuthenticationRequest, ConsentDecision, ConsentGrant, ConsentRedemption, ConsentRequest,
};
use crate::future::BoxFuture;
use crate::host::StoreReach;
use alloc::boxed::Box;
use alloc::sync::Arc;
use core::future::Future;

/// Logs users in, and asks them. There is no default for either.
///
/// Both are asked anew each time that the browser comes to the authorization endpoint, and may answer with a page or a redirect
/// that leads back there; nothing is kept meanwhile. An error or a time-out is
/// [`Unavailable`](crate::authorization::Unavailable): nobody is logged in, and nothing is allowed.
pub trait ConsentPolicy: Send + Sync {
    /// Who the user is.
    fn authenticate(&self, request: &AuthenticationRequest) -> impl Future<Output = Answered<Authentication>> + Send;

    /// What the user allows.
    fn consent(&self, request: &ConsentRequest) -> impl Future<Output = Answered<ConsentDecision>> + Send;
}

/// Keeps what a click on a consent page left, for a host that answers [`ConsentDecision::ByGrant`]. How a grant gets in is yours: by
/// whatever answers the form of your page. What an implementation guarantees:
///
/// - **One winner.** Among all that consume one grant, on all instances that share the store, exactly one is given it. The store removes
///   and returns in one atomic step (`DELETE .. WHERE binding = $2 AND expires_at > $now RETURNING ..`).
/// - **For what it was given for**, and **in time**: only where the binding is the same and `expires_at > now`. A grant that is shown
///   with another binding stays.
/// - **Never dropped early, never a guess.** A grant is there until it is spent or has expired, whole as it was put. An error, a
///   time-out or a lost answer is [`Unavailable`](crate::authorization::Unavailable).
///
/// The testkit holds a store to it: `assert_consent_grant_store_conforms`.
pub trait ConsentGrantStore: Send + Sync {
    /// Spends a grant.
    fn consume(&self, redemption: &ConsentRedemption) -> impl Future<Output = Answered<Option<ConsentGrant>>> + Send;

    /// Who sees the rows (ST-1).
    fn reach(&self) -> StoreReach;
}

erase! { ConsentPolicy as ErasedConsentPolicy {
    fn authenticate(&AuthenticationRequest) -> Authentication;
    fn consent(&ConsentRequest) -> ConsentDecision;
} }

erase! { ConsentGrantStore as ErasedConsentGrantStore [reach] {
    fn consume(&ConsentRedemption) -> Option<ConsentGrant>;
} }
