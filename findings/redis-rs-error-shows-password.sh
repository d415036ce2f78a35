#!/usr/bin/env bash
# crates.io redis 1.8.1: with `protocol=resp3` in the URL and a server that does not know `HELLO` (Redis before 6, a proxy in front, or
# `rename-command HELLO ""`, as here), the error of the failed connection holds the password: a server quotes the arguments of a command that
# it does not know, the login is one of them, and the error shows the server's text. `RedisConnectionInfo` redacts the password in `Debug`,
# and a login that fails by `AUTH` is shown without it, so one would not expect it in what is logged when a connection fails.
# Keep RESP2 (the default), or log the error's `kind()` and `code()` only.
set -euo pipefail
work=$(mktemp -d)
server=
trap '[ -z "$server" ] || kill "$server"; rm -rf "$work"' EXIT
cd "$work"
mkdir src
cat >Cargo.toml <<'TOML'
[package]
name = "shows"
version = "0.1.0"
edition = "2024"
[dependencies]
redis = { version = "=1.8.1", default-features = false }
[workspace]
TOML
cat >src/main.rs <<'RS'
fn main() {
    for protocol in ["resp2", "resp3"] {
        let socket = std::env::args().nth(1).expect("a socket");
        let url = format!("redis+unix://{socket}?user=app&pass=correct-horse&protocol={protocol}");
        let client = redis::Client::open(url).expect("a URL");
        println!("{:?}", client.get_connection_info().redis_settings());
        println!("{protocol}: {}", client.get_connection().err().expect("refused"));
    }
}
RS
cargo build --quiet
redis-server --version
redis-server --port 0 --unixsocket "$work/s" --save "" --dir "$work" --rename-command HELLO "" >server.log &
server=$!
until grep -q "eady to accept connections" server.log; do sleep 0.1; done
target/debug/shows "$work/s" | tee out
grep "^resp3: .*correct-horse" out && echo "the error shows the password"
