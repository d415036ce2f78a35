//! Shares one answer among concurrent requests for the same key: the first request leads and finds the answer, the
//! others wait for it.

use crate::remote::Waiters;
use alloc::collections::BTreeMap;
use alloc::sync::Arc;
use core::future::Future;
use core::pin::Pin;
use core::task::{Context, Poll, Waker};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// The running requests.
pub(super) struct Flights<K, T>(Mutex<BTreeMap<K, Arc<Flight<T>>>>);

struct Flight<T>(Mutex<State<T>>);

enum State<T> {
    UnderWay(Waiters),
    Landed(T),
    /// The leader disappeared without an answer.
    GivenUp,
}

/// The role of a request.
pub(super) enum Joined<'f, K: Ord, T> {
    /// Find the answer.
    Lead(Lead<'f, K, T>),
    /// Wait for the answer.
    Follow(Follow<T>),
}

/// The result of a follower's wait.
#[derive(Debug, Eq, PartialEq)]
pub(super) enum Followed<T> {
    Landed(T),
    GivenUp,
    /// Too many followers already wait.
    Full,
}

impl<K: Ord + Copy, T> Flights<K, T> {
    pub(super) const fn new() -> Self {
        Self(Mutex::new(BTreeMap::new()))
    }

    pub(super) fn join(&self, key: K) -> Joined<'_, K, T> {
        let mut flights = self.flights();
        if let Some(flight) = flights.get(&key) {
            return Joined::Follow(Follow { flight: Arc::clone(flight), ticket: None });
        }
        let flight = Arc::new(Flight(Mutex::new(State::UnderWay(Waiters::default()))));
        flights.insert(key, Arc::clone(&flight));
        Joined::Lead(Lead { flights: self, key, flight })
    }
}

impl<K: Ord, T> Flights<K, T> {
    fn flights(&self) -> MutexGuard<'_, BTreeMap<K, Arc<Flight<T>>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<T> Flight<T> {
    fn state(&self) -> MutexGuard<'_, State<T>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Ends the flight. Only the first end counts.
    fn end(&self, end: State<T>) {
        let waiters = match &mut *self.state() {
            State::Landed(_) | State::GivenUp => return,
            state @ State::UnderWay(_) => match core::mem::replace(state, end) {
                State::UnderWay(waiters) => waiters,
                State::Landed(_) | State::GivenUp => return,
            },
        };
        // No lock is held: a waker runs code of the executor.
        let mut waiters = waiters;
        waiters.all().for_each(Waker::wake);
    }
}

/// The duty to find the answer. Dropping it abandons the flight, and one of the followers takes over.
pub(super) struct Lead<'f, K: Ord, T> {
    flights: &'f Flights<K, T>,
    key: K,
    flight: Arc<Flight<T>>,
}

impl<K: Ord, T> Lead<'_, K, T> {
    /// Gives the answer to the followers.
    pub(super) fn land(self, answer: T) {
        self.flight.end(State::Landed(answer));
    }
}

impl<K: Ord, T> Drop for Lead<'_, K, T> {
    fn drop(&mut self) {
        self.flights.flights().remove(&self.key);
        self.flight.end(State::GivenUp);
    }
}

/// A future that ends with the flight.
pub(super) struct Follow<T> {
    flight: Arc<Flight<T>>,
    ticket: Option<u64>,
}

impl<T: Clone> Future for Follow<T> {
    type Output = Followed<T>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Followed<T>> {
        let ticket = match &mut *self.flight.state() {
            State::Landed(answer) => return Poll::Ready(Followed::Landed(answer.clone())),
            State::GivenUp => return Poll::Ready(Followed::GivenUp),
            State::UnderWay(waiters) => match waiters.wait(self.ticket, context.waker()) {
                Some(ticket) => ticket,
                None => return Poll::Ready(Followed::Full),
            },
        };
        self.ticket = Some(ticket);
        Poll::Pending
    }
}

impl<T> Drop for Follow<T> {
    fn drop(&mut self) {
        if let (Some(ticket), State::UnderWay(waiters)) = (self.ticket, &mut *self.flight.state()) {
            waiters.leave(ticket);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limits;
    use alloc::vec::Vec;
    use core::pin::pin;

    fn lead(flights: &Flights<u8, u32>, key: u8) -> Lead<'_, u8, u32> {
        match flights.join(key) {
            Joined::Lead(lead) => lead,
            Joined::Follow(_) => panic!("somebody leads"),
        }
    }

    fn follow(flights: &Flights<u8, u32>, key: u8) -> Follow<u32> {
        match flights.join(key) {
            Joined::Follow(follow) => follow,
            Joined::Lead(_) => panic!("nobody leads"),
        }
    }

    fn poll(follow: &mut Follow<u32>) -> Poll<Followed<u32>> {
        pin!(follow).poll(&mut Context::from_waker(Waker::noop()))
    }

    #[test]
    fn followers_learn_what_their_leader_learns_and_the_next_leads_anew() {
        let flights = Flights::new();
        let (one, other) = (lead(&flights, 1), lead(&flights, 2));
        let (mut early, mut late) = (follow(&flights, 1), follow(&flights, 1));
        assert!(poll(&mut early).is_pending());
        one.land(7);
        assert_eq!(
            [poll(&mut early), poll(&mut late)],
            [Poll::Ready(Followed::Landed(7)), Poll::Ready(Followed::Landed(7))]
        );
        drop(lead(&flights, 1));
        drop(other);
        assert!(flights.flights().is_empty(), "nothing is kept");
    }

    #[test]
    fn leader_that_goes_away_leaves_the_question_to_a_follower() {
        let flights = Flights::new();
        let leader = lead(&flights, 1);
        let mut follower = follow(&flights, 1);
        assert!(poll(&mut follower).is_pending());
        drop(leader);
        assert_eq!(poll(&mut follower), Poll::Ready(Followed::GivenUp));
        drop(lead(&flights, 1));
    }

    #[test]
    fn number_of_followers_is_bounded_and_those_who_leave_make_room() {
        let flights = Flights::new();
        let _leader = lead(&flights, 1);
        let mut followers: Vec<_> = (0..limits::KEY_WAITERS).map(|_| follow(&flights, 1)).collect();
        assert!(followers.iter_mut().all(|follower| poll(follower).is_pending()));
        assert_eq!(poll(&mut follow(&flights, 1)), Poll::Ready(Followed::Full));
        drop(followers.pop());
        assert!(poll(&mut follow(&flights, 1)).is_pending());
    }
}
