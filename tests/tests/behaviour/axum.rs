//! axum, routed as its users do: a nested router for each resource.

use crate::Server;
use crate::setup::{Reached, Resource, Running, Setup, admin, clock};
use ::axum::body::Body;
use ::axum::extract::{Request, State};
use ::axum::response::IntoResponse;
use ::axum::routing::any;
use ::axum::{Extension, Router, serve};
use attesto_axum::{Granted, Principal, ProtectLayer, RequireLayer, WiringError, documents_router};
use http::StatusCode;
use std::net::SocketAddr;
use tokio::net::TcpListener;
use tokio::runtime::Runtime;

pub(crate) const SERVER: Server = Server { name: "axum", start, streams: true };

const TEXT: [(&str, &str); 1] = [("content-type", "text/plain")];

async fn who(State(reached): State<Reached>, grant: Result<Granted, WiringError>) -> impl IntoResponse {
    (TEXT, reached.who(grant.ok().as_ref().map(|grant| &**grant)))
}

async fn user(user: Principal<String>) -> impl IntoResponse {
    (TEXT, user.to_string())
}

async fn echo(request: Request) -> impl IntoResponse {
    (TEXT, Body::new(request.into_body()))
}

fn routes(resource: &Resource, pass_preflight: bool) -> Router<Reached> {
    let protect = ProtectLayer::new(resource.guard.clone()).require(resource.requirement.clone()).clock(clock());
    Router::new()
        .route("/", any(who))
        .route("/scoped", any(who).layer(RequireLayer::new(admin())))
        .route("/user", any(user))
        .route("/echo", any(echo))
        .fallback(|| async { StatusCode::NOT_FOUND })
        .layer(if pass_preflight { protect.pass_cors_preflight() } else { protect })
}

fn start(setup: Setup) -> Running {
    let mut app = Router::new();
    for resource in &setup.resources {
        app = app.nest(resource.base, routes(resource, setup.pass_preflight));
    }
    let mut app = app.merge(documents_router((*setup.documents()).clone())).with_state::<()>(setup.reached.clone());
    if let Some(session) = setup.tls {
        app = app.layer(Extension(session));
    }
    let runtime = Runtime::new().expect("a runtime");
    let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).expect("a free port");
    let address = listener.local_addr().expect("an address");
    let service = app.into_make_service_with_connect_info::<SocketAddr>();
    runtime.spawn(async move { serve(listener, service).await });
    Running { address, reached: setup.reached, alive: Box::new(runtime) }
}
