//! The keys of one remote issuer, shared by all verifiers of its tokens.

use super::cache::{KeyCache, KeySnapshot, Lookup, Need, Plan, passed};
use super::error::{FetchError, FetchFailure};
use super::fetch::KeyFetch;
use super::location::IssuerUrl;
use super::policy::{KeyPolicy, LOCATION};
use super::wait::{Wait, Waiters};
use crate::crypto::CryptoProvider;
use crate::http::PlainHttp;
use crate::jose::{JwkError, JwkSet, VerificationKeys};
use crate::{ConfigError, Timestamp};
use alloc::string::{String, ToString};
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt;
use core::sync::atomic::{AtomicBool, Ordering};
use core::task::Waker;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// The keys of one remote issuer: a [`KeyCache`], and the URLs to fetch from.
///
/// Create one for each issuer and share it among all resources that trust the issuer: each `RemoteKeys` runs at most
/// one fetch. A [`Guard`](crate::host::Guard) with an [`HttpClient`](crate::host::HttpClient) keeps it current.
///
/// ```
/// use attesto_core::crypto::RustCrypto;
/// use attesto_core::remote::RemoteKeys;
/// use attesto_core::resource::ResourceServer;
/// use attesto_core::token::TrustedIssuer;
/// use std::sync::Arc;
///
/// let provider = Arc::new(RustCrypto::new());
/// let keys = RemoteKeys::builder("https://auth.example.com", provider.clone()).build()?; // found by its metadata
/// let server = ResourceServer::builder("https://api.example.com", provider).issuer(TrustedIssuer::remote(keys)).build()?;
/// # Ok::<(), attesto_core::ConfigError>(())
/// ```
pub struct RemoteKeys {
    issuer: IssuerUrl,
    provider: Arc<dyn CryptoProvider>,
    jwks_uri: Option<String>,
    is_spiffe_bundle: bool,
    stale_used: AtomicBool,
    state: Mutex<State>,
}

struct State {
    cache: KeyCache,
    found: Option<Found>,
    /// Why the last fetch failed.
    failure: Option<FetchFailure>,
    waiters: Waiters,
}

/// The `jwks_uri` from the metadata, and when it was read.
struct Found {
    jwks_uri: String,
    at: Timestamp,
    /// Whether the last fetch there had no response. If the metadata is available, it shows whether the keys have
    /// moved.
    doubtful: bool,
}

/// The result of [`RemoteKeys::begin`].
#[derive(Debug)]
#[expect(clippy::exhaustive_enums, reason = "met, begun, to be waited for, or not now")]
pub enum Begun {
    /// Nothing: the need is met.
    Met,
    /// A fetch, which the caller must drive.
    Fetch(KeyFetch),
    /// Nothing: another caller's fetch is running. The future ends with it.
    Await(Wait),
    /// Nothing: a fetch for an unknown key id ended a moment ago, and its result stands.
    Throttled,
    /// Nothing: the last fetch failed, and the pause before the next is not over.
    Failing,
}

impl RemoteKeys {
    /// Configures the keys of this issuer, named exactly as in the `iss` of its tokens.
    pub fn builder(issuer: impl Into<String>, provider: Arc<dyn CryptoProvider>) -> RemoteKeysBuilder {
        RemoteKeysBuilder {
            issuer: issuer.into(),
            provider,
            jwks_uri: None,
            is_spiffe_bundle: false,
            policy: KeyPolicy::new(),
            loopback: false,
        }
    }

    /// The issuer.
    #[must_use]
    pub fn issuer(&self) -> &str {
        self.issuer.as_str()
    }

    /// Whether there are keys that may verify now: for health checks.
    #[must_use]
    pub fn is_ready(&self, now: Timestamp) -> bool {
        !matches!(self.state().cache.lookup(now), Lookup::Missing)
    }

    /// Returns the keys for a check, and whether they are stale. Records the use of stale keys, so that the host
    /// refreshes them.
    pub(crate) fn take(&self, now: Timestamp) -> Option<(KeySnapshot, bool)> {
        match self.state().cache.lookup(now) {
            Lookup::Fresh(snapshot) => Some((snapshot, false)),
            Lookup::Stale(snapshot) => {
                self.stale_used.store(true, Ordering::Relaxed);
                Some((snapshot, true))
            }
            Lookup::Missing => None,
        }
    }

    /// Whether stale keys were used since the last call.
    pub(crate) fn stale_were_taken(&self) -> bool {
        self.stale_used.load(Ordering::Relaxed) && self.stale_used.swap(false, Ordering::Relaxed)
    }

    /// The number of successful fetches.
    #[must_use]
    pub fn generation(&self) -> u64 {
        self.state().cache.generation()
    }

    /// Why the last fetch failed, and at which URL; `None` after a successful one. For logs and health pages, not for
    /// clients.
    #[must_use]
    pub fn last_failure(&self) -> Option<FetchFailure> {
        self.state().failure.clone()
    }

    /// Begins a fetch, if the need requires one now.
    pub fn begin(self: &Arc<Self>, need: Need, now: Timestamp) -> Begun {
        let mut state = self.state();
        match state.cache.plan(need, now) {
            Plan::Met => Begun::Met,
            Plan::Throttled => Begun::Throttled,
            Plan::Failing => Begun::Failing,
            Plan::Await(number) => Begun::Await(Wait::new(Arc::clone(self), number)),
            Plan::Begin(number) => {
                // Waiters for a fetch that never ended look again.
                let waiters = state.waiters.all();
                let found = state.found.as_ref().filter(|found| !found.doubtful && !passed(now, found.at, LOCATION));
                let jwks_uri = self.jwks_uri.clone().or_else(|| found.map(|found| found.jwks_uri.clone()));
                drop(state);
                waiters.for_each(Waker::wake);
                Begun::Fetch(KeyFetch::new(Arc::clone(self), number, jwks_uri, now))
            }
        }
    }

    pub(super) fn metadata_urls(&self) -> Vec<String> {
        self.issuer.metadata_urls()
    }

    pub(super) fn jwks_uri_of(&self, document: &[u8]) -> Result<String, FetchError> {
        self.issuer.jwks_uri_of(document)
    }

    /// Parses the keys in this document that the provider can use.
    pub(super) fn keys_in(&self, document: &[u8]) -> Result<VerificationKeys, FetchError> {
        let read = if self.is_spiffe_bundle { JwkSet::from_spiffe_bundle } else { JwkSet::from_json };
        let set = read(document).map_err(|error| {
            if error == JwkError::MalformedSet { FetchError::MalformedKeys } else { FetchError::UnusableKeys }
        })?;
        VerificationKeys::from_jwk_set(self.provider.as_ref(), &set).map_err(|_| FetchError::UnusableKeys)
    }

    pub(super) fn locate(&self, jwks_uri: &str, now: Timestamp) {
        self.state().found = Some(Found { jwks_uri: jwks_uri.to_string(), at: now, doubtful: false });
    }

    pub(super) fn ended(
        &self,
        number: u64,
        result: Result<(VerificationKeys, Option<u64>), FetchFailure>,
        now: Timestamp,
    ) -> Result<u64, FetchError> {
        let (result, why) = match result {
            Ok(keys) => (Ok(keys), None),
            Err(failure) => (Err(failure.error), Some(failure)),
        };
        let failure = result.as_ref().err().copied();
        let mut state = self.state();
        if !state.cache.ended(number, result, now) {
            return Err(FetchError::Superseded);
        }
        state.failure = why;
        match (failure, &mut state.found) {
            (None, _) | (Some(_), None) => {}
            // The keys may have moved: the next fetch reads the metadata again. If that is out as well, the fetch after
            // it uses the known URL again.
            (Some(error), Some(found)) if error.is_outage() => found.doubtful = !found.doubtful,
            (Some(_), found) => *found = None,
        }
        let (waiters, generation) = (state.waiters.all(), state.cache.generation());
        drop(state);
        waiters.for_each(Waker::wake);
        failure.map_or(Ok(generation), Err)
    }

    pub(super) fn abandoned(&self, number: u64) {
        let mut state = self.state();
        state.cache.abandoned(number);
        let waiters = state.waiters.all();
        drop(state);
        waiters.for_each(Waker::wake);
    }

    /// Runs `f` on the waiters if the fetch with this number is still running.
    pub(super) fn while_under_way<T>(&self, number: u64, f: impl FnOnce(&mut Waiters) -> T) -> Option<T> {
        let mut state = self.state();
        state.cache.is_under_way(number).then(|| f(&mut state.waiters))
    }

    pub(super) fn leave(&self, ticket: u64) {
        self.state().waiters.leave(ticket);
    }

    /// Locks the state. No code under the lock panics. If it did, the state would still be consistent: each step is one
    /// assignment.
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for RemoteKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RemoteKeys").field("issuer", &self.issuer()).finish_non_exhaustive()
    }
}

/// Configures [`RemoteKeys`].
#[derive(Debug)]
#[must_use = "a configuration does nothing until it is built"]
pub struct RemoteKeysBuilder {
    issuer: String,
    provider: Arc<dyn CryptoProvider>,
    jwks_uri: Option<String>,
    is_spiffe_bundle: bool,
    policy: KeyPolicy,
    loopback: bool,
}

impl RemoteKeysBuilder {
    /// Sets the URL of the keys, for an issuer that publishes no metadata. Without it the metadata is read (RFC 8414,
    /// OpenID Connect Discovery).
    pub fn jwks_uri(mut self, jwks_uri: impl Into<String>) -> Self {
        self.jwks_uri = Some(jwks_uri.into());
        self
    }

    /// Reads the document at the [`jwks_uri`](Self::jwks_uri) as the bundle of a SPIFFE trust domain: see
    /// [`JwkSet::from_spiffe_bundle`](crate::jose::JwkSet::from_spiffe_bundle).
    pub const fn spiffe_bundle(mut self) -> Self {
        self.is_spiffe_bundle = true;
        self
    }

    /// Sets how long keys are used.
    pub const fn policy(mut self, policy: KeyPolicy) -> Self {
        self.policy = policy;
        self
    }

    /// **Development only.** Allows plain http URLs on a loopback host for issuer and keys.
    pub const fn danger_insecure_loopback(mut self) -> Self {
        self.loopback = true;
        self
    }

    /// Builds the keys without fetching them: the first request does so, or [`Guard::warm`](crate::host::Guard::warm).
    ///
    /// # Errors
    /// Fails if the issuer or the `jwks_uri` is not an https URL with a host and without userinfo and fragment, or the
    /// policy contradicts itself.
    pub fn build(self) -> Result<Arc<RemoteKeys>, ConfigError> {
        let plain_http = if self.loopback { PlainHttp::LoopbackOnly } else { PlainHttp::Refused };
        let issuer = IssuerUrl::parse(&self.issuer, plain_http)?;
        if let Some(jwks_uri) = &self.jwks_uri {
            issuer.jwks_uri_is_acceptable(jwks_uri)?;
        }
        let state =
            State { cache: KeyCache::new(self.policy)?, found: None, failure: None, waiters: Waiters::default() };
        Ok(Arc::new(RemoteKeys {
            issuer,
            provider: self.provider,
            jwks_uri: self.jwks_uri,
            is_spiffe_bundle: self.is_spiffe_bundle,
            stale_used: AtomicBool::new(false),
            state: Mutex::new(state),
        }))
    }
}
