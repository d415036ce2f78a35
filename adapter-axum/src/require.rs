//! Further requirements of single routes, behind [`ProtectLayer`](crate::ProtectLayer).

use crate::middleware::Wrapped;
use crate::translate::observe;
use attesto_core::resource::Requirement;
use attesto_hyper::Require;
use tower_layer::Layer;

/// Demands scopes or step-up on the routes it wraps. It stands behind a [`ProtectLayer`](crate::ProtectLayer): a request that none
/// authenticated gets 401 (S10), in whatever order the layers were meant to stand.
///
/// ```
/// # fn demo(guard: std::sync::Arc<attesto_core::host::Guard>) -> Result<axum::Router, attesto_core::ConfigError> {
/// use attesto_axum::{ProtectLayer, RequireLayer};
/// use attesto_core::resource::Requirement;
/// use axum::{Router, routing::post};
///
/// let write = RequireLayer::new(Requirement::scopes(["documents.write"])?);
/// let app = Router::new()
///     .route("/documents", post(|| async { "stored" }).layer(write))
///     .layer(ProtectLayer::new(guard));
/// # Ok(app)
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct RequireLayer(Require);

impl RequireLayer {
    /// Demands this on top of what the [`ProtectLayer`](crate::ProtectLayer) demands.
    #[must_use]
    pub fn new(requirement: Requirement) -> Self {
        Self(Require::new(requirement).observe(observe))
    }
}

impl<S> Layer<S> for RequireLayer {
    type Service = Wrapped<Require, S>;

    fn layer(&self, inner: S) -> Self::Service {
        Wrapped::new(self.0.clone(), inner)
    }
}
