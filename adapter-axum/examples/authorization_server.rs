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
    let (demo, listener) = match AuthorizationDemo::start()? {
        Ok(demo) => demo,
        Err(code) => return Ok(code),
    };
    let app = app(demo.site()?).into_make_service_with_connect_info::<SocketAddr>();
    let listener = TcpListener::from_std(listener)?;
    demo.play(async move { axum::serve(listener, app).await }).await
}

/// `cargo test` tries the pages of the very application that is served.
#[cfg(test)]
mod tests {
    use super::app;
    use attesto_demo::authorization::page_tests::{self, TestSite};
    use attesto_testkit::axum as testkit;

    #[tokio::test]
    async fn forged_forms_are_refused() {
        let site = TestSite::with_hostile_client();
        page_tests::forged_forms_are_refused(&testkit::app(app(site.mounted())), &site).await;
    }

    #[tokio::test]
    async fn foreign_forms_are_refused() {
        let site = TestSite::with_hostile_client();
        page_tests::foreign_forms_are_refused(&testkit::app(app(site.mounted())), &site).await;
    }

    #[tokio::test]
    async fn wrong_passwords_are_refused_and_counted() {
        let site = TestSite::with_hostile_client();
        page_tests::wrong_passwords_are_refused_and_counted(&testkit::app(app(site.mounted())), &site).await;
    }

    #[tokio::test]
    async fn visits_end_with_a_code_or_a_refusal() {
        let site = TestSite::with_hostile_client();
        page_tests::visits_end_with_a_code_or_a_refusal(&testkit::app(app(site.mounted())), &site).await;
    }

    #[tokio::test]
    async fn script_is_shown_as_text() {
        let site = TestSite::with_hostile_client();
        page_tests::script_is_shown_as_text(&testkit::app(app(site.mounted())), &site).await;
    }

    #[tokio::test]
    async fn pages_allow_nothing_but_their_form() {
        let site = TestSite::with_hostile_client();
        page_tests::pages_allow_nothing_but_their_form(&testkit::app(app(site.mounted())), &site).await;
    }
    #[tokio::test]
    async fn only_a_login_sets_the_session_and_only_the_endpoints_get_it() {
        let site = TestSite::with_hostile_client();
        page_tests::only_a_login_sets_the_session_and_only_the_endpoints_get_it(
            &testkit::app(app(site.mounted())),
            &site,
        )
        .await;
    }

    #[tokio::test]
    async fn other_sites_cannot_log_a_user_out() {
        let site = TestSite::with_hostile_client();
        page_tests::other_sites_cannot_log_a_user_out(&testkit::app(app(site.mounted())), &site).await;
    }

    #[tokio::test]
    async fn every_server_is_named() {
        let site = TestSite::with_hostile_client();
        page_tests::every_server_is_named(&testkit::app(app(site.mounted())), &site).await;
    }
}
