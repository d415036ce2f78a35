//! One way to launch each adapter: an [`App`] behind axum, actix-web, hyper and a blocking server, on a free loopback port, with TLS or
//! without.

mod actix;
mod app;
mod axum;
mod blocking;
mod hyper;

pub use app::{App, CLASS, Mounted, Reached, Remembering, Resource, mark, pinned};
pub use axum::serve_axum;

use crate::client::{Answer, Connection, Request};
use std::any::Any;
use std::fmt;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use tokio::runtime::Runtime;

/// One way to serve an [`App`].
#[derive(Clone, Copy, Debug)]
pub struct Server {
    /// For messages.
    pub name: &'static str,
    /// On a free loopback port.
    pub start: fn(App) -> Running,
    /// Whether it can answer while it is still reading. tiny_http gives a request's body or takes a response, never both.
    pub streams: bool,
}

/// `axum::serve`.
pub const AXUM: Server = Server { name: "axum", start: axum::start, streams: true };
/// An axum router behind `attesto_hyper::OnConnection`.
pub const AXUM_ON_HYPER: Server = Server { name: "axum on hyper", start: axum::start_on_hyper, streams: true };
/// actix-web, with two workers.
pub const ACTIX: Server = Server { name: "actix", start: actix::start, streams: true };
/// hyper without a framework, HTTP/1.1 and HTTP/2 on one port.
pub const HYPER: Server = Server { name: "hyper", start: hyper::start, streams: true };
/// A server that calls the core by hand, without an async runtime. It has neither TLS nor an authorization server.
pub const BLOCKING: Server = Server { name: "blocking", start: blocking::start, streams: false };

/// A server that serves. It ends when this is dropped.
pub struct Running {
    /// Where it listens.
    pub address: SocketAddr,
    /// How often a handler was reached.
    pub reached: Reached,
    _alive: Box<dyn Any>,
}

impl fmt::Debug for Running {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Running").field("address", &self.address).finish_non_exhaustive()
    }
}

impl Running {
    /// One request on a connection of its own.
    pub fn send(&self, request: &Request) -> Answer {
        Connection::open(self.address).send(request)
    }
}

/// A free port, and the listener on it.
fn listen() -> (TcpListener, SocketAddr) {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
    let address = listener.local_addr().expect("an address");
    (listener, address)
}

/// A runtime that a test may drop wherever it stands, also in a runtime of its own.
struct Background(Option<Runtime>);

impl Background {
    /// Serves until this is dropped.
    fn serve<F: Future + Send + 'static>(
        listener: TcpListener,
        serve: impl FnOnce(tokio::net::TcpListener) -> F + Send + 'static,
    ) -> Self
    where
        F::Output: Send,
    {
        let runtime = Runtime::new().expect("a runtime");
        listener.set_nonblocking(true).expect("a mode that sockets have");
        runtime.spawn(async move {
            let listener = tokio::net::TcpListener::from_std(listener).expect("a socket of the runtime's");
            serve(listener).await;
        });
        Self(Some(runtime))
    }
}

impl Drop for Background {
    fn drop(&mut self) {
        if let Some(runtime) = self.0.take() {
            runtime.shutdown_background();
        }
    }
}
