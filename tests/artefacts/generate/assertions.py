"""Client assertions made by PyPI Authlib (with its own claims: the token endpoint as audience, one hour long) and joserfc. Writes
attesto-core/tests/assertions/pypi.json with the keys that made them."""

import json
import pathlib
import time
from importlib.metadata import version
from urllib.parse import urlencode

NOW = 1800000000
time.time = lambda: NOW

from authlib.jose import JsonWebKey  # noqa: E402
from authlib.oauth2.rfc7523 import private_key_jwt_sign  # noqa: E402
from joserfc import jwk, jwt  # noqa: E402

OUT = pathlib.Path(__file__).parents[3] / "attesto-core" / "tests" / "assertions" / "pypi.json"
TOKEN_ENDPOINT = "https://auth.example.com/oauth/token"
URN = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
requests = []


def entry(made_by, name, public, assertion):
    body = urlencode({"grant_type": "client_credentials", "client_assertion_type": URN, "client_assertion": assertion})
    requests.append({
        "name": name, "made_by": f"PyPI {made_by} {version(made_by)}", "jwks": {"keys": [public]}, "body": body, "now": NOW,
    })


key = JsonWebKey.generate_key("EC", "P-256", is_private=True)
assertion = private_key_jwt_sign(key, "job", TOKEN_ENDPOINT, alg="ES256")
entry("Authlib", "one hour long", key.as_dict(), assertion if isinstance(assertion, str) else assertion.decode())

for algorithm, (kind, parameter) in {"EdDSA": ("OKP", "Ed25519"), "PS256": ("RSA", 2048)}.items():
    key = jwk.JWKRegistry.generate_key(kind, parameter, private=True)
    claims = {"iss": "job", "sub": "job", "aud": "https://auth.example.com", "jti": "j-1", "exp": NOW + 120}
    assertion = jwt.encode({"alg": algorithm}, claims, key, algorithms=[algorithm])
    entry("joserfc", f"{algorithm}, without iat", key.as_dict(private=False), assertion)

OUT.write_text(json.dumps(requests, indent=1) + "\n")
