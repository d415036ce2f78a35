//! The parts of a host, as trait objects.

use super::claims_provider::ErasedClaimsProvider;
use super::clients::ErasedClientStore;
use super::codes::ErasedCodeStore;
use super::consent_grants::ErasedConsentGrantStore;
use super::consent_policy::ErasedConsentPolicy;
use super::deny_list::ErasedDenyList;
use super::event_sink::AuthorizationEventSink;
use super::functions::Functions;
use super::introspection_policy::ErasedIntrospectionPolicy;
use super::principals::ErasedPrincipalStore;
use super::pushed_requests::ErasedPushedRequestStore;
use super::refresh_tokens::ErasedRefreshStore;
use super::scope_policy::ErasedScopePolicy;
use crate::host::DynReplayStore;
use alloc::sync::Arc;

/// The parts that were set; `None` for one that was not.
pub(super) struct Parts {
    pub(super) functions: Functions,
    pub(super) clients: Option<Arc<dyn ErasedClientStore>>,
    pub(super) scopes: Option<Arc<dyn ErasedScopePolicy>>,
    pub(super) principals: Option<Arc<dyn ErasedPrincipalStore>>,
    pub(super) claims: Option<Arc<dyn ErasedClaimsProvider>>,
    pub(super) introspection: Option<Arc<dyn ErasedIntrospectionPolicy>>,
    pub(super) consent: Option<Arc<dyn ErasedConsentPolicy>>,
    pub(super) consent_grants: Option<Arc<dyn ErasedConsentGrantStore>>,
    pub(super) pushed: Option<Arc<dyn ErasedPushedRequestStore>>,
    pub(super) codes: Option<Arc<dyn ErasedCodeStore>>,
    pub(super) refresh: Option<Arc<dyn ErasedRefreshStore>>,
    pub(super) deny_list: Option<Arc<dyn ErasedDenyList>>,
    pub(super) replay: Option<Arc<dyn DynReplayStore>>,
    pub(super) events: Arc<dyn AuthorizationEventSink>,
}
