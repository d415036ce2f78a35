//! An authorization server with login and consent pages on bare hyper, HTTP/1 and HTTP/2, and the MCP server that its tokens are for.
//!
//! `cargo run -p attesto-hyper --example authorization_server` needs no set-up: it serves on a loopback port, plays a tour against
//! itself over the socket, prints each step with its outcome, and stays up. This file is what belongs to hyper; server, clients, pages
//! and tour stand in `tests/demo/src/authorization`, because all adapters' demos share them.

use attesto_demo::authorization::{AuthorizationDemo, Pages, Site};
use attesto_demo::{McpService, Resources};
use attesto_hyper::{Authorize, GuardedBody, OnConnection, Protect, Publish, Wrapped};
use bytes::Bytes;
use http_body_util::{Full, combinators::BoxBody};
use hyper::body::Incoming;
use hyper::service::{Service, service_fn};
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto;
use hyper_util::service::TowerToHyperService;
use std::convert::Infallible;
use std::error::Error;
use std::process::ExitCode;
use tokio::net::TcpListener;

type Body = GuardedBody<BoxBody<Bytes, Infallible>>;
type Mcp = Wrapped<Protect, TowerToHyperService<McpService>>;

/// A router as small as three routes need.
async fn route(mcp: Mcp, pages: Pages, request: Request<Incoming>) -> Result<Response<Body>, Infallible> {
    let path = request.uri().path();
    if path == "/mcp" {
        return mcp.call(request).await;
    }
    if Pages::PATHS.contains(&path) {
        return Ok(pages.respond(request).await.map(GuardedBody::Left));
    }
    let mut missing = Response::new(Full::default());
    *missing.status_mut() = StatusCode::NOT_FOUND;
    Ok(missing.map(GuardedBody::Left))
}

/// What each connection serves.
fn app(
    site: Site,
) -> impl Service<Request<Incoming>, Response = Response<GuardedBody<GuardedBody<Body>>>, Error = Infallible, Future: Send>
+ Clone
+ Send
+ Sync
+ 'static {
    let mcp = TowerToHyperService::new(Resources::mcp_service());
    let mcp = Protect::new(site.guard).require(site.call).wrap(mcp);
    let pages = site.pages;
    let routes = service_fn(move |request| route(mcp.clone(), pages.clone(), request));
    Authorize::new(site.server, site.host).wrap(Publish::new(site.documents).wrap(routes))
}

async fn serve(listener: TcpListener, site: Site) -> std::io::Result<()> {
    let app = app(site);
    loop {
        let Ok((stream, peer)) = listener.accept().await else { continue }; // no file left, say: wait here for a moment
        let service = OnConnection::new(peer).wrap(app.clone());
        tokio::spawn(async move {
            auto::Builder::new(TokioExecutor::new()).serve_connection(TokioIo::new(stream), service).await
        });
    }
}

#[tokio::main]
async fn main() -> Result<ExitCode, Box<dyn Error>> {
    let (demo, listener) = match AuthorizationDemo::start()? {
        Ok(demo) => demo,
        Err(code) => return Ok(code),
    };
    let server = serve(TcpListener::from_std(listener)?, demo.site()?);
    demo.play(server).await
}

/// `cargo test` tries the pages of the very application that is served.
#[cfg(test)]
mod tests {
    use super::app;
    use attesto_demo::authorization::page_tests::{self, TestSite};
    use attesto_testkit::hyper as testkit;

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
