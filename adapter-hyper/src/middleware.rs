//! hyper services with a stage before them.

use crate::authorize::Authorize;
use crate::body::GuardedBody;
use crate::protect::{McpSessions, OnConnection, Protect, Publish, Require, Stage};
use http::{Request, Response};
use hyper::service::Service;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

/// A hyper service behind a stage. Cheap to clone: one for each connection.
#[derive(Debug)]
pub struct Staged<G, S> {
    stage: G,
    inner: Arc<S>,
}

impl<G: Clone, S> Clone for Staged<G, S> {
    fn clone(&self) -> Self {
        Self { stage: self.stage.clone(), inner: Arc::clone(&self.inner) }
    }
}

impl<G, S, B, R> Service<Request<B>> for Staged<G, S>
where
    G: Stage<B>,
    S: Service<Request<G::Body>, Response = Response<R>> + Send + Sync + 'static,
    S::Future: Send,
    S::Error: Send,
    B: Send + 'static,
    R: Send,
{
    type Response = Response<GuardedBody<R>>;
    type Error = S::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, S::Error>> + Send>>;

    fn call(&self, request: Request<B>) -> Self::Future {
        let (stage, inner) = (self.stage.clone(), Arc::clone(&self.inner));
        Box::pin(async move { stage.pass(request, move |request| inner.call(request)).await })
    }
}

macro_rules! wraps {
    ($($stage:ident)*) => {$(
        impl $stage {
            /// Puts this before a hyper service.
            pub fn wrap<S>(self, inner: S) -> Staged<Self, S> {
                Staged { stage: self, inner: Arc::new(inner) }
            }
        }
    )*};
}

wraps!(Authorize McpSessions OnConnection Protect Publish Require);
