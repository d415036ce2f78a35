//! actix middlewares with a stage in them.

use crate::protect::{McpSessions, Protect, Require, Stage};
use actix_web::Error;
use actix_web::body::{EitherBody, MessageBody};
use actix_web::dev::{Service, ServiceRequest, ServiceResponse, Transform};
use std::future::{Future, Ready, ready};
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};

/// A service behind a stage.
#[derive(Debug)]
pub struct Staged<G, S> {
    stage: G,
    inner: Rc<S>,
}

impl<G, S, B> Service<ServiceRequest> for Staged<G, S>
where
    G: Stage,
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
        let (stage, inner) = (self.stage.clone(), Rc::clone(&self.inner));
        Box::pin(async move { stage.pass(request, inner.as_ref()).await })
    }
}

macro_rules! wraps {
    ($($stage:ident)*) => {$(
        impl<S, B> Transform<S, ServiceRequest> for $stage
        where
            S: Service<ServiceRequest, Response = ServiceResponse<B>, Error = Error> + 'static,
            B: MessageBody + 'static,
        {
            type Response = ServiceResponse<EitherBody<B>>;
            type Error = Error;
            type Transform = Staged<Self, S>;
            type InitError = ();
            type Future = Ready<Result<Self::Transform, ()>>;

            fn new_transform(&self, inner: S) -> Self::Future {
                ready(Ok(Staged { stage: self.clone(), inner: Rc::new(inner) }))
            }
        }
    )*};
}

wraps!(McpSessions Protect Require);
