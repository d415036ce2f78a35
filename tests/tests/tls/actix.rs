//! actix-web with its own rustls acceptor: `on_connect` notes what the handshake showed.

use crate::server::{self, clock, who};
use actix_tls::accept::rustls_0_23::TlsStream;
use actix_web::dev::{Extensions, ServerHandle};
use actix_web::rt::System;
use actix_web::rt::net::TcpStream;
use actix_web::web::ServiceConfig;
use actix_web::{App, HttpServer, web};
use attesto_actix::{Granted, Protect, endpoint_scope};
use attesto_core::authorization::RouteClass;
use attesto_core::http::TlsSession;
use rustls::ServerConfig;
use std::any::Any;
use std::net::TcpListener;
use std::sync::{Arc, mpsc};

/// Stops the server when dropped.
pub(crate) struct Stop(ServerHandle);

impl Drop for Stop {
    fn drop(&mut self) {
        // The command is sent now; that the server has stopped is nothing to wait for.
        drop(self.0.stop(false));
    }
}

fn note_session(stream: &dyn Any, connection: &mut Extensions) {
    if let Some(tls) = stream.downcast_ref::<TlsStream<TcpStream>>() {
        connection.insert(TlsSession::with_peer_chain(tls.get_ref().1.peer_certificates()));
    }
}

fn routes(app: &server::App, routes: &mut ServiceConfig) {
    match app {
        server::App::Resource(guard) => {
            let resource = web::resource("/mcp").wrap(Protect::new(Arc::clone(guard)).clock(clock()));
            routes.service(resource.route(web::post().to(|grant: Granted| async move { who(&grant) })));
        }
        server::App::Endpoints(endpoints) => {
            for class in RouteClass::ALL {
                routes.service(endpoint_scope(endpoints, class));
            }
        }
    }
}

/// Serves in actix's own runtime, on a thread of its own, with two workers: they must agree about sessions.
pub(crate) fn serve(listener: TcpListener, app: server::App, tls: Option<ServerConfig>) -> Stop {
    let (sender, started) = mpsc::channel();
    std::thread::spawn(move || {
        System::new().block_on(async move {
            let app = move || App::new().configure(|config| routes(&app, config));
            let server = HttpServer::new(app).workers(2).disable_signals().on_connect(note_session);
            let server = match tls {
                Some(mut config) => {
                    config.alpn_protocols.clear(); // actix adds what it can speak
                    server.listen_rustls_0_23(listener, config)
                }
                None => server.listen(listener),
            };
            let server = server.expect("a socket of the runtime's").run();
            sender.send(server.handle()).expect("the test waits");
            server.await
        })
    });
    Stop(started.recv().expect("a server"))
}
