//! The sink for events of the authorization server (EV-1, EV-2).

use crate::authorization::AuthorizationEvent;
use crate::host::NoEvents;
use core::panic::AssertUnwindSafe;

/// Receives each decision when it is made, and cannot change it. A closure is a sink:
///
/// ```
/// use attesto_core::authorization::AuthorizationEvent;
/// use attesto_core::host::AuthorizationEventSink;
/// use std::sync::mpsc::sync_channel;
///
/// // The request waits meanwhile: put a queue that never waits before a writer to a disk or a network.
/// let (queue, _for_the_writer) = sync_channel::<AuthorizationEvent>(1024);
/// let sink = move |event: &AuthorizationEvent| drop(queue.try_send(event.clone()));
/// # fn is_one(_: impl AuthorizationEventSink) {}
/// # is_one(sink);
/// ```
pub trait AuthorizationEventSink: Send + Sync {
    /// Receives `event`. Must not block.
    fn record(&self, event: &AuthorizationEvent);
}

impl<F: Fn(&AuthorizationEvent) + Send + Sync> AuthorizationEventSink for F {
    fn record(&self, event: &AuthorizationEvent) {
        self(event);
    }
}

impl AuthorizationEventSink for NoEvents {
    fn record(&self, _: &AuthorizationEvent) {}
}

/// Passes the event to `sink`; a panic of the sink ends here.
pub(super) fn tell(sink: &dyn AuthorizationEventSink, event: &AuthorizationEvent) {
    drop(std::panic::catch_unwind(AssertUnwindSafe(|| sink.record(event))));
}
