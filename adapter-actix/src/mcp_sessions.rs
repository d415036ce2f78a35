//! Sessions of an MCP server, each for the caller that began it.

use crate::extract::passage;
use crate::middleware::Middleware;
use crate::translate::{HeaderView, response};
use actix_web::Error;
use actix_web::body::{EitherBody, MessageBody};
use actix_web::dev::{Service, ServiceRequest, ServiceResponse};
use attesto_core::host::SessionOwners;
use std::sync::Arc;

/// Ties each session of an MCP server to the caller that began it ([`SessionOwners`]; H6). It stands behind a
/// [`Protect`](crate::Protect).
#[derive(Clone, Debug)]
pub struct McpSessions {
    owners: Arc<SessionOwners>,
}

impl McpSessions {
    /// Remembers the owners of sessions in `owners`. Make it outside the closure that actix calls once for each worker, so that the workers share it.
    #[must_use]
    pub fn new(owners: impl Into<Arc<SessionOwners>>) -> Self {
        Self { owners: owners.into() }
    }
}

impl Middleware for McpSessions {
    async fn pass<S, B>(self, request: ServiceRequest, next: &S) -> Result<ServiceResponse<EitherBody<B>>, Error>
    where
        S: Service<ServiceRequest, Response = ServiceResponse<B>, Error = Error>,
        B: MessageBody,
    {
        let entered = {
            let (method, headers) = (request.method().as_str(), HeaderView(request.headers()));
            self.owners.enter(passage(&request).as_ref(), method, &headers)
        };
        let visit = match entered {
            Ok(visit) => visit,
            Err(refusal) => return Ok(request.into_response(response(refusal)).map_into_right_body()),
        };
        let answer = next.call(request).await?;
        visit.leave(answer.status().as_u16(), &HeaderView(answer.headers()));
        Ok(answer.map_into_left_body())
    }
}
