//! Middleware: what may answer a request in place of the service behind it; and how actix wraps a service in it.

use crate::mcp_sessions::McpSessions;
use crate::protect::Protect;
use crate::require::Require;
use actix_web::Error;
use actix_web::body::{EitherBody, MessageBody};
use actix_web::dev::{Service, ServiceRequest, ServiceResponse, Transform};
use std::future::{Future, Ready, ready};
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};

/// Answers a request, or passes it on to the service behind it. For adapters; applications use the types that implement it.
pub trait Middleware: Clone + 'static {
    /// Answers the request, or passes it on to `next`.
    fn pass<S, B>(
        self,
        request: ServiceRequest,
        next: &S,
    ) -> impl Future<Output = Result<ServiceResponse<EitherBody<B>>, Error>>
    where
        S: Service<ServiceRequest, Response = ServiceResponse<B>, Error = Error>,
        B: MessageBody;
}

/// A service behind a [`Middleware`].
#[derive(Debug)]
pub struct Wrapped<M, S> {
    middleware: M,
    inner: Rc<S>,
}

impl<M, S, B> Service<ServiceRequest> for Wrapped<M, S>
where
    M: Middleware,
    S: Service<ServiceRequest, Response = ServiceResponse<B>, Error = Error> + 'static,
    B: MessageBody + 'static,
{
    type Response = ServiceResponse<EitherBody<B>>;
    type Error = Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Error>>>>;

    fn poll_ready(&self, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&self, request: ServiceRequest) -> Self::Future {
        let (middleware, inner) = (self.middleware.clone(), Rc::clone(&self.inner));
        Box::pin(async move { middleware.pass(request, inner.as_ref()).await })
    }
}

macro_rules! wraps {
    ($($middleware:ident)*) => {$(
        impl<S, B> Transform<S, ServiceRequest> for $middleware
        where
            S: Service<ServiceRequest, Response = ServiceResponse<B>, Error = Error> + 'static,
            B: MessageBody + 'static,
        {
            type Response = ServiceResponse<EitherBody<B>>;
            type Error = Error;
            type Transform = Wrapped<Self, S>;
            type InitError = ();
            type Future = Ready<Result<Self::Transform, ()>>;

            fn new_transform(&self, inner: S) -> Self::Future {
                ready(Ok(Wrapped { middleware: self.clone(), inner: Rc::new(inner) }))
            }
        }
    )*};
}

wraps!(McpSessions Protect Require);
