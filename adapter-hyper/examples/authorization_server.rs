//! An authorization server with login and consent pages on bare hyper, and the MCP server that its tokens are for.
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
use hyper::server::conn::http1;
use hyper::service::{Service, service_fn};
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use std::convert::Infallible;
use std::error::Error;
use std::process::ExitCode;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::time::sleep;

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
        let Ok((stream, peer)) = listener.accept().await else {
            sleep(Duration::from_millis(100)).await; // EMFILE, say: it fails again at once, until a connection closes
            continue;
        };
        let (io, service) = (TokioIo::new(stream), OnConnection::new(peer).wrap(app.clone()));
        tokio::spawn(http1::Builder::new().timer(TokioTimer::new()).serve_connection(io, service)); // timer: 30 s for a head
    }
}

#[tokio::main]
async fn main() -> Result<ExitCode, Box<dyn Error>> {
    let (mut demo, listener) = match AuthorizationDemo::start()? {
        Ok(demo) => demo,
        Err(code) => return Ok(code),
    };
    let server = serve(TcpListener::from_std(listener)?, demo.site().await?);
    demo.play(server).await
}

/// `cargo test` tries the pages of the very application that is served.
#[cfg(test)]
mod tests {
    use attesto_demo::authorization::Site;
    use attesto_testkit::{App, hyper as testkit};

    async fn application(site: Site) -> impl App {
        testkit::app(super::app(site))
    }

    attesto_demo::page_tests!(tokio::test, application);
}
