//! Everything in order, as a client meets it: discovery, a pushed request, login and consent, tokens, refresh, reuse, introspection and
//! revocation; over the memory stores and `drive`, with and without DPoP, once for each method of client authentication.

mod parties;

use crate::scene::{NOW, SECRET, VERIFIER, entropy, located, provider, text};
use crate::token_rules::claims;
use attesto_core::Timestamp;
use attesto_core::authorization::{AuthMethod, AuthorizationServer, EventKind, ScopeSet};
use attesto_core::encoding::form;
use attesto_core::host::{AuthorizationHost, drive};
use attesto_core::http::{Connection, RequestParts, ResponseParts};
use attesto_core::pkce::CodeVerifier;
use attesto_testkit::block_on;
use attesto_tests::stopped;
use parties::{CALLBACK, Carried, ISSUER, Office, credentials, proof, server};
use serde_json::{Value, json};

/// A client that knows its issuer and nothing else, before the server and its host.
struct Visitor {
    method: AuthMethod,
    dpop: bool,
    server: AuthorizationServer,
    host: AuthorizationHost,
    office: Office,
    metadata: Value,
    /// The nonce that the server gave last.
    nonce: Option<String>,
    now: u64,
}

impl Visitor {
    fn new(method: AuthMethod, dpop: bool) -> Self {
        let (server, office) = (server(method), Office::new(method));
        let host = office.host(&server);
        let (metadata, nonce) = (Value::Null, None);
        let mut visitor = Self { method, dpop, server, host, office, metadata, nonce, now: NOW };
        visitor.metadata = body(&visitor.get("/.well-known/oauth-authorization-server", None));
        visitor
    }

    fn serve(&self, request: &RequestParts<'_>) -> ResponseParts {
        let clock = stopped(Timestamp::from_secs(self.now));
        let step = self.server.serve(request, clock.now(), entropy());
        block_on(drive(step.expect("an endpoint"), &self.host, &clock))
    }

    fn get(&self, path: &str, query: Option<&str>) -> ResponseParts {
        let headers: &[(&str, &[u8])] = &[("host", b"as.example")];
        self.serve(&RequestParts::new("GET", path, &headers).query(query).connection(Connection::new().tls()))
    }

    /// Posts to the endpoint that the metadata names.
    fn post(&self, endpoint: &str, body: &str, carried: &Carried, proof: Option<&str>) -> ResponseParts {
        let url = self.metadata[endpoint].as_str().unwrap_or_else(|| panic!("{endpoint} is not advertised"));
        let path = url.strip_prefix(ISSUER).expect("an endpoint of the issuer's");
        let mut headers: Vec<(&str, &[u8])> =
            vec![("host", b"as.example"), ("content-type", b"application/x-www-form-urlencoded")];
        headers.extend(carried.headers.iter().map(|(name, value)| (*name, value.as_bytes())));
        headers.extend(proof.map(|proof| ("dpop", proof.as_bytes())));
        let (headers, body) = (headers.as_slice(), format!("{body}{}", carried.body));
        let connection = match carried.certificate {
            Some(certificate) => Connection::new().certificate(certificate),
            None => Connection::new().tls(),
        };
        self.serve(&RequestParts::new("POST", path, &headers).connection(connection).form_body(body.as_bytes()))
    }

    /// As this client, with a proof if it makes any; once more where a nonce is wanted, which is then kept.
    fn ask(&mut self, endpoint: &str, body: &str) -> ResponseParts {
        let url = self.metadata[endpoint].as_str().unwrap_or_default().to_owned();
        for _ in 0..2 {
            let proof = self.dpop.then(|| proof(&url, self.nonce.as_deref(), self.now));
            let response = self.post(endpoint, body, &credentials(self.method, self.now), proof.as_deref());
            let Some(nonce) = response.header("dpop-nonce").next() else { return response };
            let wanted = text(&response, "error").as_deref() == Some("use_dpop_nonce");
            self.nonce = Some(nonce.to_owned());
            if !wanted {
                return response;
            }
        }
        panic!("the server's own nonce does not satisfy it");
    }

    fn refuses(&mut self, body: &str) -> String {
        let response = self.ask("token_endpoint", body);
        assert_eq!(response.status, 400, "{}", response.body_text());
        text(&response, "error").expect("an error")
    }

    /// From the pushed request to the first tokens.
    fn authorize(&mut self) -> Value {
        let challenge = CodeVerifier::parse(VERIFIER).expect("a verifier").challenge(provider().as_ref());
        let pushed = format!(
            "response_type=code&redirect_uri={}&scope=openid+read+write&state=st-1&nonce=n-1&code_challenge={challenge}\
             &code_challenge_method=S256",
            form::encode(CALLBACK)
        );
        let response = self.ask("pushed_authorization_request_endpoint", &pushed);
        assert_eq!(response.status, 201, "{}", response.body_text());
        let reference = text(&response, "request_uri").expect("a reference");
        let query = format!("client_id=client&request_uri={}", form::encode(&reference));
        let code = self.visit(&query);
        assert_eq!(self.get("/oauth/authorize", Some(&query)).status, 400, "the reference is spent");
        let redirect = form::encode(CALLBACK);
        let body =
            format!("grant_type=authorization_code&code={code}&redirect_uri={redirect}&code_verifier={VERIFIER}");
        let response = self.ask("token_endpoint", &body);
        assert_eq!(response.status, 200, "{}", response.body_text());
        self::body(&response)
    }

    /// The user: logs in, reads the page, clicks. The code.
    fn visit(&self, query: &str) -> String {
        *self.office.signed_in.lock().expect("no panic") = false;
        let login = self.get("/oauth/authorize", Some(query)).body_text();
        *self.office.signed_in.lock().expect("no panic") = true;
        let consent = self.get("/oauth/authorize", login.split_once('?').map(|(_, query)| query)).body_text();
        assert_eq!(login, consent, "both lead back to the same request");
        let page = self.office.page.lock().expect("no panic").take().expect("a page");
        let allowed = ScopeSet::new(["openid", "read", "write"]);
        let now = Timestamp::from_secs(self.now);
        let click = self.server.grant_consent(page.binding(), "usr_1", allowed, now, &mut entropy()).expect("entropy");
        self.office.grants.insert(&click, now).expect("room");
        let back = click.resume(page.resume_url());
        let response = self.get("/oauth/authorize", back.split_once('?').map(|(_, query)| query));
        assert_eq!(response.status, 303, "{}", response.body_text());
        assert!(response.header("location").all(|location| location.starts_with(CALLBACK)));
        assert_eq!(located(&response, "state").as_deref(), Some("st-1"));
        assert_eq!(located(&response, "iss").map(|iss| form::encode(ISSUER) == iss), Some(true), "RFC 9207");
        located(&response, "code").expect("a code")
    }

    fn refresh(&mut self, token: &Value) -> Value {
        let response = self.ask("token_endpoint", &refresh(token));
        assert_eq!(response.status, 200, "{}", response.body_text());
        body(&response)
    }

    /// Returns the introspection response that a gateway gets.
    fn introspect(&self, token: &Value) -> Value {
        let gate = Carried { body: format!("&client_id=gate&client_secret={SECRET}"), ..Carried::default() };
        body(&self.post("introspection_endpoint", &format!("token={}", text_of(token)), &gate, None))
    }

    fn revoke(&mut self, token: &Value) {
        let response = self.ask("revocation_endpoint", &format!("token={}", text_of(token)));
        assert_eq!((response.status, response.body.len()), (200, 0), "{}", response.body_text());
    }

    /// How tokens of this client are bound: by its proofs, else by its certificate, else not at all.
    fn binding(&self) -> (&'static str, Option<&'static str>) {
        match self.method {
            _ if self.dpop => ("DPoP", Some("jkt")),
            AuthMethod::TlsClientAuth | AuthMethod::SelfSignedTlsClientAuth => ("Bearer", Some("x5t#S256")),
            _ => ("Bearer", None),
        }
    }
}

fn body(response: &ResponseParts) -> Value {
    serde_json::from_slice(&response.body).unwrap_or_else(|_| panic!("no JSON: {}", response.body_text()))
}

fn text_of(token: &Value) -> &str {
    token.as_str().expect("a token")
}

fn refresh(token: &Value) -> String {
    format!("grant_type=refresh_token&refresh_token={}", text_of(token))
}

/// What was said before anything was asked.
fn the_documents_say_what_is_there(visitor: &Visitor) {
    let metadata = &visitor.metadata;
    assert_eq!(metadata["issuer"], ISSUER);
    let methods = metadata["token_endpoint_auth_methods_supported"].as_array().expect("methods");
    assert!(methods.contains(&visitor.method.name().into()), "{methods:?}");
    let openid = body(&visitor.get("/.well-known/openid-configuration", None));
    assert_eq!(openid["token_endpoint"], metadata["token_endpoint"]);
    let keys = metadata["jwks_uri"].as_str().and_then(|url| url.strip_prefix(ISSUER)).expect("keys");
    assert_eq!(body(&visitor.get(keys, None))["keys"].as_array().map(Vec::len), Some(1));
}

/// Checks the claims, subject and binding of the first tokens.
fn tokens_say_what_they_are(visitor: &Visitor, tokens: &Value) {
    let (token_type, confirmed) = visitor.binding();
    assert_eq!((&tokens["token_type"], &tokens["scope"]), (&json!(token_type), &json!("openid read write")));
    let access = claims(text_of(&tokens["access_token"]));
    assert_eq!((&access["sub"], &access["client_id"]), (&json!("usr_1"), &json!("client")));
    let members: Vec<&String> = access["cnf"].as_object().map(|cnf| cnf.keys().collect()).unwrap_or_default();
    assert_eq!(members, confirmed.into_iter().collect::<Vec<_>>());
    let id = claims(text_of(&tokens["id_token"]));
    assert_eq!((&id["aud"], &id["nonce"], &id["name"]), (&json!("client"), &json!("n-1"), &json!("A User")));
    let told = visitor.introspect(&tokens["access_token"]);
    assert_eq!(
        (&told["active"], &told["token_type"], &told["cnf"]),
        (&true.into(), &json!(token_type), &access["cnf"])
    );
}

/// From discovery to the last revocation.
fn all_of_it(method: AuthMethod, dpop: bool) {
    let mut visitor = Visitor::new(method, dpop);
    the_documents_say_what_is_there(&visitor);
    let first = visitor.authorize();
    assert_eq!(visitor.nonce.is_some(), dpop, "a nonce for those who make proofs");
    tokens_say_what_they_are(&visitor, &first);

    visitor.now += 30;
    let second = visitor.refresh(&first["refresh_token"]);
    assert_ne!(second["refresh_token"], first["refresh_token"]);
    assert!(second.get("id_token").is_none(), "RT-9");
    assert_eq!(
        visitor.introspect(&second["refresh_token"]),
        json!({"active": false}),
        "IN-4: between client and server"
    );

    assert_eq!(visitor.refuses(&refresh(&first["refresh_token"])), "invalid_grant", "reuse");
    assert_eq!(visitor.refuses(&refresh(&second["refresh_token"])), "invalid_grant", "the family is dead");
    for token in [&first["access_token"], &second["access_token"], &second["refresh_token"]] {
        assert_eq!(visitor.introspect(token), json!({"active": false}));
    }

    let again = visitor.authorize();
    let refreshed = visitor.refresh(&again["refresh_token"]);
    visitor.revoke(&refreshed["access_token"]);
    assert_eq!(visitor.introspect(&refreshed["access_token"])["active"], false);
    assert_eq!(visitor.introspect(&again["access_token"])["active"], true, "the other one lives on");
    visitor.revoke(&refreshed["refresh_token"]);
    assert_eq!(visitor.introspect(&again["access_token"])["active"], false, "RV-3");
    assert_eq!(visitor.refuses(&refresh(&refreshed["refresh_token"])), "invalid_grant");

    let events = visitor.office.events.lock().expect("no panic");
    let count = |kind| events.iter().filter(|event| event.kind == kind).count();
    assert_eq!(
        (count(EventKind::PushedRequestCreated), count(EventKind::CodeIssued), count(EventKind::TokenIssued)),
        (2, 2, 4)
    );
    assert_eq!((count(EventKind::RefreshReuseDetected), count(EventKind::TokenRevoked)), (1, 2));
}

#[test]
fn ca1_md1_pa7_sc3_everything_in_order_by_each_method() {
    for method in AuthMethod::ALL {
        for dpop in [false, true] {
            all_of_it(*method, dpop);
        }
    }
}

#[test]
fn ca10_another_methods_credentials_do_not_do() {
    let mut asked = 0;
    for method in AuthMethod::ALL {
        for other in AuthMethod::ALL {
            // A certificate is the same for both methods that want one, and nothing to a client that has none registered.
            let by_certificate = credentials(*other, NOW).certificate.is_some();
            let wants_one = credentials(*method, NOW).certificate.is_some();
            if method == other || (by_certificate && (wants_one || *method == AuthMethod::None)) {
                continue;
            }
            asked += 1;
            let carried = credentials(*other, NOW);
            let visitor = Visitor::new(*method, false);
            let response = visitor.post("revocation_endpoint", "token=x", &carried, None);
            let told = text(&response, "error");
            assert_eq!(told.as_deref(), Some("invalid_client"), "{}: by {}", method.name(), other.name());
        }
    }
    assert_eq!(asked, 26, "each method by each other");
}
