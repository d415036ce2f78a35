//! Routes of an authorization server.

use crate::body;
use crate::translate::{HeaderView, request_parts, response, system_clock, tls_session};
use actix_web::guard::{GuardContext, fn_guard};
use actix_web::web::{self, Payload, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse, Scope};
use attesto_core::authorization::{AuthorizationServer, RouteClass};
use attesto_core::crypto::EntropyError;
use attesto_core::host::{AuthorizationEndpoints, AuthorizationHost, EntropySource};
use attesto_core::http::ResponseParts;
use std::sync::Arc;

/// For `App::configure`: all endpoints and documents of this authorization server, answered for by this host, by the system's clock and
/// randomness. At the top level of the application: the paths are absolute. Make server and host outside the closure that actix calls
/// once for each worker, so that the workers share the stores; clones are handles on the same.
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
/// A body is read up to 64 KiB, whatever limit the application sets; how slowly it may come is up to the server
/// (`HttpServer::client_request_timeout`, or the proxy before it).
pub fn authorization_routes(server: AuthorizationServer, host: AuthorizationHost) -> impl FnOnce(&mut ServiceConfig) {
    let endpoints = Arc::new(AuthorizationEndpoints::new(server, host, system_clock(), system_entropy()));
    move |routes| {
        for class in RouteClass::ALL {
            routes.service(endpoint_scope(&endpoints, class));
        }
    }
}

/// The endpoints of one class, for middleware of its own (catalogue CF-5), or with a clock and a source of randomness of your own.
/// A server needs all three, each at the top level.
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
    let body = if wanted { body::read_beyond(payload.into_inner()).await } else { None };
    let tls = tls_session(request);
    let headers = HeaderView(request.headers());
    let answer = endpoints.respond(&request_parts(request, tls.as_ref(), &headers, body.as_ref())).await;
    response(answer.unwrap_or_else(|| ResponseParts::new(404)))
}

/// The operating system's randomness.
#[must_use]
pub fn system_entropy() -> EntropySource {
    EntropySource::new(|out| getrandom::fill(out).map_err(|_| EntropyError))
}
