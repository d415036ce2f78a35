#!/usr/bin/env bash
# Measures what attesto costs a server, and writes the results into docs/performance.md, between the markers <!-- http --> and
# <!-- /http -->. Takes about a quarter of an hour. Needs Rust and a C compiler, Node 20 with npm and Python 3; `wrk`, where it is
# installed, gives a second opinion. With --quick it measures a tenth of it, too little to rely on, and writes to standard output.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

rounds=61 proofs=1000000 entries=10000000
case "${1-}" in
  "") ;;
  --quick) rounds=7 proofs=50000 entries=100000 ;;
  *) echo "Usage: run.sh [--quick]" >&2; exit 2 ;;
esac

cargo build --quiet --release --locked --manifest-path "$here/Cargo.toml" --target-dir "$root/target/performance"
program=$root/target/performance/release/attesto-performance
cp "$here"/package.json "$here"/package-lock.json "$here"/peers.mjs "$work"
(cd "$work" && npm ci --silent --no-audit --no-fund)

model=$(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo 2>/dev/null | head -1)
{
  cat <<TEXT
### Through the adapters

Written by \`tests/performance/run.sh\`. ${model:-Processor unknown}, $(nproc) cores, load average $(cut -d' ' -f1 /proc/loadavg 2>/dev/null || echo unknown) at the start;
$(rustc --version | cut -d' ' -f1,2), Node $(node --version); provider AWS-LC, ES256 tokens and proofs.

One process serves with one thread, the client sends from another over loopback: HTTP/1.1, connections that stay open. All variants
are routes of the same process, answer the same five bytes and are sent the same fields; they take turns, a round of each. *Bare* is
the framework alone. *Check by hand* is a handler that calls \`Guard::admit\` itself: what it costs beyond *bare* is the check. *Guarded*
has the adapter before it: what that costs beyond the check by hand is the adapter's own. Each DPoP request has a proof of its own,
signed by the client before the clock starts; the token is the same in all, and remembered after the first. Processor time is the server's,
in user mode and in the kernel.

TEXT
  "$program" http "$rounds"
  cat <<TEXT
### Memory of used proofs

A DPoP-protected resource in process, Ed25519 tokens and proofs (they are made and checked fastest; what is remembered of a proof does
not depend on its algorithm). Every request has its own proof, and all are on record at once. Memory of proofs that have lapsed is
kept for the next burst.

TEXT
  "$program" memory "$proofs"
  cat <<TEXT
### What a claim costs

The replay store alone, steady: for each claim a record lapses and is freed. Processor time. Beside it is what the machine takes for one access to a
random place among as many cache lines: a larger store is in slower memory, whatever the store does.

TEXT
  "$program" claims "$entries"
  cat <<TEXT
### Peers on Node

npm jose $(node -p "require('$work/node_modules/jose/package.json').version") and oauth4webapi $(node -p "require('$work/node_modules/oauth4webapi/package.json').version"): microseconds per check, one after the other, and in brackets the processor time, which
for them includes the threads that WebCrypto works on. On a busy machine the brackets are what to read: the
time that passed includes other people's turns. Tokens and proofs are the same for all; each checks the signatures, \`typ\`, issuer, audience,
times, one scope, and with a proof also \`htm\`, \`htu\`, \`ath\` and the binding. None asks a replay store. *WebCrypto verify* is the
signature of the token alone, with the key imported once. jose has the pieces of a DPoP check; \`peers.mjs\` puts them together.

TEXT
  (cd "$work" && node peers.mjs "$program")
} >"$work/section.md"

if [ "${1-}" = --quick ]; then
  cat "$work/section.md"
  exit
fi
mkdir -p "$root/docs"
python3 - "$root/docs/performance.md" "$work/section.md" <<'PYTHON'
import pathlib, sys
page, section = map(pathlib.Path, sys.argv[1:])
begin, end = "<!-- http -->", "<!-- /http -->"
text = page.read_text() if page.exists() else f"# Performance\n\n{begin}\n{end}\n"
if begin not in text or end not in text:
    sys.exit(f"{page} lacks the markers {begin} and {end}")
before, rest = text.split(begin, 1)
_, after = rest.split(end, 1)
page.write_text(f"{before}{begin}\n{section.read_text().strip()}\n{end}{after}")
PYTHON
echo "written: docs/performance.md"
