//! PostgreSQL: a pool of connections, each statement by itself unless it is in a transaction.
//!
//! A question waits for a connection in the request's own future, and gives up when that is dropped. From then on it
//! runs in a task of its own, to its end or its limit, even if the client goes away: a connection that was left in
//! mid-sentence may be in a transaction, so it is closed and never used again.

use super::Statement;
use super::kept::Kept;
use super::lease::Lease;
use super::value::{Cell, Row, Value};
use crate::breaker::{self, Attempt, Breaker};
use crate::failure::{Failure, FailureKind};
use sqlx::postgres::{PgArguments, PgPool, PgRow};
use sqlx::query::Query;
use sqlx::{AssertSqlSafe, Column, Connection as _, PgConnection, Row as _, TypeInfo, ValueRef};
use std::future::{Future as _, poll_fn};
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;
use tokio::sync::{Semaphore, oneshot};
use tokio::time::{Instant, timeout_at};

/// The level that the stores are written for: each statement sees what was committed before it began, and an `UPDATE`
/// that waited for a row judges it again. Said explicitly, since a database may have another default.
const BEGIN: &str = "BEGIN ISOLATION LEVEL READ COMMITTED";
/// Questions that may wait for a connection. More are refused at once.
const WAITING: usize = 4_096;

/// Whether a session of the database is ours.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Sessions {
    /// They have our limits and our level, and remember prepared statements.
    Own,
    /// Another session may follow after each transaction, or they have limits of the host's: limits and level are set in
    /// each transaction, and a statement is prepared where it is used.
    Foreign,
}

pub(crate) struct Postgres {
    pool: PgPool,
    kept: Arc<Kept>,
    sessions: Sessions,
    /// For a whole question: connecting, waiting for rows that others have locked, and the answer.
    limit: Duration,
    breaker: Arc<Breaker>,
    waiting: Semaphore,
}

/// The most that the server spends on one statement: less than a question may take, so that a lock that another
/// transaction holds is the database's answer, and not its silence.
pub(crate) fn statement_limit(limit: Duration) -> Duration {
    limit.saturating_sub(limit / 10).max(Duration::from_millis(1))
}

impl Postgres {
    /// Over a pool of our own of so many connections, or over one of the host's.
    pub(crate) fn new(
        pool: PgPool,
        connections: Option<u32>,
        sessions: Sessions,
        limit: Duration,
        breaker: Arc<Breaker>,
    ) -> Self {
        let kept = connections.map_or_else(Kept::none, Kept::of);
        Self { pool, kept, sessions, limit, breaker, waiting: Semaphore::new(WAITING) }
    }

    /// A connection without a time limit, and whatever the circuit.
    pub(crate) async fn lease(&self) -> Result<Lease, sqlx::Error> {
        self.kept.acquire(&self.pool).await
    }

    pub(crate) async fn run(&self, statement: Statement) -> Result<Vec<Row>, Failure> {
        let answers = match self.sessions {
            Sessions::Own => self.ask(Work::Statement(statement)).await?,
            Sessions::Foreign => self.transaction(vec![statement]).await?,
        };
        Ok(answers.into_iter().next().unwrap_or_default())
    }

    pub(crate) async fn transaction(&self, statements: Vec<Statement>) -> Result<Vec<Vec<Row>>, Failure> {
        let begin = match self.sessions {
            Sessions::Own => BEGIN.into(),
            Sessions::Foreign => format!(
                "{BEGIN}; SET LOCAL statement_timeout = {}; SET LOCAL idle_in_transaction_session_timeout = {}",
                statement_limit(self.limit).as_millis(),
                self.limit.as_millis(),
            ),
        };
        self.ask(Work::Transaction { begin, statements, prepares: self.sessions == Sessions::Own }).await
    }

    /// Without a time limit, and whatever the circuit.
    pub(crate) async fn maintain(&self, statements: Vec<Statement>) -> Result<Vec<Vec<Row>>, Failure> {
        let begin = format!("{BEGIN}; SET LOCAL statement_timeout = 0");
        let mut asking = Asking::over(self.kept.acquire(&self.pool).await?);
        let answer = asking.carry_out(Work::Transaction { begin, statements, prepares: false }).await;
        asking.end(&self.kept, self.limit).await;
        answer
    }

    async fn ask(&self, work: Work) -> Result<Vec<Vec<Row>>, Failure> {
        let attempt = self.breaker.attempt(Instant::now())?;
        let deadline = Instant::now().checked_add(self.limit).unwrap_or_else(Instant::now);
        let mut asking = match self.connection(deadline).await {
            Ok(lease) => Asking::over(lease),
            Err(failure) => {
                if !matches!(failure.kind, FailureKind::CircuitOpen | FailureKind::Overloaded) {
                    attempt.silent(Instant::now());
                }
                return Err(failure);
            }
        };
        let (limit, kept) = (self.limit, Arc::clone(&self.kept));
        let (reply, answer) = oneshot::channel();
        tokio::spawn(async move {
            // A dropped receiver means that the request went away: its answer is not wanted.
            let _ = reply.send(asking.answer(work, attempt, deadline).await);
            asking.end(&kept, limit).await;
        });
        answer.await.unwrap_or_else(|_| Err(Failure::new(FailureKind::Unreachable, "the runtime is shutting down")))
    }

    /// # Errors
    /// Fails where none becomes free in time, none can be opened, and as soon as the circuit opens.
    async fn connection(&self, deadline: Instant) -> Result<Lease, Failure> {
        let _place = self
            .waiting
            .try_acquire()
            .map_err(|_| Failure::new(FailureKind::Overloaded, "too many questions wait for a connection"))?;
        let mut opened = pin!(self.breaker.opened().notified());
        opened.as_mut().enable();
        let mut acquiring = pin!(timeout_at(deadline, self.kept.acquire(&self.pool)));
        let acquired = poll_fn(|context| {
            if let Poll::Ready(acquired) = acquiring.as_mut().poll(context) {
                return Poll::Ready(Some(acquired));
            }
            opened.as_mut().poll(context).map(|()| None)
        });
        match acquired.await {
            Some(Ok(Ok(lease))) => Ok(lease),
            Some(Ok(Err(error))) => Err(error.into()),
            Some(Err(_)) => Err(sqlx::Error::PoolTimedOut.into()),
            None => Err(breaker::is_open()),
        }
    }
}

enum Work {
    Statement(Statement),
    Transaction { begin: String, statements: Vec<Statement>, prepares: bool },
}

/// One question on a connection.
struct Asking {
    lease: Lease,
    /// The connection is not in the middle of anything.
    is_usable: bool,
}

impl Asking {
    fn over(lease: Lease) -> Self {
        Self { lease, is_usable: false }
    }

    async fn answer(&mut self, work: Work, attempt: Attempt, deadline: Instant) -> Result<Vec<Vec<Row>>, Failure> {
        match timeout_at(deadline, self.carry_out(work)).await {
            Ok(answer) => {
                // A connection that broke says nothing about the database: the next one will.
                if answer.as_ref().err().is_none_or(|failure| failure.kind != FailureKind::Unreachable) {
                    attempt.answered();
                }
                answer
            }
            Err(_) => {
                attempt.silent(Instant::now());
                Err(Failure::new(FailureKind::TimedOut, "the database did not answer in time"))
            }
        }
    }

    async fn carry_out(&mut self, work: Work) -> Result<Vec<Vec<Row>>, Failure> {
        let answer = carry_out(self.lease.connection()?, work).await;
        self.is_usable = answer.as_ref().err().is_none_or(leaves_connection_usable);
        answer
    }

    async fn end(self, kept: &Kept, limit: Duration) {
        if self.is_usable
            && let Some(lease) = kept.keep(self.lease)
        {
            lease.give_back(limit).await;
        }
    }
}

/// Errors after which the session is as it was before. After others, such as a prepared statement that no longer fits its
/// table, a new session has a chance that this one has not.
fn leaves_connection_usable(failure: &Failure) -> bool {
    if failure.kind == FailureKind::Unreadable {
        return true;
    }
    let code = failure.code.as_deref().unwrap_or_default();
    ["22", "23", "40", "42", "53", "55"].iter().any(|class| code.starts_with(class)) || code == "57014"
}

async fn carry_out(connection: &mut PgConnection, work: Work) -> Result<Vec<Vec<Row>>, Failure> {
    match work {
        Work::Statement(statement) => Ok(vec![fetch(connection, statement).await?]),
        Work::Transaction { begin, statements, prepares } => {
            let mut transaction = connection.begin_with(AssertSqlSafe(begin)).await?;
            let mut answers = Vec::with_capacity(statements.len());
            for statement in statements {
                answers.push(fetch_as(&mut transaction, statement, prepares).await?);
            }
            transaction.commit().await?;
            Ok(answers)
        }
    }
}

/// Runs one statement on a connection, which may be in a transaction of the host's.
pub(crate) async fn fetch(connection: &mut PgConnection, statement: Statement) -> Result<Vec<Row>, Failure> {
    fetch_as(connection, statement, true).await
}

async fn fetch_as(connection: &mut PgConnection, statement: Statement, prepares: bool) -> Result<Vec<Row>, Failure> {
    let query = bind(sqlx::query(AssertSqlSafe(statement.sql.text())), statement.values).persistent(prepares);
    let rows = query.fetch_all(connection).await?;
    rows.iter().map(row).collect()
}
fn bind(
    mut query: Query<'_, sqlx::Postgres, PgArguments>,
    values: Vec<Value>,
) -> Query<'_, sqlx::Postgres, PgArguments> {
    for value in values {
        query = match value {
            Value::Bool(value) => query.bind(value),
            Value::Int(value) => query.bind(value),
            Value::Bytes(value) => query.bind(value),
            Value::Text(value) => query.bind(value),
        };
    }
    query
}

fn row(row: &PgRow) -> Result<Row, Failure> {
    let cells = row.columns().iter().map(|column| {
        let at = column.ordinal();
        if row.try_get_raw(at)?.is_null() {
            return Ok(Cell::Null);
        }
        Ok(match column.type_info().name() {
            "BOOL" => Cell::Bool(row.try_get(at)?),
            "INT8" => Cell::Int(row.try_get(at)?),
            "INT4" => Cell::Int(row.try_get::<i32, _>(at)?.into()),
            "BYTEA" => Cell::Bytes(row.try_get(at)?),
            "TEXT" | "VARCHAR" | "NAME" => Cell::Text(row.try_get(at)?),
            _ => return Err(Failure::unreadable("a column has a type that no store uses")),
        })
    });
    Ok(Row::new(cells.collect::<Result<_, Failure>>()?))
}
