//! Further requirements of single services, behind [`Protect`](crate::Protect).

use crate::body::GuardedBody;
use crate::early::answer_early;
use crate::middleware::{Middleware, Next};
use crate::translate::{HeaderView, Observed, request_parts, response};
use attesto_core::host::Passage;
use attesto_core::resource::Requirement;
use bytes::Bytes;
use http::request::Parts;
use http::{Request, Response};
use http_body::Body;
use http_body_util::{Either, Full};
use std::sync::Arc;

/// Demands scopes or step-up on top of what the [`Protect`](crate::Protect) before it demands. A request that no `Protect`
/// authenticated gets 401 (S10), in whatever order the two were meant to stand.
#[derive(Clone, Debug)]
pub struct Require {
    requirement: Arc<Requirement>,
    observe: fn(&Parts) -> Observed<'_>,
}

impl Require {
    /// Demands this.
    #[must_use]
    pub fn new(requirement: Requirement) -> Self {
        Self { requirement: Arc::new(requirement), observe: Observed::from_parts }
    }

    /// Takes the URI and the peer from elsewhere, for frameworks on top of this crate.
    #[must_use]
    pub fn observe(mut self, observe: fn(&Parts) -> Observed<'_>) -> Self {
        self.observe = observe;
        self
    }
}

impl<B: Body + Send + 'static> Middleware<B> for Require {
    type Body = B;

    async fn pass<N: Next<B>>(self, request: Request<B>, next: N) -> Result<Response<GuardedBody<N::Body>>, N::Error> {
        let (parts, body) = request.into_parts();
        if let Err(refusal) = require_observed(&parts, (self.observe)(&parts), &self.requirement) {
            return Ok(answer_early(&parts, body, refusal).await.map(Either::Left));
        }
        Ok(next.call(Request::from_parts(parts, body)).await?.map(Either::Right))
    }
}

/// Checks a request behind [`Protect`](crate::Protect) against a further requirement: for services that dispatch themselves and
/// learn only then what the operation requires. Where the request may have a body, send the refusal through
/// [`answer_early`](crate::answer_early).
///
/// # Errors
/// The response to send. A request that no `Protect` authenticated is refused (S10).
#[expect(clippy::result_large_err, reason = "made at most once per request")]
pub fn require(parts: &Parts, requirement: &Requirement) -> Result<(), Response<Full<Bytes>>> {
    require_observed(parts, Observed::from_parts(parts), requirement)
}

#[expect(clippy::result_large_err, reason = "made at most once per request")]
fn require_observed(
    parts: &Parts,
    observed: Observed<'_>,
    requirement: &Requirement,
) -> Result<(), Response<Full<Bytes>>> {
    let headers = HeaderView(&parts.headers);
    let request = request_parts(parts, observed, &headers, None);
    Passage::require(parts.extensions.get(), &request, requirement).map_err(response)
}
