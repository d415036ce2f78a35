//! Under axum.

use super::{ANSWER, REFUSED, Resource, runtime};
use attesto_axum::ProtectLayer;
use axum::Router;
use axum::extract::State;
use axum::http::header::{AUTHORIZATION, HOST, HeaderMap, HeaderName};
use axum::routing::get;
use std::error::Error;
use std::net::SocketAddr;

async fn answer() -> &'static str {
    ANSWER
}

async fn by_hand(State(resource): State<Resource>, headers: HeaderMap) -> &'static str {
    let field = |name: HeaderName| headers.get(name).map(|value| value.as_bytes());
    let fields = [
        ("host", field(HOST)),
        ("authorization", field(AUTHORIZATION)),
        ("dpop", field(HeaderName::from_static("dpop"))),
    ];
    if resource.admits("/by-hand", fields).await { ANSWER } else { REFUSED }
}

pub(super) fn serve(listener: std::net::TcpListener, resource: Resource) -> Result<(), Box<dyn Error>> {
    let protect = ProtectLayer::new(resource.guard.clone()).require(resource.requirement.clone());
    let app = Router::new()
        .route("/bare", get(answer))
        .route("/by-hand", get(by_hand))
        .route("/guarded", get(answer).layer(protect))
        .route("/stats", get(async |State(resource): State<Resource>| resource.stats()))
        .with_state(resource)
        .into_make_service_with_connect_info::<SocketAddr>();
    runtime()?.block_on(async { axum::serve(tokio::net::TcpListener::from_std(listener)?, app).await })?;
    Ok(())
}
