#!/usr/bin/env bash
# crates.io sqlx 0.9.0 with SQLite: a NULL reads as `""` or 0, without an error, where a column is read as `String` or `i64` and not as an
# `Option`; and `type_info()` of the NULL is the column's declared type, though NULL is a type of its own there. With PostgreSQL it is the
# error `UnexpectedNull`. So a host that reads a nullable column as `String` sees an empty subject, scope or secret where there is none.
# Read every column that may be NULL as an `Option`, and ask `is_null()` before the type.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
mkdir src
cat >Cargo.toml <<'TOML'
[package]
name = "nulls"
version = "0.1.0"
edition = "2024"
[dependencies]
sqlx = { version = "=0.9.0", default-features = false, features = ["runtime-tokio", "sqlite"] }
tokio = { version = "1", features = ["macros", "rt-multi-thread"] }
[workspace]
TOML
cat >src/main.rs <<'RS'
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions as _, Executor as _, Row as _, TypeInfo as _, Value as _, ValueRef as _};

#[tokio::main]
async fn main() -> Result<(), sqlx::Error> {
    let mut connection = SqliteConnectOptions::new().in_memory(true).connect().await?;
    connection.execute("CREATE TABLE t (name TEXT, count INTEGER); INSERT INTO t VALUES (NULL, NULL)").await?;
    let row = sqlx::query("SELECT name, count FROM t").fetch_one(&mut connection).await?;
    let (name, count) = (row.try_get_raw(0)?.to_owned(), row.try_get_raw(1)?.to_owned());
    println!("type {}, null {}: {:?}", name.type_info().name(), name.is_null(), name.try_decode::<String>());
    println!("type {}, null {}: {:?}", count.type_info().name(), count.is_null(), count.try_decode::<i64>());
    println!("by row: {:?}", row.try_get::<String, _>(0));
    Ok(())
}
RS
cargo run --quiet | tee out
grep -Fx 'type TEXT, null true: Ok("")' out
grep -Fx 'type INTEGER, null true: Ok(0)' out
grep -Fx 'by row: Ok("")' out
