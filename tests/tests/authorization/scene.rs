//! Clients, a server, and the requests that they send it.

use crate::behind::Behind;
use crate::ledger::{CodeRow, Fault, Ledger};
use attesto_core::Timestamp;
use attesto_core::authorization::{
    AuthenticationContext, Authorization, AuthorizationCode, AuthorizationServer, AuthorizationServerBuilder, Client,
    ClientAuthentication, FamilyId, GraceSecret, GrantType, NewCode, Reason, RefreshPolicy, ScopeSet, SecretDigest,
    Step,
};
use attesto_core::crypto::{CryptoProvider, EntropyError, RustCrypto, Signer};
use attesto_core::dpop::ProofMaker;
use attesto_core::encoding::base64url;
use attesto_core::http::{Connection, RequestParts, ResponseParts};
use attesto_core::pkce::{CodeChallenge, CodeVerifier};
use attesto_core::token::KeyRing;
use attesto_tests::ed25519;
pub(crate) use attesto_tests::{VERIFIER, provider};
use std::cell::RefCell;
use std::collections::BTreeSet;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

pub(crate) const NOW: u64 = 1_800_000_000;
pub(crate) const REDIRECT: &str = "https://app.example/cb";
pub(crate) const SECRET: &str = "hunter2-hunter2";
pub(crate) const REFERENCE: &str = "urn:ietf:params:oauth:request_uri:";
pub(crate) const FAMILY: FamilyId = FamilyId::from_bytes([7; 16]);

/// The same server every time, with a grace window or without.
pub(crate) fn server(grace: bool) -> AuthorizationServer {
    static SERVERS: [OnceLock<AuthorizationServer>; 2] = [OnceLock::new(), OnceLock::new()];
    SERVERS[usize::from(grace)].get_or_init(|| builder(grace).build().expect("a sound configuration")).clone()
}

/// The configuration of that server.
pub(crate) fn builder(grace: bool) -> AuthorizationServerBuilder {
    // Ed25519 signs much faster than the rest in a debug build.
    let signer = ed25519(1);
    let ring = Arc::new(KeyRing::new(provider().as_ref(), signer.into()).expect("a ring"));
    let mut refresh = RefreshPolicy::new();
    if grace {
        refresh = refresh.grace(Duration::from_secs(10), GraceSecret::new([9; 32])).expect("a short window");
    }
    AuthorizationServer::builder("https://as.example", provider(), ring)
        .audience("https://api.example")
        .grants([GrantType::AuthorizationCode, GrantType::RefreshToken, GrantType::ClientCredentials])
        .refresh(refresh)
}

/// The same key every time, made once.
fn signer(seed: u8) -> &'static dyn Signer {
    static SIGNERS: [OnceLock<Box<dyn Signer>>; 256] = [const { OnceLock::new() }; 256];
    SIGNERS[usize::from(seed)].get_or_init(|| ed25519(seed)).as_ref()
}

/// A proof of the key of this seed, for the token endpoint.
pub(crate) fn proof(seed: u8, now: u64) -> String {
    proof_at("/oauth/token", seed, now)
}

/// Like the above, for the endpoint of this path.
pub(crate) fn proof_at(path: &str, seed: u8, now: u64) -> String {
    ProofMaker::new("POST", &format!("https://as.example{path}"))
        .make(signer(seed), provider().as_ref(), Timestamp::from_secs(now), &mut entropy())
        .expect("a proof")
}

/// A world before the request under test: two clients, one code, and one refresh token of another family.
#[derive(Clone)]
pub(crate) struct Scene {
    pub(crate) ledger: Ledger,
    pub(crate) grace: bool,
    pub(crate) server: AuthorizationServer,
    pub(crate) code: String,
    /// What was answered, in order.
    pub(crate) responses: Vec<(String, ResponseParts)>,
    /// Secrets that no response of the server gave: cookies, and what pages carry.
    pub(crate) hidden: Vec<String>,
    looked_at: RefCell<LookedAt>,
}

/// What has been looked at does not change, and need not be looked at again.
#[derive(Clone, Default)]
struct LookedAt {
    responses: usize,
    events: usize,
    /// The secrets in those responses.
    given: Vec<String>,
}

impl Scene {
    pub(crate) fn new(grace: bool) -> Self {
        Self::with(server(grace), grace)
    }

    /// The same before another server.
    pub(crate) fn from_builder(builder: AuthorizationServerBuilder) -> Self {
        Self::with(builder.build().expect("a sound configuration"), true)
    }

    fn with(server: AuthorizationServer, grace: bool) -> Self {
        let mut ledger = Ledger { now: NOW, ..Ledger::default() };
        let app = Client::new("app", ClientAuthentication::None)
            .redirect_uris([REDIRECT])
            .scopes(["read", "write", "openid"])
            .grants([GrantType::AuthorizationCode, GrantType::RefreshToken]);
        let other = Client::new("other", ClientAuthentication::SecretPost)
            .scopes(["read"])
            .grants(GrantType::ALL.iter().copied());
        ledger.clients.insert("app".into(), (app, None));
        ledger.clients.insert("other".into(), (other, Some(SECRET)));
        let code = base64url::encode(&[5; 32]);
        let verifier = CodeVerifier::parse(VERIFIER).expect("a verifier");
        let mut authorization = Authorization::new(FAMILY, "app", "usr_1");
        authorization.scopes = ScopeSet::new(["read", "write"]);
        authorization.authentication = AuthenticationContext::at(Timestamp::from_secs(NOW - 5));
        let challenge: CodeChallenge = verifier.challenge(provider().as_ref());
        let row = AuthorizationCode::new(authorization, REDIRECT, challenge, Timestamp::from_secs(NOW + 60));
        ledger.codes.insert(digest(&code), CodeRow { code: row, spent: false, recorded: None });
        Self { ledger, grace, server, code, responses: Vec::new(), hidden: Vec::new(), looked_at: RefCell::default() }
    }

    /// Creates a scene with a redeemed code, and returns its refresh token.
    pub(crate) fn redeemed(grace: bool) -> (Self, String) {
        Self::new(grace).with_tokens()
    }

    /// Redeems the code, and returns the refresh token.
    pub(crate) fn with_tokens(mut self) -> (Self, String) {
        let request = self.redeem();
        let response = self.send(&request).expect("no fault");
        let refresh = text(&response, "refresh_token").expect("a refresh token");
        (self, refresh)
    }

    /// Puts a database behind the ledger, with the codes that are there.
    pub(crate) fn before_a_database(mut self) -> Self {
        let mut behind = Behind::default();
        for (digest, row) in &self.ledger.codes {
            let (digest, now) = (SecretDigest::from_bytes(*digest), Timestamp::from_secs(self.ledger.now));
            behind.insert_code(&NewCode { digest, code: row.code.clone(), now }).expect("it is new");
        }
        self.ledger.behind = Some(behind);
        self
    }

    pub(crate) fn redeem(&self) -> Request {
        let code = &self.code;
        Request::token(format!(
            "grant_type=authorization_code&client_id=app&code={code}&redirect_uri={REDIRECT}&code_verifier={VERIFIER}"
        ))
    }

    /// Sends without faults.
    pub(crate) fn send(&mut self, request: &Request) -> Option<ResponseParts> {
        self.send_with(request, |_| None)
    }

    /// Sends, with a fault for each question (numbered from 0) that `fault` names one for.
    pub(crate) fn send_with(
        &mut self,
        request: &Request,
        fault: impl Fn(usize) -> Option<Fault>,
    ) -> Option<ResponseParts> {
        let mut step = request.begin(&self.server, self.ledger.now);
        for question in 0.. {
            step = match step {
                Step::Done(response) => {
                    self.responses.push((request.sent(), response.clone()));
                    return Some(response);
                }
                Step::Ask(ask) => self.ledger.answer(ask, fault(question))?,
            };
        }
        None
    }

    /// Sends what must be granted.
    pub(crate) fn grant(&mut self, request: &Request) -> ResponseParts {
        let response = self.send(request).expect("no fault");
        assert_eq!(response.status, 200, "{}", response.body_text());
        response
    }

    /// Sends what must be refused, and says why it was, and by what code.
    pub(crate) fn refuse(&mut self, request: &Request) -> (Reason, String) {
        let response = self.send(request).expect("no fault");
        assert_ne!(response.status, 200, "{}", response.body_text());
        let event = self.ledger.events.last().expect("every refusal is told of");
        (event.reason.expect("a refusal"), text(&response, "error").expect("an error"))
    }

    /// Changes the client `app`.
    pub(crate) fn app(&mut self, change: impl FnOnce(Client) -> Client) {
        let (client, secret) = self.ledger.clients.remove("app").expect("app");
        self.ledger.clients.insert("app".into(), (change(client), secret));
    }

    /// Changes the code.
    pub(crate) fn code(&mut self, change: impl FnOnce(&mut AuthorizationCode)) {
        change(&mut self.ledger.codes.get_mut(&digest(&self.code)).expect("the code").code);
    }

    /// The answers with tokens to this body.
    pub(crate) fn granted(&self, body: &str) -> usize {
        self.responses.iter().filter(|(sent, response)| sent == body && response.status == 200).count()
    }

    /// What must hold whatever happened.
    pub(crate) fn holds(&self, context: &str) {
        for (body, _) in &self.responses {
            let redeems = body.starts_with("grant_type=authorization_code");
            assert!(!redeems || self.granted(body) <= 1, "one code gave two sets of tokens: {context}");
        }
        let families: BTreeSet<FamilyId> =
            self.ledger.refresh.values().map(|row| row.token.authorization.family).collect();
        for family in families {
            assert!(self.ledger.live(family) <= 1, "two live refresh tokens in one family: {context}");
        }
        let mut looked_at = self.looked_at.borrow_mut();
        let (responses, events) = (looked_at.responses, looked_at.events);
        for (_, response) in self.responses.iter().skip(responses) {
            let tokens = ["access_token", "refresh_token"].into_iter().filter_map(|name| text(response, name));
            looked_at.given.extend(tokens.chain(located(response, "code")).chain(reference(response)));
        }
        (looked_at.responses, looked_at.events) = (self.responses.len(), self.ledger.events.len());
        let secrets = self.secrets(&looked_at.given);
        for (_, response) in self.responses.iter().skip(responses) {
            self.tokens_are_known(response, context);
            self.codes_and_references_are_known(response, context);
            no_secret_is_shown(response, &secrets, context);
        }
        let events = format!("{:?}", &self.ledger.events[events..]);
        for secret in &secrets {
            assert!(!events.contains(secret), "an event holds a secret: {context}");
        }
    }

    /// RT-5: what was revoked is revoked whole once a token of it, or its code, was shown again while every store answered: no access
    /// token of it that a resource would take is missing on the deny list.
    pub(crate) fn revocations_are_whole(&self, context: &str) {
        let now = Timestamp::from_secs(self.ledger.now);
        for row in self.ledger.refresh.values() {
            if !self.ledger.revoked.contains(&row.token.authorization.family) {
                continue;
            }
            for access in row.token.access.iter().filter(|access| now < access.expires_at) {
                let denied = self.ledger.denied.contains(&access.jwt_id);
                assert!(denied, "an access token of a revoked family lives on: {context}");
            }
        }
    }

    fn tokens_are_known(&self, response: &ResponseParts, context: &str) {
        if let Some(refresh) = text(response, "refresh_token") {
            let row = self.ledger.refresh.get(&digest(&refresh));
            let row = row.unwrap_or_else(|| panic!("a refresh token that no store knows: {context}"));
            let jti = jti(&text(response, "access_token").expect("an access token"));
            assert!(row.token.access.iter().any(|access| access.jwt_id == jti), "an access token unknown: {context}");
        }
    }

    fn codes_and_references_are_known(&self, response: &ResponseParts, context: &str) {
        if let Some(code) = located(response, "code") {
            assert!(self.ledger.codes.contains_key(&digest(&code)), "a code that no store knows: {context}");
        }
        if let Some(reference) = reference(response) {
            assert!(self.ledger.pushed.contains_key(&digest(&reference)), "an unknown reference: {context}");
        }
    }

    /// Every secret of the scene as text, and the digests that stores know.
    fn secrets(&self, given: &[String]) -> Vec<String> {
        let ledger = &self.ledger;
        let digests = ledger.refresh.keys().chain(ledger.codes.keys());
        let digests = digests.chain(ledger.pushed.keys()).chain(ledger.grants.keys());
        let digests = digests.map(|digest| SecretDigest::from_bytes(*digest).to_string());
        let tickets = ledger.pushed.values().filter_map(|held| held.row.ticket.as_ref());
        let digests = digests.chain(tickets.map(|ticket| base64url::encode(ticket.as_bytes())));
        let known = [self.code.clone(), VERIFIER.into(), SECRET.into()];
        given.iter().cloned().chain(digests).chain(known).chain(self.hidden.iter().cloned()).collect()
    }
}

fn no_secret_is_shown(response: &ResponseParts, secrets: &[String], context: &str) {
    if matches!(response.status, 200 | 201) || located(response, "code").is_some() {
        return;
    }
    let shown = format!("{:?} {}", response.headers, response.body_text());
    for secret in secrets {
        assert!(!shown.contains(secret), "an error holds a secret: {context}");
    }
}

/// One request to the server.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    pub(crate) method: &'static str,
    pub(crate) path: &'static str,
    /// What a browser brings.
    pub(crate) query: Option<String>,
    pub(crate) body: String,
    pub(crate) headers: Vec<(&'static str, String)>,
    pub(crate) host: &'static str,
}

impl Request {
    pub(crate) fn token(body: String) -> Self {
        Self { method: "POST", path: "/oauth/token", query: None, body, headers: Vec::new(), host: "as.example" }
    }

    /// A browser at the authorization endpoint.
    pub(crate) fn visit(query: &str) -> Self {
        Self { method: "GET", path: "/oauth/authorize", query: Some(query.into()), ..Self::token(String::new()) }
    }

    /// What tells it from other requests.
    pub(crate) fn sent(&self) -> String {
        self.query.clone().unwrap_or_else(|| self.body.clone())
    }

    /// With one more parameter.
    pub(crate) fn and(mut self, name: &str, value: &str) -> Self {
        self.body = format!("{}&{name}={value}", self.body);
        self
    }

    /// With another value of a parameter.
    pub(crate) fn but(mut self, name: &str, value: &str) -> Self {
        let pairs: Vec<String> = self
            .body
            .split('&')
            .map(|pair| if pair.starts_with(&format!("{name}=")) { format!("{name}={value}") } else { pair.into() })
            .collect();
        self.body = pairs.join("&");
        self
    }

    /// The value of a parameter.
    pub(crate) fn value_of(&self, name: &str) -> &str {
        let mut pairs = self.body.split('&').filter_map(|pair| pair.split_once('='));
        pairs.find(|(own, _)| *own == name).map(|(_, value)| value).unwrap_or_else(|| panic!("no {name}"))
    }

    /// With one more field.
    pub(crate) fn header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    pub(crate) fn refresh(token: &str) -> Self {
        Self::token(format!("grant_type=refresh_token&client_id=app&refresh_token={token}"))
    }

    pub(crate) fn revoke(token: &str) -> Self {
        Self { path: "/oauth/revoke", ..Self::token(format!("client_id=app&token={token}")) }
    }

    pub(crate) fn begin(&self, server: &AuthorizationServer, now: u64) -> Step {
        let mut headers: Vec<(&str, &[u8])> =
            vec![("host", self.host.as_bytes()), ("content-type", b"application/x-www-form-urlencoded")];
        headers.extend(self.headers.iter().map(|(name, value)| (*name, value.as_bytes())));
        let headers = headers.as_slice();
        let request = RequestParts::new(self.method, self.path, &headers)
            .query(self.query.as_deref())
            .connection(Connection::new().tls())
            .form_body(self.body.as_bytes());
        server.serve(&request, Timestamp::from_secs(now), entropy()).expect("an endpoint")
    }
}

/// Never the same bytes twice.
pub(crate) fn entropy() -> impl FnMut(&mut [u8]) -> Result<(), EntropyError> + Send + Sync + 'static {
    static SEED: AtomicU64 = AtomicU64::new(1);
    let mut calls = 0u64;
    let seed = SEED.fetch_add(1, Ordering::Relaxed);
    move |out: &mut [u8]| {
        calls += 1;
        let drawn = RustCrypto::new().sha256(&[&seed.to_be_bytes(), &calls.to_be_bytes()]);
        for (byte, drawn) in out.iter_mut().zip(drawn.iter().cycle()) {
            *byte = *drawn;
        }
        Ok(())
    }
}

/// A member of a JSON body.
pub(crate) fn text(response: &ResponseParts, name: &str) -> Option<String> {
    if !response.body.starts_with(b"{") {
        return None;
    }
    let body: serde_json::Value = serde_json::from_slice(&response.body).ok()?;
    Some(body.get(name)?.as_str()?.to_owned())
}

/// A parameter that a redirect adds.
pub(crate) fn located(response: &ResponseParts, name: &str) -> Option<String> {
    let location = response.header("location").next()?;
    let pairs = location.split_once('?')?.1.split('&').filter_map(|pair| pair.split_once('='));
    pairs.filter(|(own, _)| *own == name).map(|(_, value)| value.to_owned()).next()
}

/// The secret of a `request_uri`.
pub(crate) fn reference(response: &ResponseParts) -> Option<String> {
    text(response, "request_uri")?.strip_prefix(REFERENCE).map(Into::into)
}

fn jti(token: &str) -> String {
    let mut payload = Vec::new();
    base64url::decode_append(token.split('.').nth(1).expect("a payload").as_bytes(), &mut payload).expect("base64url");
    let payload: serde_json::Value = serde_json::from_slice(&payload).expect("JSON");
    payload["jti"].as_str().expect("a jti").to_owned()
}

pub(crate) fn digest(secret: &str) -> [u8; 32] {
    RustCrypto::new().sha256(&[secret.as_bytes()])
}
