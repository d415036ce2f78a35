//! One server, its host driven by hand, and a browser.

use super::*;
use crate::Timestamp;
use crate::authorization::{
    AuthorizationEvent, AuthorizationServer, AuthorizationServerBuilder, ClientQuestion, CodeQuestion, NewCode,
    PushedRequestQuestion, Question, Recorded, SecretDigest, Step, Unavailable,
};
use crate::crypto::{Algorithm, CryptoProvider, EntropyError, KeyKind, RustCrypto};
use crate::dpop::ReplayAnswer;
use crate::encoding::form;
use crate::http::{Connection, RequestParts};
use crate::jose::KeyMaterial;
use crate::token::KeyRing;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use std::collections::{HashMap, HashSet};

/// Parameters to send, in order.
#[derive(Clone, Debug)]
pub(super) struct Pairs(pub(super) Vec<(String, String)>);

impl Pairs {
    pub(super) fn new(pairs: &[(&str, &str)]) -> Self {
        Self(pairs.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect())
    }

    /// Replaces a value.
    pub(super) fn with(&self, name: &str, value: &str) -> Self {
        let mut changed = self.without(name);
        changed.0.push((name.into(), value.into()));
        changed
    }

    /// Adds a value.
    pub(super) fn and(mut self, name: &str, value: &str) -> Self {
        self.0.push((name.into(), value.into()));
        self
    }

    pub(super) fn without(&self, name: &str) -> Self {
        Self(self.0.iter().filter(|(own, _)| own != name).cloned().collect())
    }

    pub(super) fn encoded(&self) -> String {
        let mut encoded = String::new();
        for (name, value) in &self.0 {
            form::append(&mut encoded, name, value);
        }
        encoded
    }

    pub(super) fn parse(encoded: &str) -> Self {
        let pairs = encoded.split('&').filter_map(|pair| pair.split_once('='));
        let decoded = |text: &str| String::from_utf8(form::decode(text.as_bytes()).unwrap()).unwrap();
        Self(pairs.map(|(name, value)| (decoded(name), decoded(value))).collect())
    }

    pub(super) fn get(&self, name: &str) -> Option<&str> {
        let mut values = self.0.iter().filter(|(own, _)| own == name).map(|(_, value)| value.as_str());
        let first = values.next();
        assert!(values.next().is_none(), "{name} occurs twice: {self:?}");
        first
    }
}

type Event = fn(&mut World);
type Answer<Q, A> = Box<dyn FnMut(&Q) -> A>;

pub(super) struct World {
    pub(super) server: AuthorizationServer,
    pub(super) now: u64,
    pub(super) clients: Vec<Client>,
    /// The client to return for every identifier.
    pub(super) impostor: Option<Client>,
    pub(super) pushed: HashMap<SecretDigest, PushedRequest>,
    pub(super) grants: HashMap<SecretDigest, ConsentGrant>,
    pub(super) codes: Vec<NewCode>,
    pub(super) events: Vec<AuthorizationEvent>,
    pub(super) proofs: HashSet<[u8; 32]>,
    pub(super) asked: Vec<&'static str>,
    pub(super) user: Answer<LoginQuestion, Authentication>,
    pub(super) consent: Answer<ConsentQuestion, ConsentDecision>,
    /// The question that cannot be answered.
    pub(super) down: Option<&'static str>,
    /// An event that happens before this question is answered: another request was faster.
    pub(super) meanwhile: Option<(&'static str, Event)>,
    /// Changes the consent grants that the store returns.
    pub(super) spoil: Option<fn(&mut ConsentGrant)>,
    pub(super) accept: &'static str,
    pub(super) agent: &'static str,
    /// One more field of the browser's requests.
    pub(super) besides: Option<(&'static str, &'static str)>,
    /// The `Authorization` field of pushed requests.
    pub(super) authorization: Option<String>,
    pub(super) entropy: bool,
    drawn: u8,
}

impl World {
    pub(super) fn new() -> Self {
        Self::built(|builder| builder)
    }

    pub(super) fn built(configure: impl FnOnce(AuthorizationServerBuilder) -> AuthorizationServerBuilder) -> Self {
        let provider: Arc<dyn CryptoProvider> = Arc::new(RustCrypto::new());
        let mut entropy = |out: &mut [u8]| {
            out.fill(9);
            Ok::<(), EntropyError>(())
        };
        let key = KeyMaterial::generate(KeyKind::P256, &mut entropy).unwrap();
        let signer = provider.signer(key.private().unwrap(), Algorithm::ES256).unwrap();
        let ring = Arc::new(KeyRing::new(provider.as_ref(), signer.into()).unwrap());
        let builder = AuthorizationServer::builder(ISSUER, provider, ring).audience(AUDIENCE);
        Self {
            server: configure(builder).build().unwrap(),
            now: NOW,
            clients: [web(), native()].into(),
            impostor: None,
            pushed: HashMap::new(),
            grants: HashMap::new(),
            codes: Vec::new(),
            events: Vec::new(),
            proofs: HashSet::new(),
            asked: Vec::new(),
            user: Box::new(|question| logged_in(question.visit.now.as_secs())),
            consent: Box::new(|question| ConsentDecision::Granted(question.visit.request.scopes.clone())),
            down: None,
            meanwhile: None,
            spoil: None,
            accept: "*/*",
            agent: "Mozilla/5.0",
            besides: None,
            authorization: None,
            entropy: true,
            drawn: 0,
        }
    }

    pub(super) fn get(&mut self, pairs: &Pairs) -> ResponseParts {
        self.browse("GET", "https", Some(&pairs.encoded()), None)
    }

    pub(super) fn follow(&mut self, url: &str) -> ResponseParts {
        let query = url.strip_prefix("https://auth.example/oauth/authorize?").unwrap();
        self.browse("GET", "https", Some(query), None)
    }

    pub(super) fn browse(
        &mut self,
        method: &str,
        scheme: &str,
        query: Option<&str>,
        body: Option<&str>,
    ) -> ResponseParts {
        let entropy = self.entropy();
        let mut headers: Vec<(&str, &[u8])> = [
            ("host", &b"auth.example"[..]),
            ("content-type", b"application/x-www-form-urlencoded"),
            ("accept", self.accept.as_bytes()),
            ("user-agent", self.agent.as_bytes()),
            ("cookie", b"sid=s3cret"),
        ]
        .into();
        headers.extend(self.besides.map(|(name, value)| (name, value.as_bytes())));
        let headers = headers.as_slice();
        let connection = if scheme == "https" { Connection::new().tls() } else { Connection::new() };
        let request = RequestParts::new(method, "/oauth/authorize", &headers).query(query).connection(connection);
        let request = body.map_or(request, |body| request.form_body(body.as_bytes()));
        let step = self.server.authorize(&request, Timestamp::from_secs(self.now), entropy);
        self.drive(step)
    }

    pub(super) fn push(&mut self, pairs: &Pairs, proofs: &[&str]) -> ResponseParts {
        let entropy = self.entropy();
        let mut headers: Vec<(&str, &[u8])> =
            [("host", &b"auth.example"[..]), ("content-type", b"application/x-www-form-urlencoded")].into();
        let authorization = self.authorization.clone();
        headers.extend(authorization.iter().map(|value| ("authorization", value.as_bytes())));
        headers.extend(proofs.iter().map(|proof| ("dpop", proof.as_bytes())));
        let (headers, body) = (headers.as_slice(), pairs.encoded());
        let request = RequestParts::new("POST", "/oauth/par", &headers)
            .connection(Connection::new().tls())
            .form_body(body.as_bytes());
        let step = self.server.push_authorization(&request, Timestamp::from_secs(self.now), entropy);
        self.drive(step)
    }

    fn entropy(&mut self) -> impl FnMut(&mut [u8]) -> Result<(), EntropyError> + Send + Sync + use<> {
        self.drawn = self.drawn.wrapping_add(7);
        let (mut next, works) = (self.drawn, self.entropy);
        move |out: &mut [u8]| {
            next = next.wrapping_add(1);
            out.fill(next);
            if works { Ok(()) } else { Err(EntropyError) }
        }
    }

    fn drive(&mut self, mut step: Step) -> ResponseParts {
        loop {
            step = match step {
                Step::Done(response) => return response,
                Step::Ask(ask) => self.answer(ask),
            };
        }
    }

    /// Records the question; returns whether it can be answered.
    fn hears(&mut self, name: &'static str) -> Result<(), Unavailable> {
        self.asked.push(name);
        if let Some((question, event)) = self.meanwhile
            && question == name
        {
            event(self);
        }
        if self.down == Some(name) { Err(Unavailable) } else { Ok(()) }
    }

    fn answer(&mut self, ask: Question) -> Step {
        match ask {
            Question::Clients(ClientQuestion::Load(query)) => {
                let client = self.clients.iter().find(|client| client.id() == query.question()).cloned();
                let client = self.impostor.clone().or(client);
                query.answer(self.hears("LoadClient").map(|()| client))
            }
            Question::Clients(ClientQuestion::VerifySecret(query)) => {
                let right = *query.question().secret == "s3cret" && query.question().client_id.is_some();
                query.answer(self.hears("VerifySecret").map(|()| right))
            }
            Question::Authenticate(query) => {
                let answer = (self.user)(query.question());
                query.answer(self.hears("Authenticate").map(|()| answer))
            }
            Question::Consent(query) => {
                let answer = (self.consent)(query.question());
                query.answer(self.hears("Consent").map(|()| answer))
            }
            Question::TakeConsentGrant(query) => {
                let heard = self.hears("TakeConsentGrant");
                let wanted = *query.question();
                let fits = self
                    .grants
                    .get(&wanted.digest)
                    .is_some_and(|grant| grant.binding == wanted.binding && wanted.now < grant.expires_at);
                let mut grant = if fits { self.grants.remove(&wanted.digest) } else { None };
                if let (Some(spoil), Some(grant)) = (self.spoil, &mut grant) {
                    spoil(grant);
                }
                query.answer(heard.map(|()| grant))
            }
            Question::PushedRequests(PushedRequestQuestion::Load(query)) => {
                let heard = self.hears("LoadPushedRequest");
                let record = self.pushed.get(query.question()).cloned();
                query.answer(heard.map(|()| record))
            }
            Question::PushedRequests(PushedRequestQuestion::Take(query)) => {
                let heard = self.hears("TakePushedRequest");
                let record = self.pushed.remove(&query.question().digest);
                let record = record.filter(|record| query.question().now < record.expires_at);
                query.answer(heard.map(|()| record))
            }
            Question::PushedRequests(PushedRequestQuestion::Insert(query)) => {
                let heard = self.hears("InsertPushedRequest");
                self.pushed.insert(query.question().digest, query.question().request.clone());
                query.answer(heard)
            }
            Question::Codes(CodeQuestion::Insert(query)) => {
                let heard = self.hears("InsertCode");
                self.codes.push(query.question().clone());
                query.answer(heard)
            }
            Question::RecordReplay(query) => {
                let fresh = self.proofs.insert(*query.question().claim.key.as_bytes());
                let answer = match self.hears("RecordReplay") {
                    Ok(()) if fresh => ReplayAnswer::Fresh,
                    Ok(()) => ReplayAnswer::Replay,
                    Err(Unavailable) => ReplayAnswer::Unavailable,
                };
                let now = query.question().now;
                query.answer(Recorded { answer, now })
            }
            Question::Record(query) => {
                self.events.push(query.question().clone());
                query.answer(())
            }
            other => panic!("not asked here: {other:?}"),
        }
    }

    /// The only reason reported since the last call.
    pub(super) fn reason(&mut self) -> Reason {
        let events: Vec<AuthorizationEvent> = self.events.drain(..).collect();
        assert_eq!(events.len(), 1, "{events:?}");
        events[0].reason.unwrap()
    }

    pub(super) fn reference(&mut self, pairs: &Pairs) -> String {
        let response = self.push(&pairs.clone().and("client_secret", "s3cret"), &[]);
        assert_eq!(response.status, 201, "{}", response.body_text());
        json(&response, "request_uri")
    }
}

pub(super) fn logged_in(at: u64) -> Authentication {
    let authentication = AuthenticationContext::at(Timestamp::from_secs(at)).acr("mfa").amr(["pwd"]).sid("s1");
    Authentication::User(Box::new(Login::new("usr_1", authentication)))
}

pub(super) fn page(text: &str) -> Box<ResponseParts> {
    let mut page = ResponseParts::new(200);
    page.body = text.into();
    Box::new(page)
}

pub(super) fn header(response: &ResponseParts, name: &'static str) -> String {
    let values: Vec<&str> = response.header(name).collect();
    assert_eq!(values.len(), 1, "{name}: {values:?}");
    values[0].into()
}

pub(super) fn json(response: &ResponseParts, member: &str) -> String {
    let value: serde_json::Value = serde_json::from_slice(&response.body).unwrap();
    value[member].as_str().unwrap_or_else(|| panic!("{member}: {value}")).into()
}

/// Returns the parameters that were added to the redirect URI.
pub(super) fn location(response: &ResponseParts, uri: &str) -> Pairs {
    assert_eq!(response.status, 303, "{}", response.body_text());
    let location = header(response, "location");
    let rest = location.strip_prefix(uri).unwrap_or_else(|| panic!("{location}"));
    assert!(rest.starts_with(if uri.contains('?') { '&' } else { '?' }), "{location}");
    Pairs::parse(&rest[1..])
}

/// Checks a refusal shown in the browser.
pub(super) fn assert_direct(response: &ResponseParts, status: u16, error: &str) {
    assert_eq!(response.status, status, "{}", response.body_text());
    assert_eq!(response.header("location").count(), 0);
    assert_eq!(json(response, "error"), error);
    assert_guarded(response);
}

/// Checks the fields of EP-8.
pub(super) fn assert_guarded(response: &ResponseParts) {
    assert_eq!(header(response, "cache-control"), "no-store");
    assert_eq!(header(response, "pragma"), "no-cache");
    let policy = header(response, "referrer-policy");
    assert!(["no-referrer", "same-origin", "strict-origin"].contains(&policy.as_str()), "{policy}");
    assert_eq!(header(response, "x-content-type-options"), "nosniff");
    assert!(response.header("content-security-policy").any(|policy| policy.contains("frame-ancestors 'none'")));
}

/// Checks a refusal sent to the client, with its `state` and `iss`.
pub(super) fn assert_redirected(response: &ResponseParts, error: &str) {
    let answer = location(response, WEB);
    assert_eq!(answer.get("error"), Some(error), "{answer:?}");
    assert!(answer.get("error_description").is_some_and(|text| !text.is_empty()));
    assert_eq!((answer.get("state"), answer.get("iss")), (Some(STATE), Some(ISSUER)));
    assert_eq!((answer.get("code"), answer.0.len()), (None, 4));
    assert_guarded(response);
}

pub(super) fn redirect_of(text: &str) -> String {
    format!("{ISSUER}/oauth/authorize?{text}")
}
