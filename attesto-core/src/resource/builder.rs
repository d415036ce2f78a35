//! The configuration of a resource server. [`ResourceServerBuilder::build`] reports every mistake in it.

use super::binding::SenderPolicy;
use super::credential::CredentialPolicy;
use super::render::ErrorRenderer;
use super::server::{Asks, Memory, ObservedUriResolver, ResourceServer};
use crate::ConfigError;
use crate::challenge::{AuthScheme, ChallengeHook, is_realm};
use crate::crypto::CryptoProvider;
use crate::dpop::{NonceUse, ProofPolicy};
use crate::http::{CanonicalOrigin, OriginPolicy};
use crate::mcp;
use crate::metadata::{
    EnforcedCapabilities, MetadataPointer, ProtectedResourceMetadata, ProtectedResourceMetadataBuilder,
    ResourceIdentifier,
};
use crate::mtls::CertificatePolicy;
use crate::scope::{Catalogue, ScopeMatch};
#[cfg(feature = "std")]
use crate::token::VerifiedTokens;
use crate::token::{AccessTokenVerifier, TokenRules, TrustedIssuer};
use alloc::string::{String, ToString};
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::time::Duration;

/// Seconds in `Retry-After` when the host could not answer.
const RETRY_AFTER: u64 = 5;

type Describe = alloc::boxed::Box<dyn FnOnce(ProtectedResourceMetadataBuilder) -> ProtectedResourceMetadataBuilder>;

/// Configures one [`ResourceServer`].
///
/// Defaults: DPoP on (proofs of 60 seconds, no nonces), bearer tokens accepted, tokens in the `Authorization` header
/// only, https required, no trusted proxy, and the identifier as the only accepted audience.
#[must_use = "a configuration does nothing until it is built"]
pub struct ResourceServerBuilder {
    identifier: String,
    provider: Arc<dyn CryptoProvider>,
    issuers: Vec<TrustedIssuer>,
    own_scopes: Vec<(String, ScopeMatch)>,
    authorization_servers: Vec<String>,
    scopes_supported: Vec<String>,
    rules: TokenRules,
    strict_audience: Option<bool>,
    dpop: Option<ProofPolicy>,
    sender_policy: SenderPolicy,
    certificates: Option<CertificatePolicy>,
    credentials: CredentialPolicy,
    origin: OriginPolicy,
    observed_uri: Option<Arc<dyn ObservedUriResolver>>,
    prefer_dpop: bool,
    realm: Option<String>,
    renderer: Option<Arc<dyn ErrorRenderer>>,
    challenge_hook: Option<Arc<dyn ChallengeHook>>,
    pointer: MetadataPointer,
    describe: Option<Describe>,
    show_reasons: bool,
    retry_after: u64,
    insecure_loopback: bool,
    mcp: bool,
    asks: Asks,
    memory: Memory,
}

impl ResourceServer {
    /// Configures the resource with this identifier: the absolute https URL that clients call. The accepted audience,
    /// the metadata document, its well-known path and the challenge's pointer all derive from it.
    pub fn builder(identifier: impl Into<String>, provider: Arc<dyn CryptoProvider>) -> ResourceServerBuilder {
        ResourceServerBuilder::new(identifier.into(), provider)
    }
}

impl ResourceServerBuilder {
    fn new(identifier: String, provider: Arc<dyn CryptoProvider>) -> Self {
        Self {
            identifier,
            provider,
            issuers: Vec::new(),
            own_scopes: Vec::new(),
            authorization_servers: Vec::new(),
            scopes_supported: Vec::new(),
            rules: TokenRules::new(),
            strict_audience: None,
            dpop: Some(ProofPolicy::new()),
            sender_policy: SenderPolicy::Any,
            certificates: None,
            credentials: CredentialPolicy::new(),
            origin: OriginPolicy::new(),
            observed_uri: None,
            prefer_dpop: true,
            realm: None,
            renderer: None,
            challenge_hook: None,
            pointer: MetadataPointer::Derived,
            describe: None,
            show_reasons: false,
            retry_after: RETRY_AFTER,
            insecure_loopback: false,
            mcp: false,
            asks: Asks::default(),
            memory: Memory::Undecided,
        }
    }

    /// Trusts an issuer's tokens. Its scopes are matched exactly: a foreign `*` has no special meaning (S8).
    pub fn issuer(mut self, issuer: TrustedIssuer) -> Self {
        self.issuers.push(issuer);
        self
    }

    /// Trusts an issuer whose scopes follow this catalogue's algebra: `documents.*` and `*` are patterns (S5, S8).
    pub fn own_issuer(mut self, issuer: TrustedIssuer, catalogue: Catalogue) -> Self {
        self.own_scopes.push((issuer.issuer().to_string(), ScopeMatch::Algebra(Arc::new(catalogue))));
        self.issuer(issuer)
    }

    /// Declares that the host verifies other kinds of tokens: every token that no configured issuer claims becomes a
    /// [`Question::Foreign`](super::Question::Foreign).
    pub const fn ask_foreign(mut self) -> Self {
        self.asks.foreign = true;
        self
    }

    /// Declares that the host can look up revoked tokens: every accepted token becomes a
    /// [`Question::Revocation`](super::Question::Revocation).
    pub const fn ask_revocation(mut self) -> Self {
        self.asks.revocation = true;
        self
    }

    /// Declares that the host maps tokens to its own principals: [`Question::Principal`](super::Question::Principal).
    pub const fn ask_principal(mut self) -> Self {
        self.asks.principal = true;
        self
    }

    /// Applies the preset for an MCP server: strict audience (A3), the four MCP scopes advertised, and `Bearer`
    /// challenged before `DPoP` unless DPoP is required, because common MCP clients read only the first challenge.
    pub fn mcp(mut self) -> Self {
        self.mcp = true;
        self.prefer_dpop = false;
        self
    }

    /// Names an additional authorization server in the metadata, besides the issuers (RFC 9728 §2).
    pub fn authorization_server(mut self, issuer: impl Into<String>) -> Self {
        self.authorization_servers.push(issuer.into());
        self
    }

    /// Sets the scopes that the metadata advertises (RFC 9728 §2).
    pub fn scopes_supported<S: Into<String>>(mut self, scopes: impl IntoIterator<Item = S>) -> Self {
        self.scopes_supported = scopes.into_iter().map(Into::into).collect();
        self
    }

    /// Replaces the rules for token claims. If their audience list is empty, the identifier is the audience.
    pub fn token_rules(mut self, rules: TokenRules) -> Self {
        self.rules = rules;
        self
    }

    /// Refuses tokens whose `aud` names another resource besides this one (A3). Implied by [`mcp`](Self::mcp).
    pub const fn refuse_other_audiences(mut self) -> Self {
        self.strict_audience = Some(true);
        self
    }

    /// Accepts tokens whose `aud` names other resources besides this one, although [`mcp`](Self::mcp) or
    /// [`metadata_set`](ResourceServer::metadata_set) would have them refused (A3).
    pub const fn accept_other_audiences(mut self) -> Self {
        self.strict_audience = Some(false);
        self
    }

    /// Remembers up to this many verified tokens. While the issuer's keys stay the same, the signature of a remembered
    /// token is not verified again; every other rule is checked each time. A token takes at most 96 bytes, plus the
    /// parsed key of its DPoP client.
    ///
    /// By default a resource server remembers none, so that it keeps no state between requests. A
    /// [`Guard`](crate::host::Guard), and so every adapter, remembers
    /// [`limits::REMEMBERED_TOKENS`](crate::limits::REMEMBERED_TOKENS) unless configured here.
    ///
    /// # Errors
    /// Fails if the capacity is 0 or more than 2^24.
    #[cfg(feature = "std")]
    pub fn remember_tokens(mut self, capacity: usize) -> Result<Self, ConfigError> {
        self.memory = Memory::On(VerifiedTokens::new(capacity)?);
        Ok(self)
    }

    /// Verifies the signature of every token on every request, also in a [`Guard`](crate::host::Guard).
    pub fn without_token_memory(mut self) -> Self {
        self.memory = Memory::Off;
        self
    }

    /// Replaces the DPoP policy: proof age, nonces, algorithms.
    pub fn dpop(mut self, policy: ProofPolicy) -> Self {
        self.dpop = Some(policy);
        self
    }

    /// Turns DPoP off. Tokens bound to a DPoP key are then refused.
    pub fn without_dpop(mut self) -> Self {
        self.dpop = None;
        self
    }

    /// Sets which tokens the resource accepts, by their binding (B12).
    pub const fn sender_policy(mut self, policy: SenderPolicy) -> Self {
        self.sender_policy = policy;
        self
    }

    /// Enables certificate-bound tokens and advertises them (RFC 8705 §3; M4, M7).
    pub fn mtls(mut self, certificates: CertificatePolicy) -> Self {
        self.certificates = Some(certificates);
        self
    }

    /// Replaces the policy for where a request may carry its token.
    pub fn credentials(mut self, policy: CredentialPolicy) -> Self {
        self.credentials = policy;
        self
    }

    /// Replaces how the request's origin is determined: hosts, proxies, pin, https (P11 to P14). Not needed if TLS ends
    /// in this process and clients call the identifier's host.
    pub fn origin(mut self, policy: OriginPolicy) -> Self {
        self.origin = policy;
        self
    }

    /// Lets a resolver determine the URI that a proof must name, for requests from [trusted
    /// proxies](OriginPolicy::proxies): see [`ObservedUriResolver`].
    pub fn observed_uri(mut self, resolver: Arc<dyn ObservedUriResolver>) -> Self {
        self.observed_uri = Some(resolver);
        self
    }

    /// Challenges `DPoP` before `Bearer` if both can succeed, as by default (W3).
    pub const fn prefer_dpop(mut self) -> Self {
        self.prefer_dpop = true;
        self
    }

    /// Challenges `Bearer` before `DPoP` if both can succeed (W3). Implied by [`mcp`](Self::mcp).
    pub const fn prefer_bearer(mut self) -> Self {
        self.prefer_dpop = false;
        self
    }

    /// Sets a `realm` for every challenge (RFC 9110 §11.5).
    pub fn realm(mut self, realm: impl Into<String>) -> Self {
        self.realm = Some(realm.into());
        self
    }

    /// Renders error bodies in the application's own envelope (W14).
    pub fn error_renderer(mut self, renderer: Arc<dyn ErrorRenderer>) -> Self {
        self.renderer = Some(renderer);
        self
    }

    /// Amends every challenge before it is written (W14).
    pub fn challenge_hook(mut self, hook: Arc<dyn ChallengeHook>) -> Self {
        self.challenge_hook = Some(hook);
        self
    }

    /// Sets what `resource_metadata` in challenges points to; by default it is derived from the identifier (P9).
    pub fn metadata_pointer(mut self, pointer: MetadataPointer) -> Self {
        self.pointer = pointer;
        self
    }

    /// Adds to the metadata document: name, documentation, policy and so on. The members that describe what the server
    /// enforces are already set and cannot be contradicted (P8).
    pub fn describe(
        mut self,
        describe: impl FnOnce(ProtectedResourceMetadataBuilder) -> ProtectedResourceMetadataBuilder + 'static,
    ) -> Self {
        self.describe = Some(alloc::boxed::Box::new(describe));
        self
    }

    /// Sets `Retry-After`, in whole seconds, when the host could not answer. 5 by default.
    pub const fn retry_after(mut self, retry_after: Duration) -> Self {
        self.retry_after = retry_after.as_secs();
        self
    }

    /// **Development only.** Appends the private reason to every error description (W13). This shows an attacker which
    /// check to work on.
    pub const fn danger_show_reasons(mut self) -> Self {
        self.show_reasons = true;
        self
    }

    /// **Development only**, for identifiers on a loopback host. The identifier may be an http URL, proofs may name
    /// http URIs, and requests from this machine need no TLS. The adapter must know the peer's address (axum:
    /// `into_make_service_with_connect_info::<SocketAddr>()`), or requests are refused with `insecure_transport` (P14).
    pub const fn danger_insecure_loopback(mut self) -> Self {
        self.insecure_loopback = true;
        self
    }

    /// Builds the resource server.
    ///
    /// # Errors
    /// [`ConfigError`], which names the wrong setting and how to correct it.
    pub fn build(mut self) -> Result<ResourceServer, ConfigError> {
        // DPoP is on only if the proof policy and the credential policy both allow it.
        if !self.credentials.accepts(AuthScheme::Dpop) {
            self.dpop = None;
        }
        let identifier = if self.insecure_loopback {
            loopback_switch_is_for_loopback(ResourceIdentifier::danger_insecure_loopback(&self.identifier)?)?
        } else {
            ResourceIdentifier::parse(&self.identifier)?
        };
        let own = CanonicalOrigin::parse(identifier.origin())?;
        self.check_consistency()?;
        self.dpop = self.dpop.map(|policy| verifiable(policy, self.provider.as_ref())).transpose()?;
        let metadata = self.build_metadata(&identifier)?;
        let strict_by_default = self.mcp || self.rules.audience_is_strict();
        let audience_is_decided = strict_by_default || self.strict_audience.is_some();
        let strict = self.strict_audience.unwrap_or(strict_by_default);
        let mut rules = self.rules.audience_is_sole(strict);
        if rules.audience().is_empty() {
            rules = rules.audience_is([identifier.as_str()]);
        }
        let skew = rules.skew_seconds();
        let insecure = self.insecure_loopback;
        let credentials = if self.dpop.is_some() { self.credentials } else { self.credentials.refuse_dpop() };
        let credentials = credentials.for_tokens_of(rules.token_limit());
        credentials.check()?;
        let dpop = self.dpop.map(|policy| if insecure { policy.danger_allow_http() } else { policy });
        Ok(ResourceServer {
            tokens: AccessTokenVerifier::new(&self.provider, self.issuers, rules)?,
            credentials,
            identifier,
            own,
            metadata,
            audience_is_decided,
            skew,
            dpop,
            pointer: self.pointer,
            provider: self.provider,
            own_scopes: self.own_scopes,
            sender_policy: self.sender_policy,
            certificates: self.certificates.unwrap_or_default(),
            origin: if insecure { self.origin.allow_http_from_here() } else { self.origin },
            observed_uri: self.observed_uri,
            prefer_dpop: self.prefer_dpop,
            realm: self.realm,
            renderer: self.renderer,
            challenge_hook: self.challenge_hook,
            show_reasons: self.show_reasons,
            retry_after: self.retry_after,
            asks: self.asks,
            memory: self.memory,
        })
    }

    fn check_consistency(&self) -> Result<(), ConfigError> {
        if self.issuers.is_empty() && !self.asks.foreign {
            return Err(ConfigError::new("issuer", "no issuer is trusted; add one, or a custom verifier"));
        }
        let dpop_needed = matches!(self.sender_policy, SenderPolicy::RequireDpop);
        if dpop_needed && self.dpop.is_none() {
            return Err(ConfigError::new("sender_policy", "DPoP is required but turned off; remove without_dpop()"));
        }
        if matches!(self.sender_policy, SenderPolicy::RequireMtls) && self.certificates.is_none() {
            return Err(ConfigError::new("sender_policy", "certificates are required but not enabled; call mtls()"));
        }
        if matches!(self.sender_policy, SenderPolicy::RequireMtls) && !self.credentials.accepts(AuthScheme::Bearer) {
            return Err(ConfigError::new(
                "sender_policy",
                "certificate-bound tokens come as Bearer, which is turned off",
            ));
        }
        if matches!(self.sender_policy, SenderPolicy::RequireEither)
            && self.dpop.is_none()
            && self.certificates.is_none()
        {
            return Err(ConfigError::new(
                "sender_policy",
                "neither DPoP nor mtls() is on: every request would be refused",
            ));
        }
        if !self.credentials.accepts(AuthScheme::Bearer) && self.dpop.is_none() {
            return Err(ConfigError::new("credentials", "neither Bearer nor DPoP is enabled; enable one"));
        }
        if self.realm.as_deref().is_some_and(|realm| !is_realm(realm)) {
            return Err(ConfigError::new("realm", "must be printable ASCII"));
        }
        if self.mcp && self.issuers.is_empty() && self.authorization_servers.is_empty() {
            return Err(ConfigError::new("authorization_server", "an MCP server must name its authorization server"));
        }
        Ok(())
    }

    /// Builds the metadata document from what the server enforces: P6, P7, P8.
    fn build_metadata(&mut self, identifier: &ResourceIdentifier) -> Result<ProtectedResourceMetadata, ConfigError> {
        let mut builder = ProtectedResourceMetadata::builder(identifier.clone());
        for issuer in self.issuers.iter().map(TrustedIssuer::issuer) {
            builder = builder.authorization_server(issuer);
        }
        for issuer in &self.authorization_servers {
            builder = builder.authorization_server(issuer.as_str());
        }
        if !self.scopes_supported.is_empty() {
            builder = builder.scopes_supported(self.scopes_supported.iter().map(String::as_str));
        } else if self.mcp {
            builder = builder.scopes_supported(mcp::all());
        }
        if let Some(describe) = self.describe.take() {
            builder = describe(builder);
        }
        builder.build(&EnforcedCapabilities {
            header: self.credentials.reads_header(),
            body: self.credentials.reads_form_body(),
            dpop_algs: self.dpop.as_ref().map(ProofPolicy::algorithms),
            dpop_required: self.sender_policy == SenderPolicy::RequireDpop,
            mtls_bound: self.certificates.is_some(),
        })
    }
}

/// Refuses the loopback switch for an identifier on another host. P14.
fn loopback_switch_is_for_loopback(identifier: ResourceIdentifier) -> Result<ResourceIdentifier, ConfigError> {
    if identifier.is_loopback() {
        return Ok(identifier);
    }
    let problem = "is for identifiers on a loopback host (localhost, 127.0.0.1, [::1]); take the call away, or change the identifier";
    Err(ConfigError::new("danger_insecure_loopback", problem))
}

/// Limits a proof policy to algorithms that the provider can verify, so they can be accepted, advertised and challenged
/// (D4, W4).
fn verifiable(policy: ProofPolicy, provider: &dyn CryptoProvider) -> Result<ProofPolicy, ConfigError> {
    if policy.nonces().is_some_and(|nonces| nonces.nonce_use() != NonceUse::ResourceServer) {
        return Err(ConfigError::new(
            "dpop.nonces",
            "are an authorization server's; make them for NonceUse::ResourceServer",
        ));
    }
    let algorithms = policy
        .algorithms()
        .intersection(provider.algorithms())
        .ok_or_else(|| ConfigError::new("dpop.algorithms", "has none that the cryptographic provider can verify"))?;
    Ok(policy.accept_algorithms(algorithms))
}
