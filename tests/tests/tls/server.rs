//! One protected resource, or one authorization server, under each adapter: what they have in common.

use crate::{actix, axum, hyper};
use attesto_core::Timestamp;
use attesto_core::host::{AuthorizationEndpoints, Guard};
use attesto_core::resource::Grant;
use attesto_core::time::Clock;
use attesto_tests::NOW;
use rustls::ServerConfig;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::sync::Arc;

/// What is served.
#[derive(Clone)]
pub(crate) enum App {
    /// `POST /mcp`, behind this guard.
    Resource(Arc<Guard>),
    /// The endpoints of an authorization server, and nothing else.
    Endpoints(Arc<AuthorizationEndpoints>),
}

/// What it runs under.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Adapter {
    Actix,
    /// `axum::serve` with a listener of its own.
    Axum,
    /// An axum router behind `attesto_hyper::OnConnection`.
    AxumOnHyper,
    Hyper,
}

/// A server on a loopback port.
pub(crate) struct Served {
    pub(crate) address: SocketAddr,
    /// Dropped with the test; the other servers end with the test's runtime.
    _stop: Option<actix::Stop>,
}

impl Adapter {
    /// Serves over TLS or without.
    pub(crate) fn serve(self, app: App, tls: Option<ServerConfig>) -> Served {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
        listener.set_nonblocking(true).expect("a mode that sockets have");
        let address = listener.local_addr().expect("an address");
        let stop = match self {
            Self::Actix => Some(actix::serve(listener, app, tls)),
            Self::Axum => {
                axum::serve(listener, &app, tls);
                None
            }
            Self::AxumOnHyper => {
                hyper::serve(listener, tls, axum::on_hyper(&app));
                None
            }
            Self::Hyper => {
                match app {
                    App::Resource(guard) => hyper::serve(listener, tls, hyper::resource(guard)),
                    App::Endpoints(endpoints) => hyper::serve(listener, tls, hyper::endpoints(endpoints)),
                }
                None
            }
        };
        Served { address, _stop: stop }
    }
}

/// What the handlers answer: who is calling, and how that is proven.
pub(crate) fn who(caller: &Grant) -> String {
    format!("{} {}", caller.subject(), caller.sender().kind())
}

/// The world's time, which is not the machine's.
pub(crate) fn clock() -> Clock {
    Clock::new(|| Timestamp::from_secs(NOW))
}
