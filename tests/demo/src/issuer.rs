//! The embedded issuer and its one client: what an authorization server and a wallet would do elsewhere.

use attesto_core::crypto::{Algorithm, AwsLc, CryptoProvider, EntropyError, KeyKind, RustCrypto, Signer};
use attesto_core::dpop::ProofMaker;
use attesto_core::encoding::base64url;
use attesto_core::jose::{Jwk, KeyMaterial, Thumbprint};
use attesto_core::token::{AccessTokenIssuer, KeyRing, MintRequest, TrustedIssuer};
use attesto_core::{ConfigError, Timestamp};
use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der};
use aws_lc_rs::rsa::{KeyPair, KeySize};
use std::error::Error;
use std::sync::Arc;
use std::time::Duration;
use std::time::SystemTime;
use zeroize::Zeroizing;

/// The system's randomness, in the shape the core takes it.
pub(super) fn entropy(out: &mut [u8]) -> Result<(), EntropyError> {
    getrandom::fill(out).map_err(|_| EntropyError)
}

/// The system's time.
#[expect(clippy::disallowed_methods, reason = "a program is where time comes from")]
#[must_use]
pub fn now() -> Timestamp {
    Timestamp::from(SystemTime::now())
}

/// In a release build the provider of busy servers. In a debug build, which is not for speed, the one in pure Rust.
pub(super) fn provider() -> Arc<dyn CryptoProvider> {
    if cfg!(debug_assertions) { Arc::new(RustCrypto::new()) } else { Arc::new(AwsLc::new()) }
}

/// For the ID tokens of clients that expect RS256, which is what OpenID Connect has them expect. Yours is made with
/// `openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048`, and kept.
///
/// # Errors
/// Where the key cannot be used.
pub fn rsa_ring(provider: &dyn CryptoProvider, pem: &str) -> Result<Arc<KeyRing>, Box<dyn Error>> {
    Ok(Arc::new(KeyRing::from_pem(provider, pem, Algorithm::RS256)?))
}

/// A new RSA key.
///
/// # Errors
/// Where no key could be made.
pub fn rsa_pem() -> Result<Zeroizing<String>, Box<dyn Error>> {
    let pair = KeyPair::generate(KeySize::Rsa2048).map_err(|_| "no RSA key")?;
    let der: Pkcs8V1Der<'_> = pair.as_der().map_err(|_| "no private key")?;
    let mut text = Zeroizing::new(base64url::encode(der.as_ref()).replace('-', "+").replace('_', "/"));
    let padding = (4 - text.len() % 4) % 4;
    text.push_str(&"=".repeat(padding));
    let mut pem = Zeroizing::new(String::from("-----BEGIN PRIVATE KEY-----\n"));
    let mut rest = text.as_str();
    while !rest.is_empty() {
        let (line, after) = rest.split_at(rest.len().min(64));
        pem.push_str(line);
        pem.push('\n');
        rest = after;
    }
    pem.push_str("-----END PRIVATE KEY-----\n");
    Ok(pem)
}

/// The issuer, and the client it issues to.
#[derive(Debug)]
pub struct Issuer {
    pub(super) provider: Arc<dyn CryptoProvider>,
    origin: String,
    keys: Arc<KeyRing>,
    minting: AccessTokenIssuer,
    dpop_key: Box<dyn Signer>,
    dpop_material: KeyMaterial,
}

impl Issuer {
    pub(super) fn new(origin: &str) -> Result<Self, Box<dyn Error>> {
        let provider = provider();
        let signing = KeyMaterial::generate(KeyKind::P256, &mut entropy)?;
        let private = signing.private().ok_or("a generated key has a private half")?;
        let keys = Arc::new(KeyRing::new(provider.as_ref(), provider.signer(private, Algorithm::ES256)?.into())?);
        let minting = AccessTokenIssuer::builder(origin, Arc::clone(&provider), Arc::clone(&keys))
            .danger_insecure_loopback()
            .default_lifetime(Duration::from_secs(3600))
            .build()?;
        let dpop_material = KeyMaterial::generate(KeyKind::P256, &mut entropy)?;
        let dpop_private = dpop_material.private().ok_or("a generated key has a private half")?;
        let dpop_key = provider.signer(dpop_private, Algorithm::ES256)?;
        Ok(Self { provider, origin: origin.to_owned(), keys, minting, dpop_key, dpop_material })
    }

    /// Returns what the resource server needs: the issuer's name and public keys.
    pub(super) fn trusted(&self) -> Result<TrustedIssuer, ConfigError> {
        TrustedIssuer::danger_insecure_loopback(&self.origin, self.keys.verification_keys(self.provider.as_ref())?)
    }

    pub(super) fn keys(&self) -> &KeyRing {
        &self.keys
    }

    fn jkt(&self) -> Thumbprint {
        Jwk::new(self.dpop_key.public_key().clone()).thumbprint(|parts| self.provider.sha256(parts))
    }

    /// A token for this resource with these scopes; `bound` ties it to the client's DPoP key.
    pub(super) fn token(&self, resource: &str, scopes: &[&str], bound: bool) -> Result<String, Box<dyn Error>> {
        let mut request = MintRequest::new("usr_alice", "demo-client").audience([resource]).scopes(scopes);
        if bound {
            request = request.dpop_jkt(self.jkt());
        }
        Ok(self.minting.mint(request, now(), &mut entropy)?.token().to_owned())
    }

    /// A fresh proof for one request.
    pub(super) fn proof(
        &self,
        method: &str,
        url: &str,
        token: &str,
        nonce: Option<&str>,
    ) -> Result<String, Box<dyn Error>> {
        let mut proof = ProofMaker::new(method, url).access_token(token);
        if let Some(nonce) = nonce {
            proof = proof.nonce(nonce);
        }
        Ok(proof.make(self.dpop_key.as_ref(), self.provider.as_ref(), now(), &mut entropy)?)
    }

    /// For clients in other languages: where to call, and with what.
    pub(super) fn credentials_json(&self) -> Result<String, Box<dyn Error>> {
        let resource = format!("{}/mcp", self.origin);
        let strict = format!("{}/strict/mcp", self.origin);
        let scopes = ["mcp:tools:read", "mcp:tools:call"];
        let private_jwk: serde_json::Value =
            serde_json::from_str(&self.dpop_material.to_private_jwk().ok_or("a private key")?)?;
        let line = serde_json::json!({
            "url": resource,
            "bearer": self.token(&resource, &scopes, false)?,
            "dpop": { "token": self.token(&resource, &scopes, true)?, "private_jwk": private_jwk },
            "strict": { "url": strict, "token": self.token(&strict, &scopes, true)? },
        });
        Ok(line.to_string())
    }
}
