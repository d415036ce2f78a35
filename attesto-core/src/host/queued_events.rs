//! Passes events through a bounded queue, so that their writer can be slow.

use super::{Event, EventSink, OwnedEvent};
use crate::ConfigError;
use alloc::sync::Arc;
use core::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};

/// The sending half: a sink that never waits. If the queue is full, the event is dropped and counted.
///
/// ```
/// use attesto_core::host::{Event, EventSink, QueuedEvents, StoreUnavailable};
///
/// let (sink, queue) = QueuedEvents::bounded(1024)?;
/// let writer = std::thread::spawn(move || queue.map(|event| event.to_string()).collect::<Vec<_>>());
///
/// let mut event = StoreUnavailable::default();
/// event.store = "replay";
/// event.operation = "claim";
/// sink.emit(&Event::StoreUnavailable(event));
/// drop(sink);
/// assert_eq!(writer.join().unwrap(), [r#"store_unavailable store="replay" operation="claim""#]);
/// # Ok::<(), attesto_core::ConfigError>(())
/// ```
#[derive(Clone, Debug)]
pub struct QueuedEvents {
    sender: SyncSender<OwnedEvent>,
    dropped: Arc<AtomicU64>,
}

impl QueuedEvents {
    /// Creates a queue for `capacity` events, and returns its two halves. The sink can be cloned.
    ///
    /// # Errors
    ///
    /// Fails for a capacity of 0.
    pub fn bounded(capacity: usize) -> Result<(Self, EventQueue), ConfigError> {
        if capacity == 0 {
            return Err(ConfigError::new("capacity", "an event queue needs room for at least one event"));
        }
        let (sender, receiver) = sync_channel(capacity);
        let dropped = Arc::new(AtomicU64::new(0));
        Ok((Self { sender, dropped: Arc::clone(&dropped) }, EventQueue { receiver, dropped }))
    }

    /// The number of dropped events so far, because the queue was full or its other half is gone.
    #[must_use]
    pub fn dropped(&self) -> u64 {
        self.dropped.load(Ordering::Relaxed)
    }
}

impl EventSink for QueuedEvents {
    fn emit(&self, event: &Event<'_>) {
        match self.sender.try_send(OwnedEvent::from(event)) {
            Ok(()) => {}
            Err(TrySendError::Full(_) | TrySendError::Disconnected(_)) => {
                self.dropped.fetch_add(1, Ordering::Relaxed);
            }
        }
    }
}

/// The receiving half, for the thread that writes events. As an iterator it waits for the next event, and ends when
/// every sink is gone.
#[derive(Debug)]
pub struct EventQueue {
    receiver: Receiver<OwnedEvent>,
    dropped: Arc<AtomicU64>,
}

impl EventQueue {
    /// Returns the next event, if there is one. Does not wait.
    #[must_use]
    pub fn try_next(&self) -> Option<OwnedEvent> {
        self.receiver.try_recv().ok()
    }

    /// The number of dropped events so far.
    #[must_use]
    pub fn dropped(&self) -> u64 {
        self.dropped.load(Ordering::Relaxed)
    }
}

impl Iterator for EventQueue {
    type Item = OwnedEvent;

    fn next(&mut self) -> Option<OwnedEvent> {
        self.receiver.recv().ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::{DpopReplayDetected, EventText};

    fn replay(jti: &str) -> Event<'_> {
        Event::DpopReplayDetected(DpopReplayDetected { jti: EventText::new(jti), client_id: None })
    }

    #[test]
    fn a_full_queue_drops_and_counts_and_never_waits() {
        let (sink, queue) = QueuedEvents::bounded(2).unwrap();
        for jti in ["a", "b", "c", "d"] {
            sink.clone().emit(&replay(jti));
        }
        assert_eq!((sink.dropped(), queue.dropped()), (2, 2));
        let kept: alloc::vec::Vec<_> = core::iter::from_fn(|| queue.try_next()).collect();
        assert_eq!(kept.iter().map(|event| event.get("jti").unwrap()).collect::<alloc::vec::Vec<_>>(), ["a", "b"]);
        sink.emit(&replay("e"));
        assert_eq!(queue.try_next().unwrap().get("jti"), Some("e"), "room again");
        drop(queue);
        sink.emit(&replay("f"));
        assert_eq!(sink.dropped(), 3);
    }

    #[test]
    fn the_queue_ends_with_its_last_sink() {
        let (sink, mut queue) = QueuedEvents::bounded(1).unwrap();
        sink.emit(&replay("a"));
        drop(sink);
        assert_eq!(queue.next().unwrap().name(), "dpop_replay_detected");
        assert!(queue.next().is_none());
    }

    #[test]
    fn a_queue_without_room_is_refused() {
        assert!(QueuedEvents::bounded(0).is_err());
    }
}
