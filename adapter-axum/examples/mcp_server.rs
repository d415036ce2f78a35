//! A protected MCP server with its own issuer under axum, and a client that tries what a thief would try.
//!
//! `cargo run -p attesto-axum --example mcp_server` needs no set-up: it serves on a loopback port, plays a tour against
//! itself over the socket, prints each request and verdict, and stays up with curl lines to try. This file is what belongs to
//! axum; issuer, guards, tour and tool stand in `tests/demo`, because all adapters' demos share them.

use attesto_axum::core::host::PublicDocuments;
use attesto_axum::{ProtectLayer, documents_router};
use attesto_demo::{Demo, Resources};
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

/// `cargo test` proves the wiring of the very application that is served, for the issuer of the testkit in place of the demo's.
#[cfg(test)]
mod tests {
    use super::*;
    use attesto_demo::wiring_tests::{fixture, resources, route};
    use attesto_testkit::axum as testkit;
    use attesto_testkit::{App as _, assert_resource_protected};

    #[tokio::test]
    async fn the_mcp_server_is_protected() {
        let fixture = fixture("/mcp");
        let app = testkit::app(app(resources(&fixture)));
        assert_resource_protected(&app, &fixture, &route("/mcp")).await;
    }

    #[tokio::test]
    async fn the_strict_mcp_server_takes_bound_tokens_only() {
        let fixture = fixture("/strict/mcp");
        let app = testkit::app(app(resources(&fixture)));
        assert_resource_protected(&app, &fixture, &route("/strict/mcp").sender_constrained()).await;
    }

    #[tokio::test]
    async fn the_tool_learns_who_calls() {
        let fixture = fixture("/mcp");
        let answer = testkit::app(app(resources(&fixture))).respond(route("/mcp").authorized(&fixture, None)).await;
        assert!(answer.text().contains("usr_1 by dpop"), "{answer:?}");
    }
}
