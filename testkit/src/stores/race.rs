//! Concurrent requests.

use crate::block_on;
use attesto_core::future::BoxFuture;
use std::future::poll_fn;
use std::sync::Barrier;
use std::task::Poll;

/// How requests race.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Racing {
    /// On one task, polled in turn: they overlap while they wait. For stores whose futures need their runtime, such as
    /// a database's.
    OneTask,
    /// On one thread each, started at the same moment and blocking. For stores that need no runtime: only this shows
    /// what happens between two locks.
    Threads,
}

impl Racing {
    /// Returns the answers to `racers` requests, each of which receives its number. In no order.
    pub(super) async fn race<'s, T: Send>(
        self,
        racers: usize,
        request: impl Fn(usize) -> BoxFuture<'s, T> + Sync,
    ) -> Vec<T> {
        match self {
            Self::OneTask => together((0..racers).map(request)).await,
            Self::Threads => {
                let start = Barrier::new(racers);
                let (start, request) = (&start, &request);
                std::thread::scope(|scope| {
                    let run = |number| {
                        scope.spawn(move || {
                            start.wait();
                            block_on(request(number))
                        })
                    };
                    let racing: Vec<_> = (0..racers).map(run).collect();
                    let joined = racing.into_iter().map(|thread| thread.join());
                    joined.map(|answer| answer.unwrap_or_else(|panic| std::panic::resume_unwind(panic))).collect()
                })
            }
        }
    }
}

/// Returns the answers to requests that are polled in turn, so that those that wait overlap.
pub(crate) async fn together<'s, T>(requests: impl IntoIterator<Item = BoxFuture<'s, T>>) -> Vec<T> {
    let mut pending: Vec<BoxFuture<'s, T>> = requests.into_iter().collect();
    let mut done = Vec::new();
    poll_fn(|context| {
        pending.retain_mut(|future| match future.as_mut().poll(context) {
            Poll::Ready(output) => {
                done.push(output);
                false
            }
            Poll::Pending => true,
        });
        if pending.is_empty() { Poll::Ready(()) } else { Poll::Pending }
    })
    .await;
    done
}
