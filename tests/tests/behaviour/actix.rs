//! actix-web, with two workers: they share the guard, and so its replay store.

use crate::Server;
use crate::setup::{Reached, Running, Setup, admin, clock};
use actix_web::dev::{Extensions, ServerHandle};
use actix_web::rt::System;
use actix_web::web::{self, Data, Payload};
use actix_web::{App, HttpResponse, HttpServer};
use attesto_actix::{Granted, Principal, Protect, Require, WiringError, publish};
use std::any::Any;
use std::net::TcpListener;
use std::sync::mpsc;
use std::thread;

pub(crate) const SERVER: Server = Server { name: "actix", start, streams: true };

async fn who(reached: Data<Reached>, grant: Result<Granted, WiringError>) -> HttpResponse {
    text().body(reached.who(grant.ok().as_ref().map(|grant| &**grant)))
}

async fn user(user: Principal<String>) -> HttpResponse {
    text().body(user.to_string())
}

async fn echo(body: Payload) -> HttpResponse {
    text().streaming(body)
}

fn text() -> actix_web::HttpResponseBuilder {
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

fn start(setup: Setup) -> Running {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = listener.local_addr().expect("an address");
    let (documents, reached) = (setup.documents(), setup.reached.clone());
    let Setup { resources, pass_preflight, tls, .. } = setup;
    let app = move || {
        let mut app = App::new().app_data(Data::new(reached.clone())).configure(publish(documents.clone()));
        for resource in &resources {
            let protect = Protect::new(resource.guard.clone()).require(resource.requirement.clone()).clock(clock());
            let routes = web::scope(resource.base)
                .service(web::resource("").route(web::route().to(who)))
                .service(web::resource("/scoped").route(web::route().to(who)).wrap(Require::new(admin())))
                .service(web::resource("/user").route(web::route().to(user)))
                .service(web::resource("/echo").route(web::route().to(echo)))
                .default_service(web::to(HttpResponse::NotFound))
                .wrap(if pass_preflight { protect.pass_cors_preflight() } else { protect });
            app = app.service(routes);
        }
        app
    };
    let (started, handle) = mpsc::channel();
    thread::spawn(move || {
        let note_session = move |_: &dyn Any, connection: &mut Extensions| {
            if let Some(session) = &tls {
                connection.insert(session.clone());
            }
        };
        let server = HttpServer::new(app).workers(2).disable_signals().on_connect(note_session);
        System::new().block_on(async move {
            let server = server.listen(listener).expect("a listener").run();
            started.send(server.handle()).expect("somebody waits");
            server.await
        })
    });
    let handle = handle.recv().expect("a server");
    Running { address, reached: setup.reached, alive: Box::new(Stop(handle)) }
}
