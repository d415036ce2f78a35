//! SQLite: one thread writes, some read. Whatever waits when a transaction begins is committed with it, so that one
//! write to the disk serves many requests.
//!
//! The threads need no runtime, and the futures work on any.

use super::Statement;
use super::value::{Cell, Row, Value};
use crate::failure::{Failure, FailureKind};
use sqlx::query::Query;
use sqlx::sqlite::{SqliteArguments, SqliteConnectOptions, SqliteConnection, SqliteRow};
use sqlx::{AssertSqlSafe, Column, ConnectOptions, Row as _, TypeInfo, ValueRef};
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use tokio::sync::{mpsc, oneshot};

/// Jobs that may wait for a thread. More are refused at once.
const QUEUE: usize = 4_096;
/// The most jobs of one transaction.
const BATCH: usize = 256;

type Answer = Result<Vec<Vec<Row>>, Failure>;

/// Statements that take effect together, and where the answer goes.
struct Job {
    statements: Vec<Statement>,
    reply: oneshot::Sender<Answer>,
}

/// Work that has the connection to itself, such as a migration.
type Work = Box<dyn for<'c> FnOnce(&'c mut SqliteConnection) -> Pin<Box<dyn Future<Output = ()> + 'c>> + Send>;

/// What a thread is asked for.
enum Order {
    Run(Job),
    Alone(Work),
}

pub(crate) struct Sqlite {
    writer: mpsc::Sender<Order>,
    readers: Vec<mpsc::Sender<Order>>,
    next_reader: AtomicUsize,
    commits: Arc<AtomicU64>,
}

impl Sqlite {
    /// Opens the connections and starts their threads. A database in memory has one connection only.
    pub(crate) async fn open(options: &SqliteConnectOptions, readers: usize) -> Result<Self, Failure> {
        let commits = Arc::new(AtomicU64::new(0));
        let writer = start(options.connect().await?, Role::Writer(Arc::clone(&commits)))?;
        let mut reading = Vec::with_capacity(readers);
        for _ in 0..readers {
            reading.push(start(options.clone().read_only(true).connect().await?, Role::Reader)?);
        }
        Ok(Self { writer, readers: reading, next_reader: AtomicUsize::new(0), commits })
    }

    pub(crate) async fn write(&self, statements: Vec<Statement>) -> Answer {
        ask(&self.writer, statements).await
    }

    /// How many transactions were committed.
    pub(crate) fn commits(&self) -> u64 {
        self.commits.load(Ordering::Relaxed)
    }

    /// Runs work on the writing connection, outside of a transaction.
    pub(crate) async fn alone<T: Send + 'static>(
        &self,
        work: impl for<'c> FnOnce(&'c mut SqliteConnection) -> Pin<Box<dyn Future<Output = T> + 'c>> + Send + 'static,
    ) -> Result<T, Failure> {
        let (reply, answer) = oneshot::channel();
        let work: Work = Box::new(move |connection| {
            let working = work(connection);
            Box::pin(async move {
                // A dropped receiver means that its future was dropped: there is no answer to give.
                let _ = reply.send(working.await);
            })
        });
        send(&self.writer, Order::Alone(work))?;
        answer.await.map_err(|_| closed())
    }

    pub(crate) async fn read(&self, statement: Statement) -> Result<Vec<Row>, Failure> {
        let next = self.next_reader.fetch_add(1, Ordering::Relaxed);
        let reader = next.checked_rem(self.readers.len()).and_then(|at| self.readers.get(at));
        let answer = ask(reader.unwrap_or(&self.writer), vec![statement]).await?;
        Ok(answer.into_iter().next().unwrap_or_default())
    }
}

async fn ask(thread: &mpsc::Sender<Order>, statements: Vec<Statement>) -> Answer {
    let (reply, answer) = oneshot::channel();
    send(thread, Order::Run(Job { statements, reply }))?;
    answer.await.unwrap_or_else(|_| Err(closed()))
}

fn send(thread: &mpsc::Sender<Order>, order: Order) -> Result<(), Failure> {
    thread.try_send(order).map_err(|refused| match refused {
        mpsc::error::TrySendError::Full(_) => Failure::new(FailureKind::Overloaded, "too many questions wait"),
        mpsc::error::TrySendError::Closed(_) => closed(),
    })
}

fn closed() -> Failure {
    Failure::new(FailureKind::Unreachable, "the connection is closed")
}

/// What a thread does with the jobs that wait.
enum Role {
    /// Counts its commits.
    Writer(Arc<AtomicU64>),
    Reader,
}

/// Starts a thread that owns a connection, and ends when its last sender is dropped.
fn start(mut connection: SqliteConnection, role: Role) -> Result<mpsc::Sender<Order>, Failure> {
    let no_thread = |_| Failure::new(FailureKind::Unreachable, "no thread for SQLite");
    let runtime = tokio::runtime::Builder::new_current_thread().build().map_err(no_thread)?;
    let (sender, mut orders) = mpsc::channel::<Order>(QUEUE);
    let serve = move || {
        runtime.block_on(async {
            let mut waiting = Vec::with_capacity(BATCH);
            while orders.recv_many(&mut waiting, BATCH).await > 0 {
                carry_out(&mut connection, &role, waiting.drain(..)).await;
            }
        });
    };
    std::thread::Builder::new().name("attesto-sqlite".into()).spawn(serve).map_err(no_thread)?;
    Ok(sender)
}

/// Work that needs the connection to itself comes after the jobs that waited before it.
async fn carry_out(connection: &mut SqliteConnection, role: &Role, orders: impl Iterator<Item = Order>) {
    let mut jobs = Vec::new();
    for order in orders {
        match order {
            Order::Run(job) => jobs.push(job),
            Order::Alone(work) => {
                run_jobs(connection, role, std::mem::take(&mut jobs)).await;
                work(connection).await;
            }
        }
    }
    run_jobs(connection, role, jobs).await;
}

async fn run_jobs(connection: &mut SqliteConnection, role: &Role, jobs: Vec<Job>) {
    match role {
        Role::Writer(commits) => write_batch(connection, commits, jobs).await,
        Role::Reader => read_batch(connection, jobs).await,
    }
}

async fn read_batch(connection: &mut SqliteConnection, jobs: Vec<Job>) {
    for Job { statements, reply } in jobs {
        // A dropped receiver means that its future was dropped: there is no answer to give.
        let _ = reply.send(run(connection, &statements).await);
    }
}

/// Commits the jobs together. If one of them fails, each is tried by itself, so that none fails for another.
async fn write_batch(connection: &mut SqliteConnection, commits: &AtomicU64, jobs: Vec<Job>) {
    if jobs.len() > 1 {
        match together(connection, &jobs).await {
            Ok(Outcome::Committed(answers)) => {
                commits.fetch_add(1, Ordering::Relaxed);
                for (job, answer) in jobs.into_iter().zip(answers) {
                    let _ = job.reply.send(Ok(answer));
                }
                return;
            }
            Ok(Outcome::RolledBack) => {}
            // The commit may or may not have happened.
            Err(failure) => {
                for job in jobs {
                    let _ = job.reply.send(Err(failure.clone()));
                }
                return;
            }
        }
    }
    for job in jobs {
        let answer = match together(connection, std::slice::from_ref(&job)).await {
            Ok(Outcome::Committed(mut answers)) => {
                commits.fetch_add(1, Ordering::Relaxed);
                Ok(answers.pop().unwrap_or_default())
            }
            Ok(Outcome::RolledBack) => Err(Failure::new(FailureKind::Refused, "the statement failed")),
            Err(failure) => Err(failure),
        };
        let _ = job.reply.send(answer);
    }
}

enum Outcome {
    Committed(Vec<Vec<Vec<Row>>>),
    RolledBack,
}

/// # Errors
/// Fails where the transaction could not begin, or its commit may or may not have happened.
async fn together(connection: &mut SqliteConnection, jobs: &[Job]) -> Result<Outcome, Failure> {
    sqlx::query("BEGIN IMMEDIATE").execute(&mut *connection).await?;
    let mut answers = Vec::with_capacity(jobs.len());
    for job in jobs {
        match run(connection, &job.statements).await {
            Ok(answer) => answers.push(answer),
            Err(failure) => {
                // Some errors have already ended the transaction; then there is nothing to roll back.
                let _ = sqlx::query("ROLLBACK").execute(&mut *connection).await;
                return if jobs.len() > 1 { Ok(Outcome::RolledBack) } else { Err(failure) };
            }
        }
    }
    if let Err(error) = sqlx::query("COMMIT").execute(&mut *connection).await {
        let _ = sqlx::query("ROLLBACK").execute(&mut *connection).await;
        return Err(error.into());
    }
    Ok(Outcome::Committed(answers))
}

async fn run(connection: &mut SqliteConnection, statements: &[Statement]) -> Answer {
    let mut answers = Vec::with_capacity(statements.len());
    for statement in statements {
        answers.push(fetch(connection, statement.clone()).await?);
    }
    Ok(answers)
}

/// Runs one statement on a connection, which may be in a transaction of the host's.
pub(crate) async fn fetch(connection: &mut SqliteConnection, statement: Statement) -> Result<Vec<Row>, Failure> {
    let query = bind(sqlx::query(AssertSqlSafe(statement.sql.text())), statement.values);
    let rows = query.fetch_all(connection).await?;
    rows.iter().map(row).collect()
}

fn bind(
    mut query: Query<'_, sqlx::Sqlite, SqliteArguments>,
    values: Vec<Value>,
) -> Query<'_, sqlx::Sqlite, SqliteArguments> {
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

/// Reads each value by its own type, since a column of SQLite holds any.
fn row(row: &SqliteRow) -> Result<Row, Failure> {
    let cells = row.columns().iter().map(|column| {
        let at = column.ordinal();
        let value = row.try_get_raw(at)?;
        if value.is_null() {
            return Ok(Cell::Null);
        }
        let type_info = value.type_info();
        Ok(match type_info.name() {
            "BOOLEAN" => Cell::Bool(row.try_get(at)?),
            "INTEGER" => Cell::Int(row.try_get(at)?),
            "BLOB" => Cell::Bytes(row.try_get(at)?),
            "TEXT" => Cell::Text(row.try_get(at)?),
            _ => return Err(Failure::unreadable("a column has a type that no store uses")),
        })
    });
    Ok(Row::new(cells.collect::<Result<_, Failure>>()?))
}
