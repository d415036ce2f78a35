//! The world of the tests: who issues, who calls, what is protected.

mod answers;
mod call;
mod keys;

pub use answers::Answers;
pub use call::Call;
pub use keys::{Json, counter, ed25519, provider, sign, with_members};

use attesto_core::Timestamp;
use attesto_core::crypto::{Algorithm, CryptoProvider, KeyKind, RustCrypto, Signer};
use attesto_core::encoding::base64url;
use attesto_core::jose::{Jwk, KeyMaterial, Thumbprint, VerificationKeys};
use attesto_core::resource::{Denial, Grant, Requirement, ResourceServer, ResourceServerBuilder, Verdict};
use attesto_core::time::Clock;
use attesto_core::token::TrustedIssuer;
use serde_json::json;
use std::sync::Arc;

/// The issuer of the world's tokens.
pub const ISSUER: &str = "https://auth.example.com";
/// The protected resource.
pub const AUDIENCE: &str = "https://mcp.example.com/mcp";
/// A `code_verifier`, and the `code_challenge` that it meets: RFC 7636 Appendix B.
pub const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
/// Met by [`VERIFIER`].
pub const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
/// The time, in seconds.
pub const NOW: u64 = 1_800_000_010;

/// Keys and a clock.
#[derive(Debug)]
pub struct World {
    /// The provider of everything but the signers.
    pub provider: Arc<dyn CryptoProvider>,
    /// The issuer's key.
    pub issuer: Box<dyn Signer>,
    /// The client's DPoP key.
    pub client: Box<dyn Signer>,
    /// A thief's DPoP key.
    pub thief: Box<dyn Signer>,
}

/// What became of a request.
#[derive(Debug)]
pub struct Seen {
    /// The grant or the denial.
    pub result: Result<Grant, Box<Denial>>,
    /// The questions asked, in order.
    pub asked: Vec<&'static str>,
}

impl World {
    /// The same world every time.
    #[must_use]
    pub fn new() -> Self {
        Self::with_providers(&RustCrypto::new(), Arc::new(RustCrypto::new()))
    }

    /// The same keys, signing through one provider; the resource has the other.
    #[must_use]
    pub fn with_providers(signing: &dyn CryptoProvider, provider: Arc<dyn CryptoProvider>) -> Self {
        let key = |seed| {
            let material = KeyMaterial::generate(KeyKind::P256, &mut counter(seed)).expect("a usable scalar");
            let private = material.private().expect("a generated key is private");
            signing.signer(private, Algorithm::ES256).expect("a P-256 key signs ES256")
        };
        let (issuer, client, thief) = (key(1), key(2), key(3));
        Self { provider, issuer, client, thief }
    }

    /// The time of the tests.
    #[must_use]
    pub const fn now(&self) -> Timestamp {
        Timestamp::from_secs(NOW)
    }

    /// A clock that stands still at that time.
    #[must_use]
    pub fn clock(&self) -> Clock {
        stopped(self.now())
    }

    /// The thumbprint of a signer's key.
    #[must_use]
    pub fn thumbprint(&self, signer: &dyn Signer) -> Thumbprint {
        Jwk::new(signer.public_key().clone()).thumbprint(|parts| self.provider.sha256(parts))
    }

    /// The SHA-256 thumbprint of bytes.
    #[must_use]
    pub fn digest(&self, bytes: &[u8]) -> Thumbprint {
        Thumbprint::from_bytes(self.provider.sha256(&[bytes]))
    }

    /// The issuer as the resource knows it.
    #[must_use]
    pub fn trusted(&self) -> TrustedIssuer {
        let jwk = Jwk::new(self.issuer.public_key().clone()).with_kid("k1");
        let keys = VerificationKeys::new().with_key(self.provider.as_ref(), &jwk).expect("a sound key");
        TrustedIssuer::new(ISSUER, keys).expect("a sound issuer")
    }

    /// A resource server to be configured further.
    pub fn builder(&self) -> ResourceServerBuilder {
        ResourceServer::builder(AUDIENCE, Arc::clone(&self.provider)).issuer(self.trusted())
    }

    /// Header and claims of a valid, unbound token.
    #[must_use]
    pub fn token_parts(&self) -> (Json, Json) {
        let header = json!({"typ": "at+jwt", "alg": "ES256", "kid": "k1"});
        let claims = json!({
            "iss": ISSUER, "aud": AUDIENCE, "sub": "usr_1", "client_id": "client-1", "jti": "token-1",
            "iat": NOW - 10, "exp": NOW + 890, "scope": "mcp:tools:read mcp:tools:call",
        });
        (object(header), object(claims))
    }

    /// A token, valid but for what `change` does to it.
    #[must_use]
    pub fn token(&self, change: impl FnOnce(&mut Json, &mut Json)) -> String {
        let (mut header, mut claims) = self.token_parts();
        change(&mut header, &mut claims);
        sign(self.issuer.as_ref(), &text(header), &text(claims))
    }

    /// A token bound to the client's key.
    #[must_use]
    pub fn bound_token(&self) -> String {
        let jkt = self.thumbprint(self.client.as_ref()).to_base64url();
        self.token(|_, claims| {
            claims.insert("cnf".into(), json!({ "jkt": jkt }));
        })
    }

    /// A token bound to a certificate.
    #[must_use]
    pub fn certificate_token(&self, der: &[u8]) -> String {
        let x5t = self.digest(der).to_base64url();
        self.token(|_, claims| {
            claims.insert("cnf".into(), json!({ "x5t#S256": x5t }));
        })
    }

    /// Header and claims of a valid proof of the client's for `POST` to the resource with this token.
    #[must_use]
    pub fn proof_parts(&self, token: &str) -> (Json, Json) {
        let jwk: serde_json::Value =
            serde_json::from_str(&Jwk::new(self.client.public_key().clone()).to_json()).expect("a JWK is JSON");
        let header = json!({"typ": "dpop+jwt", "alg": "ES256", "jwk": jwk});
        let ath = base64url::encode(&self.provider.sha256(&[token.as_bytes()]));
        let claims = json!({"jti": "proof-1", "htm": "POST", "htu": AUDIENCE, "iat": NOW, "ath": ath});
        (object(header), object(claims))
    }

    /// A proof, valid but for what `change` does to it.
    #[must_use]
    pub fn proof(&self, token: &str, change: impl FnOnce(&mut Json, &mut Json)) -> String {
        let (mut header, mut claims) = self.proof_parts(token);
        change(&mut header, &mut claims);
        sign(self.client.as_ref(), &text(header), &text(claims))
    }

    /// A valid DPoP request.
    #[must_use]
    pub fn dpop_call(&self) -> Call {
        let token = self.bound_token();
        let proof = self.proof(&token, |_, _| {});
        Call::new().dpop(&token, &proof)
    }

    /// Drives one request to its end.
    #[must_use]
    pub fn check(&self, server: &ResourceServer, requirement: &Requirement, call: &Call, answers: Answers) -> Seen {
        self.check_at(server, requirement, call, answers, self.now())
    }

    /// The same at another time.
    #[must_use]
    pub fn check_at(
        &self,
        server: &ResourceServer,
        requirement: &Requirement,
        call: &Call,
        mut answers: Answers,
        now: Timestamp,
    ) -> Seen {
        let verdict = call.with_parts(|parts| answers.drive(server.check(parts, requirement, now), now));
        let result = match verdict {
            Verdict::Granted(grant) => Ok(grant),
            Verdict::Denied(denial) => Err(Box::new(denial)),
            Verdict::Ask(_) => unreachable!("driven to its end"),
        };
        Seen { result, asked: answers.asked }
    }
}

impl Default for World {
    fn default() -> Self {
        Self::new()
    }
}

fn object(value: serde_json::Value) -> Json {
    match value {
        serde_json::Value::Object(map) => map,
        other => unreachable!("written as an object: {other}"),
    }
}

fn text(map: Json) -> String {
    serde_json::Value::Object(map).to_string()
}

/// A clock that stands still.
#[must_use]
pub fn stopped(now: Timestamp) -> Clock {
    Clock::new(move || now)
}
