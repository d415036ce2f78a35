//! Collects the parts of a host (CF-1, HC-4).

use super::claims_provider::ClaimsProvider;
use super::codes::CodeStore;
use super::consent_grants::ConsentGrantStore;
use super::consent_policy::ConsentPolicy;
use super::deny_list::AccessTokenDenyList;
use super::event_sink::AuthorizationEventSink;
use super::functions::Functions;
use super::introspection_policy::IntrospectionPolicy;
use super::memory::{MemoryCodeStore, MemoryDenyList, MemoryPushedRequestStore, MemoryRefreshStore, ONE_QUESTION};
use super::parts::Parts;
use super::principals::PrincipalStore;
use super::pushed_requests::PushedRequestStore;
use super::refresh_tokens::RefreshStore;
use crate::host::{Instances, MemoryReplayStore, ReplayStore, StoreReach};
use crate::{ConfigError, Timestamp};
use alloc::sync::Arc;
use core::fmt;

/// Configures an [`AuthorizationHost`](crate::host::AuthorizationHost) from implementations of traits, and single functions instead of their methods
/// (HC-4). Stores can only be set as a whole, since the promises of a store's methods depend on each other.
#[must_use = "a configuration does nothing until it is built"]
pub struct AuthorizationHostBuilder {
    pub(super) parts: Parts,
    pub(super) instances: Instances,
    pub(super) reaches: Reaches,
    /// The capacity of an in-memory replay store.
    pub(super) replay_memory: Option<usize>,
    /// The most tokens that the deny list can hold.
    pub(super) deny_list_capacity: Option<usize>,
    pub(super) restarted: Option<Timestamp>,
}

/// Which processes share each store.
#[derive(Default)]
pub(super) struct Reaches {
    pub(super) codes: Option<StoreReach>,
    pub(super) pushed: Option<StoreReach>,
    pub(super) consent_grants: Option<StoreReach>,
    pub(super) refresh: Option<StoreReach>,
    pub(super) deny_list: Option<StoreReach>,
    pub(super) replay: Option<StoreReach>,
}

impl AuthorizationHostBuilder {
    pub(super) const fn functions_mut(&mut self) -> &mut Functions {
        &mut self.parts.functions
    }

    /// Sets the store of authorization codes. Required for the authorization code grant.
    pub fn code_store(mut self, store: impl CodeStore + 'static) -> Self {
        self.reaches.codes = Some(store.reach());
        self.parts.codes = Some(Arc::new(store));
        self
    }

    /// Sets the store of refresh tokens and their families. Required for the authorization code and the refresh token
    /// grant.
    pub fn refresh_store(mut self, store: impl RefreshStore + 'static) -> Self {
        self.reaches.refresh = Some(store.reach());
        self.parts.refresh = Some(Arc::new(store));
        self
    }

    /// Sets the list of revoked access tokens. Required unless the server was built
    /// [`without_deny_list`](crate::authorization::AuthorizationServerBuilder::without_deny_list).
    pub fn deny_list(mut self, list: impl AccessTokenDenyList + 'static) -> Self {
        self.reaches.deny_list = Some(list.reach());
        self.deny_list_capacity = list.capacity();
        self.parts.deny_list = Some(Arc::new(list));
        self
    }

    /// Sets the store of used proofs and assertions. Required for DPoP and `private_key_jwt`.
    pub fn replay_store(mut self, store: impl ReplayStore + 'static) -> Self {
        self.reaches.replay = Some(store.reach());
        self.replay_memory = None;
        self.parts.replay = Some(Arc::new(store));
        self
    }

    /// Sets the store of users. Required for every grant that a user gives.
    pub fn principals(mut self, store: impl PrincipalStore + 'static) -> Self {
        self.parts.principals = Some(Arc::new(store));
        self
    }

    /// Sets the policy that logs users in and asks for consent. Required for the authorization code grant.
    pub fn consent_policy(mut self, policy: impl ConsentPolicy + 'static) -> Self {
        self.parts.consent = Some(Arc::new(policy));
        self
    }

    /// Sets the store of consent grants. Required by a policy that answers
    /// [`ConsentDecision::ByGrant`](crate::authorization::ConsentDecision::ByGrant), which the server cannot check in
    /// advance: without a store, that answer ends with 503.
    pub fn consent_grants(mut self, store: impl ConsentGrantStore + 'static) -> Self {
        self.reaches.consent_grants = Some(store.reach());
        self.parts.consent_grants = Some(Arc::new(store));
        self
    }

    /// Sets the store of pushed authorization requests. Required for the authorization code grant.
    pub fn pushed_request_store(mut self, store: impl PushedRequestStore + 'static) -> Self {
        self.reaches.pushed = Some(store.reach());
        self.parts.pushed = Some(Arc::new(store));
        self
    }

    /// Sets the provider of claims for ID tokens. Required if the server was built with
    /// [`openid_connect`](crate::authorization::AuthorizationServerBuilder::openid_connect).
    pub fn claims(mut self, provider: impl ClaimsProvider + 'static) -> Self {
        self.parts.claims = Some(Arc::new(provider));
        self
    }

    /// Sets the policy that decides who may introspect other clients' tokens. Required if the server was built with
    /// [`ask_introspection`](crate::authorization::AuthorizationServerBuilder::ask_introspection).
    pub fn introspection_policy(mut self, policy: impl IntrospectionPolicy + 'static) -> Self {
        self.parts.introspection = Some(Arc::new(policy));
        self
    }

    /// Sets the sink for events. It only observes and cannot change a decision. A closure must name its argument's
    /// type: `|event: &AuthorizationEvent| ..`.
    pub fn events(mut self, sink: impl AuthorizationEventSink + 'static) -> Self {
        self.parts.events = Arc::new(sink);
        self
    }

    /// **For a single node.** Keeps codes, pushed requests, refresh tokens, the deny list and used proofs in memory,
    /// each bounded to `capacity` rows. The deny list has at least a thousand: one family can have that many access
    /// tokens, which are denied together or not at all. The contents are lost when the process ends: users must then
    /// authorize their clients again; see also [`restarted`](Self::restarted). Call this before you replace one of
    /// these stores.
    ///
    /// # Errors
    /// Fails for a capacity of 0, or of more than 2^30.
    pub fn single_node_memory(self, capacity: usize) -> Result<Self, ConfigError> {
        let mut builder = self
            .code_store(MemoryCodeStore::single_node(capacity)?)
            .pushed_request_store(MemoryPushedRequestStore::single_node(capacity)?)
            .refresh_store(MemoryRefreshStore::single_node(capacity)?)
            .deny_list(MemoryDenyList::single_node(capacity.max(ONE_QUESTION))?)
            .replay_store(MemoryReplayStore::single_node(capacity)?);
        builder.replay_memory = Some(capacity);
        Ok(builder)
    }

    /// Declares that this process replaces another one of the same issuer, and started at this time. A client assertion
    /// or a proof that the predecessor may have seen is then answered 503 until it has expired, instead of being
    /// accepted again. This also affects new ones that expire no later than those: for the lifetime of assertions if
    /// clients may use them (five minutes by default), or else for that of proofs (three). It applies to the replay
    /// store of [`single_node_memory`](Self::single_node_memory); a store of your own can use
    /// [`after_restart`](MemoryReplayStore::after_restart).
    pub const fn restarted(mut self, at: Timestamp) -> Self {
        self.restarted = Some(at);
        self
    }

    /// Sets whether several processes serve this issuer. [`Instances::Multiple`] requires shared stores (ST-1).
    pub const fn instances(mut self, instances: Instances) -> Self {
        self.instances = instances;
        self
    }
}

impl fmt::Debug for AuthorizationHostBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AuthorizationHostBuilder").field("instances", &self.instances).finish_non_exhaustive()
    }
}
