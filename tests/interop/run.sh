#!/usr/bin/env bash
# Starts each demo and drives it with npm oauth4webapi, the MCP TypeScript SDK and PyPI joserfc; holds the tours of the demos
# against each other; and lets attesto judge what an issuer made with joserfc signs. Leaves nothing behind.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
work=$(mktemp -d)
server=
trap '[ -z "$server" ] || kill "$server" 2>/dev/null; rm -rf "$work"' EXIT

cp "$here"/package.json "$here"/package-lock.json "$here"/drive.mjs "$work"
(cd "$work" && npm ci --silent --no-audit --no-fund)
python3 -m venv "$work/python"
"$work/python/bin/pip" install --quiet --disable-pip-version-check --requirement "$here/requirements.txt"
# joserfc warns of the algorithm name EdDSA, which is what one of the checks is about.
python=("$work/python/bin/python" -W ignore)
target=$(cd "$root" && cargo metadata --format-version 1 --no-deps | python3 -c 'import json, sys; print(json.load(sys.stdin)["target_directory"])')

# Ports and nonces differ from run to run; everything else that a tour prints must not.
same_for_all() { sed -E 's/(127\.0\.0\.1|localhost):[0-9]+/HOST/g; s/(dpop-nonce: )[A-Za-z0-9_-]+/\1NONCE/g'; }

for demo in attesto-axum:mcp_server attesto-actix:mcp_server attesto-hyper:mcp_server attesto-tests:blocking_server; do
  package=${demo%:*} example=${demo#*:}
  echo "-- $package, $example"
  # One package at a time: some name their example alike.
  (cd "$root" && cargo build --quiet -p "$package" --example "$example")
  cp "$target/debug/examples/$example" "$work/demo-$package"
  # The demo prints its line when it serves; a pipe waits for exactly that.
  exec 3< <(exec "$work/demo-$package" --print-json)
  server=$!
  read -r line <&3
  (cd "$work" && node drive.mjs "$line")
  "${python[@]}" "$here/joserfc_client.py" "$line"
  kill "$server"
  server=
  "$work/demo-$package" --once | same_for_all >"$work/tour-$package"
  diff "$work/tour-attesto-axum" "$work/tour-$package"
done
echo "ok   the four tours print the same lines"

for adapter in axum actix hyper; do
  echo "-- attesto-$adapter, authorization_server"
  (cd "$root" && cargo build --quiet -p "attesto-$adapter" --example authorization_server)
  "$target/debug/examples/authorization_server" --once | same_for_all >"$work/loop-$adapter"
  diff "$work/loop-axum" "$work/loop-$adapter"
done
echo "ok   the three tours through an authorization server print the same lines"

echo "-- attesto-reqwest, check_token"
(cd "$root" && cargo build --quiet -p attesto-reqwest --example check_token)
"${python[@]}" "$here/joserfc_issuer.py" "$target/debug/examples/check_token"
