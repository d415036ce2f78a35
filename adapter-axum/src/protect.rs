//! Protection of routes: who has no valid access token gets no further.

use crate::middleware::Wrapped;
use crate::translate::observe;
use attesto_core::host::Guard;
use attesto_core::resource::Requirement;
use attesto_core::time::Clock;
use attesto_hyper::Protect;
use std::sync::Arc;
use tower_layer::Layer;

/// Demands a valid access token before any tower HTTP service: a request reaches it only with a [`Granted`](crate::Granted) in its
/// extensions.
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
pub struct ProtectLayer(Protect);

impl ProtectLayer {
    /// Demands a token that `guard` accepts, whatever its scopes.
    #[must_use]
    pub fn new(guard: impl Into<Arc<Guard>>) -> Self {
        Self(Protect::new(guard).observe(observe))
    }

    /// Demands scopes or step-up as well, on every route behind the layer; [`RequireLayer`](crate::RequireLayer) adds to single
    /// routes.
    #[must_use]
    pub fn require(self, requirement: Requirement) -> Self {
        Self(self.0.require(requirement))
    }

    /// Replaces the clock, for tests.
    #[must_use]
    pub fn clock(self, clock: Clock) -> Self {
        Self(self.0.clock(clock))
    }

    /// Lets CORS preflights through unauthenticated, for a service behind the layer that answers them. Without it they are refused like
    /// any request without credentials (C11).
    #[must_use]
    pub fn pass_cors_preflight(self) -> Self {
        Self(self.0.pass_cors_preflight())
    }
}

impl<S> Layer<S> for ProtectLayer {
    type Service = Wrapped<Protect, S>;

    fn layer(&self, inner: S) -> Self::Service {
        Wrapped::new(self.0.clone(), inner)
    }
}
