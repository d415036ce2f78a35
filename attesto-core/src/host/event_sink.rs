//! Where events go.

use super::events::Event;
use core::fmt;

/// Receives each decision when it is made, and cannot change it.
///
/// `emit` is called while the request waits: it must not block. Put a queue before a sink that writes to a disk or a
/// network (such as `QueuedEvents`). Events have no token, proof, certificate or secret, nor a digest of one.
///
/// ```
/// # use attesto_core::host::{Event, EventSink};
/// # fn is_one(_: impl EventSink) {}
/// is_one(|event: &Event<'_>| eprintln!("{event:?}"));
/// ```
pub trait EventSink: Send + Sync {
    /// Receives `event`.
    fn emit(&self, event: &Event<'_>);
}

/// Passes the event to `sink`. With the feature `std`, a panic of the sink ends here and does not fail the request.
pub fn emit(sink: &dyn EventSink, event: &Event<'_>) {
    #[cfg(feature = "std")]
    drop(std::panic::catch_unwind(core::panic::AssertUnwindSafe(|| sink.emit(event))));
    #[cfg(not(feature = "std"))]
    sink.emit(event);
}

impl fmt::Debug for dyn EventSink + '_ {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("EventSink(..)")
    }
}

/// The sink that ignores all events.
#[derive(Clone, Copy, Debug, Default)]
#[expect(clippy::exhaustive_structs, reason = "holds nothing and never will")]
pub struct NoEvents;

impl EventSink for NoEvents {
    fn emit(&self, _: &Event<'_>) {}
}

impl<F: Fn(&Event<'_>) + Send + Sync> EventSink for F {
    fn emit(&self, event: &Event<'_>) {
        self(event);
    }
}
