//! actix-web, with two workers: they share the guard and the stores, and so must agree about sessions. Its own rustls acceptor ends TLS,
//! and `on_connect` notes what the handshake showed.

use super::app::{App, CLASS, Mounted, Reached, Resource, admin, mark};
use super::{Running, listen};
use actix_tls::accept::rustls_0_23::TlsStream;
use actix_web::dev::{Extensions, ServerHandle};
use actix_web::middleware::DefaultHeaders;
use actix_web::rt::System;
use actix_web::rt::net::TcpStream;
use actix_web::web::{self, Data, Payload, ServiceConfig};
use actix_web::{HttpResponse, HttpResponseBuilder, HttpServer};
use attesto_actix::{
    Granted, GrantedPrincipal, Protect, Require, WiringError, authorization_routes, endpoint_scope, publish,
};
use attesto_core::authorization::RouteClass;
use attesto_core::http::TlsSession;
use attesto_core::time::Clock;
use std::any::Any;
use std::sync::mpsc;
use std::thread;

async fn who(reached: Data<Reached>, grant: Result<Granted, WiringError>) -> HttpResponse {
    text().body(reached.who(grant.ok().as_deref()))
}

async fn user(user: GrantedPrincipal<String>) -> HttpResponse {
    text().body(user.to_string())
}

async fn echo(body: Payload) -> HttpResponse {
    text().streaming(body)
}

fn text() -> HttpResponseBuilder {
    let mut response = HttpResponse::Ok();
    response.content_type("text/plain");
    response
}

/// Ends the server.
struct Stop(ServerHandle);

impl Drop for Stop {
    fn drop(&mut self) {
        // The command is sent at once; what is thrown away is the wait for its end.
        drop(self.0.stop(false));
    }
}

fn resource(routes: &mut ServiceConfig, resource: &Resource, clock: &Clock, pass_preflight: bool) {
    let protect = Protect::new(resource.guard.clone()).require(resource.requirement.clone()).clock(clock.clone());
    let protect = if pass_preflight { protect.pass_cors_preflight() } else { protect };
    if resource.alone {
        routes.service(web::resource(resource.base).wrap(protect).route(web::route().to(who)));
        return;
    }
    let below = web::scope(resource.base)
        .service(web::resource("").route(web::route().to(who)))
        .service(web::resource("/scoped").route(web::route().to(who)).wrap(Require::new(admin())))
        .service(web::resource("/user").route(web::route().to(user)))
        .service(web::resource("/echo").route(web::route().to(echo)))
        .default_service(web::to(HttpResponse::NotFound))
        .wrap(protect);
    routes.service(below);
}

fn endpoints(routes: &mut ServiceConfig, mounted: Mounted) {
    match mounted {
        Mounted::Whole(server, host) => authorization_routes(server, host)(routes),
        Mounted::SideBySide(both) => {
            for (server, host) in both {
                authorization_routes(server, host)(routes);
            }
        }
        Mounted::ByClass(endpoints) => {
            for class in RouteClass::ALL {
                let marking = DefaultHeaders::new().add((CLASS, mark(class)));
                routes.service(endpoint_scope(&endpoints, class).wrap(marking));
            }
        }
    }
}

pub(super) fn start(app: App) -> Running {
    let (listener, address) = listen();
    let documents = (!app.resources.is_empty()).then(|| app.documents());
    let App { resources, mounted, pass_preflight, session, tls, clock, reached } = app;
    let counted = reached.clone();
    let routes = move |routes: &mut ServiceConfig| {
        routes.app_data(Data::new(counted.clone()));
        if let Some(documents) = documents.clone() {
            publish(documents)(routes);
        }
        if let Some(mounted) = mounted.clone() {
            endpoints(routes, mounted);
            routes.route("/echo", web::post().to(echo));
        }
        for one in &resources {
            resource(routes, one, &clock, pass_preflight);
        }
    };
    let note_session = move |stream: &dyn Any, connection: &mut Extensions| {
        if let Some(session) = &session {
            connection.insert(session.clone());
        }
        if let Some(tls) = stream.downcast_ref::<TlsStream<TcpStream>>() {
            connection.insert(TlsSession::with_peer_chain(tls.get_ref().1.peer_certificates()));
        }
    };
    let (started, handle) = mpsc::channel();
    thread::spawn(move || {
        System::new().block_on(async move {
            let app = move || actix_web::App::new().configure(routes.clone());
            let server = HttpServer::new(app).workers(2).disable_signals().on_connect(note_session);
            let server = match tls {
                Some(mut config) => {
                    config.alpn_protocols.clear(); // actix adds what it can speak
                    server.listen_rustls_0_23(listener, config)
                }
                None => server.listen(listener),
            };
            let server = server.expect("a listener").run();
            started.send(server.handle()).expect("the test waits");
            server.await
        })
    });
    let handle = handle.recv().expect("a server");
    Running { address, reached, _alive: Box::new(Stop(handle)) }
}
