//! tower services with one of attesto-hyper's middlewares before them.

use attesto_hyper::{GuardedBody, McpSessions, Middleware, Protect, Require};
use axum::body::{Body, HttpBody};
use http::{Request, Response};
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};
use tower_service::Service;

/// A tower service behind a middleware. The layers make it.
#[derive(Clone, Debug)]
pub struct Wrapped<M, S> {
    middleware: M,
    inner: S,
}

impl<M, S> Wrapped<M, S> {
    pub(crate) const fn new(middleware: M, inner: S) -> Self {
        Self { middleware, inner }
    }
}

macro_rules! tower_service {
    ($middleware:ty, $body:ty $(, $generic:ident)?; $pass:expr) => {
        impl<S, R $(, $generic)?> Service<Request<$body>> for Wrapped<$middleware, S>
        where
            S: Service<Request<$body>, Response = Response<R>> + Clone + Send + 'static,
            S::Future: Send,
            S::Error: Send,
            R: Send,
            $($generic: HttpBody + Send + 'static,)?
        {
            type Response = Response<GuardedBody<R>>;
            type Error = S::Error;
            type Future = Pin<Box<dyn Future<Output = Result<Self::Response, S::Error>> + Send>>;

            fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
                self.inner.poll_ready(cx)
            }

            fn call(&mut self, request: Request<$body>) -> Self::Future {
                // The instance that was polled ready is the one to call; the clone takes its place.
                let clone = self.inner.clone();
                let mut inner = std::mem::replace(&mut self.inner, clone);
                let middleware = self.middleware.clone();
                Box::pin(async move {
                    let next = move |passed: Request<<$middleware as Middleware<$body>>::Body>| inner.call(passed.map($pass));
                    middleware.pass(request, next).await
                })
            }
        }
    };
}

tower_service!(Protect, Body; |body| body.into_untouched().unwrap_or_else(Body::new));
tower_service!(Require, B, B; |body| body);
tower_service!(McpSessions, B, B; |body| body);
