//! The tower layer that protects a service.

use crate::clock::Clock;
use crate::form;
use crate::request::{Lines, request_parts};
use crate::response::{GuardedBody, granted};
use attesto_core::Timestamp;
use attesto_core::host::{Admission, Guard};
use attesto_core::resource::{Requirement, is_cors_preflight};
use axum::body::Body;
use bytes::Bytes;
use http::{Request, Response};
use http_body_util::Either;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use tower_layer::Layer;
use tower_service::Service;

/// What the layer leaves in the request's extensions for what stands behind it.
#[derive(Clone, Debug)]
pub(crate) struct Admitted {
    pub(crate) admission: Admission,
    pub(crate) guard: Arc<Guard>,
    /// Read once: no two checks of one request disagree about the time.
    pub(crate) now: Timestamp,
}

/// Protects any tower HTTP service: a request reaches it only with a [`Granted`](crate::Granted) in its extensions.
///
/// Put it before a route once: a second one would find the request's DPoP proof used already.
///
/// ```
/// # fn demo(guard: std::sync::Arc<attesto_core::host::Guard>) -> axum::Router {
/// use attesto_axum::{Granted, ProtectLayer};
/// use axum::{Router, routing::get};
///
/// Router::new()
///     .route("/me", get(|grant: Granted| async move { grant.subject().to_owned() }))
///     .layer(ProtectLayer::new(guard))
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct ProtectLayer {
    shared: Shared,
}

#[derive(Clone, Debug)]
struct Shared {
    guard: Arc<Guard>,
    requirement: Arc<Requirement>,
    clock: Clock,
    pass_preflight: bool,
}

impl ProtectLayer {
    /// Asks for a valid token, whatever its scopes.
    #[must_use]
    pub fn new(guard: impl Into<Arc<Guard>>) -> Self {
        let requirement = Arc::new(Requirement::authenticated());
        Self { shared: Shared { guard: guard.into(), requirement, clock: Clock::default(), pass_preflight: false } }
    }

    /// Asks for more: scopes, step-up. Applies to every route behind the layer;
    /// [`RequireLayer`](crate::RequireLayer) adds to single routes.
    #[must_use]
    pub fn require(mut self, requirement: Requirement) -> Self {
        self.shared.requirement = Arc::new(requirement);
        self
    }

    /// Replaces the clock, for tests.
    #[must_use]
    pub fn clock(mut self, clock: Clock) -> Self {
        self.shared.clock = clock;
        self
    }

    /// Lets CORS preflights through unauthenticated, because something behind the layer answers them. Without it they are
    /// refused like any request without credentials (catalogue C11).
    #[must_use]
    pub const fn pass_cors_preflight(mut self) -> Self {
        self.shared.pass_preflight = true;
        self
    }
}

impl<S> Layer<S> for ProtectLayer {
    type Service = Protect<S>;

    fn layer(&self, inner: S) -> Protect<S> {
        Protect { inner, shared: self.shared.clone() }
    }
}

/// The service that [`ProtectLayer`] makes.
#[derive(Clone, Debug)]
pub struct Protect<S> {
    inner: S,
    shared: Shared,
}

impl<S, B> Service<Request<Body>> for Protect<S>
where
    S: Service<Request<Body>, Response = Response<B>> + Clone + Send + 'static,
    S::Future: Send,
    B: http_body::Body<Data = Bytes>,
{
    type Response = Response<GuardedBody<B>>;
    type Error = S::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, S::Error>> + Send>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        // The instance that was polled ready is the one to call; the clone takes its place.
        let clone = self.inner.clone();
        let mut inner = std::mem::replace(&mut self.inner, clone);
        let shared = self.shared.clone();
        Box::pin(async move {
            match shared.admit(request).await {
                Outcome::Refused(response) => Ok(response.map(Either::Left)),
                Outcome::Preflight(request) => Ok(inner.call(request).await?.map(Either::Right)),
                Outcome::Admitted(request, admission) => {
                    let response = inner.call(request).await?;
                    Ok(granted(&admission.grant, response))
                }
            }
        })
    }
}

enum Outcome {
    Admitted(Request<Body>, Box<Admission>),
    Preflight(Request<Body>),
    Refused(Response<http_body_util::Full<Bytes>>),
}

impl Shared {
    async fn admit(self, request: Request<Body>) -> Outcome {
        let now = self.clock.now();
        let (mut parts, mut body) = request.into_parts();
        let mut form = None;
        if self.guard.server().reads_form_bodies() && form::may_hold_token(&parts) {
            (form, body) = form::read(body).await;
        }
        let admission = {
            let lines = Lines(&parts.headers);
            let borrowed = request_parts(&parts, &lines, form.as_deref());
            if self.pass_preflight && is_cors_preflight(&borrowed) {
                return Outcome::Preflight(Request::from_parts(parts, body));
            }
            match self.guard.admit(&borrowed, &self.requirement, now).await {
                Ok(admission) => admission,
                Err(denial) => {
                    return Outcome::Refused(crate::response::response(denial.response()));
                }
            }
        };
        let admitted = Admitted { admission: admission.clone(), guard: self.guard, now };
        parts.extensions.insert(admitted);
        Outcome::Admitted(Request::from_parts(parts, body), Box::new(admission))
    }
}
