//! A server with blocking IO and no async runtime, which calls the core by hand: what to write for a server that has no adapter.
//!
//! Three translations are all there is to it. [`request`](Exchange::parts) passes the server's request to the core, [`Door`] drives
//! the verdict to its end by answering the core's questions, [`Exchange::answer`] sends what the core says. No rule of any RFC
//! stands here, and none needs to. `examples/blocking_server.rs` puts them together; `tests/behaviour` holds the result to what
//! the adapters do.
//!
//! **tiny_http belongs behind a proxy that limits bodies and times clients out** (nginx does both by default). Whatever a handler leaves
//! unread of a body, tiny_http 0.12 reads before it goes on, into a buffer as long as the client has announced, and for as long as the
//! client takes. It was chosen for this example because there is so little of it; the translations are the same for any other server.

mod door;
mod exchange;
mod note;
mod threads;

pub use door::{Door, Entry, Host};
pub use exchange::{Exchange, text};
pub use threads::{Threads, serve};
