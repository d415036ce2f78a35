//! PostgreSQL: a pool of connections, each statement by itself unless it is in a transaction.

use super::Statement;
use super::value::{Cell, Row, Value};
use crate::breaker::Breaker;
use crate::failure::{Failure, FailureKind};
use crate::names::Sql;
use sqlx::postgres::{PgArguments, PgPool, PgRow};
use sqlx::query::Query;
use sqlx::{AssertSqlSafe, Column, PgConnection, Row as _, TypeInfo, ValueRef};
use std::future::Future;
use std::time::Duration;

/// The level that the stores are written for: each statement sees what was committed before it began, and an `UPDATE`
/// that waited for a row judges it again. Said explicitly, since a database may have another default.
const BEGIN: &str = "BEGIN ISOLATION LEVEL READ COMMITTED";

pub(crate) struct Postgres {
    pub(crate) pool: PgPool,
    /// For a whole question: connecting, waiting for rows that others have locked, and the answer.
    pub(crate) limit: Duration,
    pub(crate) breaker: Breaker,
}

impl Postgres {
    pub(crate) async fn run(&self, statement: Statement) -> Result<Vec<Row>, Failure> {
        self.limited(async {
            let mut connection = self.pool.acquire().await?;
            fetch(&mut connection, statement).await
        })
        .await
    }

    pub(crate) async fn transaction(&self, statements: Vec<Statement>) -> Result<Vec<Vec<Row>>, Failure> {
        self.limited(self.in_transaction(statements)).await
    }

    /// Without a time limit.
    pub(crate) async fn maintain(&self, statements: Vec<Statement>) -> Result<Vec<Vec<Row>>, Failure> {
        let unlimited = Statement::new(&Sql::from("SET LOCAL statement_timeout = 0"), []);
        let mut answers = self.in_transaction([unlimited].into_iter().chain(statements)).await?;
        answers.remove(0);
        Ok(answers)
    }

    async fn in_transaction(&self, statements: impl IntoIterator<Item = Statement>) -> Result<Vec<Vec<Row>>, Failure> {
        let mut transaction = self.pool.begin_with(BEGIN).await?;
        let mut answers = Vec::new();
        for statement in statements {
            answers.push(fetch(&mut transaction, statement).await?);
        }
        transaction.commit().await?;
        Ok(answers)
    }

    async fn limited<T>(&self, work: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
        let attempt = self.breaker.attempt()?;
        let answer = tokio::time::timeout(self.limit, work)
            .await
            .unwrap_or_else(|_| Err(Failure::new(FailureKind::TimedOut, "the database did not answer in time")));
        attempt.ended(&answer);
        answer
    }
}

/// Runs one statement on a connection, which may be in a transaction of the host's.
pub(crate) async fn fetch(connection: &mut PgConnection, statement: Statement) -> Result<Vec<Row>, Failure> {
    let query = bind(sqlx::query(AssertSqlSafe(statement.sql)), statement.values);
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
