//! Who may introspect other parties' tokens (IN-4).

use crate::authorization::{Answered, IntrospectionCheck};
use crate::future::BoxFuture;
use alloc::boxed::Box;
use alloc::sync::Arc;
use core::future::Future;

/// Decides who may look at other parties' tokens (RFC 7662 §2.2; IN-4): an API gateway, say. A token's own client and its
/// audience are not asked about.
///
/// `false` makes the token inactive to the caller. An error or a time-out is
/// [`Unavailable`](crate::authorization::Unavailable) and ends with 503. The method changes nothing.
pub trait IntrospectionPolicy: Send + Sync {
    /// Whether this caller may introspect the token.
    fn may_introspect(&self, check: &IntrospectionCheck) -> impl Future<Output = Answered<bool>> + Send;
}

erase! { IntrospectionPolicy as ErasedIntrospectionPolicy {
    fn may_introspect(&IntrospectionCheck) -> bool;
} }
