//! The configuration of a resource server. [`ResourceServerBuilder::build`] reports every mistake in it.

use super::binding::SenderPolicy;
use super::credential::CredentialPolicy;
use super::render::ErrorRenderer;
use super::server::{Asks, Memory, ObservedUriResolver, ResourceServer};
#[cfg(feature = "std")]
use crate::ConfigError;
use crate::challenge::ChallengeHook;
use crate::crypto::CryptoProvider;
use crate::dpop::ProofPolicy;
use crate::http::OriginPolicy;
use crate::metadata::{MetadataPointer, ProtectedResourceMetadataBuilder};
use crate::mtls::CertificatePolicy;
use crate::scope::{Catalogue, ScopeMatch};
#[cfg(feature = "std")]
use crate::token::VerifiedTokens;
use crate::token::{TokenRules, TrustedIssuer};
use alloc::string::{String, ToString};
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::time::Duration;

/// Seconds in `Retry-After` when the host could not answer.
const RETRY_AFTER: u64 = 5;

pub(super) type Describe =
    alloc::boxed::Box<dyn FnOnce(ProtectedResourceMetadataBuilder) -> ProtectedResourceMetadataBuilder>;

/// Configures one [`ResourceServer`].
///
/// Defaults: DPoP on (proofs of 60 seconds, no nonces), bearer tokens accepted, tokens in the `Authorization` header
/// only, https required, no trusted proxy, and the identifier as the only accepted audience.
#[must_use = "a configuration does nothing until it is built"]
pub struct ResourceServerBuilder {
    pub(super) identifier: String,
    pub(super) provider: Arc<dyn CryptoProvider>,
    pub(super) issuers: Vec<TrustedIssuer>,
    pub(super) own_scopes: Vec<(String, ScopeMatch)>,
    pub(super) authorization_servers: Vec<String>,
    pub(super) scopes_supported: Vec<String>,
    pub(super) rules: TokenRules,
    pub(super) strict_audience: Option<bool>,
    pub(super) dpop: Option<ProofPolicy>,
    pub(super) sender_policy: SenderPolicy,
    pub(super) certificates: Option<CertificatePolicy>,
    pub(super) credentials: CredentialPolicy,
    pub(super) origin: OriginPolicy,
    pub(super) observed_uri: Option<Arc<dyn ObservedUriResolver>>,
    pub(super) prefer_dpop: bool,
    pub(super) realm: Option<String>,
    pub(super) renderer: Option<Arc<dyn ErrorRenderer>>,
    pub(super) challenge_hook: Option<Arc<dyn ChallengeHook>>,
    pub(super) pointer: MetadataPointer,
    pub(super) describe: Option<Describe>,
    pub(super) show_reasons: bool,
    pub(super) retry_after: u64,
    pub(super) insecure_loopback: bool,
    pub(super) mcp: bool,
    pub(super) asks: Asks,
    pub(super) memory: Memory,
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

    /// Sets `Retry-After` when the host could not answer, rounded up to whole seconds. 5 by default. A key whose proofs use
    /// up its share of the replay store is told to wait for the longest age of a proof.
    pub const fn retry_after(mut self, retry_after: Duration) -> Self {
        let begun = if retry_after.subsec_nanos() > 0 { 1 } else { 0 };
        self.retry_after = retry_after.as_secs().saturating_add(begun);
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
}
