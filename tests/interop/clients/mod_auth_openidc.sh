#!/usr/bin/env bash
# Debian's mod_auth_openidc before a page, as a relying party of attesto's provider. The argument is the line that the provider prints.
set -euo pipefail
member() { python3 -c 'import json, sys; print(json.loads(sys.argv[1])[sys.argv[2]])' "$1" "$2"; }
issuer=$(member "$1" issuer) secret=$(member "$1" secret)
work=$(mktemp -d)
trap '[ ! -f "$work/pid" ] || kill "$(cat "$work/pid")" 2>/dev/null; rm -rf "$work"' EXIT
port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
modules=/usr/lib/apache2/modules
mkdir -p "$work/www/protected"
echo welcome >"$work/www/protected/index.html"
chmod -R a+rX "$work"
cat >"$work/conf" <<CONF
ServerRoot "$work"
ServerName https://rp.example
Listen 127.0.0.1:$port
PidFile "$work/pid"
ErrorLog "$work/log"
User www-data
Group www-data
LoadModule mpm_event_module $modules/mod_mpm_event.so
LoadModule authn_core_module $modules/mod_authn_core.so
LoadModule authz_core_module $modules/mod_authz_core.so
LoadModule authz_user_module $modules/mod_authz_user.so
LoadModule dir_module $modules/mod_dir.so
LoadModule headers_module $modules/mod_headers.so
LoadModule auth_openidc_module $modules/mod_auth_openidc.so
DocumentRoot "$work/www"
DirectoryIndex index.html
OIDCProviderMetadataURL $issuer/.well-known/openid-configuration
OIDCClientID mod_auth_openidc
OIDCClientSecret $secret
OIDCScope "openid email"
OIDCPKCEMethod S256
OIDCRedirectURI https://rp.example/protected/callback
OIDCCryptoPassphrase a-passphrase-of-the-application
OIDCXForwardedHeaders X-Forwarded-Proto X-Forwarded-Host
<Location /protected/>
  AuthType openid-connect
  Require valid-user
  Header always set X-User "expr=%{REMOTE_USER}"
  Header always set X-Email "expr=%{env:OIDC_CLAIM_email}"
</Location>
CONF
apache2 -f "$work/conf" -k start
here="http://127.0.0.1:$port"
# A browser that finds https://rp.example here. Apache's session cookies are for https, so they are carried by hand.
get() {
  curl --silent --show-error --max-time 20 --dump-header "$work/headers" --output "$work/body" --header "Cookie: $(cat "$work/cookies" 2>/dev/null)" \
    --header "X-Forwarded-Proto: https" --header "X-Forwarded-Host: rp.example" --header "Host: rp.example" --header "Accept: text/html" "$1"
  { cat "$work/cookies" 2>/dev/null | tr ';' '\n'; sed -nE 's/^set-cookie: ([^;]*).*/\1/Ip' "$work/headers" | tr -d '\r'; } \
    | sed -E 's/^ +//' | awk -F= 'NF { jar[$1] = $0 } END { for (name in jar) printf "%s; ", jar[name] }' >"$work/next"
  mv "$work/next" "$work/cookies"
}
location() { sed -nE 's/^location: (.*)/\1/Ip' "$work/headers" | tr -d '\r'; }
for _ in $(seq 50); do get "$here/protected/" 2>/dev/null && break || sleep 0.2; done
link=$(location)
[ -n "$link" ] || { cat "$work/headers" "$work/log"; exit 1; }
# The provider's redirects, up to the application.
for _ in $(seq 8); do
  case $link in https://rp.example/*) break ;; esac
  link=$(curl --silent --max-time 20 --output /dev/null --write-out '%{redirect_url}' "$link")
done
get "$here${link#https://rp.example}"
get "$here/protected/"
grep -q welcome "$work/body" || { cat "$work/headers" "$work/body"; tail -5 "$work/log"; exit 1; }
grep -qi '^x-email: alice@example.com' "$work/headers" || { cat "$work/headers"; exit 1; }
