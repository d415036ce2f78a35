//! A protected MCP server with its own issuer on bare hyper, and a client that tries what a thief would try.
//!
//! `cargo run -p attesto-hyper --example mcp_server` needs no set-up: it serves on a loopback port, plays a tour against
//! itself over the socket, prints each request and verdict, and stays up with curl lines to try. This file is what belongs to
//! hyper; issuer, guards, tour and tool stand in `tests/demo`, because all adapters' demos share them.

use attesto_demo::{Demo, McpService, Resources};
use attesto_hyper::{GuardedBody, OnConnection, Protect, Publish, Wrapped};
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

/// A router as small as two routes need.
async fn route(open: Mcp, strict: Mcp, request: Request<Incoming>) -> Result<Response<Body>, Infallible> {
    match request.uri().path() {
        "/mcp" => open.call(request).await,
        "/strict/mcp" => strict.call(request).await,
        _ => {
            let mut missing = Response::new(Full::default());
            *missing.status_mut() = StatusCode::NOT_FOUND;
            Ok(missing.map(GuardedBody::Left))
        }
    }
}

/// What each connection serves.
fn app(
    resources: Resources,
) -> impl Service<Request<Incoming>, Response = Response<GuardedBody<Body>>, Error = Infallible, Future: Send>
+ Clone
+ Send
+ Sync
+ 'static {
    let mcp = || TowerToHyperService::new(Resources::mcp_service());
    let open = Protect::new(resources.open).require(resources.call.clone()).wrap(mcp());
    let strict = Protect::new(resources.strict).require(resources.call).wrap(mcp());
    let routes = service_fn(move |request| route(open.clone(), strict.clone(), request));
    Publish::new(resources.documents).wrap(routes)
}

async fn serve(listener: TcpListener, resources: Resources) -> std::io::Result<()> {
    let app = app(resources);
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
    let (demo, listener) = match Demo::start()? {
        Ok(demo) => demo,
        Err(code) => return Ok(code),
    };
    let server = serve(TcpListener::from_std(listener)?, demo.resources()?);
    demo.play(server).await
}

/// `cargo test` proves the wiring of the very application that is served, for the issuer of the testkit in place of the demo's.
#[cfg(test)]
mod tests {
    use super::app;
    use attesto_demo::wiring_tests::{fixture, resources, route};
    use attesto_testkit::hyper as testkit;
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
