#!/usr/bin/env bash
# PyPI idpyoidc 5.0.0: an `RPHandler` that is configured without keys makes a key set of its own and writes it, private half
# included, below the directory that the process was started in (private/jwks.json, static/jwks.json). One would expect it in memory only.
# Start such a client in a folder of its own, and keep that out of version control.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv python
python/bin/pip install --quiet --disable-pip-version-check idpyoidc==5.0.0
mkdir started-here
cd started-here
../python/bin/python - <<'PY'
from importlib.metadata import version
from idpyoidc.client.rp_handler import RPHandler

client = {
    "issuer": "https://issuer.example", "client_id": "app", "client_secret": "0123456789abcdefghijklmnopqrstuv",
    "client_type": "oidc", "redirect_uris": ["https://app.example/cb"],
}
RPHandler(base_url="https://app.example", client_configs={"issuer": client})
print("idpyoidc", version("idpyoidc"))
PY
find . -type f | sort
[ -f private/jwks.json ] && grep -q '"d"' private/jwks.json && echo "a private key was written into the working directory"
