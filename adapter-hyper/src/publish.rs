//! Documents that are public by design: RFC 9728 metadata and JWK Sets.

use crate::body::GuardedBody;
use crate::early::answer_early;
use crate::middleware::{Middleware, Next};
use crate::translate::response;
use attesto_core::host::PublicDocuments;
use http::{Request, Response};
use http_body::Body;
use http_body_util::Either;
use std::sync::Arc;

/// Serves documents that are public by design, and passes every other request on. It stands before a [`Protect`](crate::Protect): the
/// documents need no token.
#[derive(Clone, Debug)]
pub struct Publish {
    documents: Arc<PublicDocuments>,
}

impl Publish {
    /// Serves these documents.
    #[must_use]
    pub fn new(documents: impl Into<Arc<PublicDocuments>>) -> Self {
        Self { documents: documents.into() }
    }
}

impl<B: Body + Send + 'static> Middleware<B> for Publish {
    type Body = B;

    async fn pass<N: Next<B>>(self, request: Request<B>, next: N) -> Result<Response<GuardedBody<N::Body>>, N::Error> {
        let uri = request.uri();
        match self.documents.respond(request.method().as_str(), uri.path(), uri.query()) {
            Some(document) => {
                let (parts, body) = request.into_parts();
                Ok(answer_early(&parts, body, response(document)).await.map(Either::Left))
            }
            None => Ok(next.call(request).await?.map(Either::Right)),
        }
    }
}
