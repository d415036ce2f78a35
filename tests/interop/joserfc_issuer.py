"""An issuer made with PyPI joserfc, on a loopback port: attesto finds its keys by its metadata, takes its tokens and DPoP proofs, and
refuses what is wrong with them. The argument is the built example `check_token` of attesto-reqwest."""

import base64
import hashlib
import hmac
import json
import secrets
import subprocess
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from joserfc import jwt
from joserfc.jwk import ECKey, KeySet, OKPKey, RSAKey

ALGORITHMS = ["ES256", "ES384", "ES512", "EdDSA", "Ed25519", "RS256", "RS384", "RS512", "PS256", "PS384", "PS512"]
RSA = RSAKey.generate_key(2048)
CURVES = {"ES256": "P-256", "ES384": "P-384", "ES512": "P-521"}


def key_for(algorithm):
    if algorithm in CURVES:
        key = ECKey.generate_key(CURVES[algorithm])
    elif algorithm.startswith("Ed"):
        key = OKPKey.generate_key("Ed25519")
    else:
        key = RSA
    return key.__class__.import_key({**key.as_dict(private=True), "kid": algorithm, "alg": algorithm, "use": "sig"})


KEYS = {algorithm: key_for(algorithm) for algorithm in ALGORITHMS}
CLIENT, THIEF = ECKey.generate_key("P-256"), ECKey.generate_key("P-256")


class Issuer(BaseHTTPRequestHandler):
    def do_GET(self):
        origin = f"http://{self.headers['host']}"
        documents = {
            "/.well-known/oauth-authorization-server": {"issuer": origin, "jwks_uri": f"{origin}/keys"},
            "/keys": KeySet(list(KEYS.values())).as_dict(private=False),
        }
        document = documents.get(self.path)
        self.server.asked.append(self.path)
        self.send_response(200 if document else 404)
        body = json.dumps(document or {}).encode()
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


server = ThreadingHTTPServer(("127.0.0.1", 0), Issuer)
server.asked = []
threading.Thread(target=server.serve_forever, daemon=True).start()
issuer = f"http://127.0.0.1:{server.server_port}"
resource = "http://127.0.0.1:9/documents"
now = int(time.time())


def encoded(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def token(algorithm="ES256", key=None, header=None, **changes):
    claims = {
        "iss": issuer, "aud": resource, "sub": "usr_py", "client_id": "client-py", "jti": secrets.token_urlsafe(),
        "iat": now, "exp": now + 300, "scope": "documents.read", **changes,
    }
    head = {"typ": "at+jwt", "alg": algorithm, "kid": algorithm, **(header or {})}
    head = {name: value for name, value in head.items() if value is not None}
    return jwt.encode(head, claims, key or KEYS.get(algorithm), algorithms=[algorithm])


def bound(key=CLIENT):
    return token(cnf={"jkt": key.thumbprint()})


def proof(access_token, key=CLIENT, header=None, **changes):
    claims = {
        "htm": "GET", "htu": resource, "iat": now, "jti": secrets.token_urlsafe(),
        "ath": encoded(hashlib.sha256(access_token.encode()).digest()), **changes,
    }
    head = {"typ": "dpop+jwt", "alg": "ES256", "jwk": key.as_dict(private=False), **(header or {})}
    return jwt.encode(head, claims, key, algorithms=["ES256"])


def with_proof(access_token, *arguments, **changes):
    return f"{access_token} {proof(access_token, *arguments, **changes)}"


def none_token():
    _, payload, _ = token().split(".")
    return f"{encoded(json.dumps({'typ': 'at+jwt', 'alg': 'none'}).encode())}.{payload}."


def hmac_token():
    """By hand: joserfc refuses to take a public key for a secret, which an attacker would not."""
    _, payload, _ = token().split(".")
    signed = f"{encoded(json.dumps({'typ': 'at+jwt', 'alg': 'HS256', 'kid': 'RS256'}).encode())}.{payload}"
    secret = RSA.as_pem(private=False)
    return f"{signed}.{encoded(hmac.digest(secret, signed.encode(), 'sha256'))}"


def tampered():
    head, payload, signature = token().split(".")
    claims = json.loads(base64.urlsafe_b64decode(payload + "=="))
    return f"{head}.{encoded(json.dumps({**claims, 'sub': 'root'}).encode())}.{signature}"


replayed = with_proof(bound())
GRANTED, BY_DPOP = "granted usr_py by bearer scopes documents.read", "granted usr_py by dpop scopes documents.read"
cases = [(f"{algorithm}, which joserfc signed", token(algorithm), GRANTED) for algorithm in ALGORITHMS]
cases += [
    ("several audiences", token(aud=["https://elsewhere.example.com", resource]), GRANTED),
    ("no kid, and one key that fits", token("ES384", header={"kid": None}), GRANTED),
    ("DPoP proof of joserfc's", replayed, BY_DPOP),
    ("the same proof again", replayed, "refused 401 replay"),
    ("bound token without a proof", bound(), "refused 401 dpop_proof_required"),
    ("somebody else's proof", with_proof(bound(), THIEF), "refused 401 dpop_key_mismatch"),
    ("proof for another token", f"{bound()} {proof(token())}", "refused 401 invalid_ath"),
    ("proof for another method", with_proof(bound(), htm="POST"), "refused 401 invalid_htm"),
    ("proof for another URI", with_proof(bound(), htu=resource + "/1"), "refused 401 invalid_htu"),
    ("old proof", with_proof(bound(), iat=now - 3600), "refused 401 proof_expired"),
    ("proof of another kind", with_proof(bound(), header={"typ": "JWT"}), "refused 401 invalid_typ"),
    ("proof that shows its private key", with_proof(bound(), header={"jwk": CLIENT.as_dict(private=True)}), "refused 401 invalid_jwk"),
    ("expired", token(exp=now - 600), "refused 401 expired"),
    ("not valid yet", token(nbf=now + 600), "refused 401 not_yet_valid"),
    ("for somebody else", token(aud="https://elsewhere.example.com"), "refused 401 invalid_audience"),
    ("of another issuer", token(iss="https://elsewhere.example.com"), "refused 401 invalid_issuer"),
    ("an ID token's typ", token(header={"typ": "JWT"}), "refused 401 unexpected_typ"),
    ("signed by a key that is not published", token(key=ECKey.generate_key("P-256")), "refused 401 invalid_signature"),
    ("a kid that is not published", token(header={"kid": "no-such-key"}), "refused 401 unknown_key"),
    ("another algorithm than the key's", token("PS256", key=RSA, header={"kid": "RS256"}), "refused 401 invalid_signature"),
    ("the public key as an HMAC secret", hmac_token(), "refused 401 unsupported_alg"),
    ("no signature", none_token(), "refused 401 unsupported_alg"),
    ("tampered with", tampered(), "refused 401 invalid_signature"),
]

checker = subprocess.run(
    [sys.argv[1], "--insecure-loopback", "--all-algorithms", issuer, resource],
    input="".join(f"{line}\n" for _, line, _ in cases), capture_output=True, text=True, timeout=60,
)
answers = checker.stdout.splitlines()
wrong = len(answers) != len(cases) or checker.returncode != 1
for (name, _, expected), answer in zip(cases, answers):
    right = answer.split(":")[0] == expected
    wrong |= not right
    print("ok  " if right else "FAIL", f"{name}: {answer}")
# The unknown kid is the second reason to fetch, if the issuer may be asked again so soon.
print("     asked the issuer for", *server.asked)
wrong |= server.asked[:2] != ["/.well-known/oauth-authorization-server", "/keys"] or len(server.asked) > 4
if wrong:
    print(checker.stderr, file=sys.stderr)
sys.exit(bool(wrong))
