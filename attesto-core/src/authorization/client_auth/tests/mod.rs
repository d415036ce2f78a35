//! Client authentication through whole endpoints: the response, the questions to the host, and its events.

use crate::Timestamp;
use crate::authorization::*;
use crate::crypto::tests::providers;
use crate::crypto::{Algorithm, CryptoProvider, EntropyError, RustCrypto};
use crate::dpop::{ReplayAnswer, ReplayClaim};
use crate::http::{Connection, RequestParts, ResponseParts};
use crate::jose::{KeyMaterial, VerificationKeys};
use crate::token::KeyRing;
use alloc::format;
use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;
use base64ct::{Base64, Encoding};

mod assertion;
mod certificate;
mod rules;

pub(super) const NOW: Timestamp = Timestamp::from_secs(1_800_000_000);
pub(super) const ISSUER: &str = "https://auth.example.com";

pub(super) fn entropy(out: &mut [u8]) -> Result<(), EntropyError> {
    out.fill(9);
    Ok(())
}

/// Every provider of this build.
pub(super) fn all_providers() -> impl Iterator<Item = Arc<dyn CryptoProvider>> {
    providers().into_iter().map(Arc::from)
}

/// A server with a host driven by hand, which records its questions and events.
pub(super) struct World {
    server: AuthorizationServer,
    pub(super) clients: Vec<Client>,
    pub(super) keys: Answered<Arc<VerificationKeys>>,
    /// The result of every check of a secret; by default whether it is `s3cret`.
    pub(super) secret: Option<Answered<bool>>,
    pub(super) replay_store_works: bool,
    /// How long the replay store takes, in seconds.
    pub(super) replay_store_takes: u64,
    pub(super) loaded: Vec<String>,
    pub(super) checked: Vec<Option<String>>,
    pub(super) recorded: Vec<ReplayClaim>,
    pub(super) keys_asked: Vec<String>,
    pub(super) events: Vec<AuthorizationEvent>,
}

/// One request.
#[derive(Clone, Copy, Default)]
pub(super) struct Sent<'s> {
    pub(super) authorization: Option<&'s str>,
    pub(super) body: &'s str,
    pub(super) certificate: Option<&'s [u8]>,
    pub(super) more: &'s [(&'s str, &'s [u8])],
    pub(super) peer: Option<&'s str>,
}

pub(super) fn post(body: &str) -> Sent<'_> {
    Sent { body, ..Sent::default() }
}

pub(super) fn basic(id: &str, secret: &str) -> String {
    format!("Basic {}", Base64::encode_string(format!("{id}:{secret}").as_bytes()))
}

impl World {
    pub(super) fn new(clients: impl IntoIterator<Item = Client>) -> Self {
        Self::configured(Arc::new(RustCrypto::new()), clients, |builder| builder)
    }

    pub(super) fn configured(
        provider: Arc<dyn CryptoProvider>,
        clients: impl IntoIterator<Item = Client>,
        configure: impl FnOnce(AuthorizationServerBuilder) -> AuthorizationServerBuilder,
    ) -> Self {
        let server = configure(builder(provider)).build().unwrap();
        Self {
            server,
            clients: clients.into_iter().collect(),
            keys: Err(Unavailable),
            secret: None,
            replay_store_works: true,
            replay_store_takes: 0,
            loaded: Vec::new(),
            checked: Vec::new(),
            recorded: Vec::new(),
            keys_asked: Vec::new(),
            events: Vec::new(),
        }
    }

    pub(super) fn token(&mut self, sent: Sent<'_>) -> ResponseParts {
        self.send("/oauth/token", sent)
    }

    pub(super) fn revoke(&mut self, sent: Sent<'_>) -> ResponseParts {
        self.send("/oauth/revoke", sent)
    }

    pub(super) fn introspect(&mut self, sent: Sent<'_>) -> ResponseParts {
        self.send("/oauth/introspect", sent)
    }

    fn send(&mut self, path: &str, sent: Sent<'_>) -> ResponseParts {
        let mut headers: Vec<(&str, &[u8])> = alloc::vec![("host", b"auth.example.com".as_slice())];
        if !sent.more.iter().any(|(name, _)| *name == "content-type") {
            headers.push(("content-type", b"application/x-www-form-urlencoded"));
        }
        headers.extend(sent.authorization.map(|value| ("authorization", value.as_bytes())));
        headers.extend(sent.more);
        let headers = headers.as_slice();
        let mut connection = Connection::new().tls();
        if let Some(peer) = sent.peer {
            connection = connection.peer(peer.parse().unwrap());
        }
        if let Some(der) = sent.certificate {
            connection = connection.certificate(der);
        }
        let request = RequestParts::new("POST", path, &headers).connection(connection).form_body(sent.body.as_bytes());
        let step = match path {
            "/oauth/token" => self.server.token(&request, NOW, entropy),
            "/oauth/introspect" => self.server.introspect(&request, NOW, entropy),
            _ => self.server.revoke(&request, NOW, entropy),
        };
        self.drive(step)
    }

    fn drive(&mut self, mut step: Step) -> ResponseParts {
        loop {
            step = match step {
                Step::Done(response) => return response,
                Step::Ask(Question::Clients(ClientQuestion::Load(query))) => {
                    let id = query.question().clone();
                    let found = self.clients.iter().find(|client| client.id() == id).cloned();
                    self.loaded.push(id);
                    query.answer(Ok(found))
                }
                Step::Ask(Question::Clients(ClientQuestion::VerifySecret(query))) => {
                    self.checked.push(query.question().client_id.clone());
                    let right = *query.question().secret == "s3cret";
                    query.answer(self.secret.unwrap_or(Ok(right)))
                }
                Step::Ask(Question::Clients(ClientQuestion::LoadKeys(query))) => {
                    self.keys_asked.push(query.question().clone());
                    query.answer(self.keys.clone())
                }
                Step::Ask(Question::RecordReplay(query)) => {
                    let claim = query.question().claim;
                    let seen = self.recorded.iter().any(|known| known.key == claim.key);
                    self.recorded.push(claim);
                    let now = query.question().now.plus(self.replay_store_takes);
                    let answer = match (self.replay_store_works, seen) {
                        (false, _) => ReplayAnswer::Unavailable,
                        (true, true) => ReplayAnswer::Replay,
                        (true, false) => ReplayAnswer::Fresh,
                    };
                    query.answer(Recorded { answer, now })
                }
                Step::Ask(Question::AuthorizeScope(query)) => {
                    let granted = query.question().scopes.clone();
                    query.answer(Ok(granted))
                }
                Step::Ask(Question::Record(query)) => {
                    self.events.push(query.question().clone());
                    query.answer(())
                }
                Step::Ask(Question::RefreshTokens(RefreshTokenQuestion::Load(query))) => query.answer(Ok(None)),
                Step::Ask(other) => panic!("nothing else is asked: {other:?}"),
            };
        }
    }

    /// The reason of the last refusal.
    pub(super) fn reason(&self) -> Option<Reason> {
        self.events.last().expect("every request is told of").reason
    }

    /// Checks a refusal for this reason, with the response of every failed authentication.
    #[track_caller]
    pub(super) fn refuses(&mut self, sent: Sent<'_>, reason: Reason, what: &str) {
        let response = self.token(sent);
        assert_eq!(self.reason(), Some(reason), "{what}");
        let expected = r#"{"error":"invalid_client","error_description":"client authentication failed"}"#;
        assert_eq!((response.status, &*response.body_text()), (401, expected), "{what}");
    }
}

pub(super) fn builder(provider: Arc<dyn CryptoProvider>) -> AuthorizationServerBuilder {
    let pem = include_str!("../../../../tests/keys/p256.pkcs8.pem");
    let key = KeyMaterial::from_pem(pem).unwrap();
    let signer = provider.signer(key.private().unwrap(), Algorithm::ES256).unwrap();
    let ring = Arc::new(KeyRing::new(provider.as_ref(), signer.into()).unwrap());
    AuthorizationServer::builder(ISSUER, provider, ring)
        .audience("https://api.example.com")
        .grants(GrantType::ALL.iter().copied())
}

/// A client that may use every grant.
pub(super) fn client(id: &str, authentication: ClientAuthentication) -> Client {
    Client::new(id, authentication).grants(GrantType::ALL.iter().copied()).scopes(["things.read"])
}
