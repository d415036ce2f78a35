//! A protected MCP server with its own issuer under axum, and a client that tries what a thief would try.
//!
//! `cargo run -p attesto-axum --example mcp_server` needs no set-up: it serves on a loopback port, plays a tour against
//! itself over the socket, prints each request and verdict, and stays up with curl lines to try. This file is what belongs to
//! axum; issuer, guards, tour and tool stand in `tests/src/demo`, because all adapters' demos share them.

use attesto_axum::core::metadata::PublicDocuments;
use attesto_axum::{ProtectLayer, documents_router};
use attesto_tests::demo::{Demo, Resources};
use axum::Router;
use std::error::Error;
use std::net::SocketAddr;
use std::process::ExitCode;
use tokio::net::TcpListener;
use tower_layer::Layer;

fn app(resources: Resources) -> Router {
    let open = ProtectLayer::new(resources.open).require(resources.call.clone());
    let strict = ProtectLayer::new(resources.strict).require(resources.call);
    Router::new()
        .nest_service("/strict/mcp", strict.layer(Resources::mcp_service()))
        .nest_service("/mcp", open.layer(Resources::mcp_service()))
        .merge(documents_router(PublicDocuments::clone(&resources.documents)))
}

#[tokio::main]
async fn main() -> Result<ExitCode, Box<dyn Error>> {
    let (demo, listener) = match Demo::start()? {
        Ok(demo) => demo,
        Err(code) => return Ok(code),
    };
    let app = app(demo.resources()?).into_make_service_with_connect_info::<SocketAddr>();
    let listener = TcpListener::from_std(listener)?;
    demo.play(async move { axum::serve(listener, app).await }).await
}
