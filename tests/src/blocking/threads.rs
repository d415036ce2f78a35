//! As many requests at a time as there are threads.

use super::Exchange;
use std::error::Error;
use std::io;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::thread;
use tiny_http::Server;

/// A running server. It ends when this is dropped, once the requests under way are answered.
pub struct Threads {
    server: Arc<Server>,
    address: SocketAddr,
    count: usize,
}

impl Threads {
    /// Where it listens.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }
}

impl Drop for Threads {
    fn drop(&mut self) {
        for _ in 0..self.count {
            self.server.unblock(); // each wakes one thread
        }
    }
}

/// Answers each request of this listener with `handle`, in one of `count` threads.
///
/// # Errors
/// Where the listener or a thread cannot be had.
pub fn serve(
    listener: TcpListener,
    count: usize,
    handle: impl Fn(Exchange) + Send + Sync + 'static,
) -> Result<Threads, Box<dyn Error>> {
    let address = listener.local_addr()?;
    let server = Arc::new(Server::from_listener(listener, None).map_err(io::Error::other)?);
    let handle = Arc::new(handle);
    for _ in 0..count {
        let (server, handle) = (Arc::clone(&server), Arc::clone(&handle));
        thread::Builder::new().spawn(move || {
            while let Ok(request) = server.recv() {
                handle(Exchange::new(request));
            }
        })?;
    }
    Ok(Threads { server, address, count })
}
