//! Builds a resource server: what is configured must fit together.

use super::binding::SenderPolicy;
use super::builder::ResourceServerBuilder;
use super::server::ResourceServer;
use crate::ConfigError;
use crate::challenge::{AuthScheme, is_realm};
use crate::crypto::CryptoProvider;
use crate::dpop::{NonceUse, ProofPolicy};
use crate::http::CanonicalOrigin;
use crate::mcp;
use crate::metadata::{EnforcedCapabilities, ProtectedResourceMetadata, ResourceIdentifier};
use crate::token::{AccessTokenVerifier, TrustedIssuer};
use alloc::string::String;

impl ResourceServerBuilder {
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
