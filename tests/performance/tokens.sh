#!/usr/bin/env bash
# Measures attesto's token endpoint beside npm oidc-provider's, in one run, and writes the result into docs/performance.md, between the
# markers <!-- tokens --> and <!-- /tokens -->. Takes two minutes, and as long as the build does. Needs Linux, Rust and a C compiler, npm,
# Python 3, and Node 22, which it gets from npm where `node` is older. With --quick it measures a tenth of it, too little to rely on, and
# writes to standard output.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

rounds=31 tokens=2000
case "${1-}" in
  "") ;;
  --quick) rounds=5 tokens=1000 ;;
  *) echo "Usage: tokens.sh [--quick]" >&2; exit 2 ;;
esac

cargo build --quiet --release --locked --manifest-path "$here/Cargo.toml" --target-dir "$root/target/performance"
program=$root/target/performance/release/attesto-performance
cp "$here"/package.json "$here"/package-lock.json "$here"/provider.mjs "$work"
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
"$program" tokens "$work/provider.mjs" "$rounds" "$tokens" >"$work/tables.md"
{
  cat <<TEXT
Written by \`tests/performance/tokens.sh\`. ${model:-Processor unknown}, $(nproc) cores, load average $before before and $(load) after;
$(rustc --version | cut -d' ' -f1,2), Node $(node --version), oidc-provider $(node -p "JSON.parse(require('fs').readFileSync('$work/node_modules/oidc-provider/package.json')).version").

One client gets access tokens by \`client_credentials\`: \`client_secret_basic\`, one scope, one resource, ES256 JWTs that live for 900 s.
attesto runs under axum, in a release build, on one thread; oidc-provider in one process with \`NODE_ENV=production\`, its feature
\`resourceIndicators\` with the format \`jwt\`, on its own memory adapter; neither needs its stores for this grant. Node signs on a pool of
threads of its own, so it has more than one. attesto verifies each signature that it has made before it lets the token out, which with
RustCrypto costs nearly as much again; oidc-provider does not. The same client drives all three over loopback, HTTP/1.1, connections that stay open, in turns,
each round beginning with another; it shares the machine with them. Neither side hashes the client's secret slowly,
which only secrets that people chose would need: that would cost both the same. Every token must come with 200; tokens of every sample are verified after its clock has stopped,
as what they are said to be: signature, \`alg\`, \`typ\`, issuer, audience, times, client and scope, and that no two are the same.

Ratios are attesto's to oidc-provider's, of throughput, and of tokens per processor time, which counts all threads and both user mode and
kernel. On a machine that others use as well the latter says more: other people's turns are not in it.

TEXT
  cat "$work/tables.md"
} >"$work/section.md"

if [ "${1-}" = --quick ]; then
  cat "$work/section.md"
  exit
fi
python3 - "$root/docs/performance.md" "$work/section.md" <<'PYTHON'
import pathlib, sys
page, section = map(pathlib.Path, sys.argv[1:])
begin, end = "<!-- tokens -->", "<!-- /tokens -->"
text = page.read_text()
if begin not in text or end not in text:
    sys.exit(f"{page} lacks the markers {begin} and {end}")
before, rest = text.split(begin, 1)
_, after = rest.split(end, 1)
page.write_text(f"{before}{begin}\n{section.read_text().strip()}\n{end}{after}")
PYTHON
echo "written: docs/performance.md"
