//! An authorization server with login and consent pages under axum, and the MCP server that its tokens are for.
//!
//! `cargo run -p attesto-axum --example authorization_server` needs no set-up: it serves on a loopback port, plays a tour against
//! itself over the socket, prints each step with its outcome, and stays up. This file is what belongs to axum; server, clients, pages
//! and tour stand in `tests/demo/src/authorization`, because all adapters' demos share them.

use attesto_axum::core::host::PublicDocuments;
use attesto_axum::{ProtectLayer, authorization_router, documents_router};
use attesto_demo::Resources;
use attesto_demo::authorization::{AuthorizationDemo, Pages, Site};
use axum::Router;
use axum::extract::Request;
use axum::routing::any;
use std::error::Error;
use std::net::SocketAddr;
use std::process::ExitCode;
use tokio::net::TcpListener;
use tower_layer::Layer;

fn app(site: Site) -> Router {
    let mcp = ProtectLayer::new(site.guard).require(site.call).layer(Resources::mcp_service());
    let app = Router::new()
        .nest_service("/mcp", mcp)
        .merge(documents_router(PublicDocuments::clone(&site.documents)))
        .merge(authorization_router(site.server, site.host));
    Pages::PATHS.into_iter().fold(app, |app, path| {
        let pages = site.pages.clone();
        app.route(
            path,
            any(move |request: Request| async move { pages.respond(request).await.map(axum::body::Body::new) }),
        )
    })
}

#[tokio::main]
async fn main() -> Result<ExitCode, Box<dyn Error>> {
    let (mut demo, listener) = match AuthorizationDemo::start()? {
        Ok(demo) => demo,
        Err(code) => return Ok(code),
    };
    let app = app(demo.site().await?).into_make_service_with_connect_info::<SocketAddr>();
    let listener = TcpListener::from_std(listener)?;
    demo.play(async move { axum::serve(listener, app).await }).await
}

/// `cargo test` tries the pages of the very application that is served.
#[cfg(test)]
mod tests {
    use attesto_demo::authorization::Site;
    use attesto_testkit::{App, axum as testkit};

    async fn application(site: Site) -> impl App {
        testkit::app(super::app(site))
    }

    attesto_demo::page_tests!(tokio::test, application);
}
