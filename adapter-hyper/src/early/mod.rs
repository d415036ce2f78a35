//! Answers that are given before the request's body has come.
//!
//! Such an answer is given while the client, or the proxy before it, is still sending. hyper closes an HTTP/1 connection whose request
//! was not read to its end; the kernel answers what still comes with a reset, the client's write fails, and the answer is lost with it: a
//! proxy sends its own 502 in place of a challenge. RFC 9112 §9.6 asks servers to go on reading.
//!
//! Reading on needs no runtime here. hyper drops a response's body with its last byte, and does not poll a service again once it has
//! answered, so neither can do the reading. The body's own waker does: hyper wakes the reader of a body, inside the connection's task,
//! whenever more of the body has come; and this waker reads ([`reader`]).

mod answer;
mod reader;
#[cfg(test)]
mod tests;
mod unread;

pub use answer::answer_early;
