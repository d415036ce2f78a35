#!/usr/bin/env bash
# crates.io sqlx 0.9.0 with SQLite: a parameter for which no value was bound is NULL, and a value for which there is no parameter is
# dropped, both without an error. With PostgreSQL either is an error, as it is with SQLite in other libraries. So a forgotten `bind` changes
# what a statement means: `WHERE secret = $2` finds nothing, `WHERE $2 IS NULL OR owner = $2` finds everything.
# Test each statement with values that its result must depend on.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
mkdir src
cat >Cargo.toml <<'TOML'
[package]
name = "parameters"
version = "0.1.0"
edition = "2024"
[dependencies]
sqlx = { version = "=0.9.0", default-features = false, features = ["runtime-tokio", "sqlite"] }
tokio = { version = "1", features = ["macros", "rt-multi-thread"] }
[workspace]
TOML
cat >src/main.rs <<'RS'
use sqlx::ConnectOptions as _;
use sqlx::sqlite::SqliteConnectOptions;

#[tokio::main]
async fn main() -> Result<(), sqlx::Error> {
    let mut connection = SqliteConnectOptions::new().in_memory(true).connect().await?;
    let few: (String, Option<String>) = sqlx::query_as("SELECT $1, $2").bind("one").fetch_one(&mut connection).await?;
    println!("two parameters, one value: {few:?}");
    let many: (String,) = sqlx::query_as("SELECT $1").bind("one").bind("two").fetch_one(&mut connection).await?;
    println!("one parameter, two values: {many:?}");
    Ok(())
}
RS
cargo run --quiet | tee out
grep -Fx 'two parameters, one value: ("one", None)' out
grep -Fx 'one parameter, two values: ("one",)' out
