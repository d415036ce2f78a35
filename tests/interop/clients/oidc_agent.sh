#!/usr/bin/env bash
# Debian's oidc-agent against attesto's provider: an account is generated with a login, and tokens come by its refresh token.
# The argument is the line that the provider prints.
set -euo pipefail
member() { python3 -c 'import json, sys; print(json.loads(sys.argv[1])[sys.argv[2]])' "$1" "$2"; }
issuer=$(member "$1" issuer) secret=$(member "$1" secret)
HOME=$(mktemp -d)
export HOME
agent=
trap '[ -z "$agent" ] || kill "$agent" 2>/dev/null; rm -rf "$HOME"' EXIT
eval "$(oidc-agent)" >/dev/null
agent=$OIDCD_PID

oidc-gen interop --iss="$issuer" --client-id=oidc-agent --client-secret="$secret" --redirect-uri=http://localhost:14242 \
  --scope="openid email offline_access" --flow=code --pw-cmd="echo x" --prompt=none --no-url-call -m >"$HOME/log" 2>&1 &
generating=$!
for _ in $(seq 150); do
  link=$(grep -m1 -o 'http://[^ ]*/oauth/authorize?[^ ]*' "$HOME/log" || true)
  [ -z "$link" ] || break
  sleep 0.2
done
[ -n "$link" ] || { cat "$HOME/log"; exit 1; }
# The browser: the provider redirects, and the last hop is where the agent listens.
curl --silent --show-error --location --max-time 20 --output /dev/null "$link"
wait "$generating" || { cat "$HOME/log"; exit 1; }
first=$(oidc-token interop --force-new) second=$(oidc-token interop --force-new)
[ -n "$first" ] && [ -n "$second" ] && [ "$first" != "$second" ]
curl --silent --fail --header "Authorization: Bearer $second" "$issuer/userinfo" | grep -q alice@example.com
