//! All bodies that are being read after their answers: how many at most, and for how long.

use attesto_core::limits;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::{Duration, Instant};

/// The bodies that are being read. It owns none of them: each belongs to its source, by the waker that reads it.
#[derive(Debug)]
pub(super) struct UnreadBodies {
    most: usize,
    bodies: Mutex<Bodies>,
}

#[derive(Debug)]
struct Bodies {
    next: u64,
    /// By the order in which they came.
    known: BTreeMap<u64, Known>,
}

#[derive(Debug)]
struct Known {
    until: Instant,
    reader: Weak<dyn End>,
}

/// A reader that another task can stop.
pub(super) trait End: Send + Sync + std::fmt::Debug {
    /// Lets go of the body.
    fn end(self: Arc<Self>);
}

/// The place of one body among the others.
#[derive(Debug)]
pub(super) struct Place {
    among: &'static UnreadBodies,
    number: u64,
    until: Instant,
}

impl UnreadBodies {
    /// Reads `most` bodies at once.
    pub(super) const fn new(most: usize) -> Self {
        Self { most, bodies: Mutex::new(Bodies { next: 0, known: BTreeMap::new() }) }
    }

    fn bodies(&self) -> MutexGuard<'_, Bodies> {
        self.bodies.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Enters one more body, and ends those that must make room for it.
    pub(super) fn enter<R: End + 'static>(&'static self, now: Instant, reader: impl FnOnce(Place) -> Arc<R>) -> Arc<R> {
        self.enter_until(now + Duration::from_secs(limits::UNREAD_BODY_SECONDS), now, reader)
    }

    pub(super) fn enter_until<R: End + 'static>(
        &'static self,
        until: Instant,
        now: Instant,
        reader: impl FnOnce(Place) -> Arc<R>,
    ) -> Arc<R> {
        let (reader, ended) = self.bodies().enter(self, until, now, reader);
        // After the lock was released: a reader that ends gives up its place, and needs the lock for it.
        for late in ended.iter().filter_map(Weak::upgrade) {
            late.end();
        }
        reader
    }

    /// How many bodies are being read.
    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.bodies().known.len()
    }
}

impl Bodies {
    fn enter<R: End + 'static>(
        &mut self,
        among: &'static UnreadBodies,
        until: Instant,
        now: Instant,
        reader: impl FnOnce(Place) -> Arc<R>,
    ) -> (Arc<R>, Vec<Weak<dyn End>>) {
        let ended = self.make_room(among.most, now);
        let number = self.next;
        self.next = number.wrapping_add(1);
        let reader = reader(Place { among, number, until });
        let known: Arc<dyn End> = reader.clone();
        self.known.insert(number, Known { until, reader: Arc::downgrade(&known) });
        (reader, ended)
    }

    /// Removes the bodies that are late, and the oldest where there are `most` of them.
    fn make_room(&mut self, most: usize, now: Instant) -> Vec<Weak<dyn End>> {
        let mut ended = Vec::new();
        while let Some(oldest) = self.known.first_entry() {
            if now <= oldest.get().until && self.known.len() < most {
                break;
            }
            ended.extend(self.known.pop_first().map(|(_, known)| known.reader));
        }
        ended
    }
}

impl Place {
    /// Whether the time for this body is over.
    pub(super) fn is_late(&self, now: Instant) -> bool {
        now > self.until
    }

    /// Gives up the place. Done once more, it does nothing.
    pub(super) fn leave(&self) {
        self.among.bodies().known.remove(&self.number);
    }
}
