//! The subjects of tokens (HC-2).

use crate::authorization::{Answered, Principal};
use crate::future::BoxFuture;
use alloc::boxed::Box;
use alloc::sync::Arc;
use core::future::Future;

/// Loads users. Called each time a token is minted for a user or introspected: a suspended user gets no further token,
/// and existing ones are inactive.
///
/// `None` means that the subject may have no tokens (suspended, deleted, nonexistent): the client receives
/// `invalid_grant`. An error or a time-out is [`Unavailable`](crate::authorization::Unavailable) and ends with 503, if
/// possible without spending the grant. Subjects are compared byte for byte. The method changes nothing.
pub trait PrincipalStore: Send + Sync {
    /// Loads the subject's current state.
    fn load_principal(&self, subject: &str) -> impl Future<Output = Answered<Option<Principal>>> + Send;
}

erase! { PrincipalStore as ErasedPrincipalStore {
    fn load_principal(&str) -> Option<Principal>;
} }
