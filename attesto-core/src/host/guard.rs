//! A resource server with the host's answers to its questions: the driver that the adapters share.

use super::event_sink::EventSink;
use super::hooks::{
    ErasedForeignVerifier, ErasedPrincipalLookup, ErasedRevocationCheck, ForeignVerifier, PrincipalLookup,
    PrincipalOutcome, RevocationCheck,
};
#[cfg(feature = "std")]
use super::key_refresh::KeyRefresh;
use super::replay_store::{DynReplayStore, ReplayStore};
use super::reporter::Reporter;
use super::watch::Watch;
#[cfg(feature = "std")]
use super::{DynHttpClient, HttpClient};
use super::{Instances, reach_is_enough};
use crate::ConfigError;
use crate::Timestamp;
use crate::dpop::ProofPolicy;
use crate::dpop::ReplayAnswer;
use crate::http::{RequestParts, WithoutCredentials};
#[cfg(feature = "std")]
use crate::remote::Need;
#[cfg(feature = "std")]
use crate::resource::KeysAnswer;
use crate::resource::{
    AnyPrincipal, Denial, ForeignAnswer, Grant, PrincipalAnswer, Question, ReplayQuestion, Requirement, ResourceServer,
    RevocationAnswer, Verdict,
};
use crate::time::Clock;
use alloc::sync::Arc;
#[cfg(feature = "std")]
use alloc::{string::String, vec::Vec};
use core::fmt;

/// A [`ResourceServer`] and the host's answers to its questions. Adapters hold one per protected resource.
pub struct Guard {
    server: Arc<ResourceServer>,
    hooks: Hooks,
}

#[derive(Default)]
struct Hooks {
    #[cfg(feature = "std")]
    http: Option<Arc<dyn DynHttpClient>>,
    replay: Option<Arc<dyn DynReplayStore>>,
    foreign: Option<Arc<dyn ErasedForeignVerifier>>,
    revocation: Option<Arc<dyn ErasedRevocationCheck>>,
    principal: Option<Arc<dyn ErasedPrincipalLookup>>,
    events: Option<Arc<dyn EventSink>>,
}

impl fmt::Debug for Hooks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Hooks")
            .field("replay", &self.replay.is_some())
            .field("foreign", &self.foreign.is_some())
            .field("revocation", &self.revocation.is_some())
            .field("principal", &self.principal.is_some())
            .field("events", &self.events.is_some())
            .finish()
    }
}

impl Guard {
    /// Configures a guard for this resource.
    pub fn builder(server: ResourceServer) -> GuardBuilder {
        GuardBuilder { server, hooks: Hooks::default(), instances: Instances::default() }
    }

    /// The resource server.
    #[must_use]
    pub fn server(&self) -> &Arc<ResourceServer> {
        &self.server
    }

    /// Checks one request to the end, asking the host in the catalogue's order. Emits one event for the decision, and a
    /// second one for decisions with their own event.
    ///
    /// The clock is read when the request arrives and again after each answer of the host, however long that took.
    /// Rules that depend on time use the latest reading. A request that has waited for
    /// [`limits::WAIT`](crate::limits::WAIT) seconds is refused with 503.
    ///
    /// # Errors
    /// The [`Denial`] to answer with.
    pub async fn admit(
        &self,
        request: &RequestParts<'_>,
        requirement: &Requirement,
        clock: &Clock,
    ) -> Result<Grant, Denial> {
        let mut watch = Watch::start(clock);
        let decided = self.decide(request, requirement, &mut watch).await;
        #[cfg(feature = "std")]
        for remote in self.server.remote_keys().filter(|remote| remote.stale_were_taken()) {
            self.key_refresh().refresh_stale(remote, watch.latest()).await;
        }
        decided
    }

    /// Fetches the keys of every remote issuer of the resource server that has none yet, one after the other. Call this
    /// before the first request, so that it need not wait. The `Introspector` fetches the keys for signed introspection
    /// itself, when it needs them.
    ///
    /// # Errors
    /// The issuers whose keys could not be fetched; they are tried again when a token of theirs arrives.
    #[cfg(feature = "std")]
    pub async fn warm(&self, now: Timestamp) -> Result<(), Vec<String>> {
        let mut cold = Vec::new();
        for remote in self.server.remote_keys() {
            match self.key_refresh().obtain(remote, Need::Usable, &Clock::new(move || now)).await {
                KeysAnswer::Refreshed => {}
                KeysAnswer::Unchanged | KeysAnswer::Unavailable => cold.push(String::from(remote.issuer())),
            }
        }
        if cold.is_empty() { Ok(()) } else { Err(cold) }
    }

    /// Whether every remote issuer of the resource server has keys that may verify now: for health checks.
    #[cfg(feature = "std")]
    #[must_use]
    pub fn is_ready(&self, now: Timestamp) -> bool {
        self.server.remote_keys().all(|remote| remote.is_ready(now))
    }

    #[cfg(feature = "std")]
    fn key_refresh(&self) -> KeyRefresh {
        KeyRefresh { client: self.hooks.http.clone(), events: self.hooks.events.clone() }
    }

    async fn decide(
        &self,
        request: &RequestParts<'_>,
        requirement: &Requirement,
        watch: &mut Watch<'_>,
    ) -> Result<Grant, Denial> {
        let reporter = Reporter::new(self.hooks.events.as_deref(), &self.server, request, requirement);
        let mut principal = None;
        let mut verdict = self.server.check(request, requirement, watch.latest());
        loop {
            verdict = match verdict {
                Verdict::Granted(grant) => {
                    reporter.granted(&grant);
                    return Ok(grant.with_principal(principal));
                }
                Verdict::Denied(denial) => {
                    reporter.denied(&denial);
                    return Err(denial);
                }
                Verdict::Ask(question) => self.ask(question, request, &mut principal, &reporter, watch).await,
            };
        }
    }

    /// Checks a further requirement for an admitted request (a route's own scopes) by the present time, as
    /// [`ResourceServer::require`] does. A clock that goes backwards makes no grant younger than it was.
    ///
    /// # Errors
    /// The [`Denial`] to answer with.
    #[expect(clippy::result_large_err, reason = "made at most once per request")]
    pub fn require(
        &self,
        grant: &Grant,
        request: &RequestParts<'_>,
        requirement: &Requirement,
        now: Timestamp,
    ) -> Result<(), Denial> {
        let now = now.max(grant.checked_at());
        self.server.require(grant, request, requirement, now).inspect_err(|denial| {
            Reporter::new(self.hooks.events.as_deref(), &self.server, request, requirement).denied(denial);
        })
    }

    async fn ask<'a>(
        &self,
        question: Question<'a>,
        request: &RequestParts<'_>,
        principal: &mut Option<AnyPrincipal>,
        reporter: &Reporter<'_>,
        watch: &mut Watch<'_>,
    ) -> Verdict<'a> {
        match question {
            Question::Replay(question) => self.ask_replay(question, reporter, watch).await,
            #[cfg(feature = "std")]
            Question::Keys(question) => {
                let answer = self.key_refresh().obtain(question.remote(), question.need(), watch.clock()).await;
                question.answer(answer, watch.read())
            }
            Question::Foreign(question) => {
                let question = question.timed_by(watch.clock());
                let answer = match &self.hooks.foreign {
                    Some(verifier) => {
                        let headers = WithoutCredentials(request.headers);
                        let shown = RequestParts { headers: &headers, query: None, form_body: None, ..*request };
                        verifier.verify(&question, &shown).await
                    }
                    None => ForeignAnswer::Unavailable,
                };
                question.answer(answer, watch.read())
            }
            Question::Revocation(question) => {
                let answer = match &self.hooks.revocation {
                    Some(check) => check.revocation(question.claims()).await,
                    None => RevocationAnswer::Unavailable,
                };
                question.answer(answer, watch.read())
            }
            Question::Principal(question) => {
                let outcome = match &self.hooks.principal {
                    Some(lookup) => lookup.principal(question.claims(), question.sender()).await,
                    None => PrincipalOutcome::Unavailable,
                };
                let answer = match outcome {
                    PrincipalOutcome::Accepted(found) => {
                        *principal = Some(found);
                        PrincipalAnswer::Accepted
                    }
                    PrincipalOutcome::Refused => PrincipalAnswer::Refused,
                    PrincipalOutcome::Unavailable => PrincipalAnswer::Unavailable,
                };
                question.answer(answer, watch.read())
            }
        }
    }

    async fn ask_replay<'a>(
        &self,
        question: ReplayQuestion<'a>,
        reporter: &Reporter<'_>,
        watch: &mut Watch<'_>,
    ) -> Verdict<'a> {
        let now = watch.read();
        let answer = match &self.hooks.replay {
            // A store is asked only about claims that still count, and its answer is checked with the time at which it
            // arrived. D17, R1.
            Some(store) if !question.claim().has_passed(now) => store.claim_boxed(question.claim(), now).await,
            Some(_) | None => ReplayAnswer::Unavailable,
        };
        reporter.replay_answered(&question, answer);
        question.answer(answer, watch.read())
    }
}

impl fmt::Debug for Guard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Guard").field("resource", &self.server.identifier().as_str()).finish_non_exhaustive()
    }
}

/// Configures a [`Guard`].
#[must_use = "a configuration does nothing until it is built"]
#[derive(Debug)]
pub struct GuardBuilder {
    server: ResourceServer,
    hooks: Hooks,
    instances: Instances,
}

impl GuardBuilder {
    /// Sets the store of used proofs. Required if DPoP is on.
    pub fn replay_store(mut self, store: impl ReplayStore + 'static) -> Self {
        self.hooks.replay = Some(Arc::new(store));
        self
    }

    /// Sets the client that fetches the keys of remote issuers. Required if an issuer is
    /// [`TrustedIssuer::remote`](crate::token::TrustedIssuer::remote).
    #[cfg(feature = "std")]
    pub fn http_client(mut self, client: impl HttpClient + 'static) -> Self {
        self.hooks.http = Some(Arc::new(client));
        self
    }

    /// Sets whether several processes serve this resource; one by default. [`Instances::Multiple`] requires a shared replay store (R8),
    /// and a [`future_skew`](crate::dpop::ProofPolicy::future_skew) that covers the difference between their clocks.
    pub const fn instances(mut self, instances: Instances) -> Self {
        self.instances = instances;
        self
    }

    /// Verifies tokens that no configured issuer claims.
    pub fn foreign_verifier(mut self, verifier: impl ForeignVerifier + 'static) -> Self {
        self.server.asks_mut().foreign = true;
        self.hooks.foreign = Some(Arc::new(verifier));
        self
    }

    /// Checks every accepted token for revocation.
    pub fn revocation_check(mut self, check: impl RevocationCheck + 'static) -> Self {
        self.server.asks_mut().revocation = true;
        self.hooks.revocation = Some(Arc::new(check));
        self
    }

    /// Looks up a principal for every accepted token.
    pub fn principal_lookup(mut self, lookup: impl PrincipalLookup + 'static) -> Self {
        self.server.asks_mut().principal = true;
        self.hooks.principal = Some(Arc::new(lookup));
        self
    }

    /// Sets the sink for events. It only observes and cannot change a decision. A closure must name its argument's
    /// type: `|event: &Event<'_>| ..`.
    pub fn events(mut self, sink: impl EventSink + 'static) -> Self {
        self.hooks.events = Some(Arc::new(sink));
        self
    }

    /// Builds the guard.
    ///
    /// # Errors
    /// Fails if the server asks a question that nothing here answers, keys must be fetched without an HTTP client, the
    /// replay store does not reach all instances (D19, R8), or several instances would need identical clocks (D11,
    /// D17).
    pub fn build(self) -> Result<Guard, ConfigError> {
        #[cfg_attr(not(feature = "std"), expect(unused_mut, reason = "without std no token is remembered"))]
        let Self { mut server, hooks, instances } = self;
        #[cfg(feature = "std")]
        server.remember_tokens_by_default()?;
        if let Some(policy) = server.proof_policy() {
            clocks_may_differ(instances, policy)?;
            let store = hooks.replay.as_ref().ok_or_else(|| {
                ConfigError::new("replay_store", "DPoP is on and needs one; set it, or turn DPoP off")
            })?;
            reach_is_enough("replay_store", instances, store.reach_of_records())?;
        }
        #[cfg(feature = "std")]
        if server.remote_keys().next().is_some() && hooks.http.is_none() {
            return Err(ConfigError::new(
                "http_client",
                "an issuer's keys are to be fetched; set one (attesto-reqwest has it)",
            ));
        }
        let asks = server.asks();
        let pairs = [
            ("foreign_verifier", asks.foreign, hooks.foreign.is_some()),
            ("revocation_check", asks.revocation, hooks.revocation.is_some()),
            ("principal_lookup", asks.principal, hooks.principal.is_some()),
        ];
        match pairs.iter().find(|(_, asked, answered)| *asked && !*answered) {
            Some((member, ..)) => Err(ConfigError::new(member, "the resource server asks for it; set one")),
            None => Ok(Guard { server: Arc::new(server), hooks }),
        }
    }
}

/// Refuses a skew of 0 for several instances. The clocks of several nodes never agree to the second, and a proof that a
/// node with a late clock still accepts must still be on record. D11, D17.
fn clocks_may_differ(instances: Instances, policy: &ProofPolicy) -> Result<(), ConfigError> {
    match (instances, policy.future_skew_seconds()) {
        (Instances::Multiple, 0) => Err(ConfigError::new(
            "dpop.future_skew",
            "must cover the difference between the clocks of several instances; 0 is for one",
        )),
        (Instances::Multiple, _) | (Instances::Single, _) => Ok(()),
    }
}
