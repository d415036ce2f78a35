//! The endpoints of an authorization server.

use crate::body::read_beyond;
use crate::system::{system_clock, system_entropy};
use crate::translate::{HeaderView, request_parts, response, tls_session};
use actix_web::guard::{GuardContext, fn_guard};
use actix_web::web::{self, Payload, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse, Scope};
use attesto_core::authorization::{AuthorizationServer, RouteClass};
use attesto_core::host::{AuthorizationEndpoints, AuthorizationHost};
use attesto_core::http::ResponseParts;
use std::sync::Arc;

/// For `App::configure`: serves all endpoints and documents of `server`, backed by `host`, with the system's clock and randomness. Use it
/// at the top level of the application: the paths are absolute. Make server and host outside the closure that actix calls once for each
/// worker, so that the workers share the stores; clones are handles on the same.
///
/// ```
/// # use attesto_actix::core::{authorization::AuthorizationServer, host::AuthorizationHost};
/// # fn demo(server: AuthorizationServer, host: AuthorizationHost) {
/// use attesto_actix::authorization_routes;
///
/// let app = move || actix_web::App::new().configure(authorization_routes(server.clone(), host.clone()));
/// # let _ = app;
/// # }
/// ```
///
/// A body is read up to 64 KiB, whatever limit the application sets. Nothing here limits the time that it takes,
/// and `HttpServer::client_request_timeout` counts for the head only: see "Slow clients" in the [crate](crate)'s documentation.
pub fn authorization_routes(server: AuthorizationServer, host: AuthorizationHost) -> impl FnOnce(&mut ServiceConfig) {
    let endpoints = Arc::new(AuthorizationEndpoints::new(server, host, system_clock(), system_entropy()));
    move |routes| {
        for class in RouteClass::ALL {
            routes.service(endpoint_scope(&endpoints, class));
        }
    }
}

/// Serves the endpoints of one class, so that each class can have its own middleware (CF-5), or to use your own clock and
/// source of randomness. A server needs all three classes, each at the top level.
///
/// ```
/// # use attesto_actix::core::host::AuthorizationEndpoints;
/// # use std::sync::Arc;
/// # fn demo(endpoints: Arc<AuthorizationEndpoints>) {
/// use actix_web::{App, middleware::DefaultHeaders};
/// use attesto_actix::{core::authorization::RouteClass, endpoint_scope};
///
/// let limit = DefaultHeaders::new().add(("x-robots-tag", "none")); // or a rate limit
/// let app = App::new()
///     .service(endpoint_scope(&endpoints, RouteClass::Protocol).wrap(limit))
///     .service(endpoint_scope(&endpoints, RouteClass::Interactive))
///     .service(endpoint_scope(&endpoints, RouteClass::Metadata));
/// # }
/// ```
#[must_use]
pub fn endpoint_scope(endpoints: &Arc<AuthorizationEndpoints>, class: RouteClass) -> Scope {
    // By a predicate over the path as sent, because actix's patterns see it with some of its percent-encoding undone.
    let known = Arc::clone(endpoints);
    let is_ours = move |context: &GuardContext<'_>| known.server().class_of(context.head().uri.path()) == Some(class);
    let endpoints = Arc::clone(endpoints);
    let serve = move |request: HttpRequest, payload: Payload| {
        let endpoints = Arc::clone(&endpoints);
        async move { respond(&endpoints, &request, payload).await }
    };
    web::scope("").guard(fn_guard(is_ours)).default_service(web::to(serve))
}

async fn respond(endpoints: &AuthorizationEndpoints, request: &HttpRequest, payload: Payload) -> HttpResponse {
    let wanted = endpoints.wants_body(request.method().as_str(), request.uri().path());
    let body = if wanted { read_beyond(payload.into_inner()).await } else { None };
    let tls = tls_session(request);
    let headers = HeaderView(request.headers());
    let answer = endpoints.respond(&request_parts(request, tls.as_ref(), &headers, body.as_ref())).await;
    response(answer.unwrap_or_else(|| ResponseParts::new(404)))
}
