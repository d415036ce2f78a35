#!/usr/bin/env bash
# PyPI's msal, which takes only an https issuer with a path: a provider of its own behind a proxy that ends TLS. The first argument is the
# line that the other provider prints.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d) started=()
trap 'kill "${started[@]}" 2>/dev/null; rm -rf "$work"' EXIT
openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost -addext subjectAltName=DNS:localhost -keyout "$work/key" -out "$work/cert" 2>/dev/null
cat >"$work/proxy.mjs" <<'NODE'
import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { createServer } from 'node:tls';

const at = process.argv[2];
const server = createServer({ key: readFileSync(`${at}/key`), cert: readFileSync(`${at}/cert`) }, (client) => {
  const behind = connect(Number(readFileSync(`${at}/port`)), '127.0.0.1');
  client.on('error', () => behind.destroy());
  behind.on('error', () => client.destroy());
  client.pipe(behind).pipe(client);
});
server.listen(0, '127.0.0.1', () => console.log(server.address().port));
NODE
exec 3< <(exec node "$work/proxy.mjs" "$work")
started+=($!)
read -t 20 -r port <&3
exec 4< <(exec "$here/relying_parties" "$here/registered.json" "https://localhost:$port/tenant" 2>/dev/null)
started+=($!)
read -t 20 -r line <&4
sed -E 's/.*"local":"[^"]*:([0-9]+)".*/\1/' <<<"$line" >"$work/port"
REQUESTS_CA_BUNDLE=$work/cert "$here/python/bin/python" "$here/relying_parties.py" msal "$line"
