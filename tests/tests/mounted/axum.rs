//! axum: the endpoints merged into the application's outermost router.

use crate::Server;
use crate::setup::{CLASS, Mounted, Running, Setup, clock, mark};
use ::axum::body::Body;
use ::axum::extract::Request;
use ::axum::http::HeaderValue;
use ::axum::middleware::{Next, from_fn};
use ::axum::routing::{get, post};
use ::axum::{Router, serve};
use attesto_axum::{Granted, ProtectLayer, authorization_router, documents_router, endpoints_router};
use attesto_core::authorization::RouteClass;
use std::net::SocketAddr;
use tokio::net::TcpListener;
use tokio::runtime::Runtime;

pub(crate) const SERVER: Server = Server { start };

async fn echo(request: Request) -> Body {
    request.into_body()
}

fn endpoints(mounted: Mounted) -> Router {
    match mounted {
        Mounted::Whole(server, host) => authorization_router(server, host),
        Mounted::SideBySide(both) => both
            .into_iter()
            .fold(Router::new(), |router, (server, host)| router.merge(authorization_router(server, host))),
        Mounted::ByClass(endpoints) => RouteClass::ALL.into_iter().fold(Router::new(), |router, class| {
            let marking = from_fn(move |request: Request, next: Next| async move {
                let mut response = next.run(request).await;
                response.headers_mut().append(CLASS, HeaderValue::from_static(mark(class)));
                response
            });
            match &*endpoints.paths_of(class) {
                [] => router, // axum takes a `route_layer` before no route for a mistake
                [..] => router.merge(endpoints_router(&endpoints, class).route_layer(marking)),
            }
        }),
    }
}

fn start(setup: Setup) -> Running {
    let documents = documents_router(setup.documents());
    let protect = ProtectLayer::new(setup.guard).clock(clock());
    let who = get(|grant: Granted| async move { grant.subject().to_owned() });
    let app = Router::new()
        .route("/mcp", who.layer(protect))
        .route("/echo", post(echo))
        .merge(documents)
        .merge(endpoints(setup.mounted));
    let runtime = Runtime::new().expect("a runtime");
    let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).expect("a free port");
    let address = listener.local_addr().expect("an address");
    let service = app.into_make_service_with_connect_info::<SocketAddr>();
    runtime.spawn(async move { serve(listener, service).await });
    Running { address, alive: Box::new(runtime) }
}
