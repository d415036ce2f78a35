"""A client made with PyPI Authlib, with a secret: code flow without a pushed request, ID token, refresh, introspection, revocation. The
arguments are the line that the demo prints with --print-json, and the script that plays the browser."""

import json
import subprocess
import sys
from urllib.parse import parse_qs, urlsplit

from authlib.common.security import generate_token
from authlib.integrations.base_client import OAuthError
from authlib.integrations.requests_client import OAuth2Session
from authlib.oauth2.rfc8414 import AuthorizationServerMetadata
from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.jwk import KeySet

info, browser = json.loads(sys.argv[1]), sys.argv[2]
client_id, redirect_uri = info["clients"]["basic"]["client_id"], info["redirect_uri"]
failed = False


def must(what, right, told):
    global failed
    failed |= not right
    print("ok  " if right else "FAIL", f"Authlib: {what}", "" if right else told)


session = OAuth2Session(
    client_id, info["clients"]["basic"]["client_secret"], scope="openid profile offline_access mcp:tools:call", redirect_uri=redirect_uri,
    token_endpoint_auth_method="client_secret_basic", code_challenge_method="S256", default_timeout=20,
)
at = session.get(f"{info['issuer']}/.well-known/openid-configuration", withhold_token=True).json()
AuthorizationServerMetadata(at).validate()
verifier, nonce = generate_token(64), generate_token()
# offline_access is left out without prompt=consent (OpenID Connect Core §11); Authlib refreshes with the scope that it first asked for.
link, state = session.create_authorization_url(
    at["authorization_endpoint"], code_verifier=verifier, nonce=nonce, resource=info["resource"], max_age=600,
)
user = [info["user"]["name"], info["user"]["password"]]
answer = subprocess.run(["node", browser, *user, redirect_uri, link], capture_output=True, text=True, timeout=60, check=True).stdout.strip()
must("the answer is of this issuer", parse_qs(urlsplit(answer).query)["iss"] == [info["issuer"]], answer)
token = session.fetch_token(at["token_endpoint"], authorization_response=answer, state=state, code_verifier=verifier)
must("code for tokens", token["token_type"].lower() == "bearer", token)

keys = KeySet.import_key_set(session.get(at["jwks_uri"], withhold_token=True).json())
decoded = jwt.decode(token["id_token"], keys, algorithms=at["id_token_signing_alg_values_supported"])
options = {"iss": {"value": at["issuer"]}, "aud": {"value": client_id}, "at_hash": {"essential": True}}
params = {"nonce": nonce, "client_id": client_id, "access_token": token["access_token"], "max_age": 600}
claims = CodeIDToken(decoded.claims, decoded.header, options, params)
claims.validate()
must("ID token, at_hash included", claims["sub"] == "usr_alice", claims)


def call():
    message = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": "whoami", "arguments": {}}}
    return session.post(info["resource"], json=message, headers={"accept": "application/json, text/event-stream"})


def is_active(of):
    return session.introspect_token(at["introspection_endpoint"], of).json()["active"]


must("the tool, with the token", "usr_alice by bearer" in call().text, call().text)
refreshed = session.refresh_token(at["token_endpoint"], token["refresh_token"])
must("refreshed", refreshed["refresh_token"] != token["refresh_token"] and is_active(refreshed["access_token"]), refreshed)
revoked = session.revoke_token(at["revocation_endpoint"], refreshed["refresh_token"], "refresh_token")
must("revoked", revoked.status_code == 200 and not is_active(refreshed["refresh_token"]), revoked.text)
must("and so is the access token beside it", call().status_code == 401, refreshed)
try:
    must("and it gives nothing", False, session.refresh_token(at["token_endpoint"], refreshed["refresh_token"]))
except OAuthError as refused:
    must("and it gives nothing", refused.error == "invalid_grant", refused)
sys.exit(failed)
