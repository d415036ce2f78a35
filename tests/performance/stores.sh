#!/usr/bin/env bash
# Measures the stores in databases, and writes the result into docs/performance.md, between the markers <!-- stores --> and
# <!-- /stores -->: PostgreSQL beside pgbench, and over HTTP beside npm oidc-provider on the same server; SQLite beside a transaction for
# each request. Takes three minutes, and as long as the build does. Needs Linux, Rust and a C compiler, npm, Python 3, Node 22, which it
# gets from npm where `node` is older, and a PostgreSQL with pgbench, which `.ci/with-postgres` installs where there is none. With --quick
# it measures less, too little to rely on, and writes to standard output.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
rounds=31 each=60
case "${1-}" in
  "") ;;
  --quick) rounds=5 each=30 ;;
  *) echo "Usage: stores.sh [--quick]" >&2; exit 2 ;;
esac
# Once more, with a server of its own.
if [ -z "${ATTESTO_TEST_POSTGRES_DATA-}" ]; then exec "$root/.ci/with-postgres" "$0" "$@"; fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# As a production server should be built: docs/performance.md says so.
CARGO_PROFILE_RELEASE_LTO=thin CARGO_PROFILE_RELEASE_CODEGEN_UNITS=1 \
  cargo build --quiet --release --locked --manifest-path "$here/Cargo.toml" --target-dir "$root/target/performance-lto"
(cd "$root" && cargo bench --quiet --locked -p attesto-sqlx --all-features --bench stores --no-run)
program=$root/target/performance-lto/release/attesto-performance
cp "$here"/package.json "$here"/package-lock.json "$here"/refresher.mjs "$work"
(cd "$work" && npm ci --silent --no-audit --no-fund)
# oidc-provider 9 supports Node 22 and later.
if [ "$(node -p 'process.versions.node.split(".")[0]')" -lt 22 ]; then
  mkdir "$work/node"
  (cd "$work/node" && echo '{"private":true}' >package.json && npm install --silent --no-audit --no-fund node@22.23.3)
  PATH=$work/node/node_modules/.bin:$PATH
fi

model=$(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo 2>/dev/null | head -1)
load() { cut -d' ' -f1 /proc/loadavg; }
before=$(load)
(cd "$root" && cargo bench --quiet --locked -p attesto-sqlx --all-features --bench stores) >"$work/bare.md"
"$program" rotations "$work/refresher.mjs" "$ATTESTO_TEST_POSTGRES" "$(dirname "$ATTESTO_TEST_POSTGRES_DATA")" "$rounds" "$each" >"$work/http.md"
version() { node -p "JSON.parse(require('fs').readFileSync('$work/node_modules/$1/package.json')).version"; }
{
  cat <<TEXT
Written by \`tests/performance/stores.sh\`. ${model:-Processor unknown}, $(nproc) cores, load average $before before and $(load) after;
$(rustc --version | cut -d' ' -f1,2), $(psql -Atc 'SHOW server_version' "$ATTESTO_TEST_POSTGRES" | sed 's/^/PostgreSQL /').

The stores by themselves: a rotation loads the token and replaces it, a redemption loads the code, takes it and records its access token,
each statement a transaction. pgbench runs the very same statements, as the server has prepared them for the stores, with expressions for
what differs each time, over as many connections. Client and server share the machine.

TEXT
  cat "$work/bare.md"
  cat <<TEXT

Over HTTP: one client with \`client_secret_basic\` rotates refresh tokens and gets ES256 access tokens that live for 900 s. attesto runs under
axum in a release build (\`lto = "thin"\`, \`codegen-units = 1\`), on one thread, with AWS-LC, and verifies what it has signed. oidc-provider $(version oidc-provider) runs in one
process with \`NODE_ENV=production\` (Node $(node --version)), over pg $(version pg) with an adapter as its documentation has it: a JSON column,
prepared statements. Each has 16 connections to the same PostgreSQL, with its default durability.

TEXT
  cat "$work/http.md"
} >"$work/section.md"

if [ "${1-}" = --quick ]; then
  cat "$work/section.md"
  exit
fi
python3 - "$root/docs/performance.md" "$work/section.md" <<'PYTHON'
import pathlib, sys
page, section = map(pathlib.Path, sys.argv[1:])
begin, end = "<!-- stores -->", "<!-- /stores -->"
text = page.read_text()
if begin not in text or end not in text:
    sys.exit(f"{page} lacks the markers {begin} and {end}")
before, rest = text.split(begin, 1)
_, after = rest.split(end, 1)
page.write_text(f"{before}{begin}\n{section.read_text().strip()}\n{end}{after}")
PYTHON
echo "written: docs/performance.md"
