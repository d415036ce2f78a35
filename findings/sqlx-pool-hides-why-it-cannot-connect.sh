#!/usr/bin/env bash
# crates.io sqlx 0.9.0 with PostgreSQL: a pool that cannot connect because nothing listens says `PoolTimedOut`, after the whole
# `acquire_timeout` (30 seconds unless set), as if all its connections were in use. One connection by itself says at once that it was refused.
# An operator who reads the pool's error looks for a leak of connections, and not at the address.
# Connect once before the pool is made, and report that error.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
mkdir src
cat >Cargo.toml <<'TOML'
[package]
name = "refused"
version = "0.1.0"
edition = "2024"
[dependencies]
sqlx = { version = "=0.9.0", default-features = false, features = ["runtime-tokio", "postgres"] }
tokio = { version = "1", features = ["macros", "net", "rt-multi-thread", "time"] }
[workspace]
TOML
cat >src/main.rs <<'RS'
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{ConnectOptions as _, Error};
use std::time::Duration;

fn shown(error: &Error) -> String {
    match error {
        Error::Io(error) => format!("Io, {}", error.kind()),
        Error::PoolTimedOut => "PoolTimedOut".to_owned(),
        other => format!("{other:?}"),
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    // A port that was free a moment ago.
    let port = tokio::net::TcpListener::bind("127.0.0.1:0").await?.local_addr()?.port();
    let options = PgConnectOptions::new_without_pgpass().host("127.0.0.1").port(port).username("app");
    let one = options.connect().await.err().ok_or("it connected")?;
    println!("one connection: {}", shown(&one));
    let pool = PgPoolOptions::new().acquire_timeout(Duration::from_secs(2)).connect_with(options).await;
    println!("a pool: {}", shown(&pool.err().ok_or("it connected")?));
    Ok(())
}
RS
cargo run --quiet | tee out
grep -Fx 'one connection: Io, connection refused' out
grep -Fx 'a pool: PoolTimedOut' out
