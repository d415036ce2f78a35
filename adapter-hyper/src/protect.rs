//! Protection of a service: who has no valid access token gets no further.

use crate::body::{GuardedBody, RequestBody};
use crate::early::answer_early;
use crate::middleware::{Middleware, Next};
use crate::system::system_clock;
use crate::translate::{HeaderView, Observed, amend, request_parts, response};
use attesto_core::host::{Gate, Guard};
use attesto_core::resource::Requirement;
use attesto_core::time::Clock;
use bytes::Bytes;
use http::request::Parts;
use http::{Request, Response};
use http_body::Body;
use http_body_util::Either;
use std::sync::Arc;

/// Demands a valid access token. The service behind it learns who calls with [`granted`](crate::granted).
///
/// Put it before a service once: a second one would find the request's DPoP proof used already.
#[derive(Clone, Debug)]
pub struct Protect {
    gate: Gate,
    observe: fn(&Parts) -> Observed<'_>,
}

impl Protect {
    /// Demands a token that `guard` accepts, whatever its scopes.
    #[must_use]
    pub fn new(guard: impl Into<Arc<Guard>>) -> Self {
        Self { gate: Gate::new(guard, system_clock()), observe: Observed::from_parts }
    }

    /// Demands scopes or step-up as well.
    #[must_use]
    pub fn require(mut self, requirement: Requirement) -> Self {
        self.gate = self.gate.require(requirement);
        self
    }

    /// Replaces the clock, for tests.
    #[must_use]
    pub fn clock(mut self, clock: Clock) -> Self {
        self.gate = self.gate.clock(clock);
        self
    }

    /// Lets CORS preflights through unauthenticated, for a service behind that answers them ([`Gate::pass_cors_preflight`]).
    #[must_use]
    pub fn pass_cors_preflight(mut self) -> Self {
        self.gate = self.gate.pass_cors_preflight();
        self
    }

    /// Takes the URI and the peer from elsewhere, for frameworks on top of this crate.
    #[must_use]
    pub fn observe(mut self, observe: fn(&Parts) -> Observed<'_>) -> Self {
        self.observe = observe;
        self
    }
}

impl<B> Middleware<B> for Protect
where
    B: Body<Data = Bytes> + Send + Unpin + 'static,
    B::Error: Send + Unpin,
{
    type Body = RequestBody<B>;

    async fn pass<N: Next<RequestBody<B>>>(
        self,
        request: Request<B>,
        next: N,
    ) -> Result<Response<GuardedBody<N::Body>>, N::Error> {
        let (mut parts, body) = request.into_parts();
        let (form, body) = if self.gate.wants_form(parts.method.as_str(), &HeaderView(&parts.headers)) {
            RequestBody::read_form(body).await
        } else {
            (None, RequestBody::untouched(body))
        };
        let passage = {
            let headers = HeaderView(&parts.headers);
            let request = request_parts(&parts, (self.observe)(&parts), &headers, form.as_ref());
            match self.gate.enter(&request).await {
                Ok(passage) => passage,
                Err(refusal) => {
                    let refusal = answer_early(&parts, body, response(refusal)).await;
                    return Ok(refusal.map(Either::Left));
                }
            }
        };
        let amendments = passage.amendments();
        parts.extensions.insert(passage);
        let mut answer = next.call(Request::from_parts(parts, body)).await?;
        amend(answer.headers_mut(), amendments);
        Ok(answer.map(Either::Right))
    }
}
