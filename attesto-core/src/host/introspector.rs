//! Asking an issuer about tokens that only it can read.

use super::flights::{Flights, Followed, Joined};
use super::key_refresh::KeyRefresh;
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

/// Is told why an introspection gave nothing.
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
    /// Asks this endpoint with this client. "Active" is remembered for 30 seconds for up to 10 000 tokens, and never past a token's
    /// `exp`; at most 256 tokens are asked about at a time, and each by one request for all that bring it.
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

    /// For how many seconds "active" is remembered, and of how many tokens. This is how long a revoked token can still be taken; 0
    /// remembers nothing.
    #[must_use]
    pub fn remember(mut self, seconds: u64, tokens: usize) -> Self {
        self.remembered = Remembered::new(if seconds == 0 { 0 } else { tokens }, seconds);
        self
    }

    /// How many tokens may be asked about at a time, each once however many requests bring it; others are answered 503 meanwhile.
    #[must_use]
    pub const fn at_once(mut self, tokens: usize) -> Self {
        self.at_once = tokens;
        self
    }

    /// Tells this function why an introspection gave nothing: for logs and metrics.
    #[must_use]
    pub fn on_failure(mut self, observer: impl Fn(IntrospectionError) + Send + Sync + 'static) -> Self {
        self.observer = Some(Arc::new(observer));
        self
    }

    /// What the issuer says about a token. The clock is read when it is asked and when it has answered.
    ///
    /// A request that waits for another's answer does so for as long as three of those go away without one
    /// ([`limits::LEADERS_GONE`]), and then asks for itself: nobody is kept waiting by others who hang up.
    ///
    /// # Errors
    /// Where it says nothing that helps.
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
            // Since it was asked: the token may have been revoked while the answer was on its way.
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

/// One of the introspections that may be under way at a time.
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
