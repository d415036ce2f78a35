#!/usr/bin/env bash
# Measures in one go and writes the tables of docs/performance.md, each between its own markers. About ten minutes the first
# time, most of it compiling; three after that. What is written is what came out: run it on a quiet machine if there is one.
set -euo pipefail
cd "$(dirname "$0")/.."
page=docs/performance.md

# Puts what comes in between the markers of this name.
between() {
  python3 -c '
import pathlib, re, sys
page, name, text = pathlib.Path(sys.argv[1]), sys.argv[2], sys.stdin.read().strip()
written, found = re.subn(f"(<!-- {name} -->\n).*?(<!-- /{name} -->)", lambda m: f"{m[1]}\n{text}\n\n{m[2]}", page.read_text(), flags=re.S)
sys.exit(f"{page} has no markers for {name}") if found != 1 else page.write_text(written)' "$page" "$1"
}

instructions_table() {
  echo "| what | provider | of the bare work | beyond it |"
  echo "|---|---|---:|---:|"
  .ci/instructions --write >&2
  grep -v '^#' attesto-core/benches/instructions.txt | sed -E 's/^ *([0-9]+) +(-?[0-9]+) +([A-Za-z]+): (.*)$/| \4 | \3 | \1 | \2 |/'
}

machine() {
  echo "Measured with $(rustc --version | cut -d' ' -f1,2) on $(nproc) $(uname -m) cores that others use as well: load average $(cut -d' ' -f1 /proc/loadavg)."
}

cargo build --release --locked --manifest-path tests/peers/Cargo.toml
{ machine; echo; cargo bench --locked -q -p attesto-core --features aws-lc-rs --bench ratios -- --markdown; } | between core
instructions_table | between instructions
{ machine; echo; tests/peers/target/release/attesto-peers; } | between peers
