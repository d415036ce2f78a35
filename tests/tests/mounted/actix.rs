//! actix-web, with two workers: they share the stores.

use crate::Server;
use crate::setup::{CLASS, Mounted, Running, Setup, clock, mark};
use actix_web::dev::ServerHandle;
use actix_web::middleware::DefaultHeaders;
use actix_web::rt::System;
use actix_web::web::{self, Payload, ServiceConfig};
use actix_web::{App, HttpResponse, HttpServer};
use attesto_actix::{Granted, Protect, authorization_routes, endpoint_scope, publish};
use attesto_core::authorization::RouteClass;
use std::net::TcpListener;
use std::sync::{Arc, mpsc};
use std::thread;

pub(crate) const SERVER: Server = Server { start };

async fn echo(body: Payload) -> HttpResponse {
    HttpResponse::Ok().streaming(body)
}

/// Ends the server.
struct Stop(ServerHandle);

impl Drop for Stop {
    fn drop(&mut self) {
        // The command is sent at once; what is thrown away is the wait for its end.
        drop(self.0.stop(false));
    }
}

fn endpoints(mounted: Mounted) -> impl FnOnce(&mut ServiceConfig) {
    move |routes| match mounted {
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

fn start(setup: Setup) -> Running {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = listener.local_addr().expect("an address");
    let documents = Arc::new(setup.documents());
    let Setup { mounted, guard, .. } = setup;
    let app = move || {
        let who = web::resource("/mcp")
            .wrap(Protect::new(guard.clone()).clock(clock()))
            .route(web::get().to(async |grant: Granted| grant.subject().to_owned()));
        App::new()
            .configure(publish(documents.clone()))
            .configure(endpoints(mounted.clone()))
            .service(who)
            .route("/echo", web::post().to(echo))
    };
    let (started, handle) = mpsc::channel();
    thread::spawn(move || {
        System::new().block_on(async move {
            let server = HttpServer::new(app).workers(2).disable_signals().listen(listener).expect("a listener").run();
            started.send(server.handle()).expect("somebody waits");
            server.await
        })
    });
    let handle = handle.recv().expect("a server");
    Running { address, alive: Box::new(Stop(handle)) }
}
