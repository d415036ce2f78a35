//! A server with blocking IO and no async runtime, which calls the core by hand: what to write for a server that has no adapter.
//!
//! Three translations are all there is to it. [`request`](Exchange::parts) lends the server's request to the core, [`Door`] drives
//! the verdict to its end by answering the core's questions, [`Exchange::answer`] sends what the core says. No rule of any RFC
//! stands here, and none needs to. `examples/blocking_server.rs` puts them together; `tests/behaviour` holds the result to what
//! the adapters do.

mod door;
mod exchange;
mod note;
mod threads;

pub use door::{Door, Entry, Host};
pub use exchange::{Exchange, text};
pub use threads::{Threads, serve};
