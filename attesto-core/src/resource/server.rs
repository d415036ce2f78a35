//! The resource server: one protected resource, everything it enforces, and the rendering of its refusals.

use super::binding::{SenderPolicy, Shown, challenged_schemes};
use super::credential::CredentialPolicy;
use super::denial::Denial;
use super::reason::{Outcome, Reason, RefusalError, UnavailableError};
use super::render::{ErrorRenderer, described};
use super::request_facts::RequestFacts;
use super::requirement::Requirement;
use crate::challenge::{AuthScheme, Challenge, ChallengeHook};
use crate::crypto::CryptoProvider;
use crate::dpop::ProofPolicy;
use crate::http::{CanonicalOrigin, HeaderLines, ObservedUri, OriginPolicy, RequestParts};
#[cfg(feature = "std")]
use crate::limits;
use crate::metadata::{MetadataPointer, MetadataSet, PointerRequest, ProtectedResourceMetadata, ResourceIdentifier};
use crate::mtls::CertificatePolicy;
#[cfg(feature = "std")]
use crate::remote::RemoteKeys;
use crate::scope::ScopeMatch;
use crate::token::{AccessTokenVerifier, Claims, Sighting, VerifiedTokens};
use crate::{ConfigError, Timestamp};
use alloc::boxed::Box;
use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt;

/// Determines the URI that a proof must name, if the server cannot derive it (RFC 9449 §4.3 check 9).
///
/// Called for requests from [trusted proxies](OriginPolicy::proxies) only, because it most likely reads a header field
/// that any other client could write as well. For other requests the URI is derived from the connection. Its host must
/// be the identifier's own, or one that the [`OriginPolicy`] lists or pins: a field such as nginx's
/// `$scheme://$http_host$request_uri` repeats the client's `Host`.
pub trait ObservedUriResolver: fmt::Debug + Send + Sync {
    /// Returns the URI that the client requested. `None` refuses the request: there is no silent fallback.
    fn observed_uri<'r>(&self, request: &RequestParts<'r>) -> Option<ObservedUri<'r>>;
}

/// The questions that the host can answer.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Asks {
    pub(crate) foreign: bool,
    pub(crate) revocation: bool,
    pub(crate) principal: bool,
}

/// One protected resource (RFC 9728 §1.2). Built once by [`ResourceServer::builder`], then only read.
#[derive(Debug)]
pub struct ResourceServer {
    pub(super) identifier: ResourceIdentifier,
    /// The identifier's origin.
    pub(super) own: CanonicalOrigin,
    pub(super) metadata: ProtectedResourceMetadata,
    pub(super) pointer: MetadataPointer,
    pub(super) provider: Arc<dyn CryptoProvider>,
    pub(super) tokens: AccessTokenVerifier,
    pub(super) own_scopes: Vec<(String, ScopeMatch)>,
    pub(super) audience_is_decided: bool,
    pub(super) skew: u64,
    pub(super) dpop: Option<ProofPolicy>,
    pub(super) sender_policy: SenderPolicy,
    pub(super) certificates: CertificatePolicy,
    pub(super) credentials: CredentialPolicy,
    pub(super) origin: OriginPolicy,
    pub(super) observed_uri: Option<Arc<dyn ObservedUriResolver>>,
    pub(super) prefer_dpop: bool,
    pub(super) realm: Option<String>,
    pub(super) renderer: Option<Arc<dyn ErrorRenderer>>,
    pub(super) challenge_hook: Option<Arc<dyn ChallengeHook>>,
    pub(super) show_reasons: bool,
    pub(super) retry_after: u64,
    pub(super) asks: Asks,
    pub(super) memory: Memory,
}

/// Whether verified tokens are remembered.
#[derive(Debug)]
pub(super) enum Memory {
    /// Not configured: off in the core alone, on in what the adapters build.
    Undecided,
    Off,
    #[cfg_attr(not(feature = "std"), expect(dead_code, reason = "without std there is none"))]
    On(VerifiedTokens),
}

impl ResourceServer {
    /// Refuses a request that reached a scope check without having been authenticated. The wiring is wrong, and the
    /// check fails closed (S10).
    #[must_use]
    pub fn deny_unauthenticated(
        &self,
        request: &RequestParts<'_>,
        requirement: &Requirement,
        now: Timestamp,
    ) -> Denial {
        self.refuse(RefusalError::NotAuthenticated.into(), self.facts(request, requirement), requirement, now, None)
    }

    /// The resource identifier.
    #[must_use]
    pub const fn identifier(&self) -> &ResourceIdentifier {
        &self.identifier
    }

    /// The RFC 9728 document of this resource, built from what it enforces.
    #[must_use]
    pub const fn metadata(&self) -> &ProtectedResourceMetadata {
        &self.metadata
    }

    /// Returns the documents of all resources of one host. The first is also served at the bare well-known path (RFC
    /// 9728 §3.1; P4).
    ///
    /// # Errors
    /// Fails if two servers protect the same resource, or if several resources share a host and one of them does not
    /// decide whether it accepts tokens that name other audiences too. Call
    /// [`refuse_other_audiences`](super::ResourceServerBuilder::refuse_other_audiences) for each, or a token for one is accepted by its
    /// sibling (A3).
    pub fn metadata_set<'s>(servers: impl IntoIterator<Item = &'s Self>) -> Result<MetadataSet, ConfigError> {
        let servers: Vec<&Self> = servers.into_iter().collect();
        if servers.len() > 1 && servers.iter().any(|server| !server.audience_is_decided) {
            return Err(ConfigError::new(
                "refuse_other_audiences",
                "several resources on one host: call refuse_other_audiences on each, or decide against it",
            ));
        }
        MetadataSet::new(servers.into_iter().map(|server| server.metadata.clone()))
    }

    /// The provider, for hosts that mint tokens or make nonces with the same one.
    #[must_use]
    pub fn provider(&self) -> &Arc<dyn CryptoProvider> {
        &self.provider
    }

    /// Whether DPoP is enabled, which requires a replay store.
    #[must_use]
    pub const fn uses_dpop(&self) -> bool {
        self.dpop.is_some()
    }

    pub(crate) const fn proof_policy(&self) -> Option<&ProofPolicy> {
        self.dpop.as_ref()
    }

    /// The client's address, as reported by trusted proxies; for events only.
    #[must_use]
    pub fn client_address(&self, request: &RequestParts<'_>) -> Option<core::net::IpAddr> {
        self.origin.client_address(request)
    }

    /// The key sources of issuers whose keys are fetched: for drivers that fetch them.
    #[cfg(feature = "std")]
    pub fn remote_keys(&self) -> impl Iterator<Item = &Arc<RemoteKeys>> {
        self.tokens.remote_keys()
    }

    /// Whether the caller must read the body before [`check`](Self::check), up to
    /// [`limits::FORM_BODY`](crate::limits::FORM_BODY), and pass it as [`RequestParts::form_body`]. It may be a form
    /// with a token in it, and the resource accepts those (C8). Pass `None` for a longer body.
    /// [`check`](Self::check) decides whether the body is a form.
    #[must_use]
    pub fn wants_form(&self, method: &str, headers: &dyn HeaderLines) -> bool {
        const FORM: &[u8] = b"application/x-www-form-urlencoded";
        if !self.credentials.reads_form_body() || matches!(method, "GET" | "HEAD") {
            return false;
        }
        let mut form = false;
        headers.visit("content-type", &mut |value| {
            form |= value.get(..FORM.len()).is_some_and(|start| start.eq_ignore_ascii_case(FORM));
        });
        form
    }

    pub(crate) const fn asks(&self) -> Asks {
        self.asks
    }

    pub(crate) const fn asks_mut(&mut self) -> &mut Asks {
        &mut self.asks
    }

    /// Turns on the memory of verified tokens, unless the configuration has decided.
    #[cfg(feature = "std")]
    pub(crate) fn remember_tokens_by_default(&mut self) -> Result<(), ConfigError> {
        if let Memory::Undecided = self.memory {
            self.memory = Memory::On(VerifiedTokens::new(limits::REMEMBERED_TOKENS)?);
        }
        Ok(())
    }

    /// Starts the check of a token.
    pub(super) fn sighting<'s>(&'s self, token: &'s str) -> Sighting<'s> {
        let memory = match &self.memory {
            Memory::On(memory) => Some(memory),
            Memory::Undecided | Memory::Off => None,
        };
        Sighting::new(self.provider.as_ref(), token, memory)
    }

    pub(super) fn certificate_thumbprint(&self, request: &RequestParts<'_>) -> Shown {
        self.certificates.thumbprint(self.provider.as_ref(), request, self.origin.trusted_proxies())
    }

    /// Returns the pointer: the route's own, or else the server's (P9).
    fn pointer<'p>(&'p self, requirement: &'p Requirement) -> &'p MetadataPointer {
        requirement.pointer().unwrap_or(&self.pointer)
    }

    /// Collects the facts that the response to this request depends on.
    pub(super) fn facts(&self, request: &RequestParts<'_>, requirement: &Requirement) -> RequestFacts {
        self.asked_for(RequestFacts::from_request(request), request, requirement)
    }

    /// Adds the path if the pointer's resolver will need it.
    pub(super) fn asked_for(
        &self,
        mut facts: RequestFacts,
        request: &RequestParts<'_>,
        requirement: &Requirement,
    ) -> RequestFacts {
        if let MetadataPointer::Resolver(_) = self.pointer(requirement) {
            facts.path = Some(request.path.into());
        }
        facts
    }

    pub(super) fn fresh_nonce(&self, now: Timestamp) -> Option<String> {
        let nonces = self.dpop.as_ref()?.nonces()?;
        Some(nonces.issue(self.provider.as_ref(), now))
    }

    /// Returns how scopes of this issuer's tokens are matched: exactly, unless configured otherwise (S8).
    pub(super) fn scope_match(&self, issuer: Option<&str>) -> &ScopeMatch {
        let own = issuer.and_then(|issuer| self.own_scopes.iter().find(|(own, _)| own == issuer));
        own.map_or(&ScopeMatch::Exact, |(_, matching)| matching)
    }

    /// Builds a refusal. Every outcome is rendered here, so that all carry the same parameters (W5, W14).
    pub(super) fn refuse(
        &self,
        reason: Reason,
        mut facts: RequestFacts,
        requirement: &Requirement,
        now: Timestamp,
        claims: Option<Box<Claims>>,
    ) -> Denial {
        let outcome = reason.outcome();
        if outcome == Outcome::UseDpopNonce {
            facts.nonce = self.fresh_nonce(now);
        }
        let shown = self.show_reasons.then(|| reason.code());
        let mut denial = Denial {
            reason,
            challenges: Vec::new(),
            description: described(outcome.description(), shown),
            facts,
            retry_after: None,
            renderer: self.renderer.clone(),
            claims,
        };
        if outcome == Outcome::TemporarilyUnavailable {
            // A store that is back answers at once; a key has room when its proofs on record have expired.
            let lapse = self.dpop.as_ref().map_or(0, ProofPolicy::max_age_seconds);
            let share_is_used_up = denial.reason == RefusalError::ReplayShare.into();
            denial.retry_after = Some(if share_is_used_up { self.retry_after.max(lapse) } else { self.retry_after });
            return denial;
        }
        let path = denial.facts.path.clone().unwrap_or_default();
        match self.pointer(requirement).url(&PointerRequest { resource: &self.identifier, path: &path }) {
            Ok(pointer) => {
                denial.challenges = self.challenges(&denial, requirement, pointer.as_deref());
                denial
            }
            // The pointer is resolved lazily. If that fails, the host is at fault, not the client (P9).
            Err(_) => {
                self.refuse(UnavailableError::MetadataPointer.into(), denial.facts, requirement, now, denial.claims)
            }
        }
    }

    /// Renders the challenges again after the description has changed.
    pub(super) fn rendered(&self, denial: &Denial, requirement: &Requirement) -> Vec<String> {
        let path = denial.facts.path.clone().unwrap_or_default();
        let pointer = self.pointer(requirement).url(&PointerRequest { resource: &self.identifier, path: &path });
        self.challenges(denial, requirement, pointer.ok().flatten().as_deref())
    }

    fn challenges(&self, denial: &Denial, requirement: &Requirement, pointer: Option<&str>) -> Vec<String> {
        let schemes = self.challenged_schemes(denial);
        schemes.into_iter().map(|scheme| self.challenge(scheme, denial, requirement, pointer).header_value()).collect()
    }

    /// Builds one challenge: W1 to W6, W9, W10.
    fn challenge(
        &self,
        scheme: AuthScheme,
        denial: &Denial,
        requirement: &Requirement,
        pointer: Option<&str>,
    ) -> Challenge {
        let outcome = denial.outcome();
        let mut challenge = match (scheme, &self.dpop) {
            (AuthScheme::Dpop, Some(policy)) => Challenge::dpop(policy.algorithms()),
            (AuthScheme::Dpop, None) | (AuthScheme::Bearer, _) => Challenge::bearer(),
        };
        if let Some(realm) = &self.realm {
            challenge = challenge.realm(realm.clone());
        }
        if let Some(error) = outcome.error() {
            challenge = challenge.error(error);
        }
        if let Some(description) = &denial.description {
            challenge = challenge.error_description(description.clone());
        }
        if let Outcome::NoCredentials | Outcome::InvalidToken | Outcome::InsufficientScope = outcome {
            challenge = challenge.scope(requirement.required_scopes());
        }
        if outcome == Outcome::InsufficientUserAuthentication {
            challenge = challenge.acr_values(requirement.required_acr_values());
            if let Some(max_age) = requirement.required_max_age() {
                challenge = challenge.max_age(max_age);
            }
        }
        if let Some(pointer) = pointer {
            challenge = challenge.resource_metadata(String::from(pointer));
        }
        match &self.challenge_hook {
            Some(hook) => challenge.amended_by(hook.as_ref()),
            None => challenge,
        }
    }

    /// Returns the schemes to challenge: W3.
    fn challenged_schemes(&self, denial: &Denial) -> Vec<AuthScheme> {
        let wanted: Vec<AuthScheme> = match (denial.outcome(), denial.reason) {
            (Outcome::NoCredentials, _) => return self.invited_schemes(),
            (Outcome::InvalidDpopProof | Outcome::UseDpopNonce, _) => alloc::vec![AuthScheme::Dpop],
            (_, Reason::Binding(error)) => challenged_schemes(error).to_vec(),
            _ => denial.facts.scheme.into_iter().collect(),
        };
        let known: Vec<AuthScheme> = wanted.into_iter().filter(|scheme| self.understands(*scheme)).collect();
        if known.is_empty() { self.invited_schemes().into_iter().take(1).collect() } else { known }
    }

    fn understands(&self, scheme: AuthScheme) -> bool {
        match scheme {
            AuthScheme::Bearer => self.credentials.accepts(AuthScheme::Bearer),
            AuthScheme::Dpop => self.dpop.is_some(),
        }
    }

    /// Returns the schemes that can succeed here, DPoP first if it is preferred or required. Never empty: the builder
    /// checks that.
    fn invited_schemes(&self) -> Vec<AuthScheme> {
        let bearer = self.understands(AuthScheme::Bearer) && self.sender_policy != SenderPolicy::RequireDpop;
        let dpop = self.understands(AuthScheme::Dpop) && self.sender_policy != SenderPolicy::RequireMtls;
        let dpop_first = self.prefer_dpop || self.sender_policy != SenderPolicy::Any;
        match (bearer, dpop) {
            (true, true) if dpop_first => alloc::vec![AuthScheme::Dpop, AuthScheme::Bearer],
            (true, true) => alloc::vec![AuthScheme::Bearer, AuthScheme::Dpop],
            (true, false) => alloc::vec![AuthScheme::Bearer],
            (false, _) => alloc::vec![AuthScheme::Dpop],
        }
    }
}
