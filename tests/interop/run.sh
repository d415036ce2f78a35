#!/usr/bin/env bash
# Starts the axum demo and drives it with npm oauth4webapi and the MCP TypeScript SDK. Leaves nothing behind.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
server=
trap '[ -z "$server" ] || kill "$server" 2>/dev/null; rm -rf "$work"' EXIT

cp "$here"/package.json "$here"/package-lock.json "$here"/drive.mjs "$work"
(cd "$work" && npm ci --silent --no-audit --no-fund)
cargo build --quiet -p attesto-axum --example mcp_server --manifest-path "$here/../../Cargo.toml"
target=$(cargo metadata --format-version 1 --no-deps --manifest-path "$here/../../Cargo.toml" | python3 -c 'import json, sys; print(json.load(sys.stdin)["target_directory"])')
# The demo prints its line when it serves; a pipe waits for exactly that.
exec 3< <(exec "$target/debug/examples/mcp_server" --print-json)
server=$!
read -r line <&3
cd "$work" && node drive.mjs "$line"
