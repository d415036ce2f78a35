//! A client that meets nodes which vanish: it tries again at another node, as real ones do.

use crate::http::{Response, send};
use crate::ledger::{Code, End, Family, Ledger};
use crate::nodes::Nodes;
use crate::server::{CALLBACK, ISSUER, RESOURCE};
use attesto_core::crypto::{Algorithm, CryptoProvider, EntropyError, KeyKind, RustCrypto, Signer};
use attesto_core::dpop::ProofMaker;
use attesto_core::encoding::form;
use attesto_core::jose::KeyMaterial;
use attesto_hyper::system_clock;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// RFC 7636, Appendix B.
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
/// How long a client waits before it tries again.
const PAUSE: Duration = Duration::from_millis(50);
/// A family may have a thousand access tokens at a time, and the long form takes two minutes.
const BETWEEN_ROTATIONS: Duration = Duration::from_millis(150);
/// Past this, an answer says nothing about the stores: proofs and codes expire, and so does the grace window. On a disk
/// that is busy with something else, a single commit can take as long.
const TOO_LATE: Duration = Duration::from_secs(40);

pub(crate) struct Client {
    number: usize,
    nodes: Arc<Nodes>,
    ledger: Arc<Ledger>,
    key: Box<dyn Signer>,
    provider: RustCrypto,
}

/// A token response.
struct Tokens {
    access: String,
    refresh: String,
}

impl Client {
    pub(crate) fn new(number: usize, nodes: &Arc<Nodes>, ledger: &Arc<Ledger>) -> Self {
        let provider = RustCrypto::new();
        let key = KeyMaterial::generate(KeyKind::P256, &mut entropy).expect("a key");
        let key = provider.signer(key.private().expect("a private half"), Algorithm::ES256).expect("a signer");
        Self { number, nodes: Arc::clone(nodes), ledger: Arc::clone(ledger), key, provider }
    }

    fn name(&self) -> String {
        format!("client-{}", self.number)
    }

    fn proof(&self, method: &str, url: &str, token: Option<&str>) -> String {
        let mut proof = ProofMaker::new(method, url);
        if let Some(token) = token {
            proof = proof.access_token(token);
        }
        let made = proof.make(self.key.as_ref(), &self.provider, system_clock().now(), &mut entropy);
        made.expect("a proof")
    }

    /// Asks for a code until there is one.
    async fn code(&self) -> String {
        let mut query = String::new();
        for (name, value) in [
            ("response_type", "code"),
            ("client_id", &self.name()),
            ("redirect_uri", CALLBACK),
            ("scope", "read"),
            ("code_challenge", CHALLENGE),
            ("code_challenge_method", "S256"),
        ] {
            form::append(&mut query, name, value);
        }
        let head = format!("GET /oauth/authorize?{query} HTTP/1.1\r\ncookie: user=user-{}\r\n", self.number);
        loop {
            if let Some(response) = send(self.nodes.any(), &head, "").await {
                let location = response.header("location").unwrap_or_default();
                let code = location.split(['?', '&']).find_map(|part| part.strip_prefix("code="));
                if let Some(code) = code {
                    return code.to_owned();
                }
                let later = response.status == 503 || location.contains("error=temporarily_unavailable");
                assert!(later, "a code was refused: {response:?}");
            }
            self.ledger.count("authorization requests tried again");
            tokio::time::sleep(PAUSE).await;
        }
    }

    /// One request to the token endpoint.
    async fn token(&self, port: u16, parameters: &[(&str, &str)]) -> Option<Response> {
        let mut body = String::new();
        form::append(&mut body, "client_id", &self.name());
        for (name, value) in parameters {
            form::append(&mut body, name, value);
        }
        let proof = self.proof("POST", &format!("{ISSUER}/oauth/token"), None);
        let head = format!(
            "POST /oauth/token HTTP/1.1\r\ndpop: {proof}\r\ncontent-type: application/x-www-form-urlencoded\r\n"
        );
        send(port, &head, &body).await
    }

    /// Sends a code to this many nodes at once, and again where a response was lost.
    async fn redeem(&self, at_once: usize) -> Option<Tokens> {
        let code = self.code().await;
        let began = Instant::now();
        let parameters: [(&str, &str); 4] = [
            ("grant_type", "authorization_code"),
            ("redirect_uri", CALLBACK),
            ("code_verifier", VERIFIER),
            ("code", &code),
        ];
        // Of two at once, the second may end the family before the first has its tokens (AC-6).
        let mut result = Code { token_sets: 0, undisturbed: at_once == 1 };
        let mut tokens = None;
        for attempt in 0..3 {
            let racers = if attempt == 0 { at_once } else { 1 };
            let asking: Vec<_> = (0..racers).map(|_| self.token(self.nodes.any(), &parameters)).collect();
            let mut answered = true;
            for response in join_all(asking).await {
                match response {
                    Some(response) if response.status == 200 => {
                        result.token_sets = result.token_sets.saturating_add(1);
                        tokens = Some(self.tokens(&response));
                    }
                    Some(response) if response.status == 400 => {}
                    other => {
                        assert!(other.as_ref().is_none_or(|response| response.status == 503), "{other:?}");
                        result.undisturbed = false;
                        answered = false;
                    }
                }
            }
            if answered || tokens.is_some() {
                break;
            }
            self.ledger.count("code redemptions tried again");
            tokio::time::sleep(PAUSE).await;
        }
        if began.elapsed() > TOO_LATE {
            self.ledger.count("codes that took too long");
            result.undisturbed = false;
        }
        self.ledger.code(result);
        tokens
    }

    fn tokens(&self, response: &Response) -> Tokens {
        let access = response.member("access_token").expect("an access token");
        self.ledger.access(&access);
        Tokens { access, refresh: response.member("refresh_token").expect("a refresh token") }
    }

    /// Redeems a code, perhaps at two nodes at once. Its tokens are not used further.
    pub(crate) async fn redeem_a_code(&self, at_once: usize) {
        drop(self.redeem(at_once).await);
    }

    /// Begins a family and refreshes it until the time is over.
    pub(crate) async fn keep_a_family(&self, until: Instant, steal: bool) {
        let Some(mut tokens) = self.redeem(1).await else { return };
        let mut access = vec![tokens.access.clone()];
        let (first, mut rotations) = (tokens.refresh.clone(), 0usize);
        let mut end = None;
        while end.is_none() && Instant::now() < until {
            self.call_twice(&tokens.access).await;
            let began = Instant::now();
            match self.refresh(&tokens.refresh).await {
                Some(next) => {
                    tokio::time::sleep(BETWEEN_ROTATIONS).await;
                    access.push(next.access.clone());
                    tokens = next;
                    rotations = rotations.saturating_add(1);
                }
                None if began.elapsed() > TOO_LATE => {
                    self.ledger.count("families whose client came too late");
                    return;
                }
                None => end = Some(End::Refused),
            }
        }
        // The token spent last may be shown again for a while; an older one may not.
        if steal && end.is_none() && rotations >= 2 {
            end = Some(self.steal(first, &tokens).await);
        }
        let end = end.unwrap_or(End::Alive(tokens.refresh));
        self.ledger.family(Family { client: self.number, end, access });
    }

    /// Refreshes until there is an answer. A lost response is asked for again within the grace window, so that no family
    /// is lost for it.
    async fn refresh(&self, token: &str) -> Option<Tokens> {
        let parameters: [(&str, &str); 2] = [("grant_type", "refresh_token"), ("refresh_token", token)];
        loop {
            match self.token(self.nodes.any(), &parameters).await {
                Some(response) if response.status == 200 => {
                    let next = self.tokens(&response);
                    self.ledger.successor(token, &next.refresh);
                    return Some(next);
                }
                Some(response) if response.status == 400 => {
                    self.ledger.count("families refused");
                    return None;
                }
                other => {
                    assert!(other.as_ref().is_none_or(|response| response.status == 503), "{other:?}");
                    self.ledger.count("refreshes tried again");
                    tokio::time::sleep(PAUSE).await;
                }
            }
        }
    }

    /// Shows the first token of the family once more.
    async fn steal(&self, first: String, current: &Tokens) -> End {
        let parameters: [(&str, &str); 2] = [("grant_type", "refresh_token"), ("refresh_token", &first)];
        loop {
            match self.token(self.nodes.any(), &parameters).await {
                Some(response) if response.status == 400 => {
                    self.ledger.count("thefts refused");
                    return End::Stolen(current.refresh.clone());
                }
                Some(response) => assert!(response.status == 503, "a spent token gave tokens: {response:?}"),
                None => {}
            }
            tokio::time::sleep(PAUSE).await;
        }
    }

    /// Calls the resource with one proof at two nodes at once, and once more after that.
    async fn call_twice(&self, access: &str) {
        let proof = self.proof("GET", RESOURCE, Some(access));
        let head = format!("GET /me HTTP/1.1\r\nauthorization: DPoP {access}\r\ndpop: {proof}\r\n");
        let calls = [self.nodes.any(), self.nodes.any()].map(|port| send(port, &head, ""));
        let mut responses = join_all(calls.into()).await;
        responses.push(send(self.nodes.any(), &head, "").await);
        for response in responses.into_iter().flatten() {
            match response.status {
                200 => self.ledger.proof_accepted(&proof),
                401 => self.ledger.count("calls refused"),
                503 => self.ledger.count("calls without an answer"),
                _ => panic!("the resource answered {response:?}"),
            }
        }
    }

    /// Whether a refresh token is good: asked of nodes that live.
    pub(crate) async fn is_good(&self, token: &str) -> bool {
        self.refresh(token).await.is_some()
    }
}

async fn join_all<F: Future<Output = Option<Response>>>(futures: Vec<F>) -> Vec<Option<Response>> {
    let mut futures: Vec<_> = futures.into_iter().map(Box::pin).collect();
    let mut done = Vec::new();
    std::future::poll_fn(|context| {
        futures.retain_mut(|future| match future.as_mut().poll(context) {
            std::task::Poll::Ready(response) => {
                done.push(response);
                false
            }
            std::task::Poll::Pending => true,
        });
        if futures.is_empty() { std::task::Poll::Ready(()) } else { std::task::Poll::Pending }
    })
    .await;
    done
}

fn entropy(out: &mut [u8]) -> Result<(), EntropyError> {
    getrandom::fill(out).map_err(|_| EntropyError)
}
