//! A protected MCP server with its own issuer under actix-web, and a client that tries what a thief would try.
//!
//! `cargo run -p attesto-actix --example mcp_server` needs no set-up: it serves on a loopback port, plays a tour against
//! itself over the socket, prints each request and verdict, and stays up with curl lines to try. This file is what belongs to
//! actix; issuer, guards, tour and tool stand in `tests/src/demo`, because all adapters' demos share them.

use actix_web::web::{self, Bytes, Data};
use actix_web::{App, HttpRequest, HttpResponse, HttpServer, error};
use attesto_actix::core::host::Passage;
use attesto_actix::{Protect, publish};
use attesto_tests::demo::{Demo, McpService, Resources};
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

#[actix_web::main]
async fn main() -> Result<ExitCode, Box<dyn Error>> {
    let (demo, listener) = match Demo::start()? {
        Ok(demo) => demo,
        Err(code) => return Ok(code),
    };
    let Resources { open, strict, call, documents, .. } = demo.resources()?;
    let service = Data::new(Resources::mcp_service());
    let app = move || {
        let resource = |path: &str, guard| {
            web::resource(path).route(web::route().to(mcp)).wrap(Protect::new(guard).require(call.clone()))
        };
        App::new()
            .app_data(service.clone())
            .configure(publish(documents.clone()))
            .service(resource("/mcp", open.clone()))
            .service(resource("/strict/mcp", strict.clone()))
    };
    demo.play(HttpServer::new(app).workers(2).listen(listener)?.run()).await
}
