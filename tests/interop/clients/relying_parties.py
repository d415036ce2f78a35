"""Relying parties in Python against attesto's provider, each as its own documentation has it used: login, ID token, userinfo where the
library insists on it, refresh and revocation where it has them. `relying_parties.py NAME INFO` runs one and fails where it does."""

import json
import os
import sys
import tempfile
from urllib.parse import parse_qs, urlencode, urljoin, urlsplit

import requests

os.environ["OAUTHLIB_INSECURE_TRANSPORT"] = "1"  # the provider is on this machine
NAME, INFO = sys.argv[1], json.loads(sys.argv[2])
ISSUER = INFO["issuer"]
SECRET = INFO["secret"]
CALLBACK = "https://rp.example/callback"


def browse(link, until):
    """What a browser does: the user's session is there already, so that all that is left are redirects."""
    browser = requests.Session()
    for _ in range(10):
        answer = browser.get(link, allow_redirects=False)
        if answer.status_code not in (302, 303):
            raise SystemExit(f"the provider answers {answer.status_code}: {answer.text[:300]}")
        link = urljoin(link, answer.headers["location"])
        if link.startswith(until):
            query = parse_qs(urlsplit(link).query)
            if "error" in query:
                raise SystemExit(f"the provider refuses: {query['error']} {query.get('error_description')}")
            return link
    raise SystemExit("no end of redirects")


def metadata():
    return requests.get(f"{ISSUER}/.well-known/openid-configuration").json()


def require(condition, what):
    if not condition:
        raise SystemExit(what)


def requests_oauthlib():
    from requests_oauthlib import OAuth2Session

    at = metadata()
    session = OAuth2Session("requests-oauthlib", redirect_uri=CALLBACK, scope=["openid", "email"], pkce="S256")
    link, _ = session.authorization_url(at["authorization_endpoint"])
    session.fetch_token(at["token_endpoint"], authorization_response=browse(link, CALLBACK), client_secret=SECRET)
    require(session.get(at["userinfo_endpoint"]).json()["email"] == "alice@example.com", "no userinfo")
    old = session.token["refresh_token"]
    session.refresh_token(at["token_endpoint"], auth=("requests-oauthlib", SECRET))
    require(session.token["refresh_token"] != old, "not refreshed")


def google_auth_oauthlib():
    from google.auth.transport.requests import Request
    from google_auth_oauthlib.flow import Flow

    at = metadata()
    web = {"client_id": "google-auth-oauthlib", "client_secret": SECRET, "auth_uri": at["authorization_endpoint"], "token_uri": at["token_endpoint"]}
    flow = Flow.from_client_config({"web": web}, scopes=["openid", "email"], redirect_uri=CALLBACK, autogenerate_code_verifier=True)
    link, _ = flow.authorization_url()
    flow.fetch_token(authorization_response=browse(link, CALLBACK))
    credentials = flow.credentials
    old = credentials.token
    credentials.refresh(Request())
    require(credentials.token != old, "not refreshed")


def httpx_oauth():
    import asyncio
    import base64
    import hashlib
    import secrets

    from httpx_oauth.clients.openid import OpenID

    async def run():
        client = OpenID("httpx-oauth", SECRET, f"{ISSUER}/.well-known/openid-configuration")
        verifier = secrets.token_urlsafe(32)
        challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
        link = await client.get_authorization_url(CALLBACK, code_challenge=challenge, code_challenge_method="S256")
        code = parse_qs(urlsplit(browse(link, CALLBACK)).query)["code"][0]
        token = await client.get_access_token(code, CALLBACK, code_verifier=verifier)
        require(await client.get_id_email(token["access_token"]) == ("usr_alice", "alice@example.com"), "no userinfo")
        token = await client.refresh_token(token["refresh_token"])
        await client.revoke_token(token["access_token"])

    asyncio.run(run())


def requests_oauth2client():
    from requests_oauth2client import OAuth2Client

    client = OAuth2Client.from_discovery_endpoint(
        issuer=ISSUER, client_id="requests_oauth2client", client_secret=SECRET, redirect_uri=CALLBACK, testing=True
    )
    request = client.authorization_request(scope="openid email")
    answer = request.validate_callback(browse(str(request), CALLBACK))
    tokens = client.authorization_code(answer)
    require(tokens.id_token.sub == "usr_alice", "another user")
    tokens = client.refresh_token(tokens)
    require(client.introspect_token(tokens.access_token)["active"], "inactive")
    require(client.revoke_access_token(tokens.access_token), "not revoked")


def idpyoidc():
    from idpyoidc.client.oidc import RP
    from idpyoidc.client.rp_handler import RPHandler

    services = {
        "discovery": {"class": "idpyoidc.client.oidc.provider_info_discovery.ProviderInfoDiscovery"},
        "registration": {"class": "idpyoidc.client.oidc.registration.Registration"},
        "authorization": {"class": "idpyoidc.client.oidc.authorization.Authorization"},
        "accesstoken": {"class": "idpyoidc.client.oidc.access_token.AccessToken"},
        "userinfo": {"class": "idpyoidc.client.oidc.userinfo.UserInfo"},
    }
    pkce = {"function": "idpyoidc.client.oauth2.add_on.pkce.add_support", "kwargs": {"code_challenge_length": 64, "code_challenge_method": "S256"}}
    client = {
        "issuer": ISSUER, "client_id": "idpyoidc", "client_secret": SECRET, "client_type": "oidc", "redirect_uris": [CALLBACK],
        "response_types_supported": ["code"], "scopes_supported": ["openid", "email"], "services": services, "add_ons": {"pkce": pkce},
        "token_endpoint_auth_methods_supported": ["client_secret_basic"],
    }
    handler = RPHandler(base_url="https://rp.example", client_configs={"attesto": client}, httpc_params={"verify": True}, services=services)
    began = handler.begin(issuer_id="attesto")
    link = began if isinstance(began, str) else began["url"]
    answer = {name: values[0] for name, values in parse_qs(urlsplit(browse(link, CALLBACK)).query).items()}
    done = handler.finalize(ISSUER, answer)
    require("error" not in done and done["userinfo"]["sub"] == "usr_alice", done)


def oic():
    import base64
    import hashlib
    import secrets

    from oic.oauth2.message import ASConfigurationResponse  # noqa: F401
    from oic.oic import Client
    from oic.oic.message import AuthorizationResponse, RegistrationResponse
    from oic.utils.authn.client import CLIENT_AUTHN_METHOD

    client = Client(client_authn_method=CLIENT_AUTHN_METHOD)
    client.provider_config(ISSUER)
    client.store_registration_info(RegistrationResponse(client_id="oic", client_secret=SECRET, redirect_uris=[CALLBACK]))
    verifier = secrets.token_urlsafe(32)
    challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
    asked = {
        "client_id": "oic", "response_type": "code", "scope": ["openid", "email"], "nonce": "n", "state": "s", "redirect_uri": CALLBACK,
        "code_challenge": challenge, "code_challenge_method": "S256",
    }
    link = client.construct_AuthorizationRequest(request_args=asked).request(client.authorization_endpoint)
    query = urlsplit(browse(link, CALLBACK)).query
    answer = client.parse_response(AuthorizationResponse, info=query, sformat="urlencoded")
    tokens = client.do_access_token_request(
        state=answer["state"], request_args={"code": answer["code"], "code_verifier": verifier}, authn_method="client_secret_basic"
    )
    require("id_token" in tokens and tokens["id_token"]["sub"] == "usr_alice", tokens)
    require(client.do_user_info_request(state=answer["state"], method="GET")["sub"] == "usr_alice", "no userinfo")


def flask_oidc():
    from flask import Flask, g
    from flask_oidc import OpenIDConnect

    at = metadata()
    secrets = tempfile.NamedTemporaryFile("w", suffix=".json", delete=False)
    json.dump({"web": {
        "client_id": "flask-oidc", "client_secret": SECRET, "issuer": ISSUER, "auth_uri": at["authorization_endpoint"],
        "token_uri": at["token_endpoint"], "userinfo_uri": at["userinfo_endpoint"], "redirect_uris": [],
    }}, secrets)
    secrets.close()
    app = Flask("rp")
    app.config.update(SECRET_KEY="x", OIDC_CLIENT_SECRETS=secrets.name, OIDC_SCOPES="openid email", PREFERRED_URL_SCHEME="https")
    oidc = OpenIDConnect(app)

    @app.route("/")
    @oidc.require_login
    def index():
        return g.oidc_user.email

    with app.test_client() as browser:
        browser.environ_base["wsgi.url_scheme"] = "https"
        here = "https://rp.example"
        answer = browser.get("/", base_url=here)
        answer = browser.get(answer.headers["location"], base_url=here)
        answer = browser.get(browse(answer.headers["location"], here)[len(here):], base_url=here)
        require(answer.status_code == 302, answer.text[:300])
        require("alice@example.com" in browser.get("/", base_url=here).text, "not logged in")


def django(settings, urls):
    import types

    import django as framework
    from django.conf import settings as configured

    module = types.ModuleType("rp_urls")
    base = dict(
        SECRET_KEY="x" * 50, DEBUG=True, ALLOWED_HOSTS=["*"], ROOT_URLCONF="rp_urls", USE_TZ=True, SITE_ID=1,
        DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}},
        SECURE_PROXY_SSL_HEADER=("HTTP_X_FORWARDED_PROTO", "https"),
        MIDDLEWARE=["django.contrib.sessions.middleware.SessionMiddleware", "django.contrib.auth.middleware.AuthenticationMiddleware",
                    "django.contrib.messages.middleware.MessageMiddleware", *settings.pop("MIDDLEWARE", [])],
        INSTALLED_APPS=["django.contrib.auth", "django.contrib.contenttypes", "django.contrib.sessions", "django.contrib.messages", "django.contrib.sites",
                        *settings.pop("INSTALLED_APPS", [])],
        TEMPLATES=[{"BACKEND": "django.template.backends.django.DjangoTemplates", "APP_DIRS": True, "OPTIONS": {"context_processors": [
            "django.template.context_processors.request", "django.contrib.auth.context_processors.auth", "django.contrib.messages.context_processors.messages"]}}],
    )
    configured.configure(**{**base, **settings})
    framework.setup()
    sys.modules["rp_urls"] = module
    module.urlpatterns = urls()
    from django.core.management import call_command
    from django.test import Client

    call_command("migrate", verbosity=0, run_syncdb=True)
    return Client(HTTP_HOST="rp.example", HTTP_X_FORWARDED_PROTO="https")


def finish(browser, answer, here="https://rp.example"):
    """Takes the application's redirect to the provider, and the answer back to the application."""
    require(answer.status_code == 302, f"the application answers {answer.status_code}: {answer.content[:300]}")
    back = browse(answer["location"], here)[len(here):]
    return browser.get(back)


def logged_in(browser):
    from django.contrib.auth import get_user

    class Asked:
        session = browser.session

    return get_user(Asked)


def mozilla_django_oidc():
    at = metadata()

    def urls():
        from django.http import HttpResponse
        from django.urls import include, path

        return [path("oidc/", include("mozilla_django_oidc.urls")), path("", lambda request: HttpResponse("home"))]

    browser = django(dict(
        INSTALLED_APPS=["mozilla_django_oidc"], AUTHENTICATION_BACKENDS=["mozilla_django_oidc.auth.OIDCAuthenticationBackend"],
        OIDC_RP_CLIENT_ID="mozilla-django-oidc", OIDC_RP_CLIENT_SECRET=SECRET, OIDC_RP_SIGN_ALGO="RS256", OIDC_USE_PKCE=True,
        OIDC_OP_AUTHORIZATION_ENDPOINT=at["authorization_endpoint"], OIDC_OP_TOKEN_ENDPOINT=at["token_endpoint"],
        OIDC_OP_USER_ENDPOINT=at["userinfo_endpoint"], OIDC_OP_JWKS_ENDPOINT=at["jwks_uri"], LOGIN_REDIRECT_URL="/", LOGOUT_REDIRECT_URL="/out",
    ), urls)
    finish(browser, browser.get("/oidc/authenticate/"))
    require(logged_in(browser).is_authenticated, "not logged in")


def django_allauth():
    def urls():
        from django.http import HttpResponse
        from django.urls import include, path

        return [path("accounts/", include("allauth.urls")), path("", lambda request: HttpResponse("home"))]

    provider = {"provider_id": "attesto", "name": "attesto", "client_id": "django-allauth", "secret": SECRET, "settings": {"server_url": ISSUER}}
    browser = django(dict(
        MIDDLEWARE=["allauth.account.middleware.AccountMiddleware"],
        INSTALLED_APPS=["allauth", "allauth.account", "allauth.socialaccount", "allauth.socialaccount.providers.openid_connect"],
        AUTHENTICATION_BACKENDS=["allauth.account.auth_backends.AuthenticationBackend"],
        SOCIALACCOUNT_PROVIDERS={"openid_connect": {"APPS": [provider], "OAUTH_PKCE_ENABLED": True}},
        SOCIALACCOUNT_LOGIN_ON_GET=True, LOGIN_REDIRECT_URL="/", ACCOUNT_EMAIL_VERIFICATION="none",
    ), urls)
    answer = finish(browser, browser.get("/accounts/oidc/attesto/login/"))
    require(answer.status_code == 302, answer.content[:500])
    require(logged_in(browser).is_authenticated, f"not logged in: {answer['location']}")


def social_auth():
    def urls():
        from django.http import HttpResponse
        from django.urls import include, path

        return [path("social/", include("social_django.urls", namespace="social")), path("", lambda request: HttpResponse("home"))]

    browser = django(dict(
        INSTALLED_APPS=["social_django"], AUTHENTICATION_BACKENDS=["social_core.backends.open_id_connect.OpenIdConnectAuth"],
        SOCIAL_AUTH_OIDC_OIDC_ENDPOINT=ISSUER, SOCIAL_AUTH_OIDC_KEY="social-auth", SOCIAL_AUTH_OIDC_SECRET=SECRET, SOCIAL_AUTH_OIDC_USE_PKCE=True,
        SOCIAL_AUTH_OIDC_SCOPE=["openid", "profile", "email"], SOCIAL_AUTH_REDIRECT_IS_HTTPS=True, LOGIN_REDIRECT_URL="/", SOCIAL_AUTH_JSONFIELD_ENABLED=True,
    ), urls)
    finish(browser, browser.post("/social/login/oidc/"))
    require(logged_in(browser).is_authenticated, "not logged in")


def oauthenticator():
    import asyncio

    from oauthenticator.generic import GenericOAuthenticator
    from traitlets.config import Config

    at = metadata()
    config = Config()
    config.GenericOAuthenticator.update(dict(
        client_id="oauthenticator", client_secret=SECRET, oauth_callback_url=CALLBACK, authorize_url=at["authorization_endpoint"],
        token_url=at["token_endpoint"], userdata_url=at["userinfo_endpoint"], scope=["openid", "profile"], username_claim="preferred_username",
        allow_all=True,
    ))

    async def run():
        # Its handlers need a hub: what they do is done here by the methods that they call.
        from oauthenticator.oauth2 import OAuthLoginHandler

        authenticator = GenericOAuthenticator(config=config)
        verifier, challenge = OAuthLoginHandler._generate_pkce_params(None)
        asked = {
            "response_type": "code", "client_id": "oauthenticator", "redirect_uri": CALLBACK, "scope": "openid profile", "state": "s",
            "code_challenge": challenge, "code_challenge_method": "S256",
        }
        code = parse_qs(urlsplit(browse(f"{at['authorization_endpoint']}?{urlencode(asked)}", CALLBACK)).query)["code"][0]
        params = {
            "code": code, "grant_type": "authorization_code", "redirect_uri": CALLBACK, "data": {}, "code_verifier": verifier,
            "client_id": authenticator.client_id, "client_secret": authenticator.client_secret,
        }
        tokens = await authenticator.get_token_info(None, params)
        user = await authenticator.token_to_user(tokens)
        require(authenticator.user_info_to_username(user) == "alice", user)

    asyncio.run(run())


def msal():
    import msal as library

    app = library.ConfidentialClientApplication("msal", client_credential=SECRET, oidc_authority=ISSUER, instance_discovery=False)
    flow = app.initiate_auth_code_flow(["email"], redirect_uri=CALLBACK)
    answer = {name: values[0] for name, values in parse_qs(urlsplit(browse(flow["auth_uri"], CALLBACK)).query).items()}
    tokens = app.acquire_token_by_auth_code_flow(flow, answer)
    require("error" not in tokens and tokens["id_token_claims"]["sub"] == "usr_alice", tokens)


globals()[NAME]()
