"""PyPI django-oauth-toolkit as an issuer of opaque tokens: what a resource server that asks its introspection makes of them. Its answers have
no `sub` and no `token_type`; a user is in `username`. The argument is the built example `check_token` of attesto-reqwest."""

import json
import logging
import os
import subprocess
import sys
import threading
import types
from wsgiref.simple_server import WSGIRequestHandler, make_server

import django
import requests
from django.conf import settings

RESOURCE, SECRET = "http://127.0.0.1:9/documents", "interop-secret"
settings.configure(
    SECRET_KEY="x" * 50, ALLOWED_HOSTS=["127.0.0.1"], ROOT_URLCONF="issuer_urls", USE_TZ=True,
    # One database for the threads of the server and of this.
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": os.path.abspath("django-oauth-toolkit.sqlite")}},
    INSTALLED_APPS=["django.contrib.auth", "django.contrib.contenttypes", "oauth2_provider"], PASSWORD_HASHERS=["django.contrib.auth.hashers.MD5PasswordHasher"],
    OAUTH2_PROVIDER={"SCOPES": {"read": "read", "introspection": "introspect"}, "OAUTH2_BACKEND_CLASS": "oauth2_provider.oauth2_backends.OAuthLibCore"},
)
django.setup()
logging.disable(logging.WARNING)  # it warns of the password grant
from django.contrib.auth import get_user_model  # noqa: E402
from django.core.handlers.wsgi import WSGIHandler  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.urls import include, path  # noqa: E402
from oauth2_provider.models import Application  # noqa: E402

sys.modules["issuer_urls"] = types.ModuleType("issuer_urls")
sys.modules["issuer_urls"].urlpatterns = [path("o/", include("oauth2_provider.urls", namespace="oauth2_provider"))]
call_command("migrate", verbosity=0)
get_user_model().objects.create_user("alice", password="alice-password")
for name, grant in [("web", "password"), ("machine", "client-credentials")]:
    Application.objects.create(name=name, client_id=name, client_secret=SECRET, client_type="confidential", authorization_grant_type=grant)


class Quiet(WSGIRequestHandler):
    def log_message(self, *_):
        pass


server = make_server("127.0.0.1", 0, WSGIHandler(), handler_class=Quiet)
threading.Thread(target=server.serve_forever, daemon=True).start()
issuer = f"http://127.0.0.1:{server.server_port}/o"


def post(place, client, **members):
    return requests.post(f"{issuer}/{place}/", data=members, auth=(client, SECRET)).json()


def token(client, **members):
    answer = post("token", client, scope="read", **members)
    return answer if "access_token" in answer else sys.exit(f"no token: {answer}")


of_alice = {"grant_type": "password", "username": "alice", "password": "alice-password"}
tokens, unbound = token("web", resource=RESOURCE, **of_alice), token("web", **of_alice)["access_token"]
user, refresh = tokens["access_token"], tokens["refresh_token"]
machine = token("machine", grant_type="client_credentials", resource=RESOURCE)["access_token"]
said = post("introspect", "machine", token=user)
wrong = "sub" in said or "token_type" in said or said.get("username") != "alice"
print("FAIL" if wrong else "ok  ", "the issuer names a user in `username` and has no `sub`:", *said)

REFUSED = "refused 401 foreign_token_invalid"
UNSAID, CLIENT, IMPLIED = "--kind-may-be-unsaid", "--subject-may-be-client", "--audience-is-implied"
NAMED = ("--subject-in", "username")
cases = [
    ("the user's token", [], user, f"{REFUSED} kind_unsaid"),
    ("the user's token", [UNSAID], user, f"{REFUSED} no_subject"),
    ("the user's token", [UNSAID, CLIENT], user, f"{REFUSED} no_subject"),
    ("the user's token for no resource", [UNSAID, CLIENT], unbound, f"{REFUSED} no_audience"),
    ("the user's token for no resource", [UNSAID, CLIENT, IMPLIED], unbound, f"{REFUSED} no_subject"),
    ("the client's token", [UNSAID], machine, f"{REFUSED} no_subject"),
    ("the client's token", [UNSAID, CLIENT], machine, "granted machine by bearer scopes read"),
    ("the user's token", [UNSAID, *NAMED], user, "granted alice by bearer scopes read"),
    ("the user's token", [UNSAID, CLIENT, *NAMED], user, "granted alice by bearer scopes read"),
    ("the user's refresh token", [UNSAID, *NAMED], refresh, REFUSED),
    ("what looks like a JWT", [UNSAID], "eyJhbGciOiJub25lIn0.e30.", REFUSED),
]
environment = {**os.environ, "INTROSPECTION_CLIENT_ID": "machine", "INTROSPECTION_CLIENT_SECRET": SECRET}
for name, options, checked, expected in cases:
    checker = subprocess.run(
        [sys.argv[1], "--insecure-loopback", "--introspect", f"{issuer}/introspect/", *options, issuer, RESOURCE],
        input=f"{checked}\n", capture_output=True, text=True, timeout=30, env=environment,
    )
    answer = checker.stdout.strip()
    # `refused STATUS CODE: text: INNER: text`, of which the two codes are compared.
    codes = " ".join(answer.split(": ")[0:3:2])
    right = expected in (answer, codes)
    wrong |= not right
    print("ok  " if right else "FAIL", f"{name}, {' '.join(options) or 'no options'}: {answer} {checker.stderr.strip()}")
sys.exit(bool(wrong))
