#!/usr/bin/env bash
# Clients from Debian's packages that are no web applications, against attesto's provider. `of_debian.sh INFO NAME`.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
member() { python3 -c 'import json, sys; print(json.loads(sys.argv[1])[sys.argv[2]])' "$1" "$2"; }
issuer=$(member "$1" issuer) secret=$(member "$1" secret)
export issuer secret here
HOME=$(mktemp -d)
export HOME
trap 'rm -rf "$HOME"' EXIT
cd "$HOME"
says_alice() { curl --silent --fail --header "Authorization: Bearer $1" "$issuer/userinfo" | grep -q alice@example.com; }

# The script that mutt's users copy and fill in: a registration, and here no GnuPG.
mutt() {
  local own="'attesto': {'authorize_endpoint': '$issuer/oauth/authorize', 'token_endpoint': '$issuer/oauth/token', 'sasl_method': 'XOAUTH2',
    'redirect_uri': '', 'scope': 'openid email', 'client_id': 'mutt', 'client_secret': '$secret'},"
  zcat /usr/share/doc/neomutt/oauth2/mutt_oauth2.py.gz | sed -E "s/^((EN|DE)CRYPTION_PIPE) = .*/\1 = ['cat']/" >script
  awk -v own="$own" '{ print } /^registrations = / { print own }' script >mutt_oauth2.py
  printf '%s\n' attesto localhostauthcode alice@example.com | python3 -u mutt_oauth2.py --verbose --authorize tokens >log 2>&1 &
  local link=
  for _ in $(seq 100); do
    link=$(grep -m1 -o 'http://[^ ]*/oauth/authorize?[^ ]*' log || true)
    ! grep -q Waiting log || break
    sleep 0.1
  done
  curl --silent --location --max-time 20 --output /dev/null "$link"
  wait $! || { cat log; return 1; }
  local first second
  first=$(sed -n 's/^Access Token: //p' log)
  says_alice "$first"
  # Past its end, by the script's own file, the next call refreshes.
  python3 - <<'PYTHON'
import json
state = json.load(open("tokens"))
json.dump({**state, "access_token_expiration": "2000-01-01T00:00:00"}, open("tokens", "w"))
PYTHON
  second=$(python3 mutt_oauth2.py tokens)
  [ "$first" != "$second" ] && says_alice "$second"
}

python3_oauth2client() {
  /usr/bin/python3 -W ignore - <<'PYTHON'
import os, subprocess
import httplib2
from urllib.parse import parse_qs, urlsplit
from oauth2client.client import OAuth2WebServerFlow

issuer, back = os.environ["issuer"], "https://rp.example/callback"
flow = OAuth2WebServerFlow(
    "python3-oauth2client", os.environ["secret"], scope="openid email", redirect_uri=back, auth_uri=f"{issuer}/oauth/authorize",
    token_uri=f"{issuer}/oauth/token", revoke_uri=f"{issuer}/oauth/revoke", pkce=True,
)
answer = subprocess.check_output(["bash", f"{os.environ['here']}/browse.sh", flow.step1_get_authorize_url(), back], text=True)
credentials = flow.step2_exchange(parse_qs(urlsplit(answer.strip()).query)["code"][0])
_, told = credentials.authorize(httplib2.Http()).request(f"{issuer}/userinfo")
assert b"alice@example.com" in told, told
old = credentials.access_token
credentials.refresh(httplib2.Http())
assert credentials.access_token != old, "not refreshed"
PYTHON
}

# git's helper, which has xdg-open open a browser.
git_credential_oauth() {
  printf '#!/bin/sh\ncurl --silent --location --max-time 20 --output /dev/null "$1" &\n' >browser
  chmod +x browser
  local at=credential.$issuer token
  git config --global "$at.oauthClientId" git-credential-oauth
  git config --global "$at.oauthScopes" "openid email"
  git config --global "$at.oauthAuthURL" /oauth/authorize
  git config --global "$at.oauthTokenURL" /oauth/token
  token=$(printf 'protocol=http\nhost=%s\n\n' "${issuer#http://}" | BROWSER="$HOME/browser" timeout 30 git-credential-oauth get | sed -n 's/^password=//p')
  says_alice "$token"
}

# The script that getmail's users fetch their tokens with, its file, and the port that it listens on.
getmail6() {
  cat >tokens <<JSON
{"scope": "openid email", "user": "alice@example.com", "client_id": "getmail6", "client_secret": "$secret",
 "auth_uri": "$issuer/oauth/authorize", "token_uri": "$issuer/oauth/token"}
JSON
  /usr/bin/python3 -u /usr/bin/getmail-gmail-xoauth-tokens --init tokens >log 2>&1 </dev/null &
  local link=
  for _ in $(seq 100); do
    link=$(grep -m1 -o 'http://[^ ]*/oauth/authorize?[^ ]*' log || true)
    [ -z "$link" ] || break
    sleep 0.1
  done
  curl --silent --location --max-time 20 --retry 10 --retry-connrefused --output /dev/null "$link"
  wait $! || { cat log; return 1; }
  local first second
  first=$(tail -n 1 log)
  says_alice "$first"
  sed -Ei 's/("expires_at": )[0-9.]+/\10/' tokens
  second=$(getmail-gmail-xoauth-tokens tokens)
  [ "$first" != "$second" ] && says_alice "$second"
}

libiddawc() {
  gcc -o client "$here/iddawc.c" -liddawc
  ./client "$issuer" "$secret" "$here/browse.sh"
}

# Debian's Go libraries are sources below GOPATH.
go_oidc() {
  mkdir -p src
  cp "$here/go_oidc.go" src
  GO111MODULE=off GOPATH=/usr/share/gocode GOCACHE=$HOME/cache go build -o client src/go_oidc.go
  ./client "$issuer" "$secret" "$here/browse.sh"
}

"${2//-/_}"
