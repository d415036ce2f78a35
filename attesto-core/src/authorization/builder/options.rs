//! The options of an authorization server (CF-1, CF-2).

use super::profile::Profile;
use crate::authorization::registered_client::authentication::AuthMethod;
use crate::authorization::registered_client::grant_type::GrantType;
use crate::authorization::routes::EndpointName;
use crate::authorization::settings::assertion_policy::AssertionPolicy;
use crate::authorization::settings::error_envelope::ErrorEnvelope;
use crate::authorization::settings::lifetimes::{Lifetimes, RefreshPolicy};
use crate::authorization::settings::tied_scopes::TiedScopes;
use crate::crypto::{AlgorithmSet, CryptoProvider};
use crate::dpop::ProofPolicy;
use crate::http::OriginPolicy;
use crate::metadata::MemberValue;
use crate::mtls::CertificatePolicy;
use crate::token::{KeyRing, PrincipalKinds};
use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt;
use core::time::Duration;

/// Configures an [`AuthorizationServer`](crate::authorization::AuthorizationServer). [`build`](Self::build) checks
/// everything.
#[must_use = "a configuration does nothing until it is built"]
pub struct AuthorizationServerBuilder {
    pub(crate) issuer: String,
    pub(crate) provider: Arc<dyn CryptoProvider>,
    pub(crate) keys: Arc<KeyRing>,
    pub(crate) id_token_keys: Vec<Arc<KeyRing>>,
    pub(crate) without_rs256: bool,
    pub(crate) audience: Option<String>,
    pub(crate) prefix: String,
    pub(crate) own_paths: Vec<(EndpointName, String)>,
    pub(crate) own_metadata: Vec<(String, MemberValue)>,
    pub(crate) profile: Profile,
    pub(crate) grants: Option<Vec<GrantType>>,
    pub(crate) auth_methods: Option<Vec<AuthMethod>>,
    pub(crate) assertions: AssertionPolicy,
    pub(crate) tls_chains_are_validated: bool,
    pub(crate) scopes: Vec<String>,
    pub(crate) access_token_lifetime: u64,
    pub(crate) lifetimes: Lifetimes,
    pub(crate) refresh: RefreshPolicy,
    pub(crate) dpop: Option<ProofPolicy>,
    pub(crate) certificates: Option<CertificatePolicy>,
    pub(crate) origin: OriginPolicy,
    pub(crate) principal_kinds: Option<PrincipalKinds>,
    pub(crate) client_kind: Option<String>,
    pub(crate) deny_list: bool,
    pub(crate) resource_leeway: u64,
    pub(crate) ask_introspection: bool,
    pub(crate) openid: bool,
    pub(crate) require_pushed_requests: bool,
    pub(crate) require_nonce: bool,
    pub(crate) refuse_embedded: bool,
    pub(crate) browser_clients: bool,
    pub(crate) browser_credentials: bool,
    pub(crate) private_use_schemes: Vec<String>,
    pub(crate) loopback_is_a_site: bool,
    pub(crate) narrow_scopes: bool,
    pub(crate) tied_scopes: TiedScopes,
    pub(crate) envelope: Option<Arc<dyn ErrorEnvelope>>,
    pub(crate) realm: String,
    pub(crate) insecure_loopback: bool,
}

impl AuthorizationServerBuilder {
    pub(crate) fn new(issuer: String, provider: Arc<dyn CryptoProvider>, keys: Arc<KeyRing>) -> Self {
        Self {
            realm: issuer.clone(),
            issuer,
            provider,
            keys,
            id_token_keys: Vec::new(),
            without_rs256: false,
            audience: None,
            prefix: "/oauth".into(),
            own_paths: Vec::new(),
            own_metadata: Vec::new(),
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
            deny_list: true,
            resource_leeway: 60,
            ask_introspection: false,
            openid: false,
            require_pushed_requests: false,
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

    /// Sets the profile (CF-6): its defaults for unset options, in any order of calls, and its minimum requirements.
    /// Default [`Profile::Generic`].
    pub const fn profile(mut self, profile: Profile) -> Self {
        self.profile = profile;
        self
    }

    /// Sets the resource of tokens whose request names none: an absolute https URL, or a URI of another scheme than
    /// http (`urn:`, `api://`; RFC 8707 §2). Required.
    pub fn audience(mut self, resource: impl Into<String>) -> Self {
        self.audience = Some(resource.into());
        self
    }

    /// Sets the path prefix of the endpoints, on the issuer's origin; the issuer's own path is not added. Default
    /// `/oauth`. Two issuers on one host need different ones, such as `/t1/oauth`.
    pub fn path_prefix(mut self, prefix: impl Into<String>) -> Self {
        self.prefix = prefix.into();
        self
    }

    /// Sets the path of one endpoint, on the issuer's origin, instead of the one below the prefix. For the key set, it
    /// replaces `/.well-known/jwks.json`, which is below the issuer's path if it has one. No two endpoints may share a
    /// path.
    pub fn endpoint_path(mut self, endpoint: EndpointName, path: impl Into<String>) -> Self {
        self.own_paths.push((endpoint, path.into()));
        self
    }

    /// Adds a member to the metadata documents, for what the host provides besides this server: its
    /// `userinfo_endpoint`, `registration_endpoint`, `end_session_endpoint`, `service_documentation`,
    /// `claims_supported` and so on. Only registered members unrelated to this server's endpoints are allowed: the
    /// others follow from the configuration, and the document must not contradict it (MD-4).
    ///
    /// ```
    /// # use attesto_core::crypto::{Algorithm, CryptoProvider, EntropyError, RustCrypto};
    /// # use attesto_core::token::KeyRing;
    /// # use std::sync::Arc;
    /// # fn entropy(out: &mut [u8]) -> Result<(), EntropyError> { out.fill(9); Ok(()) }
    /// # let provider: Arc<dyn CryptoProvider> = Arc::new(RustCrypto::new());
    /// # let ring = Arc::new(KeyRing::generate(provider.as_ref(), Algorithm::ES256, &mut entropy)?);
    /// # let builder = || attesto_core::authorization::AuthorizationServer::builder("https://auth.example.com", provider.clone(), ring.clone())
    /// #     .audience("https://api.example.com");
    /// assert!(builder().metadata_member("userinfo_endpoint", "https://auth.example.com/me").build().is_ok());
    /// let refused = builder().metadata_member("token_endpoint", "https://auth.example.com/other").build();
    /// assert_eq!(refused.unwrap_err().member(), "metadata_member");
    /// # Ok::<(), attesto_core::ConfigError>(())
    /// ```
    pub fn metadata_member(mut self, name: impl Into<String>, value: impl Into<MemberValue>) -> Self {
        self.own_metadata.push((name.into(), value.into()));
        self
    }

    /// Sets the grants of the token endpoint. By default `authorization_code` and `refresh_token`.
    pub fn grants(mut self, grants: impl IntoIterator<Item = GrantType>) -> Self {
        self.grants = Some(grants.into_iter().collect());
        self
    }

    /// Sets the accepted methods of client authentication; each client may use the one it is registered with. By
    /// default all except the two with certificates.
    pub fn auth_methods(mut self, methods: impl IntoIterator<Item = AuthMethod>) -> Self {
        self.auth_methods = Some(methods.into_iter().collect());
        self
    }

    /// Sets the accepted algorithms of client assertions. Default [`AlgorithmSet::FAPI`]: if clients sign with RS256,
    /// add it.
    pub const fn assertion_algorithms(mut self, algorithms: AlgorithmSet) -> Self {
        self.assertions.algorithms = algorithms;
        self
    }

    /// Sets how long a client assertion may still be valid when it arrives, and how old it may be: 1 to 3600
    /// seconds. Default 300. Some libraries make assertions that live for an hour; the replay store keeps each one as
    /// long.
    pub const fn assertion_lifetime(mut self, lifetime: Duration) -> Self {
        self.assertions.lifetime = lifetime.as_secs();
        self
    }

    /// Asserts that the TLS terminator passes on a client certificate only after validating its chain to a trusted CA,
    /// for every certificate that reaches this server, from the socket or forwarded. `tls_client_auth` identifies
    /// clients by the names that the CA put into the certificate; without validation anyone can make one with any name
    /// (RFC 8705 §2.1; CA-7).
    pub const fn tls_chains_are_validated(mut self) -> Self {
        self.tls_chains_are_validated = true;
        self
    }

    /// Sets the advertised scopes (`scopes_supported` of RFC 8414); without any, the metadata omits the member.
    ///
    /// Required with [`openid_connect`](Self::openid_connect), where it defines the known scopes: other names in a
    /// request with `openid` are ignored (OIDC Core §3.1.2.1), unless the client is registered for them.
    pub fn scopes_supported<S: Into<String>>(mut self, scopes: impl IntoIterator<Item = S>) -> Self {
        self.scopes = scopes.into_iter().map(Into::into).collect();
        self
    }

    /// Sets the lifetime of access tokens. Default 900 seconds.
    pub const fn access_token_lifetime(mut self, lifetime: Duration) -> Self {
        self.access_token_lifetime = lifetime.as_secs();
        self
    }

    /// Sets the lifetime of authorization codes: at most 600 seconds (RFC 6749 §4.1.2). Default 60.
    pub const fn code_lifetime(mut self, lifetime: Duration) -> Self {
        self.lifetimes.code = lifetime.as_secs();
        self
    }

    /// Sets the time within which a browser must come with a pushed authorization request: at most 600 seconds
    /// (RFC 9126 §2.2). Default 90. From then on the user has ten minutes for login and consent, for which the request
    /// is kept.
    pub const fn pushed_request_lifetime(mut self, lifetime: Duration) -> Self {
        self.lifetimes.pushed_request = lifetime.as_secs();
        self
    }

    /// Sets the time within which a click on a consent page must come back as its grant: at most 600 seconds. Default
    /// 300.
    pub const fn consent_grant_lifetime(mut self, lifetime: Duration) -> Self {
        self.lifetimes.consent_grant = lifetime.as_secs();
        self
    }

    /// Refuses authorization requests that were not pushed (RFC 9126 §5).
    pub const fn require_pushed_authorization_requests(mut self) -> Self {
        self.require_pushed_requests = true;
        self
    }

    /// Refuses authorization requests for `openid` without a `nonce` (OIDC Core §3.1.2.1).
    pub const fn require_nonce(mut self) -> Self {
        self.require_nonce = true;
        self
    }

    /// Shows an error to browsers embedded in other applications, which could read what users type there
    /// (RFC 8252 §8.12; AZ-2). They are recognized by an honest `User-Agent` field: this makes developers use the
    /// system's browser, and stops no attacker. Off by default.
    pub const fn refuse_embedded_user_agents(mut self) -> Self {
        self.refuse_embedded = true;
        self
    }

    /// Answers preflights of scripts from other origins that send a DPoP proof or an `Authorization` field (EP-11).
    /// Each client is registered with the origins whose scripts may read the responses:
    /// [`Client::origins`](crate::authorization::Client::origins). Scripts of every origin may read responses from
    /// before a client has authenticated: a client that registers itself must see that it is no longer known. Off by
    /// default.
    pub const fn allow_browser_clients(mut self) -> Self {
        self.browser_clients = true;
        self
    }

    /// Formats the JSON errors of every endpoint in the application's own envelope (EP-9).
    pub fn error_envelope(mut self, envelope: impl ErrorEnvelope + 'static) -> Self {
        self.envelope = Some(Arc::new(envelope));
        self
    }

    /// Sets the policy for refresh tokens.
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

    /// Replaces how a request's origin is determined: proxies, pin, https. Not needed if TLS ends in this process.
    pub fn origin(mut self, policy: OriginPolicy) -> Self {
        self.origin = policy;
        self
    }

    /// Requires every token to be for one of these kinds of principals; tokens of clients themselves have the kind
    /// `of_clients`.
    pub fn principal_kinds(mut self, kinds: PrincipalKinds, of_clients: impl Into<String>) -> Self {
        self.principal_kinds = Some(kinds);
        self.client_kind = Some(of_clients.into());
        self
    }

    /// Declares that the host keeps no list of revoked access tokens: they live until they expire, even if their
    /// authorization is revoked. By default there is such a list, and revocation and reuse put access tokens on it.
    ///
    /// Without one, a client that revokes an access token receives 400 `unsupported_token_type` (RFC 7009 §2.2.1),
    /// unless it is confidential or proves the token's key: then the refresh tokens of the same authorization are
    /// revoked (RV-4).
    pub const fn without_deny_list(mut self) -> Self {
        self.deny_list = false;
        self
    }

    /// Sets the longest time that any resource accepts tokens after their `exp`
    /// ([`TokenRules::exp_leeway`](crate::token::TokenRules::exp_leeway)): revoked tokens stay on the deny
    /// list for as long. At most 3600. Default 60.
    pub const fn resource_leeway(mut self, leeway: Duration) -> Self {
        self.resource_leeway = leeway.as_secs();
        self
    }

    /// Declares that the host decides which other clients may introspect a token, for example resource servers.
    pub const fn ask_introspection(mut self) -> Self {
        self.ask_introspection = true;
        self
    }

    /// Issues ID tokens with the scope `openid`, and publishes the document of OpenID Connect Discovery (OIDC Core §2).
    /// One of the server's rings must sign with RS256 (§3 of Discovery): the one passed to the builder or one of
    /// [`id_token_keys`](Self::id_token_keys); or [`id_tokens_without_rs256`](Self::id_tokens_without_rs256) is set.
    /// Requires [`scopes_supported`](Self::scopes_supported).
    pub const fn openid_connect(mut self) -> Self {
        self.openid = true;
        self
    }

    /// Adds a ring that signs ID tokens, with another algorithm than the other rings; may be called several times. Each
    /// client's ID tokens are signed with its registered algorithm
    /// ([`Client::id_token_signed_response_alg`](crate::authorization::Client::id_token_signed_response_alg)), or with
    /// RS256 by default (OIDC Registration §2). Access tokens are signed with the ring passed to the builder. The keys
    /// of all rings are published in one set, and each ring rotates independently.
    ///
    /// ```
    /// # use attesto_core::crypto::{Algorithm, CryptoProvider, EntropyError, RustCrypto};
    /// # use attesto_core::token::KeyRing;
    /// # use std::sync::Arc;
    /// # fn entropy(out: &mut [u8]) -> Result<(), EntropyError> { out.fill(9); Ok(()) }
    /// # let provider: Arc<dyn CryptoProvider> = Arc::new(RustCrypto::new());
    /// # let ring = Arc::new(KeyRing::generate(provider.as_ref(), Algorithm::ES256, &mut entropy)?);
    /// # let rsa_pem = include_str!("../../../tests/keys/rsa2048.pkcs8.pem");
    /// use attesto_core::authorization::AuthorizationServer;
    ///
    /// let rsa = Arc::new(KeyRing::from_pem(provider.as_ref(), rsa_pem, Algorithm::RS256)?);
    /// let server = AuthorizationServer::builder("https://auth.example.com", provider, ring)
    ///     .audience("https://api.example.com")
    ///     .openid_connect()
    ///     .scopes_supported(["openid", "profile"])
    ///     .id_token_keys(rsa)
    ///     .build()?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn id_token_keys(mut self, keys: Arc<KeyRing>) -> Self {
        self.id_token_keys.push(keys);
        self
    }

    /// Declares that every client accepts ID tokens signed with another algorithm than RS256. This violates OIDC
    /// Discovery §3, and breaks libraries that expect RS256 by default. For clients that are all known and configured
    /// for it.
    pub const fn id_tokens_without_rs256(mut self) -> Self {
        self.without_rs256 = true;
        self
    }

    /// Sets the lifetime of ID tokens: at most 3600 seconds. Default 900.
    pub const fn id_token_lifetime(mut self, lifetime: Duration) -> Self {
        self.lifetimes.id_token = lifetime.as_secs();
        self
    }

    /// Sets the realm of the challenge to a client whose Basic credentials failed. Default: the issuer.
    pub fn realm(mut self, realm: impl Into<String>) -> Self {
        self.realm = realm.into();
        self
    }

    /// **Development only**, for issuers on a loopback host. The issuer and the audience may be plain http URLs of this
    /// machine, and requests from this machine need no TLS. The adapter must know the peer's address, or requests are
    /// refused (EP-1).
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
