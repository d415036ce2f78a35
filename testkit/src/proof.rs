//! Valid and invalid DPoP proofs.

use super::defect::ProofDefect;
use super::finding::sound;
use super::keys::DpopKey;
use attesto_core::Timestamp;
use attesto_core::crypto::{CryptoProvider, RustCrypto};
use attesto_core::encoding::base64url;
use serde_json::{Map, Value};
use std::fmt;

/// Builds a proof, which is valid for its method, URL and token unless changed.
///
/// ```
/// use attesto_testkit::{Fixture, ProofDefect};
///
/// let fixture = Fixture::new();
/// let token = fixture.token().bound_to(fixture.key()).build();
/// let proof = fixture.proof("POST", "https://mcp.example.com/mcp", &token);
/// let right = proof.clone().build();
/// let wrong = proof.defect(ProofDefect::WrongAth).build();
/// assert_ne!(right, wrong);
/// ```
#[derive(Clone)]
#[must_use = "a proof is made by calling build()"]
pub struct ProofBuilder {
    pub(super) key: DpopKey,
    pub(super) header: Map<String, Value>,
    pub(super) claims: Map<String, Value>,
    pub(super) defect: Option<ProofDefect>,
}

impl ProofBuilder {
    /// Starts a proof by this key, made at the epoch unless [`at`](Self::at) sets the time.
    pub fn new(key: DpopKey, method: &str, url: &str) -> Self {
        let mut header = Map::new();
        header.insert("typ".into(), "dpop+jwt".into());
        let mut claims = Map::new();
        claims.insert("htm".into(), method.into());
        claims.insert("htu".into(), url.split(['?', '#']).next().unwrap_or_default().into());
        claims.insert("iat".into(), 0.into());
        claims.insert("jti".into(), "proof".into());
        Self { key, header, claims, defect: None }.with_key_in_header()
    }

    fn with_key_in_header(self) -> Self {
        let (algorithm, jwk) = (self.key.signer().algorithm().name(), self.key.public_jwk());
        let mut jwk: Map<String, Value> = sound("a public key as JSON", serde_json::from_str(&jwk.to_json()));
        jwk.retain(|name, _| !matches!(name.as_str(), "kid" | "use" | "alg"));
        self.header("alg", algorithm).header("jwk", jwk)
    }

    /// Sets any header parameter, replacing its value.
    pub fn header(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.header.insert(name.into(), value.into());
        self
    }

    /// Sets any claim, replacing its value.
    pub fn claim(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.claims.insert(name.into(), value.into());
        self
    }

    /// Removes a claim.
    pub fn without(mut self, name: &str) -> Self {
        self.claims.remove(name);
        self
    }

    /// Sets `htm`.
    pub fn method(self, method: &str) -> Self {
        self.claim("htm", method)
    }

    /// Sets `htu`, unchanged.
    pub fn url(self, url: &str) -> Self {
        self.claim("htu", url)
    }

    /// Sets `iat`.
    pub fn at(self, iat: Timestamp) -> Self {
        self.claim("iat", iat.as_secs())
    }

    /// Sets `jti`.
    pub fn jti(self, jti: &str) -> Self {
        self.claim("jti", jti)
    }

    /// Sets `nonce`, as the server sent it.
    pub fn nonce(self, nonce: &str) -> Self {
        self.claim("nonce", nonce)
    }

    /// Sets `ath`, the hash of the access token that the request presents.
    pub fn token(self, token: &str) -> Self {
        self.claim("ath", base64url::encode(&RustCrypto::new().sha256(&[token.as_bytes()])))
    }

    /// Uses another key, also in the header.
    pub fn by(mut self, key: &DpopKey) -> Self {
        self.key = key.clone();
        self.with_key_in_header()
    }

    /// Applies one defect, and no other.
    pub const fn defect(mut self, defect: ProofDefect) -> Self {
        self.defect = Some(defect);
        self
    }

    /// Signs the proof.
    #[must_use]
    pub fn build(self) -> String {
        super::defect::build(self)
    }
}

impl fmt::Debug for ProofBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ProofBuilder")
            .field("claims", &self.claims)
            .field("defect", &self.defect)
            .finish_non_exhaustive()
    }
}
