//! Login and consent of the user in a browser (AZ-24, AZ-25, HC-3).

use crate::authorization::{Answered, Authentication, ConsentDecision, ConsentQuestion, LoginQuestion};
use crate::future::BoxFuture;
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
    fn authenticate(&self, question: &LoginQuestion) -> impl Future<Output = Answered<Authentication>> + Send;

    /// Returns what the user allows, or a page.
    fn consent(&self, question: &ConsentQuestion) -> impl Future<Output = Answered<ConsentDecision>> + Send;
}

erase! { ConsentPolicy as ErasedConsentPolicy {
    fn authenticate(&LoginQuestion) -> Authentication;
    fn consent(&ConsentQuestion) -> ConsentDecision;
} }
