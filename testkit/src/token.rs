//! Access tokens of every kind, including invalid ones.

use super::finding::sound;
use super::keys::{CertificateFixture, DpopKey, entropy};
use attesto_core::Timestamp;
use attesto_core::crypto::Signer;
use attesto_core::encoding::base64url;
use attesto_core::jose::Thumbprint;
use serde_json::{Map, Value};
use std::fmt;
use std::sync::Arc;

/// Builds an access token signed by the fixture's issuer: valid, unbound and without scopes unless changed.
///
/// ```
/// use attesto_testkit::Fixture;
///
/// let fixture = Fixture::new();
/// let bound = fixture.token().scopes(["documents.read"]).bound_to(fixture.key()).build();
/// let stale = fixture.token().expired().build();
/// let nameless = fixture.token().without("sub").build();
/// assert!([bound, stale, nameless].iter().all(|token| token.split('.').count() == 3));
/// ```
#[derive(Clone)]
#[must_use = "a token is made by calling build()"]
pub struct TokenBuilder {
    signer: Arc<dyn Signer>,
    stranger: Arc<dyn Signer>,
    now: Timestamp,
    header: Map<String, Value>,
    claims: Map<String, Value>,
}

impl TokenBuilder {
    pub(super) fn new(signer: Arc<dyn Signer>, stranger: Arc<dyn Signer>, kid: &str, now: Timestamp) -> Self {
        let mut header = Map::new();
        header.insert("typ".into(), "at+jwt".into());
        header.insert("alg".into(), signer.algorithm().name().into());
        header.insert("kid".into(), kid.into());
        let mut claims = Map::new();
        claims.insert("sub".into(), "usr_1".into());
        claims.insert("client_id".into(), "client-1".into());
        claims.insert("iat".into(), now.minus(10).as_secs().into());
        claims.insert("exp".into(), now.plus(900).as_secs().into());
        Self { signer, stranger, now, header, claims }
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

    /// Sets any header parameter, replacing its value.
    pub fn header(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.header.insert(name.into(), value.into());
        self
    }

    /// Sets `sub`; `usr_1` by default.
    pub fn subject(self, subject: &str) -> Self {
        self.claim("sub", subject)
    }

    /// Sets `client_id`; `client-1` by default.
    pub fn client(self, client_id: &str) -> Self {
        self.claim("client_id", client_id)
    }

    /// Sets `scope`. An empty list removes the claim.
    pub fn scopes<S: AsRef<str>>(self, scopes: impl IntoIterator<Item = S>) -> Self {
        let scopes: Vec<String> = scopes.into_iter().map(|scope| scope.as_ref().to_string()).collect();
        if scopes.is_empty() { self.without("scope") } else { self.claim("scope", scopes.join(" ")) }
    }

    /// Sets `aud`; the fixture's resource by default. One entry becomes a string, several an array.
    pub fn audience<S: AsRef<str>>(self, audience: impl IntoIterator<Item = S>) -> Self {
        let audience: Vec<Value> = audience.into_iter().map(|entry| entry.as_ref().into()).collect();
        match audience.as_slice() {
            [one] => {
                let one = one.clone();
                self.claim("aud", one)
            }
            _ => self.claim("aud", audience),
        }
    }

    /// Sets `iat`; ten seconds ago by default.
    pub fn issued_at(self, iat: Timestamp) -> Self {
        self.claim("iat", iat.as_secs())
    }

    /// Sets `exp`; in fifteen minutes by default.
    pub fn expires_at(self, exp: Timestamp) -> Self {
        self.claim("exp", exp.as_secs())
    }

    /// Sets `acr`: how the user authenticated.
    pub fn acr(self, acr: &str) -> Self {
        self.claim("acr", acr)
    }

    /// Sets `auth_time`: when the user authenticated.
    pub fn auth_time(self, auth_time: Timestamp) -> Self {
        self.claim("auth_time", auth_time.as_secs())
    }

    /// Binds the token to a DPoP key (RFC 9449 §6.1).
    pub fn bound_to(self, key: &DpopKey) -> Self {
        self.jkt(&key.jkt())
    }

    /// Binds the token to the DPoP key with this thumbprint.
    pub fn jkt(self, jkt: &Thumbprint) -> Self {
        self.confirmation("jkt", jkt)
    }

    /// Binds the token to a client certificate (RFC 8705 §3.1).
    pub fn bound_to_certificate(self, certificate: &CertificateFixture) -> Self {
        self.confirmation("x5t#S256", &certificate.thumbprint())
    }

    fn confirmation(self, name: &str, thumbprint: &Thumbprint) -> Self {
        let mut cnf = Map::new();
        cnf.insert(name.into(), thumbprint.to_base64url().into());
        self.claim("cnf", cnf)
    }

    /// Makes the token expire an hour ago.
    pub fn expired(self) -> Self {
        let (iat, exp) = (self.now.minus(7200), self.now.minus(3600));
        self.issued_at(iat).expires_at(exp)
    }

    /// Sets the audience of another server.
    pub fn wrong_audience(self) -> Self {
        self.audience(["https://other.example.com/elsewhere"])
    }

    /// Sets another issuer.
    pub fn wrong_issuer(self) -> Self {
        self.claim("iss", "https://attacker.example.com")
    }

    /// Signs with another key than the one its `kid` names.
    pub fn wrong_key(mut self) -> Self {
        self.signer = Arc::clone(&self.stranger);
        self
    }

    /// Sets the header's `typ`; `at+jwt` by default.
    pub fn typ(self, typ: &str) -> Self {
        self.header("typ", typ)
    }

    /// Signs the token.
    #[must_use]
    pub fn build(&self) -> String {
        let header = Value::Object(self.header.clone()).to_string();
        sign(self.signer.as_ref(), &header, &Value::Object(self.claims.clone()).to_string())
    }
}

/// Prints no claims: they are personal data, in tests as well.
impl fmt::Debug for TokenBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TokenBuilder").field("header", &self.header).finish_non_exhaustive()
    }
}

/// Builds a compact JWS over exactly these texts.
fn sign(signer: &dyn Signer, header: &str, payload: &str) -> String {
    let mut jws = signing_input(header, payload);
    let signature = signer.sign(jws.as_bytes(), &mut entropy("signature", 0));
    jws.push('.');
    base64url::encode_append(&sound("a signature", signature), &mut jws);
    jws
}

pub(super) fn signing_input(header: &str, payload: &str) -> String {
    [base64url::encode(header.as_bytes()).as_str(), ".", &base64url::encode(payload.as_bytes())].concat()
}
