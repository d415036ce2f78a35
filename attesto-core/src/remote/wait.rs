//! Waits for another caller's fetch, under any runtime.

use super::keys::RemoteKeys;
use crate::limits;
use alloc::collections::BTreeMap;
use alloc::sync::Arc;
use core::fmt;
use core::future::Future;
use core::pin::Pin;
use core::task::{Context, Poll, Waker};

/// The waiting callers. Bounded, since requests are many and one fetch may be slow.
#[derive(Debug, Default)]
pub(crate) struct Waiters {
    wakers: BTreeMap<u64, Waker>,
    last_ticket: u64,
}

impl Waiters {
    /// Takes all wakers. Wake them without holding a lock: a waker runs code of the executor.
    pub(crate) fn all(&mut self) -> impl Iterator<Item = Waker> + use<> {
        core::mem::take(&mut self.wakers).into_values()
    }

    pub(crate) fn leave(&mut self, ticket: u64) {
        self.wakers.remove(&ticket);
    }

    /// Registers a waker; `None` if there is no room.
    pub(crate) fn wait(&mut self, ticket: Option<u64>, waker: &Waker) -> Option<u64> {
        let ticket = match ticket {
            Some(ticket) => ticket,
            None if self.wakers.len() >= limits::KEY_WAITERS => return None,
            None => {
                self.last_ticket = self.last_ticket.wrapping_add(1);
                self.last_ticket
            }
        };
        self.wakers.insert(ticket, waker.clone());
        Some(ticket)
    }
}

/// A future that ends when a fetch does: `true`, or `false` at once if too many callers already wait
/// ([`limits::KEY_WAITERS`](crate::limits::KEY_WAITERS)).
#[must_use = "futures do nothing unless polled"]
pub struct Wait {
    remote: Arc<RemoteKeys>,
    number: u64,
    ticket: Option<u64>,
}

impl Wait {
    pub(super) const fn new(remote: Arc<RemoteKeys>, number: u64) -> Self {
        Self { remote, number, ticket: None }
    }
}

impl Future for Wait {
    type Output = bool;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<bool> {
        let ticket = self.ticket;
        match self.remote.while_under_way(self.number, |waiters| waiters.wait(ticket, context.waker())) {
            None => Poll::Ready(true),
            Some(None) => Poll::Ready(false),
            Some(Some(ticket)) => {
                self.ticket = Some(ticket);
                Poll::Pending
            }
        }
    }
}

impl Drop for Wait {
    fn drop(&mut self) {
        if let Some(ticket) = self.ticket {
            self.remote.leave(ticket);
        }
    }
}

impl fmt::Debug for Wait {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Wait").field("number", &self.number).finish_non_exhaustive()
    }
}
