#!/usr/bin/env bash
# Starts each adapter's demo and drives it with npm oauth4webapi and the MCP TypeScript SDK; then holds the three tours
# against each other. Leaves nothing behind.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
work=$(mktemp -d)
server=
trap '[ -z "$server" ] || kill "$server" 2>/dev/null; rm -rf "$work"' EXIT

cp "$here"/package.json "$here"/package-lock.json "$here"/drive.mjs "$work"
(cd "$work" && npm ci --silent --no-audit --no-fund)
target=$(cd "$root" && cargo metadata --format-version 1 --no-deps | python3 -c 'import json, sys; print(json.load(sys.stdin)["target_directory"])')

# Ports and nonces differ from run to run; everything else that a tour prints must not.
same_for_all() { sed -E 's/(127\.0\.0\.1|localhost):[0-9]+/HOST/g; s/(dpop-nonce: )[A-Za-z0-9_-]+/\1NONCE/g'; }

for adapter in axum actix hyper; do
  echo "-- attesto-$adapter"
  # One package at a time: they name their example alike.
  (cd "$root" && cargo build --quiet -p "attesto-$adapter" --example mcp_server)
  cp "$target/debug/examples/mcp_server" "$work/demo-$adapter"
  # The demo prints its line when it serves; a pipe waits for exactly that.
  exec 3< <(exec "$work/demo-$adapter" --print-json)
  server=$!
  read -r line <&3
  (cd "$work" && node drive.mjs "$line")
  kill "$server"
  server=
  "$work/demo-$adapter" --once | same_for_all >"$work/tour-$adapter"
done

diff "$work/tour-axum" "$work/tour-actix"
diff "$work/tour-axum" "$work/tour-hyper"
echo "ok  the three tours print the same lines"
