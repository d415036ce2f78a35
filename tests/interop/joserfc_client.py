"""A client made with PyPI joserfc: verifies what the demo's issuer minted, by the keys it publishes, and calls the demo with DPoP
proofs of its own. The argument is the line that the demo prints with --print-json."""

import base64
import hashlib
import json
import secrets
import sys
import time
import urllib.error
import urllib.request

from joserfc import jwt
from joserfc.jwk import ECKey, KeySet

info = json.loads(sys.argv[1])
origin = info["url"].removesuffix("/mcp")
failed = False


def must(what, right, told):
    global failed
    failed |= not right
    print("ok  " if right else "FAIL", f"joserfc: {what}", "" if right else told)


def fetch(url):
    with urllib.request.urlopen(url, timeout=10) as response:
        return json.load(response)


keys = KeySet.import_key_set(fetch(f"{origin}/.well-known/jwks.json"))
client = ECKey.import_key(info["dpop"]["private_jwk"])
tokens = [("bearer token", info["bearer"], info["url"]), ("DPoP-bound token", info["dpop"]["token"], info["url"])]
for name, token, audience in [*tokens, ("strict token", info["strict"]["token"], info["strict"]["url"])]:
    verified = jwt.decode(token, keys, algorithms=["ES256"])
    jwt.JWTClaimsRegistry(
        iss={"essential": True, "value": origin}, aud={"essential": True, "value": audience}, exp={"essential": True},
        iat={"essential": True}, sub={"essential": True, "value": "usr_alice"}, client_id={"essential": True},
        jti={"essential": True},
    ).validate(verified.claims)
    bound = verified.claims.get("cnf", {}).get("jkt")
    right = verified.header["typ"] == "at+jwt" and (bound is None if token == info["bearer"] else bound == client.thumbprint())
    must(f"{name} verifies", right, (verified.header, verified.claims))


def call(token, nonce=None):
    hashed = base64.urlsafe_b64encode(hashlib.sha256(token["token"].encode()).digest()).rstrip(b"=").decode()
    claims = {"htm": "POST", "htu": token["url"], "iat": int(time.time()), "jti": secrets.token_urlsafe(), "ath": hashed}
    head = {"typ": "dpop+jwt", "alg": "ES256", "jwk": client.as_dict(private=False)}
    proof = jwt.encode(head, {**claims, **({"nonce": nonce} if nonce else {})}, client, algorithms=["ES256"])
    body = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": "whoami", "arguments": {}}}
    request = urllib.request.Request(token["url"], json.dumps(body).encode(), {
        "authorization": f"DPoP {token['token']}", "dpop": proof, "content-type": "application/json",
        "accept": "application/json, text/event-stream",
    })
    try:
        with urllib.request.urlopen(request, timeout=10) as response:
            return response.status, response.read().decode(), response.headers
    except urllib.error.HTTPError as error:
        return error.code, error.headers["www-authenticate"], error.headers


status, text, _ = call({"token": info["dpop"]["token"], "url": info["url"]})
must("DPoP call", status == 200 and "usr_alice by dpop" in text, (status, text))
status, text, headers = call(info["strict"])
must("nonce wanted first", status == 401 and 'error="use_dpop_nonce"' in text, (status, text))
status, text, _ = call(info["strict"], headers["dpop-nonce"])
must("retry with the nonce", status == 200 and "usr_alice by dpop" in text, (status, text))
sys.exit(failed)
