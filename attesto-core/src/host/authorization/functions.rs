//! Single functions instead of a trait's methods (HC-4).

use crate::authorization::{
    Answered, Authentication, Client, ConsentDecision, ConsentQuestion, IdTokenClaimsQuestion, IntrospectionCheck,
    LoginQuestion, Principal, ScopeQuestion, ScopeSet, SecretCheck,
};
use crate::future::BoxFuture;
use crate::jose::VerificationKeys;
use alloc::string::String;
use alloc::sync::Arc;
use serde_json::{Map, Value};

/// A function that answers one kind of question.
pub(super) type Function<Q, A> = Arc<dyn Fn(Q) -> BoxFuture<'static, Answered<A>> + Send + Sync>;

/// The functions that were set.
#[derive(Default)]
pub(super) struct Functions {
    pub(super) load_client: Option<Function<String, Option<Client>>>,
    pub(super) verify_client_secret: Option<Function<SecretCheck, bool>>,
    pub(super) client_keys: Option<Function<String, Arc<VerificationKeys>>>,
    pub(super) authorize_scope: Option<Function<ScopeQuestion, ScopeSet>>,
    pub(super) load_principal: Option<Function<String, Option<Principal>>>,
    pub(super) authenticate: Option<Function<LoginQuestion, Authentication>>,
    pub(super) consent: Option<Function<ConsentQuestion, ConsentDecision>>,
    pub(super) id_token_claims: Option<Function<IdTokenClaimsQuestion, Map<String, Value>>>,
    pub(super) may_introspect: Option<Function<IntrospectionCheck, bool>>,
}
