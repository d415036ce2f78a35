//! Introspects tokens that only their issuer can read.

use super::key_refresh::KeyRefresh;
use super::single_flight::{Flights, Followed, Joined};
use super::{DynHttpClient, ForeignVerifier, HttpClient};
use crate::crypto::CryptoProvider;
use crate::http::RequestParts;
use crate::introspection::{Introspected, IntrospectionEndpoint, IntrospectionError, Remembered};
use crate::limits;
use crate::remote::Need;
use crate::resource::{ForeignAnswer, ForeignQuestion};
use crate::time::Clock;
use alloc::sync::Arc;
use core::fmt;
use core::sync::atomic::{AtomicUsize, Ordering};
use core::time::Duration;

/// Receives the errors of introspections.
type Observer = Arc<dyn Fn(IntrospectionError) + Send + Sync>;

/// A [`ForeignVerifier`] that introspects (RFC 7662). See [`introspection`](crate::introspection).
pub struct Introspector {
    endpoint: IntrospectionEndpoint,
    client: Arc<dyn DynHttpClient>,
    provider: Arc<dyn CryptoProvider>,
    remembered: Remembered,
    flights: Flights<[u8; 32], Result<Introspected, IntrospectionError>>,
    under_way: AtomicUsize,
    at_once: usize,
    observer: Option<Observer>,
}

impl Introspector {
    /// Introspects at this endpoint with this client. Active answers are cached for 30 seconds for up to 10 000 tokens,
    /// and never past a token's `exp`. At most 256 tokens are introspected at once, each with one request that all
    /// requests with that token share.
    pub fn new(
        endpoint: IntrospectionEndpoint,
        client: impl HttpClient + 'static,
        provider: Arc<dyn CryptoProvider>,
    ) -> Self {
        Self {
            endpoint,
            client: Arc::new(client),
            provider,
            remembered: Remembered::new(10_000, 30),
            flights: Flights::new(),
            under_way: AtomicUsize::new(0),
            at_once: 256,
            observer: None,
        }
    }

    /// Sets for how long, in whole seconds, active answers are cached, and of how many tokens. A revoked token can still be
    /// accepted for that long. 0 caches nothing.
    #[must_use]
    pub fn remember(mut self, time: Duration, tokens: usize) -> Self {
        self.remembered = Remembered::new(if time.as_secs() == 0 { 0 } else { tokens }, time.as_secs());
        self
    }

    /// Sets how many tokens may be introspected at once, each one counted once however many requests present it.
    /// Requests with others receive 503 meanwhile.
    #[must_use]
    pub const fn at_once(mut self, tokens: usize) -> Self {
        self.at_once = tokens;
        self
    }

    /// Sets a function that receives the errors of introspections: for logs and metrics.
    #[must_use]
    pub fn on_failure(mut self, observer: impl Fn(IntrospectionError) + Send + Sync + 'static) -> Self {
        self.observer = Some(Arc::new(observer));
        self
    }

    /// Returns the issuer's answer about a token. The clock is read before the request and after the response.
    ///
    /// A request that follows another request's introspection does so until three leaders have disappeared without an
    /// answer ([`limits::LEADERS_GONE`]), and then makes its own. So clients that hang up cannot keep other requests
    /// waiting.
    ///
    /// # Errors
    /// Fails if there is no usable answer.
    pub async fn introspect(&self, token: &str, clock: &Clock) -> Result<Introspected, IntrospectionError> {
        let digest = self.provider.sha256(&[token.as_bytes()]);
        for _ in 0..limits::LEADERS_GONE {
            if let Some(claims) = self.remembered.get(&digest, clock.now()) {
                return Ok(Introspected::Active(claims));
            }
            match self.flights.join(digest) {
                Joined::Lead(lead) => {
                    let answer = self.ask(token, digest, clock).await;
                    lead.land(answer.clone());
                    return answer;
                }
                Joined::Follow(follow) => match follow.await {
                    Followed::Landed(answer) => return answer,
                    Followed::Full => return Err(IntrospectionError::Overloaded),
                    Followed::GivenUp => {}
                },
            }
        }
        self.ask(token, digest, clock).await
    }

    async fn ask(&self, token: &str, digest: [u8; 32], clock: &Clock) -> Result<Introspected, IntrospectionError> {
        let _turn = Turn::take(&self.under_way, self.at_once).ok_or(IntrospectionError::Overloaded)?;
        let asked = clock.now();
        let response = self.client.send_boxed(self.endpoint.request(token)).await;
        let is_short = response.as_ref().is_ok_and(|answer| answer.body.len() <= limits::REMEMBERED_INTROSPECTION);
        let now = clock.now();
        let mut judged = self.endpoint.judge(response.clone(), now);
        if let (Err(IntrospectionError::KeysUnavailable), Some(remote)) = (&judged, self.endpoint.remote_keys()) {
            let need = if remote.is_ready(now) { Need::Newer(remote.generation()) } else { Need::Usable };
            let keys = KeyRefresh { client: Some(Arc::clone(&self.client)), events: None };
            keys.obtain(remote, need, clock).await;
            judged = self.endpoint.judge(response, clock.now());
        }
        if let (Ok(Introspected::Active(claims)), true) = (&judged, is_short) {
            // From the time of the request: the token may have been revoked while the answer was in flight.
            self.remembered.put(digest, claims, asked);
        }
        judged
    }

    fn failed(&self, error: IntrospectionError) -> ForeignAnswer {
        if let Some(observer) = &self.observer {
            observer(error);
        }
        if error.is_about_the_token() { ForeignAnswer::InvalidToken } else { ForeignAnswer::Unavailable }
    }
}

impl ForeignVerifier for Introspector {
    async fn verify(&self, token: &ForeignQuestion<'_>, _: &RequestParts<'_>) -> ForeignAnswer {
        match self.introspect(token.token(), &token.clock()).await {
            Ok(Introspected::Active(claims)) => ForeignAnswer::Claims(claims),
            Ok(Introspected::Inactive) => ForeignAnswer::InvalidToken,
            Err(error) => self.failed(error),
        }
    }
}

impl fmt::Debug for Introspector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Introspector").field("endpoint", &self.endpoint).finish_non_exhaustive()
    }
}

/// One of the introspections that may run at once.
struct Turn<'i>(&'i AtomicUsize);

impl<'i> Turn<'i> {
    fn take(under_way: &'i AtomicUsize, limit: usize) -> Option<Self> {
        let more = |count: usize| (count < limit).then(|| count.saturating_add(1));
        under_way.fetch_update(Ordering::Relaxed, Ordering::Relaxed, more).ok().map(|_| Self(under_way))
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}
