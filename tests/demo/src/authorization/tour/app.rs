//! A client: pushes its requests, and proves its key.

use crate::CALL;
use crate::authorization::clients::REDIRECT_URI;
use crate::authorization::random;
use crate::client::{Answer, send};
use crate::issuer::{entropy, now, provider};
use attesto_core::crypto::{Algorithm, CryptoProvider, KeyKind, Signer};
use attesto_core::dpop::ProofMaker;
use attesto_core::encoding::form;
use attesto_core::jose::{Jwk, KeyMaterial};
use attesto_core::pkce::CodeVerifier;
use std::error::Error;
use std::sync::Arc;

/// What `state` of its requests is.
pub(super) const STATE: &str = "tour";

/// A public client with a DPoP key.
pub(super) struct App {
    id: String,
    origin: String,
    provider: Arc<dyn CryptoProvider>,
    key: Box<dyn Signer>,
    verifier: String,
    /// The server's latest.
    nonce: Option<String>,
}

impl App {
    pub(super) fn new(id: &str, origin: &str) -> Result<Self, Box<dyn Error>> {
        let provider = provider();
        let key = KeyMaterial::generate(KeyKind::P256, &mut entropy)?;
        let key = provider.signer(key.private().ok_or("a generated key has a private half")?, Algorithm::ES256)?;
        let verifier = random(&mut entropy)?;
        Ok(Self { id: id.into(), origin: origin.into(), provider, key, verifier, nonce: None })
    }

    /// Pushes an authorization request, whose code will be bound to the key.
    pub(super) async fn push(&mut self, redirect_uri: &str) -> Result<Answer, Box<dyn Error>> {
        let jkt = Jwk::new(self.key.public_key().clone()).thumbprint(|parts| self.provider.sha256(parts));
        self.verifier = random(&mut entropy)?;
        let verifier = CodeVerifier::parse(&self.verifier).ok_or("43 characters are a verifier")?;
        let resource = format!("{}/mcp", self.origin);
        let form = [
            ("response_type", "code"),
            ("client_id", &self.id),
            ("redirect_uri", redirect_uri),
            ("scope", "openid profile mcp:tools:read mcp:tools:call"),
            ("state", STATE),
            ("resource", &resource),
            ("code_challenge", &verifier.challenge(self.provider.as_ref()).to_string()),
            ("code_challenge_method", "S256"),
            ("dpop_jkt", &jkt.to_string()),
        ];
        post(&format!("{}/oauth/par", self.origin), &form, &[]).await
    }

    /// Where it sends the browser with what it pushed.
    pub(super) fn link(&self, request_uri: &str) -> String {
        let mut query = String::new();
        form::append(&mut query, "client_id", &self.id);
        form::append(&mut query, "request_uri", request_uri);
        format!("{}/oauth/authorize?{query}", self.origin)
    }

    pub(super) async fn redeem(&mut self, code: &str) -> Result<Answer, Box<dyn Error>> {
        let verifier = self.verifier.clone();
        let form = [
            ("grant_type", "authorization_code"),
            ("client_id", &self.id.clone()),
            ("code", code),
            ("code_verifier", &verifier),
            ("redirect_uri", REDIRECT_URI),
        ];
        self.token(&form).await
    }

    pub(super) async fn refresh(&mut self, token: &str) -> Result<Answer, Box<dyn Error>> {
        let id = self.id.clone();
        self.token(&[("grant_type", "refresh_token"), ("client_id", &id), ("refresh_token", token)]).await
    }

    /// With a proof that carries the latest nonce, and takes note of the next.
    async fn token(&mut self, form: &[(&str, &str)]) -> Result<Answer, Box<dyn Error>> {
        let url = format!("{}/oauth/token", self.origin);
        let mut proof = ProofMaker::new("POST", &url);
        if let Some(nonce) = &self.nonce {
            proof = proof.nonce(nonce);
        }
        let proof = proof.make(self.key.as_ref(), self.provider.as_ref(), now(), &mut entropy)?;
        let answer = post(&url, form, &[("dpop", &proof)]).await?;
        if let Some(nonce) = answer.header("dpop-nonce") {
            self.nonce = Some(nonce.to_owned());
        }
        Ok(answer)
    }

    /// Calls the tool.
    pub(super) async fn call(&self, token: &str) -> Result<Answer, Box<dyn Error>> {
        let url = format!("{}/mcp", self.origin);
        let proof = ProofMaker::new("POST", &url).access_token(token);
        let proof = proof.make(self.key.as_ref(), self.provider.as_ref(), now(), &mut entropy)?;
        call(&url, &[("authorization", &format!("DPoP {token}")), ("dpop", &proof)]).await
    }
}

/// Sends a form.
pub(super) async fn post(url: &str, form: &[(&str, &str)], headers: &[(&str, &str)]) -> Result<Answer, Box<dyn Error>> {
    let mut body = String::new();
    for (name, value) in form {
        form::append(&mut body, name, value);
    }
    let mut all = vec![("content-type", "application/x-www-form-urlencoded")];
    all.extend_from_slice(headers);
    send("POST", url, &all, &body).await
}

/// Calls the tool with these credentials.
pub(super) async fn call(url: &str, credentials: &[(&str, &str)]) -> Result<Answer, Box<dyn Error>> {
    let mut headers = vec![("content-type", "application/json"), ("accept", "application/json, text/event-stream")];
    headers.extend_from_slice(credentials);
    send("POST", url, &headers, CALL).await
}
