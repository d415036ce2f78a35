#!/usr/bin/env bash
# Starts each demo and drives it with clients that nobody here wrote: npm oauth4webapi, npm openid-client, the MCP TypeScript SDK, PyPI
# joserfc and Authlib, and the crate openidconnect; holds the tours of the demos against each other; and lets attesto judge what an
# issuer made with joserfc signs. Leaves nothing behind.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
work=$(mktemp -d)
server=
trap '[ -z "$server" ] || kill "$server" 2>/dev/null; rm -rf "$work"' EXIT

cp "$here"/package.json "$here"/package-lock.json "$here"/*.mjs "$work"
(cd "$work" && npm ci --silent --no-audit --no-fund)
python3 -m venv "$work/python"
"$work/python/bin/pip" install --quiet --disable-pip-version-check --requirement "$here/requirements.txt"
# joserfc warns of the algorithm name EdDSA, which is what one of the checks is about.
python=("$work/python/bin/python" -W ignore)
target=$(cd "$root" && cargo metadata --format-version 1 --no-deps | python3 -c 'import json, sys; print(json.load(sys.stdin)["target_directory"])')

# Of its own, with dependencies that the workspace does not have: built once, and kept.
relying_party=(--manifest-path "$here/openidconnect/Cargo.toml")
cargo fmt --check "${relying_party[@]}"
cargo build --quiet --locked "${relying_party[@]}" --target-dir "$target/interop"

# Ports, nonces and what is drawn at random differ from run to run; everything else that a tour prints must not.
same_for_all() { sed -E 's/(127\.0\.0\.1|localhost):[0-9]+/HOST/g; s/(dpop-nonce: )[A-Za-z0-9_-]+/\1NONCE/g'; }

build() { (cd "$root" && cargo build --quiet -p "$1" --example "$2") && cp "$target/debug/examples/$2" "$work/$2-$1"; }

# The demo prints its line when it serves; a pipe waits for exactly that.
serve() {
  exec 3< <(exec "$1" --print-json)
  server=$!
  read -t 60 -r line <&3
}

stop() {
  kill "$server"
  server=
}

tour() {
  "$work/$2-$1" --once | same_for_all >"$work/tour-$2-$1"
  diff "$work/$3" "$work/tour-$2-$1"
}

for demo in attesto-axum:mcp_server attesto-actix:mcp_server attesto-hyper:mcp_server attesto-tests:blocking_server; do
  package=${demo%:*} example=${demo#*:}
  echo "-- $package, $example"
  # One package at a time: some name their example alike.
  build "$package" "$example"
  serve "$work/$example-$package"
  (cd "$work" && node drive.mjs "$line")
  "${python[@]}" "$here/joserfc_client.py" "$line"
  stop
  tour "$package" "$example" tour-mcp_server-attesto-axum
done
echo "ok   the four tours print the same lines"

for package in attesto-axum attesto-actix attesto-hyper; do
  echo "-- $package, authorization_server"
  build "$package" authorization_server
  serve "$work/authorization_server-$package"
  for client in authorize mcp_client openid_client; do (cd "$work" && node "$client.mjs" "$line"); done
  if command -v "${CHROMIUM:-chromium}" >/dev/null; then
    (cd "$work" && node chromium.mjs "$line")
  else
    echo "skip chromium: not installed"
  fi
  "${python[@]}" "$here/authlib_client.py" "$line" "$work/browser.mjs"
  "$target/interop/debug/attesto-interop-openidconnect" "$line" "$work/browser.mjs"
  stop
  tour "$package" authorization_server tour-authorization_server-attesto-axum
done
echo "ok   the three tours of the authorization server print the same lines"

echo "-- attesto-reqwest, check_token"
(cd "$root" && cargo build --quiet -p attesto-reqwest --example check_token)
"${python[@]}" "$here/joserfc_issuer.py" "$target/debug/examples/check_token"
