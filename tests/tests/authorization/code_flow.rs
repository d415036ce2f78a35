//! The whole code flow, from the pushed request to the tokens, as a client and a user go through it: what fails is tried again, and
//! what was used is shown once more.

use crate::ledger::Fault;
use crate::scene::{NOW, REFERENCE, Request, SECRET, Scene, VERIFIER, entropy, located, proof_at, provider, reference};
use crate::user::{Policy, Spendable};
use attesto_core::Timestamp;
use attesto_core::authorization::{Client, ClientAuthentication, GrantType, ScopeSet};
use attesto_core::encoding::form;
use attesto_core::http::ResponseParts;
use attesto_core::pkce::CodeVerifier;

/// Where the answers go. It identifies the requests of a journey.
pub(crate) const WEB: &str = "https://web.example/cb";
const COOKIE: &str = "a-cookie-of-usr_1";

/// How a code comes to be.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Journey {
    pub(crate) name: &'static str,
    /// By a client with a secret and a DPoP key that pushes its requests; else by a public one.
    pub(crate) pushed: bool,
    pub(crate) consent: Policy,
    /// The user logs in on the way.
    pub(crate) login: bool,
}

impl Journey {
    pub(crate) const ALL: [Self; 6] = [
        Self { name: "front, granted", pushed: false, consent: Policy::Grants, login: false },
        Self { name: "front, login, click", pushed: false, consent: Policy::ByClick, login: true },
        Self { name: "front, denied", pushed: false, consent: Policy::Denies, login: false },
        Self { name: "pushed, granted", pushed: true, consent: Policy::Grants, login: false },
        Self { name: "pushed, login, click", pushed: true, consent: Policy::ByClick, login: true },
        Self { name: "pushed, denied", pushed: true, consent: Policy::Denies, login: false },
    ];

    /// The world that it starts in.
    pub(crate) fn scene(&self) -> Scene {
        let mut scene = Scene::new(true);
        let client = |id: &str, authentication| {
            Client::new(id, authentication)
                .redirect_uris([WEB])
                .scopes(["read", "write"])
                .grants([GrantType::AuthorizationCode, GrantType::RefreshToken])
        };
        let clients = &mut scene.ledger.clients;
        clients.insert("web".into(), (client("web", ClientAuthentication::SecretPost), Some(SECRET)));
        clients.insert("spa".into(), (client("spa", ClientAuthentication::None), None));
        // What the other suites start with is no part of this.
        scene.ledger.codes.clear();
        scene.ledger.consent = self.consent;
        scene.ledger.signed_in = !self.login;
        scene.hidden.push(COOKIE.into());
        scene
    }

    /// The parameters of an authorization request, different from every other.
    pub(crate) fn parameters(&self, number: usize) -> String {
        let challenge = CodeVerifier::parse(VERIFIER).expect("a verifier").challenge(provider().as_ref()).to_string();
        let (client, number) = (self.client(), number.to_string());
        let mut encoded = String::new();
        for (name, value) in [
            ("response_type", "code"),
            ("client_id", client),
            ("redirect_uri", WEB),
            ("scope", "read write"),
            ("state", "st-1"),
            ("nonce", &number),
            ("code_challenge", &challenge),
            ("code_challenge_method", "S256"),
        ] {
            form::append(&mut encoded, name, value);
        }
        encoded
    }

    const fn client(&self) -> &'static str {
        if self.pushed { "web" } else { "spa" }
    }

    fn credentials(&self) -> String {
        if self.pushed { format!("&client_secret={SECRET}") } else { String::new() }
    }

    /// What pushes the request of this number.
    pub(crate) fn push(&self, number: usize, now: u64) -> Request {
        let body = format!("{}{}", self.parameters(number), self.credentials());
        Request { path: "/oauth/par", ..Request::token(body) }.header("dpop", proof_at("/oauth/par", 3, now))
    }

    /// The browser, sent to the authorization endpoint by the client.
    pub(crate) fn visit(query: &str) -> Request {
        Request::visit(query).header("cookie", format!("sid={COOKIE}"))
    }

    fn redeem(&self, code: &str, now: u64) -> Request {
        let (client, credentials) = (self.client(), self.credentials());
        let request = Request::token(format!(
            "grant_type=authorization_code&client_id={client}&code={code}&redirect_uri={WEB}&code_verifier={VERIFIER}{credentials}"
        ));
        if self.pushed { request.header("dpop", proof_at("/oauth/token", 3, now)) } else { request }
    }
}

/// The query that refers to what was pushed.
pub(crate) fn referring(journey: &Journey, reference: &str) -> String {
    let mut query = String::new();
    form::append(&mut query, "client_id", journey.client());
    form::append(&mut query, "request_uri", &format!("{REFERENCE}{reference}"));
    query
}

/// Clicks on the consent page that was shown last: allows to read, and not to write. Where the page leads then.
pub(crate) fn click(scene: &mut Scene) -> String {
    let page = scene.ledger.page.clone().expect("a consent page");
    let now = Timestamp::from_secs(scene.ledger.now);
    let allowed = ScopeSet::new(["read"]);
    let new = scene.server.grant_consent(page.binding(), page.subject.as_str(), allowed, now, &mut entropy());
    let new = new.expect("entropy");
    scene.ledger.grants.insert(*new.digest().as_bytes(), Spendable::new(new.grant().clone()));
    let leads_to = new.resume(page.resume_url());
    scene.hidden.push(leads_to.rsplit_once('=').expect("the grant").1.into());
    query_of(&leads_to)
}

fn query_of(url: &str) -> String {
    url.split_once('?').expect("a query").1.into()
}

/// A browser and a client that go through a whole flow, whatever happens.
pub(crate) struct Traveller<'f> {
    pub(crate) scene: Scene,
    journey: Journey,
    faults: &'f [(usize, Fault)],
    /// Questions so far, and requests made up so far.
    pub(crate) asked: usize,
    made: usize,
    context: String,
}

impl<'f> Traveller<'f> {
    pub(crate) fn new(journey: Journey, scene: Scene, faults: &'f [(usize, Fault)]) -> Self {
        let context = format!("{}: {faults:?}", journey.name);
        let made = scene.responses.len();
        Self { scene, journey, faults, asked: 0, made, context }
    }

    fn send(&mut self, request: &Request) -> Option<ResponseParts> {
        let (start, faults) = (self.asked, self.faults);
        let before = self.scene.ledger.asked.len();
        let response = self.scene.send_with(request, |question| {
            faults.iter().find(|(at, _)| *at == start + question).map(|(_, fault)| *fault)
        });
        self.asked += self.scene.ledger.asked.len() - before;
        nothing_came_twice(&self.scene, &self.journey, &self.context);
        response
    }

    /// Goes through the whole flow, then once more with everything that was used. Returns whether tokens were issued.
    pub(crate) fn go(&mut self) -> bool {
        self.made += 1;
        let start = if self.journey.pushed {
            let Some(reference) = self.push() else { return false };
            referring(&self.journey, &reference)
        } else {
            self.journey.parameters(self.made)
        };
        let (code, last) = self.visit(start);
        let tokens = code.as_ref().is_some_and(|code| self.redeem(code));
        self.scene.holds(&self.context);
        self.send(&Journey::visit(&last));
        if let Some(code) = &code {
            let again = self.send(&self.journey.redeem(code, self.scene.ledger.now));
            assert!(!tokens || again.is_none_or(|again| again.status != 200), "a spent code: {}", self.context);
        }
        self.scene.holds(&self.context);
        tokens
    }

    fn push(&mut self) -> Option<String> {
        for _ in 0..2 {
            let request = self.journey.push(self.made, self.scene.ledger.now);
            if let Some(reference) = self.send(&request).as_ref().and_then(reference) {
                return Some(reference);
            }
            self.made += 1; // A client that heard nothing asks for something new.
        }
        None
    }

    /// Follows pages; reloads what fails, once. The code, and the last address.
    fn visit(&mut self, start: String) -> (Option<String>, String) {
        let (mut query, mut failures) = (start, 0);
        while failures < 2 {
            let response = self.send(&Journey::visit(&query));
            let Some(response) = response else {
                failures += 1;
                continue;
            };
            if let Some(code) = located(&response, "code") {
                return (Some(code), query);
            }
            let body = response.body_text();
            match body.split_once(' ') {
                Some(("login", leads_to)) if response.status == 200 => {
                    self.scene.ledger.signed_in = true;
                    query = query_of(leads_to);
                }
                Some(("consent", _)) if response.status == 200 => query = click(&mut self.scene),
                _ => failures += 1,
            }
        }
        (None, query)
    }

    fn redeem(&mut self, code: &str) -> bool {
        (0..2).any(|_| {
            let request = self.journey.redeem(code, self.scene.ledger.now);
            self.send(&request).is_some_and(|response| response.status == 200)
        })
    }
}

/// Checks that no reference and no click gave two codes, that each code has one, and that none is wider than what the user allowed.
pub(crate) fn nothing_came_twice(scene: &Scene, journey: &Journey, context: &str) {
    let ledger = &scene.ledger;
    let codes: Vec<_> = ledger.codes.values().map(|row| &row.code).collect();
    if journey.consent == Policy::ByClick {
        let spent = ledger.grants.values().filter(|held| held.spent).count();
        assert!(codes.len() <= spent, "{} codes of {spent} spent consent grants: {context}", codes.len());
        for code in &codes {
            assert_eq!(code.authorization.scopes.to_string(), "read", "more than was allowed: {context}");
        }
    }
    if journey.consent == Policy::Denies {
        assert!(codes.is_empty(), "a code that nobody allowed: {context}");
    }
    assert!(ledger.signed_in || codes.is_empty(), "a code of nobody: {context}");
    for held in ledger.pushed.values().filter(|_| journey.pushed) {
        let nonce = held.row.parameters.split('&').find_map(|pair| pair.strip_prefix("nonce="));
        let given = codes.iter().filter(|code| code.nonce.as_deref() == nonce).count();
        assert!(given <= usize::from(held.spent), "{given} codes of one reference: {context}");
        assert!(held.row.dpop_jkt.is_some() && !held.row.parameters.contains(SECRET), "{context}");
    }
    if journey.pushed {
        let spent = ledger.pushed.values().filter(|held| held.spent).count();
        assert!(codes.len() <= spent, "{} codes of {spent} spent references: {context}", codes.len());
        a_denial_is_final(scene, context);
    }
}

/// Checks that no code was issued for a reference after access was denied for it.
fn a_denial_is_final(scene: &Scene, context: &str) {
    for (query, response) in &scene.responses {
        if located(response, "error").as_deref() == Some("access_denied") {
            let reference = query.split_once("request_uri%3A").map(|(_, reference)| reference).unwrap_or_default();
            let reference = reference.split('&').next().unwrap_or_default();
            let held = scene.ledger.pushed.get(&crate::scene::digest(reference)).expect("what was referred to");
            assert!(held.spent, "denied, and still good: {context}");
        }
    }
}

#[test]
fn az24_az29_every_journey_ends_in_tokens_unless_the_user_denies() {
    for journey in Journey::ALL {
        let mut traveller = Traveller::new(journey, journey.scene(), &[]);
        assert_eq!(traveller.go(), journey.consent != Policy::Denies, "{}", journey.name);
        let codes = usize::from(journey.consent != Policy::Denies) + usize::from(journey.name == "front, granted");
        assert_eq!(traveller.scene.ledger.codes.len(), codes, "{}: the reload of the last address", journey.name);
        assert_eq!(traveller.scene.ledger.now, NOW);
    }
}
