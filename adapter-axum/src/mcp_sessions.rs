//! Sessions of an MCP server, each for the caller that began it.

use crate::middleware::Wrapped;
use attesto_core::host::SessionOwners;
use attesto_hyper::McpSessions;
use std::sync::Arc;
use tower_layer::Layer;

/// Ties each session of an MCP server to the caller that began it ([`SessionOwners`]; H6). It stands behind a
/// [`ProtectLayer`](crate::ProtectLayer).
///
/// ```
/// # fn demo(guard: std::sync::Arc<attesto_core::host::Guard>, mcp: axum::routing::MethodRouter)
/// # -> Result<axum::Router, attesto_core::ConfigError> {
/// use attesto_axum::{McpSessionsLayer, ProtectLayer};
/// use attesto_core::host::SessionOwners;
///
/// let sessions = McpSessionsLayer::new(SessionOwners::single_node(10_000)?);
/// let app = axum::Router::new().route("/mcp", mcp).layer(sessions).layer(ProtectLayer::new(guard));
/// # Ok(app)
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct McpSessionsLayer(McpSessions);

impl McpSessionsLayer {
    /// Remembers the owners of sessions in `owners`.
    #[must_use]
    pub fn new(owners: impl Into<Arc<SessionOwners>>) -> Self {
        Self(McpSessions::new(owners))
    }
}

impl<S> Layer<S> for McpSessionsLayer {
    type Service = Wrapped<McpSessions, S>;

    fn layer(&self, inner: S) -> Self::Service {
        Wrapped::new(self.0.clone(), inner)
    }
}
