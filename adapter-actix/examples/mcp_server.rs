//! A protected MCP server with its own issuer under actix-web, and a client that tries what a thief would try.
//!
//! `cargo run -p attesto-actix --example mcp_server` needs no set-up: it serves on a loopback port, plays a tour against
//! itself over the socket, prints each request and verdict, and stays up with curl lines to try. This file is what belongs to
//! actix; issuer, guards, tour and tool stand in `tests/demo`, because all adapters' demos share them.

use actix_web::web::{self, Bytes, Data, ServiceConfig};
use actix_web::{App, HttpRequest, HttpResponse, HttpServer, error};
use attesto_actix::core::host::Passage;
use attesto_actix::{Protect, publish};
use attesto_demo::{Demo, McpService, Resources};
use http_body_util::{BodyExt, Full};
use std::error::Error;
use std::process::ExitCode;
use tower_service::Service;

/// The MCP SDK speaks the `http` crate's types; actix its own. What authenticated the request goes with it.
async fn mcp(request: HttpRequest, body: Bytes, service: Data<McpService>) -> actix_web::Result<HttpResponse> {
    use actix_web::HttpMessage;
    let mut translated = http::Request::builder().method(request.method().as_str()).uri(request.uri().to_string());
    for (name, value) in request.headers() {
        translated = translated.header(name.as_str(), value.as_bytes());
    }
    if let Some(passage) = request.extensions().get::<Passage>() {
        translated = translated.extension(passage.clone());
    }
    let translated = translated.body(Full::new(body)).map_err(error::ErrorBadRequest)?;
    let Ok(response) = McpService::clone(&service).call(translated).await;
    let (parts, body) = response.into_parts();
    let status =
        actix_web::http::StatusCode::from_u16(parts.status.as_u16()).map_err(error::ErrorInternalServerError)?;
    let mut answer = HttpResponse::build(status);
    for (name, value) in &parts.headers {
        answer.append_header((name.as_str(), value.as_bytes()));
    }
    let Ok(body) = body.collect().await;
    Ok(answer.body(body.to_bytes()))
}

/// What each worker serves. Guards and MCP service are made once, outside: the workers share their stores.
fn routes(resources: Resources, service: Data<McpService>) -> impl FnOnce(&mut ServiceConfig) {
    let Resources { open, strict, call, documents, .. } = resources;
    move |routes| {
        let resource = |path: &str, guard| {
            web::resource(path).route(web::route().to(mcp)).wrap(Protect::new(guard).require(call.clone()))
        };
        routes
            .app_data(service)
            .configure(publish(documents))
            .service(resource("/mcp", open))
            .service(resource("/strict/mcp", strict));
    }
}

#[actix_web::main]
async fn main() -> Result<ExitCode, Box<dyn Error>> {
    let (demo, listener) = match Demo::start()? {
        Ok(demo) => demo,
        Err(code) => return Ok(code),
    };
    let (resources, service) = (demo.resources()?, Data::new(Resources::mcp_service()));
    let app = move || App::new().configure(routes(resources.clone(), service.clone()));
    demo.play(HttpServer::new(app).workers(2).listen(listener)?.run()).await
}

/// `cargo test` proves the wiring of the very application that is served, for the issuer of the testkit in place of the demo's.
#[cfg(test)]
mod tests {
    use super::*;
    use actix_web::dev::{Service, ServiceResponse};
    use actix_web::test::init_service;
    use attesto_demo::wiring_tests::{fixture, resources, route};
    use attesto_testkit::actix::{self as testkit, Request};
    use attesto_testkit::{App as _, Fixture, assert_resource_protected};

    async fn service(fixture: &Fixture) -> impl Service<Request, Response = ServiceResponse, Error = actix_web::Error> {
        let service = Data::new(Resources::mcp_service());
        init_service(App::new().configure(routes(resources(fixture), service))).await
    }

    #[actix_web::test]
    async fn the_mcp_server_is_protected() {
        let fixture = fixture("/mcp");
        let app = testkit::app(service(&fixture).await);
        assert_resource_protected(&app, &fixture, &route("/mcp")).await;
    }

    #[actix_web::test]
    async fn the_strict_mcp_server_takes_bound_tokens_only() {
        let fixture = fixture("/strict/mcp");
        let app = testkit::app(service(&fixture).await);
        assert_resource_protected(&app, &fixture, &route("/strict/mcp").sender_constrained()).await;
    }

    #[actix_web::test]
    async fn the_tool_learns_who_calls() {
        let fixture = fixture("/mcp");
        let answer = testkit::app(service(&fixture).await).respond(route("/mcp").authorized(&fixture, None)).await;
        assert!(answer.text().contains("usr_1 by dpop"), "{answer:?}");
    }
}
