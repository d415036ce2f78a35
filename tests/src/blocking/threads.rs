//! As many requests at a time as there are threads.

use super::Exchange;
use std::error::Error;
use std::io;
use std::net::{SocketAddr, TcpListener};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::thread;
use tiny_http::Server;

/// No body that announces more is taken, in bytes.
const LONGEST_BODY: usize = 1 << 30;

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
                if request.body_length().is_some_and(|announced| announced > LONGEST_BODY) {
                    // See the module's documentation. To leak the connection is the least that can be done here.
                    std::mem::forget(request);
                    continue;
                }
                // A handler that panics must not take its thread with it; tiny_http answers 500 for it.
                let handled = catch_unwind(AssertUnwindSafe(|| handle(Exchange::new(request))));
                if handled.is_err() {
                    eprintln!("a handler panicked");
                }
            }
        })?;
    }
    Ok(Threads { server, address, count })
}
