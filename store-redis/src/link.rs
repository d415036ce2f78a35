//! The link to the server: one connection, made again when it is lost, and a circuit breaker while it cannot be made.

use crate::connection::{Connection, Demands};
use crate::failure::{Failure, FailureKind};
use crate::stream::Opener;
use crate::trust::Trust;
use redis::{Cmd, Value};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::runtime::Handle;
use tokio::sync::{OwnedMutexGuard, Semaphore};
use tokio::time::{Instant, timeout};

/// Time limits.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    /// For a connection, with TLS, login and check.
    pub(crate) connect: Duration,
    /// For a reply.
    pub(crate) response: Duration,
    /// From a failed attempt to connect until the next.
    pub(crate) pause: Duration,
}

pub(crate) struct Link {
    pub(crate) opener: Opener,
    pub(crate) demands: Demands,
    pub(crate) limits: Limits,
    pub(crate) trust: Trust,
    state: Mutex<State>,
    /// Who connects. The others wait for the result.
    turn: Arc<tokio::sync::Mutex<()>>,
    places: Semaphore,
}

enum State {
    /// There is no connection, and no reason to believe that there can be none.
    Idle,
    Up(Connection),
    /// The server is gone. Nothing is asked before this time; then one claim tries.
    Down(Instant),
}

/// What a claim finds.
enum Found {
    Connected(Connection),
    /// Connect, and let the others wait for the result.
    Nothing,
    /// Connect; the others are refused meanwhile.
    MayRetry,
    /// Do not ask.
    Gone,
}

impl Link {
    pub(crate) fn new(opener: Opener, demands: Demands, limits: Limits, trust: Trust) -> Self {
        let places = Semaphore::new(demands.in_flight.min(Semaphore::MAX_PERMITS));
        Self { opener, demands, limits, trust, state: Mutex::new(State::Idle), turn: Arc::default(), places }
    }

    /// Runs a question, if fewer than may are waiting.
    pub(crate) async fn in_a_place<T>(&self, question: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
        if Handle::try_current().is_err() {
            return Err(self.failure(FailureKind::NoRuntime));
        }
        let Ok(_place) = self.places.try_acquire() else { return Err(self.failure(FailureKind::Overloaded)) };
        question.await
    }

    /// The connection, made if need be.
    pub(crate) async fn connection(self: &Arc<Self>) -> Result<Connection, Failure> {
        match self.find() {
            Found::Connected(connection) => Ok(connection),
            Found::Gone => Err(self.failure(FailureKind::CircuitOpen)),
            Found::MayRetry => self.connect_apart(None).await,
            Found::Nothing => {
                let turn = Arc::clone(&self.turn).lock_owned().await;
                match self.find() {
                    Found::Connected(connection) => Ok(connection),
                    Found::Gone => Err(self.failure(FailureKind::CircuitOpen)),
                    Found::MayRetry | Found::Nothing => self.connect_apart(Some(turn)).await,
                }
            }
        }
    }

    /// Connects in a task of its own: a request that is given up meanwhile leaves the connection to the next.
    async fn connect_apart(self: &Arc<Self>, turn: Option<OwnedMutexGuard<()>>) -> Result<Connection, Failure> {
        let link = Arc::clone(self);
        let connecting = tokio::spawn(async move {
            let _turn = turn;
            link.connect().await
        });
        // The runtime may end before the task.
        connecting.await.unwrap_or_else(|_| Err(self.failure(FailureKind::Unreachable)))
    }

    /// Sends a command and waits for its reply, within the time limit. What a failure says about the connection is drawn from it here.
    pub(crate) async fn ask<T>(
        &self,
        connection: &Connection,
        command: &Cmd,
        read: impl FnOnce(&Value) -> Option<T>,
    ) -> Result<T, Failure> {
        self.within(connection, connection.ask(command, read)).await
    }

    /// Has the server describe itself again.
    pub(crate) async fn check(self: &Arc<Self>) -> Result<(), Failure> {
        let connection = self.connection().await?;
        self.within(&connection, connection.check(self.demands.vouched)).await
    }

    async fn within<T>(
        &self,
        connection: &Connection,
        asked: impl Future<Output = Result<T, Failure>>,
    ) -> Result<T, Failure> {
        let answer = match timeout(self.limits.response, asked).await {
            Ok(answer) => answer,
            Err(_) => Err(self.failure(FailureKind::TimedOut)),
        };
        if let Err(failure) = &answer {
            self.failed(connection, failure);
        }
        answer
    }

    async fn connect(&self) -> Result<Connection, Failure> {
        let at = Instant::now();
        let opened = match timeout(self.limits.connect, Connection::open(&self.opener, &self.demands)).await {
            Ok(opened) => opened,
            Err(_) => Err(self.failure(FailureKind::TimedOut)),
        };
        match opened {
            Ok((connection, server)) => {
                self.trust.connected_to(&server, at);
                *self.state() = State::Up(connection.clone());
                Ok(connection)
            }
            Err(failure) => {
                *self.state() = State::Down(self.later(self.limits.pause));
                Err(failure)
            }
        }
    }

    fn find(&self) -> Found {
        let mut state = self.state();
        match &*state {
            State::Up(connection) if !connection.is_closed() => Found::Connected(connection.clone()),
            State::Up(_) | State::Idle => {
                *state = State::Idle;
                Found::Nothing
            }
            State::Down(until) if Instant::now() < *until => Found::Gone,
            State::Down(_) => {
                // Even if the runtime ends before the attempt does, another claim may try later.
                *state = State::Down(self.later(self.limits.connect.saturating_add(self.limits.pause)));
                Found::MayRetry
            }
        }
    }

    /// Draws the consequence of a failure, unless the connection is an earlier one than today's.
    fn failed(&self, connection: &Connection, failure: &Failure) {
        let next = match failure.kind {
            // The server hangs, or is not the one to ask any more: the name may lead to its successor in a moment.
            FailureKind::TimedOut | FailureKind::ReadOnly | FailureKind::Unsuitable(_) => {
                State::Down(self.later(self.limits.pause))
            }
            // The connection is broken or cannot be relied on, or has to log in or load the script again. The next claim connects.
            FailureKind::Unreachable | FailureKind::Unreadable | FailureKind::LoginRefused => State::Idle,
            FailureKind::Refused if failure.code.as_deref() == Some("NOSCRIPT") => State::Idle,
            // The server answers.
            _ => return,
        };
        connection.close();
        let mut state = self.state();
        if matches!(&*state, State::Up(current) if current.is(connection)) {
            *state = next;
        }
    }

    fn later(&self, pause: Duration) -> Instant {
        let now = Instant::now();
        now.checked_add(pause).unwrap_or(now)
    }

    /// The state is whole whenever its lock is released.
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn failure(&self, kind: FailureKind) -> Failure {
        Failure::new(&self.opener.server, kind)
    }
}
