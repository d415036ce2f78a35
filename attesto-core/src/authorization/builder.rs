//! Configures an authorization server (catalogue CF-1, CF-2).

mod browsers;
mod build;
mod profile;

pub use self::profile::Profile;

use super::client::{AuthMethod, GrantType};
use super::client_auth::AssertionPolicy;
use super::envelope::ErrorEnvelope;
use super::lifetimes::{Lifetimes, RefreshPolicy};
use super::tied_scopes::TiedScopes;
use crate::crypto::{AlgorithmSet, CryptoProvider};
use crate::dpop::ProofPolicy;
use crate::http::OriginPolicy;
use crate::mtls::CertificatePolicy;
use crate::token::{KeyRing, PrincipalKinds};
use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt;

/// Collects what an [`AuthorizationServer`](super::AuthorizationServer) is to be. Everything is checked by [`build`](Self::build).
#[must_use = "a configuration does nothing until it is built"]
pub struct AuthorizationServerBuilder {
    issuer: String,
    provider: Arc<dyn CryptoProvider>,
    keys: Arc<KeyRing>,
    audience: Option<String>,
    prefix: String,
    profile: Profile,
    grants: Option<Vec<GrantType>>,
    auth_methods: Option<Vec<AuthMethod>>,
    assertions: AssertionPolicy,
    tls_chains_are_validated: bool,
    scopes: Vec<String>,
    access_token_lifetime: u64,
    lifetimes: Lifetimes,
    refresh: RefreshPolicy,
    dpop: Option<ProofPolicy>,
    certificates: Option<CertificatePolicy>,
    origin: OriginPolicy,
    principal_kinds: Option<PrincipalKinds>,
    client_kind: Option<String>,
    deny_list: bool,
    ask_introspection: bool,
    openid: bool,
    require_par: bool,
    require_nonce: bool,
    refuse_embedded: bool,
    browser_clients: bool,
    browser_credentials: bool,
    private_use_schemes: Vec<String>,
    loopback_is_a_site: bool,
    narrow_scopes: bool,
    tied_scopes: TiedScopes,
    envelope: Option<Arc<dyn ErrorEnvelope>>,
    realm: String,
    insecure_loopback: bool,
}

impl AuthorizationServerBuilder {
    pub(super) fn new(issuer: String, provider: Arc<dyn CryptoProvider>, keys: Arc<KeyRing>) -> Self {
        Self {
            realm: issuer.clone(),
            issuer,
            provider,
            keys,
            audience: None,
            prefix: "/oauth".into(),
            profile: Profile::Generic,
            grants: None,
            auth_methods: None,
            assertions: AssertionPolicy::DEFAULT,
            tls_chains_are_validated: false,
            scopes: Vec::new(),
            access_token_lifetime: 900,
            lifetimes: Lifetimes::new(),
            refresh: RefreshPolicy::new(),
            dpop: Some(ProofPolicy::new()),
            certificates: None,
            origin: OriginPolicy::new(),
            principal_kinds: None,
            client_kind: None,
            deny_list: false,
            ask_introspection: false,
            openid: false,
            require_par: false,
            require_nonce: false,
            refuse_embedded: false,
            browser_clients: false,
            browser_credentials: false,
            private_use_schemes: Vec::new(),
            loopback_is_a_site: false,
            narrow_scopes: false,
            tied_scopes: TiedScopes::default(),
            envelope: None,
            insecure_loopback: false,
        }
    }

    /// What kind of server this is to be (CF-6): it says what holds where nothing else is set, in whatever order, and what must not be
    /// set to less. Default [`Profile::Generic`].
    pub const fn profile(mut self, profile: Profile) -> Self {
        self.profile = profile;
        self
    }

    /// The resource that tokens are for when nobody asks for another: an absolute https URL, or a URI of another scheme than http
    /// (`urn:`, `api://`; RFC 8707 §2). Required.
    pub fn audience(mut self, resource: impl Into<String>) -> Self {
        self.audience = Some(resource.into());
        self
    }

    /// The path that the endpoints are under. Default `/oauth`.
    pub fn path_prefix(mut self, prefix: impl Into<String>) -> Self {
        self.prefix = prefix.into();
        self
    }

    /// The grants that the token endpoint dispatches. By default `authorization_code` and `refresh_token`.
    pub fn grants(mut self, grants: impl IntoIterator<Item = GrantType>) -> Self {
        self.grants = Some(grants.into_iter().collect());
        self
    }

    /// The methods of client authentication that are taken at all; of them each client may use the one it is registered with. By
    /// default all but the two with certificates.
    pub fn auth_methods(mut self, methods: impl IntoIterator<Item = AuthMethod>) -> Self {
        self.auth_methods = Some(methods.into_iter().collect());
        self
    }

    /// The algorithms that client assertions may be signed with. Default [`AlgorithmSet::FAPI`]: a server whose clients sign with
    /// RS256 has to say so.
    pub const fn assertion_algorithms(mut self, algorithms: AlgorithmSet) -> Self {
        self.assertions.algorithms = algorithms;
        self
    }

    /// Seconds that a client assertion may still live when it comes, and that it may be old: 1 to 3600. Default 300. Some libraries
    /// make assertions that live for an hour; the replay store keeps each one as long.
    pub const fn assertion_lifetime(mut self, seconds: u64) -> Self {
        self.assertions.lifetime = seconds;
        self
    }

    /// States that whoever terminates TLS lets a client certificate through only after it has validated the chain to a trusted CA:
    /// every certificate that reaches this server, from the socket or forwarded. `tls_client_auth` identifies clients by the names
    /// that the CA put into the certificate, and without validation anybody can make one with any name (RFC 8705 §2.1; CA-7).
    pub const fn tls_chains_are_validated(mut self) -> Self {
        self.tls_chains_are_validated = true;
        self
    }

    /// The scopes to advertise (`scopes_supported` of RFC 8414); left out of the metadata where none are named.
    ///
    /// Required with [`openid_connect`](Self::openid_connect), of which it is what the server knows: other names in a request with
    /// `openid` are ignored (OIDC Core §3.1.2.1), as long as the client is not registered for them.
    pub fn scopes_supported<S: Into<String>>(mut self, scopes: impl IntoIterator<Item = S>) -> Self {
        self.scopes = scopes.into_iter().map(Into::into).collect();
        self
    }

    /// Seconds that an access token lives. Default 900.
    pub const fn access_token_lifetime(mut self, seconds: u64) -> Self {
        self.access_token_lifetime = seconds;
        self
    }

    /// Seconds that an authorization code lives: at most 600 (RFC 6749 §4.1.2). Default 60.
    pub const fn code_lifetime(mut self, seconds: u64) -> Self {
        self.lifetimes.code = seconds;
        self
    }

    /// Seconds within which a browser must come with a pushed authorization request: at most 600 (RFC 9126 §2.2). Default 90. From
    /// then on the user has ten minutes for login and consent, and it is kept for as long.
    pub const fn pushed_request_lifetime(mut self, seconds: u64) -> Self {
        self.lifetimes.pushed_request = seconds;
        self
    }

    /// Seconds in which a click on a consent page must come back as its grant: at most 600. Default 300.
    pub const fn consent_grant_lifetime(mut self, seconds: u64) -> Self {
        self.lifetimes.consent_grant = seconds;
        self
    }

    /// Takes no authorization request that was not pushed (RFC 9126 §5).
    pub const fn require_pushed_authorization_requests(mut self) -> Self {
        self.require_par = true;
        self
    }

    /// Takes no authorization request for `openid` without a `nonce` (OIDC Core §3.1.2.1).
    pub const fn require_nonce(mut self) -> Self {
        self.require_nonce = true;
        self
    }

    /// Shows an error to browsers that say that they are inside of another application, which could read what users type there
    /// (RFC 8252 §8.12; AZ-2). They are known by their `User-Agent` field, where the honest ones give themselves away: it makes the
    /// authors of such applications use the system's browser, and stops nobody who means harm. Off by default.
    pub const fn refuse_embedded_user_agents(mut self) -> Self {
        self.refuse_embedded = true;
        self
    }

    /// Answers what browsers ask before scripts of other origins send a request with a DPoP proof or an `Authorization` field (C-11). Whose
    /// scripts may read the answers is said with each client: [`Client::origins`](super::Client::origins). Off by default.
    pub const fn browser_clients(mut self) -> Self {
        self.browser_clients = true;
        self
    }

    /// Writes the JSON errors of every endpoint in the application's own form (C-9).
    pub fn error_envelope(mut self, envelope: impl ErrorEnvelope + 'static) -> Self {
        self.envelope = Some(Arc::new(envelope));
        self
    }

    /// How refresh tokens live.
    pub fn refresh(mut self, policy: RefreshPolicy) -> Self {
        self.refresh = policy;
        self
    }

    /// Replaces the DPoP policy: proof age, nonces, algorithms.
    pub fn dpop(mut self, policy: ProofPolicy) -> Self {
        self.dpop = Some(policy);
        self
    }

    /// Turns DPoP off: proofs are ignored like any unknown field.
    pub fn without_dpop(mut self) -> Self {
        self.dpop = None;
        self
    }

    /// Reads client certificates: for certificate-bound tokens and client authentication (RFC 8705).
    pub fn mtls(mut self, certificates: CertificatePolicy) -> Self {
        self.certificates = Some(certificates);
        self
    }

    /// Replaces how a request's origin is found: pin, proxies, https.
    pub fn origin(mut self, policy: OriginPolicy) -> Self {
        self.origin = policy;
        self
    }

    /// Every token stands for one of these kinds of principals; tokens that clients get for themselves for this one.
    pub fn principal_kinds(mut self, kinds: PrincipalKinds, of_clients: impl Into<String>) -> Self {
        self.principal_kinds = Some(kinds);
        self.client_kind = Some(of_clients.into());
        self
    }

    /// Says that the host keeps a list of revoked access tokens, which its resources consult: revocation and reuse put access tokens
    /// on it. Without one they live until they expire.
    pub const fn deny_list(mut self) -> Self {
        self.deny_list = true;
        self
    }

    /// Says that the host knows which clients may introspect tokens that are neither theirs nor for them: resource servers, say.
    pub const fn ask_introspection(mut self) -> Self {
        self.ask_introspection = true;
        self
    }

    /// Gives ID tokens with the scope `openid`, and publishes the document of OpenID Connect Discovery (OIDC Core §2). Needs
    /// [`scopes_supported`](Self::scopes_supported).
    pub const fn openid_connect(mut self) -> Self {
        self.openid = true;
        self
    }

    /// Seconds that an ID token lives: at most 3600. Default 900.
    pub const fn id_token_lifetime(mut self, seconds: u64) -> Self {
        self.lifetimes.id_token = seconds;
        self
    }

    /// The realm of the challenge to a client whose Basic credentials failed. Default: the issuer.
    pub fn realm(mut self, realm: impl Into<String>) -> Self {
        self.realm = realm.into();
        self
    }

    /// **Development only.** The issuer, the audience and the requests may be plain http to this machine.
    pub fn danger_insecure_loopback(mut self) -> Self {
        self.insecure_loopback = true;
        self
    }
}

impl fmt::Debug for AuthorizationServerBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AuthorizationServerBuilder").field("issuer", &self.issuer).finish_non_exhaustive()
    }
}
