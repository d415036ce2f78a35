"""Tokens made by PyPI joserfc and Authlib, and a check of everything npm jose made. Writes pypi-tokens.json."""

import json
import pathlib
from importlib.metadata import version

from authlib.jose import JsonWebKey, JsonWebToken
from joserfc import jwk, jws, jwt

ISSUED = 1800000000
HERE = pathlib.Path(__file__).parent
claims = {
    "iss": "https://auth.example.com", "aud": "https://mcp.example.com/mcp", "sub": "usr_1", "client_id": "client-1",
    "jti": "token-1", "iat": ISSUED, "exp": ISSUED + 900, "scope": "mcp:tools:read mcp:tools:call",
}
kinds = {
    "ES256": ("EC", "P-256"), "ES384": ("EC", "P-384"), "ES512": ("EC", "P-521"),
    "EdDSA": ("OKP", "Ed25519"), "RS256": ("RSA", 2048), "PS256": ("RSA", 2048),
}
tokens = []


def entry(made_by, algorithm, public, private, token):
    name = f"{made_by} {algorithm}"
    tokens.append({
        "name": name, "made_by": f"PyPI {made_by} {version(made_by)}", "algorithm": algorithm, "jwk_public": public,
        "jwk_private": private, "token": token, "now": ISSUED + 10, "expect": "ok",
    })


for algorithm, (kty, parameter) in kinds.items():
    key = jwk.JWKRegistry.generate_key(kty, parameter, private=True)
    header = {"typ": "at+jwt", "alg": algorithm, "kid": "k1"}
    token = jwt.encode(header, claims, key, algorithms=[algorithm])
    entry("joserfc", algorithm, key.as_dict(private=False), key.as_dict(private=True), token)

for algorithm in ("RS256", "ES256"):
    key = JsonWebKey.generate_key(*kinds[algorithm], is_private=True)
    header = {"typ": "at+jwt", "alg": algorithm, "kid": "k1"}
    token = JsonWebToken([algorithm]).encode(header, claims, key).decode()
    entry("Authlib", algorithm, key.as_dict(is_private=False), key.as_dict(is_private=True), token)

(HERE.parent / "pypi-tokens.json").write_text(json.dumps(tokens, indent=1) + "\n")

checked = 0
registry = jws.JWSRegistry(algorithms=list(kinds) + ["Ed25519"])
for made in json.loads((HERE.parent / "npm-tokens.json").read_text()):
    if made["expect"] == "ok" and made["algorithm"] in kinds:
        key = jwk.import_key(made["jwk_public"])
        jws.deserialize_compact(made["token"], key, registry=registry)
        checked += 1
print(f"{len(tokens)} tokens, {checked} of npm jose's verified")
