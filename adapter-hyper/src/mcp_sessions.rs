//! Sessions of an MCP server, each for the caller that began it.

use crate::body::GuardedBody;
use crate::early::answer_early;
use crate::extract::passage;
use crate::middleware::{Middleware, Next};
use crate::translate::{HeaderView, response};
use attesto_core::host::SessionOwners;
use http::{Request, Response};
use http_body::Body;
use http_body_util::Either;
use std::sync::Arc;

/// Ties each session of an MCP server to the caller that began it ([`SessionOwners`]; H6). It stands behind a
/// [`Protect`](crate::Protect).
#[derive(Clone, Debug)]
pub struct McpSessions {
    owners: Arc<SessionOwners>,
}

impl McpSessions {
    /// Remembers the owners of sessions in `owners`.
    #[must_use]
    pub fn new(owners: impl Into<Arc<SessionOwners>>) -> Self {
        Self { owners: owners.into() }
    }
}

impl<B: Body + Send + 'static> Middleware<B> for McpSessions {
    type Body = B;

    async fn pass<N: Next<B>>(self, request: Request<B>, next: N) -> Result<Response<GuardedBody<N::Body>>, N::Error> {
        let method = request.method().as_str();
        let visit = match self.owners.enter(passage(&request), method, &HeaderView(request.headers())) {
            Ok(visit) => visit,
            Err(refusal) => {
                let (parts, body) = request.into_parts();
                return Ok(answer_early(&parts, body, response(refusal)).await.map(Either::Left));
            }
        };
        let answer = next.call(request).await?;
        visit.leave(answer.status().as_u16(), &HeaderView(answer.headers()));
        Ok(answer.map(Either::Right))
    }
}
