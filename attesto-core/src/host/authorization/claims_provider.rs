//! What ID tokens say about users (IT-4).

use crate::authorization::{Answered, IdTokenClaimsQuestion};
use crate::future::BoxFuture;
use alloc::boxed::Box;
use alloc::string::String;
use alloc::sync::Arc;
use core::future::Future;
use serde_json::{Map, Value};

/// Provides the user claims of ID tokens (OIDC Core §5.1, §5.4; IT-4).
///
/// Return the known claims that the scopes stand for; none is required. A claim of the protocol (`iss`, `sub`, `aud`
/// ..) makes the request fail. An error or a time-out is [`Unavailable`](crate::authorization::Unavailable) and ends
/// with 503. The method changes nothing.
pub trait ClaimsProvider: Send + Sync {
    /// Returns the claims about this user for this client.
    fn id_token_claims(
        &self,
        question: &IdTokenClaimsQuestion,
    ) -> impl Future<Output = Answered<Map<String, Value>>> + Send;
}

erase! { ClaimsProvider as ErasedClaimsProvider {
    fn id_token_claims(&IdTokenClaimsQuestion) -> Map<String, Value>;
} }
