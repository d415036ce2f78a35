//! The endpoints of an authorization server.

use crate::translate::observe;
use attesto_core::authorization::{AuthorizationServer, RouteClass};
use attesto_core::host::{AuthorizationEndpoints, AuthorizationHost};
use attesto_hyper::{Authorize, system_clock, system_entropy};
use axum::Router;
use axum::extract::Request;
use axum::routing::any;
use http::StatusCode;
use std::sync::Arc;

/// Routes all endpoints and documents of `server`, backed by `host`, with the system's clock and randomness. Merge it into the
/// application's outermost router: the paths are absolute.
///
/// ```
/// # use attesto_axum::core::{authorization::AuthorizationServer, host::AuthorizationHost};
/// # fn demo(server: AuthorizationServer, host: AuthorizationHost, your_pages: axum::Router) -> axum::Router {
/// your_pages.merge(attesto_axum::authorization_router(server, host))
/// # }
/// ```
///
/// A body is read up to 64 KiB, whatever limit the application sets. How slowly it may come, the server decides
/// (`tower_http::timeout`, or the proxy before it).
pub fn authorization_router<S>(server: AuthorizationServer, host: AuthorizationHost) -> Router<S>
where
    S: Clone + Send + Sync + 'static,
{
    let endpoints = Arc::new(AuthorizationEndpoints::new(server, host, system_clock(), system_entropy()));
    RouteClass::ALL.into_iter().fold(Router::new(), |router, class| router.merge(endpoints_router(&endpoints, class)))
}

/// Routes the endpoints of one class, so that each class can have its own middleware (CF-5), or to use your own clock and
/// source of randomness. A server needs all three classes. Add middleware with `route_layer`: a `layer` would also answer for every
/// path without a route. Add none to [`RouteClass::Interactive`] of a server without an authorization endpoint: axum panics where
/// there is no route to put it before (see [`AuthorizationEndpoints::paths_of`]).
///
/// ```
/// # use attesto_axum::core::authorization::AuthorizationServer;
/// # use attesto_axum::core::host::{AuthorizationEndpoints, AuthorizationHost};
/// # use std::sync::Arc;
/// # fn demo<L>(server: AuthorizationServer, host: AuthorizationHost, rate_limit: L) -> axum::Router
/// # where
/// #     L: tower_layer::Layer<axum::routing::Route> + Clone + Send + Sync + 'static,
/// #     L::Service: tower_service::Service<axum::extract::Request> + Clone + Send + Sync + 'static,
/// #     <L::Service as tower_service::Service<axum::extract::Request>>::Response: axum::response::IntoResponse + 'static,
/// #     <L::Service as tower_service::Service<axum::extract::Request>>::Error: Into<std::convert::Infallible> + 'static,
/// #     <L::Service as tower_service::Service<axum::extract::Request>>::Future: Send + 'static,
/// # {
/// use attesto_axum::core::authorization::RouteClass;
/// use attesto_axum::{endpoints_router, system_clock, system_entropy};
///
/// let endpoints = Arc::new(AuthorizationEndpoints::new(server, host, system_clock(), system_entropy()));
/// axum::Router::new()
///     .merge(endpoints_router(&endpoints, RouteClass::Protocol).route_layer(rate_limit))
///     .merge(endpoints_router(&endpoints, RouteClass::Interactive))
///     .merge(endpoints_router(&endpoints, RouteClass::Metadata))
/// # }
/// ```
pub fn endpoints_router<S>(endpoints: &Arc<AuthorizationEndpoints>, class: RouteClass) -> Router<S>
where
    S: Clone + Send + Sync + 'static,
{
    let authorize = Authorize::from_endpoints(Arc::clone(endpoints)).observe(observe);
    let mut router = Router::new().without_v07_checks();
    for path in endpoints.paths_of(class) {
        let authorize = authorize.clone();
        let answer = move |request: Request| async move {
            authorize.respond(request).await.map_err(|_elsewhere| StatusCode::NOT_FOUND)
        };
        router = router.route(path, any(answer));
    }
    router
}
