//! Combines everything that an authorization server asks, in one value (CF-1, CF-2, ST-1).

use super::clients::{ClientStore, ErasedClientStore};
use super::codes::{CodeStore, ErasedCodeStore};
use super::deny_list::{AccessTokenDenyList, ErasedDenyList};
use super::functions::Functions;
use super::memory::{MemoryCodeStore, MemoryDenyList, MemoryPushedRequestStore, MemoryRefreshStore, ONE_QUESTION};
use super::principals::{
    ClaimsProvider, ErasedClaimsProvider, ErasedIntrospectionPolicy, ErasedPrincipalStore, ErasedScopePolicy,
    IntrospectionPolicy, PrincipalStore, ScopePolicy,
};
use super::pushed_requests::{ErasedPushedRequestStore, PushedRequestStore};
use super::refresh_tokens::{ErasedRefreshStore, RefreshStore};
use super::sink::AuthorizationEventSink;
use super::visits::{ConsentGrantStore, ConsentPolicy, ErasedConsentGrantStore, ErasedConsentPolicy};
use crate::authorization::AuthorizationServer;
use crate::host::{DynReplayStore, Instances, MemoryReplayStore, NoEvents, ReplayStore, StoreReach};
use crate::{ConfigError, Timestamp};
use alloc::format;
use alloc::sync::Arc;
use core::fmt;

/// The host of an [`AuthorizationServer`]: the implementations of its traits, checked to be complete. A clone is
/// another handle to the same host.
///
/// ```
/// # use attesto_core::crypto::{Algorithm, CryptoProvider, EntropyError, KeyKind, RustCrypto};
/// # use attesto_core::jose::KeyMaterial;
/// # use attesto_core::token::KeyRing;
/// # use std::sync::Arc;
/// # fn entropy(out: &mut [u8]) -> Result<(), EntropyError> { out.fill(9); Ok(()) }
/// # let provider: Arc<dyn CryptoProvider> = Arc::new(RustCrypto::new());
/// # let key = KeyMaterial::generate(KeyKind::P256, &mut entropy)?;
/// # let signer = provider.signer(key.private().ok_or("private")?, Algorithm::ES256)?;
/// # let ring = Arc::new(KeyRing::new(provider.as_ref(), signer.into())?);
/// use attesto_core::Timestamp;
/// use attesto_core::authorization::{
///     Answered, AuthorizationServer, Client, ClientAuthentication, GrantType, ScopeQuestion, ScopeSet, SecretCheck,
/// };
/// use attesto_core::host::{AuthorizationHost, ClientStore, ScopePolicy, drive};
/// use attesto_core::time::Clock;
/// use attesto_core::http::{Connection, RequestParts};
///
/// struct Clients; // yours: a database
///
/// impl ClientStore for Clients {
///     async fn load_client(&self, client_id: &str) -> Answered<Option<Client>> {
///         let job = Client::new("job", ClientAuthentication::SecretPost)
///             .grants([GrantType::ClientCredentials])
///             .scopes(["things.read"]);
///         Ok((client_id == "job").then_some(job))
///     }
///     async fn verify_client_secret(&self, check: &SecretCheck) -> Answered<bool> {
///         // Yours: `ClientSecrets::verify`, from what is stored for the client.
///         Ok(check.client_id.is_some() && *check.secret == "s3cret")
///     }
/// }
///
/// struct AsAsked;
///
/// impl ScopePolicy for AsAsked {
///     async fn authorize_scope(&self, request: &ScopeQuestion) -> Answered<ScopeSet> {
///         Ok(request.scopes.clone())
///     }
/// }
///
/// let server = AuthorizationServer::builder("https://auth.example.com", provider, ring)
///     .audience("https://api.example.com")
///     .grants([GrantType::ClientCredentials])
///     .build()?;
/// // The server revokes access tokens by default, with a list of them (and accepts DPoP proofs, each once):
/// let host = AuthorizationHost::builder(Clients, AsAsked);
/// assert_eq!(host.build(&server).unwrap_err().member(), "deny_list");
/// let host = AuthorizationHost::builder(Clients, AsAsked).single_node_memory(100_000)?.build(&server)?;
///
/// let body = b"grant_type=client_credentials&client_id=job&client_secret=s3cret";
/// let headers: &[(&str, &[u8])] =
///     &[("host", b"auth.example.com"), ("content-type", b"application/x-www-form-urlencoded")];
/// let request = RequestParts::new("POST", "/oauth/token", &headers).connection(Connection::new().tls()).form_body(body);
/// let clock = Clock::new(|| Timestamp::from_secs(1_800_000_000)); // the system's, in yours
/// let step = server.token(&request, clock.now(), entropy);
/// # let run = attesto_core_run;
/// # fn attesto_core_run<F: Future>(future: F) -> F::Output {
/// #     match std::pin::pin!(future).poll(&mut std::task::Context::from_waker(std::task::Waker::noop())) {
/// #         std::task::Poll::Ready(output) => output,
/// #         std::task::Poll::Pending => unreachable!("nothing here waits"),
/// #     }
/// # }
/// let response = run(drive(step, &host, &clock)); // `drive(step, &host, &clock).await` in your runtime
/// assert_eq!(response.status, 200);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct AuthorizationHost {
    parts: Arc<Parts>,
}

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

impl AuthorizationHost {
    /// Starts with what every server asks: the clients, and the scope policy.
    pub fn builder(
        clients: impl ClientStore + 'static,
        scopes: impl ScopePolicy + 'static,
    ) -> AuthorizationHostBuilder {
        let mut builder = Self::of_functions();
        builder.parts.clients = Some(Arc::new(clients));
        builder.parts.scopes = Some(Arc::new(scopes));
        builder
    }

    /// Starts empty, for a host made of single functions: at least
    /// [`load_client_with`](AuthorizationHostBuilder::load_client_with),
    /// [`verify_client_secret_with`](AuthorizationHostBuilder::verify_client_secret_with) and
    /// [`authorize_scope_with`](AuthorizationHostBuilder::authorize_scope_with) (HC-4).
    pub fn of_functions() -> AuthorizationHostBuilder {
        let parts = Parts {
            functions: Functions::default(),
            clients: None,
            scopes: None,
            principals: None,
            claims: None,
            introspection: None,
            consent: None,
            consent_grants: None,
            pushed: None,
            codes: None,
            refresh: None,
            deny_list: None,
            replay: None,
            events: Arc::new(NoEvents),
        };
        AuthorizationHostBuilder {
            parts,
            instances: Instances::Single,
            reaches: Reaches::default(),
            replay_memory: None,
            deny_list_capacity: None,
            restarted: None,
        }
    }

    pub(super) fn parts(&self) -> &Parts {
        &self.parts
    }
}

impl fmt::Debug for AuthorizationHost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AuthorizationHost(..)")
    }
}

/// Configures an [`AuthorizationHost`] from implementations of traits, and single functions instead of their methods
/// (HC-4). Stores can only be set as a whole, since the promises of a store's methods depend on each other.
#[must_use = "a configuration does nothing until it is built"]
pub struct AuthorizationHostBuilder {
    parts: Parts,
    instances: Instances,
    reaches: Reaches,
    /// The capacity of an in-memory replay store.
    replay_memory: Option<usize>,
    /// The most tokens that the deny list can hold.
    deny_list_capacity: Option<usize>,
    restarted: Option<Timestamp>,
}

/// Which processes share each store.
#[derive(Default)]
struct Reaches {
    codes: Option<StoreReach>,
    pushed: Option<StoreReach>,
    consent_grants: Option<StoreReach>,
    refresh: Option<StoreReach>,
    deny_list: Option<StoreReach>,
    replay: Option<StoreReach>,
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

    /// Builds the host, after checking it against the questions of this server.
    ///
    /// # Errors
    /// The first part that is missing, or that does not reach all instances, or a deny list that is too small for one
    /// authorization.
    pub fn build(mut self, server: &AuthorizationServer) -> Result<AuthorizationHost, ConfigError> {
        if let (Some(capacity), Some(at)) = (self.replay_memory, self.restarted) {
            let store = MemoryReplayStore::after_restart(capacity, at.plus(server.replay_window()))?;
            self.parts.replay = Some(Arc::new(store));
        }
        let (needs, reaches) = (server.needs(), &self.reaches);
        let stores = [
            ("code_store", needs.codes, reaches.codes),
            ("refresh_store", needs.refresh, reaches.refresh),
            ("pushed_request_store", needs.codes, reaches.pushed),
            ("consent_grants", needs.codes && reaches.consent_grants.is_some(), reaches.consent_grants),
            ("deny_list", needs.deny_list, reaches.deny_list),
            ("replay_store", needs.replay, reaches.replay),
        ];
        for (member, needed, reach) in stores {
            if needed {
                store_is_enough(member, reach, self.instances)?;
            }
        }
        if needs.deny_list && self.deny_list_capacity.is_some_and(|places| places < needs.access_tokens_at_a_time) {
            return Err(ConfigError::new("deny_list", "holds fewer access tokens than one authorization may have"));
        }
        let (parts, functions) = (&self.parts, &self.parts.functions);
        let consent = functions.authenticate.is_some() && functions.consent.is_some();
        let parts = [
            ("load_client_with", true, parts.clients.is_some() || functions.load_client.is_some()),
            ("verify_client_secret_with", true, parts.clients.is_some() || functions.verify_client_secret.is_some()),
            ("authorize_scope_with", true, parts.scopes.is_some() || functions.authorize_scope.is_some()),
            ("principals", needs.principals, parts.principals.is_some() || functions.load_principal.is_some()),
            ("consent_policy", needs.codes, parts.consent.is_some() || consent),
            ("claims", needs.claims, parts.claims.is_some() || functions.id_token_claims.is_some()),
            (
                "introspection_policy",
                needs.introspection,
                parts.introspection.is_some() || functions.may_introspect.is_some(),
            ),
        ];
        if let Some((member, ..)) = parts.iter().find(|(_, needed, set)| *needed && !*set) {
            return Err(missing(member));
        }
        Ok(AuthorizationHost { parts: Arc::new(self.parts) })
    }
}

impl fmt::Debug for AuthorizationHostBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AuthorizationHostBuilder").field("instances", &self.instances).finish_non_exhaustive()
    }
}

fn missing(member: &'static str) -> ConfigError {
    ConfigError::new(
        member,
        format!(
            "is missing: the server, as it is configured, asks it; call .{member}(..), or configure the server without"
        ),
    )
}

/// Checks that a store is set and reaches all instances. ST-1.
fn store_is_enough(member: &'static str, reach: Option<StoreReach>, instances: Instances) -> Result<(), ConfigError> {
    match (reach, instances) {
        (None, _) => Err(missing(member)),
        (Some(StoreReach::Shared), Instances::Single | Instances::Multiple)
        | (Some(StoreReach::Process), Instances::Single) => Ok(()),
        (Some(StoreReach::Process), Instances::Multiple) => Err(ConfigError::new(
            member,
            "several instances need a store that they share; this one is local to its process",
        )),
    }
}
