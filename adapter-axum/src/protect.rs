//! The layers: what stands before a route.

use crate::middleware::Staged;
use attesto_core::host::{Guard, SessionOwners};
use attesto_core::resource::Requirement;
use attesto_core::time::Clock;
use attesto_hyper::{McpSessions, Observed, PeerAddress, Protect, Require};
use axum::extract::{ConnectInfo, OriginalUri};
use http::request::Parts;
use std::net::SocketAddr;
use std::sync::Arc;
use tower_layer::Layer;

/// The URI before any router took a prefix off it, and the peer: where axum notes it, else where `attesto_hyper::OnConnection` does
/// in a connection loop of one's own. Only what accepts connections writes either.
pub(crate) fn observe(parts: &Parts) -> Observed<'_> {
    let uri = parts.extensions.get::<OriginalUri>().map_or(&parts.uri, |original| &original.0);
    let peer = match parts.extensions.get() {
        Some(ConnectInfo::<SocketAddr>(peer)) => Some(peer.ip()),
        None => parts.extensions.get::<PeerAddress>().map(|peer| peer.0.ip()),
    };
    Observed::new(uri, peer)
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
pub struct ProtectLayer(Protect);

impl ProtectLayer {
    /// Asks for a valid token, whatever its scopes.
    #[must_use]
    pub fn new(guard: impl Into<Arc<Guard>>) -> Self {
        Self(Protect::new(guard).observing(observe))
    }

    /// Asks for more: scopes, step-up. Applies to every route behind the layer; [`RequireLayer`] adds to single routes.
    #[must_use]
    pub fn require(self, requirement: Requirement) -> Self {
        Self(self.0.require(requirement))
    }

    /// Replaces the clock, for tests.
    #[must_use]
    pub fn clock(self, clock: Clock) -> Self {
        Self(self.0.clock(clock))
    }

    /// Lets CORS preflights through unauthenticated, because something behind the layer answers them. Without it they are
    /// refused like any request without credentials (catalogue C11).
    #[must_use]
    pub fn pass_cors_preflight(self) -> Self {
        Self(self.0.pass_cors_preflight())
    }
}

/// Asks for scopes or step-up on the routes it wraps. It stands behind a [`ProtectLayer`]: a request that nothing authenticated is
/// refused with 401 (catalogue S10), whatever the order of the layers was meant to be.
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
    /// Asks for this on top of what the [`ProtectLayer`] asks.
    #[must_use]
    pub fn new(requirement: Requirement) -> Self {
        Self(Require::new(requirement).observing(observe))
    }
}

/// Ties the sessions of an MCP server to those who began them ([`SessionOwners`]; catalogue X41). It stands behind a
/// [`ProtectLayer`].
///
/// ```
/// # fn demo(guard: std::sync::Arc<attesto_core::host::Guard>, mcp: axum::routing::MethodRouter)
/// # -> Result<axum::Router, attesto_core::ConfigError> {
/// use attesto_axum::{McpSessionLayer, ProtectLayer};
/// use attesto_core::host::SessionOwners;
///
/// let sessions = McpSessionLayer::new(SessionOwners::single_instance(10_000)?);
/// let app = axum::Router::new().route("/mcp", mcp).layer(sessions).layer(ProtectLayer::new(guard));
/// # Ok(app)
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct McpSessionLayer(McpSessions);

impl McpSessionLayer {
    /// Remembers owners here.
    #[must_use]
    pub fn new(owners: impl Into<Arc<SessionOwners>>) -> Self {
        Self(McpSessions::new(owners))
    }
}

macro_rules! layers {
    ($($layer:ident: $stage:ident)*) => {$(
        impl<S> Layer<S> for $layer {
            type Service = Staged<$stage, S>;

            fn layer(&self, inner: S) -> Self::Service {
                Staged::new(self.0.clone(), inner)
            }
        }
    )*};
}

layers!(McpSessionLayer: McpSessions ProtectLayer: Protect RequireLayer: Require);
