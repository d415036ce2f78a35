//! A requirement for single routes, behind the layer that authenticates.

use crate::layer::Admitted;
use crate::request::{Lines, request_parts};
use crate::response::{GuardedBody, bare_unauthorized, response};
use attesto_core::resource::Requirement;
use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{Either, Full};
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use tower_layer::Layer;
use tower_service::Service;

/// Asks for scopes or step-up on the routes it wraps. It stands behind a [`ProtectLayer`](crate::ProtectLayer): a request
/// that nothing authenticated is refused with 401 (catalogue S10), whatever the order of the layers was meant to be.
///
/// ```
/// # fn demo(guard: std::sync::Arc<attesto_core::host::Guard>) -> Result<axum::Router, attesto_core::ConfigError> {
/// use attesto_axum::{ProtectLayer, RequireLayer};
/// use attesto_core::resource::Requirement;
/// use axum::{Router, routing::get};
///
/// let write = RequireLayer::new(Requirement::scopes(["documents.write"])?);
/// # Ok(
/// Router::new()
///     .route("/documents", get(|| async { "a list" }).post(|| async { "written" }).layer(write))
///     .layer(ProtectLayer::new(guard)) // outermost: runs first
/// # )
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct RequireLayer {
    requirement: Arc<Requirement>,
}

impl RequireLayer {
    /// Asks for this.
    #[must_use]
    pub fn new(requirement: Requirement) -> Self {
        Self { requirement: Arc::new(requirement) }
    }
}

impl<S> Layer<S> for RequireLayer {
    type Service = Require<S>;

    fn layer(&self, inner: S) -> Require<S> {
        Require { inner, requirement: Arc::clone(&self.requirement) }
    }
}

/// The service that [`RequireLayer`] makes.
#[derive(Clone, Debug)]
pub struct Require<S> {
    inner: S,
    requirement: Arc<Requirement>,
}

impl<S, R, B> Service<Request<R>> for Require<S>
where
    S: Service<Request<R>, Response = Response<B>>,
    S::Future: Send + 'static,
    B: http_body::Body<Data = Bytes>,
{
    type Response = Response<GuardedBody<B>>;
    type Error = S::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, S::Error>> + Send>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<R>) -> Self::Future {
        let (parts, body) = request.into_parts();
        if let Some(refusal) = refusal(&parts, &self.requirement) {
            return Box::pin(async move { Ok(refusal.map(Either::Left)) });
        }
        let response = self.inner.call(Request::from_parts(parts, body));
        Box::pin(async move { Ok(response.await?.map(Either::Right)) })
    }
}

fn refusal(parts: &http::request::Parts, requirement: &Requirement) -> Option<Response<Full<Bytes>>> {
    let Some(admitted) = parts.extensions.get::<Admitted>() else {
        return Some(bare_unauthorized());
    };
    let lines = Lines(&parts.headers);
    let request = request_parts(parts, &lines, None);
    let denial = admitted.guard.require(&admitted.admission.grant, &request, requirement, admitted.now).err()?;
    Some(response(denial.response()))
}
