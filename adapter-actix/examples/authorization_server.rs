//! An authorization server with login and consent pages under actix-web, and the MCP server that its tokens are for.
//!
//! `cargo run -p attesto-actix --example authorization_server` needs no set-up: it serves on a loopback port, plays a tour against
//! itself over the socket, prints each step with its outcome, and stays up. This file is what belongs to actix; server, clients, pages
//! and tour stand in `tests/demo/src/authorization`, because all adapters' demos share them.

use actix_web::http::StatusCode;
use actix_web::web::{self, Bytes, Data, PayloadConfig, ServiceConfig};
use actix_web::{App, HttpMessage, HttpRequest, HttpResponse, HttpServer, error};
use attesto_actix::core::host::Passage;
use attesto_actix::core::limits;
use attesto_actix::{Protect, authorization_routes, publish};
use attesto_demo::authorization::{AuthorizationDemo, Pages, Site};
use attesto_demo::{McpService, Resources};
use http_body_util::{BodyExt, Full};
use std::error::Error;
use std::process::ExitCode;
use tower_service::Service;

/// The MCP SDK and the shared pages speak the `http` crate's types; actix its own. What authenticated the request goes with it.
fn translated(request: &HttpRequest, body: Bytes) -> actix_web::Result<http::Request<Full<Bytes>>> {
    let mut translated = http::Request::builder().method(request.method().as_str()).uri(request.uri().to_string());
    for (name, value) in request.headers() {
        translated = translated.header(name.as_str(), value.as_bytes());
    }
    if let Some(passage) = request.extensions().get::<Passage>() {
        translated = translated.extension(passage.clone());
    }
    translated.body(Full::new(body)).map_err(error::ErrorBadRequest)
}

/// The way back.
fn answered(parts: &http::response::Parts, body: Bytes) -> actix_web::Result<HttpResponse> {
    let status = StatusCode::from_u16(parts.status.as_u16()).map_err(error::ErrorInternalServerError)?;
    let mut answer = HttpResponse::build(status);
    for (name, value) in &parts.headers {
        answer.append_header((name.as_str(), value.as_bytes()));
    }
    Ok(answer.body(body))
}

async fn mcp(request: HttpRequest, body: Bytes, service: Data<McpService>) -> actix_web::Result<HttpResponse> {
    let Ok(response) = McpService::clone(&service).call(translated(&request, body)?).await;
    let (parts, body) = response.into_parts();
    let Ok(body) = body.collect().await;
    answered(&parts, body.to_bytes())
}

async fn page(request: HttpRequest, body: Bytes, pages: Data<Pages>) -> actix_web::Result<HttpResponse> {
    let (parts, body) = pages.respond(translated(&request, body)?).await.into_parts();
    let Ok(body) = body.collect().await;
    answered(&parts, body.to_bytes())
}

/// What each worker serves. Server, guard and MCP service are made once, outside: the workers share their stores.
fn routes(site: Site, service: Data<McpService>) -> impl FnOnce(&mut ServiceConfig) {
    move |routes| {
        let mcp = web::resource("/mcp").route(web::route().to(mcp)).wrap(Protect::new(site.guard).require(site.call));
        routes
            .app_data(service)
            .app_data(Data::new(site.pages))
            .configure(publish(site.documents))
            .configure(authorization_routes(site.server, site.host))
            .service(mcp);
        for path in Pages::PATHS {
            let form = web::resource(path).app_data(PayloadConfig::new(limits::FORM_BODY));
            routes.service(form.route(web::route().to(page)));
        }
    }
}

#[actix_web::main]
async fn main() -> Result<ExitCode, Box<dyn Error>> {
    let (mut demo, listener) = match AuthorizationDemo::start()? {
        Ok(demo) => demo,
        Err(code) => return Ok(code),
    };
    let (site, service) = (demo.site().await?, Data::new(Resources::mcp_service()));
    let app = move || App::new().configure(routes(site.clone(), service.clone()));
    demo.play(HttpServer::new(app).workers(2).listen(listener)?.run()).await
}

/// `cargo test` tries the pages of the very application that is served.
#[cfg(test)]
mod tests {
    use super::*;
    use actix_web::test::init_service;
    use attesto_testkit::{App as TestApp, actix as testkit};

    async fn application(site: Site) -> impl TestApp {
        let service = Data::new(Resources::mcp_service());
        testkit::app(init_service(App::new().configure(routes(site, service))).await)
    }

    attesto_demo::page_tests!(actix_web::test, application);
}
