//! Makes proofs (RFC 9449 §4.2), for clients and tests.

use crate::Timestamp;
use crate::crypto::{CryptoProvider, Entropy, EntropyError, Signer, SignerError};
use crate::encoding::base64url;
use crate::jose::Jwk;
use alloc::string::String;
use serde_json::{Map, Value};

/// Why a proof could not be made.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum MakeProofError {
    /// The entropy source failed.
    #[error(transparent)]
    Entropy(#[from] EntropyError),
    /// The signer failed.
    #[error(transparent)]
    Signer(#[from] SignerError),
}

/// Makes one proof for one request.
///
/// ```
/// use attesto_core::Timestamp;
/// use attesto_core::crypto::{Algorithm, CryptoProvider, EntropyError, KeyKind, RustCrypto};
/// use attesto_core::dpop::ProofMaker;
/// use attesto_core::jose::KeyMaterial;
///
/// # fn entropy(out: &mut [u8]) -> Result<(), EntropyError> { out.fill(9); Ok(()) }
/// # let random = [0; 32];
/// let provider = RustCrypto::new();
/// let key = KeyMaterial::generate(KeyKind::P256, &mut entropy)?; // `entropy`: your secure source
/// let signer = provider.signer(key.private().ok_or("private")?, Algorithm::ES256)?;
/// let now = Timestamp::from_secs(1_700_000_000);
/// let proof = ProofMaker::new("GET", "https://api.example.com/things?page=2")
///     .access_token("the-access-token")
///     .make(signer.as_ref(), &provider, now, &mut entropy)?;
/// assert_eq!(proof.split('.').count(), 3);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
#[must_use = "a proof is made by calling make()"]
pub struct ProofMaker<'p> {
    method: &'p str,
    htu: &'p str,
    ath: Option<&'p str>,
    nonce: Option<&'p str>,
    jti: Option<&'p str>,
}

impl<'p> ProofMaker<'p> {
    /// Starts a proof for this method and URL. Query and fragment are removed, as §4.2 requires.
    pub fn new(method: &'p str, url: &'p str) -> Self {
        let htu = url.split(['?', '#']).next().unwrap_or(url);
        Self { method, htu, ath: None, nonce: None, jti: None }
    }

    /// Sets the access token that the request presents; its hash becomes `ath`.
    pub const fn access_token(mut self, token: &'p str) -> Self {
        self.ath = Some(token);
        self
    }

    /// Sets the nonce that the server sent.
    pub const fn nonce(mut self, nonce: &'p str) -> Self {
        self.nonce = Some(nonce);
        self
    }

    /// Sets a custom `jti` instead of 128 random bits; it must be unique for the key.
    pub const fn jti(mut self, jti: &'p str) -> Self {
        self.jti = Some(jti);
        self
    }

    /// Makes the proof.
    ///
    /// # Errors
    /// [`MakeProofError`] if the entropy source or the signer failed.
    pub fn make(
        self,
        signer: &dyn Signer,
        provider: &dyn CryptoProvider,
        now: Timestamp,
        entropy: &mut dyn Entropy,
    ) -> Result<String, MakeProofError> {
        let mut random = [0; 16];
        entropy.fill(&mut random)?;
        let mut claims = Map::new();
        claims.insert("jti".into(), self.jti.map_or_else(|| base64url::encode(&random), Into::into).into());
        claims.insert("htm".into(), self.method.into());
        claims.insert("htu".into(), self.htu.into());
        claims.insert("iat".into(), now.as_secs().into());
        if let Some(token) = self.ath {
            claims.insert("ath".into(), base64url::encode(&provider.sha256(&[token.as_bytes()])).into());
        }
        if let Some(nonce) = self.nonce {
            claims.insert("nonce".into(), nonce.into());
        }
        let mut jws = signing_input(signer, &Value::Object(claims));
        let signature = signer.sign(jws.as_bytes(), entropy)?;
        jws.push('.');
        base64url::encode_append(&signature, &mut jws);
        Ok(jws)
    }
}

fn signing_input(signer: &dyn Signer, claims: &Value) -> String {
    let mut header = Map::new();
    header.insert("typ".into(), "dpop+jwt".into());
    header.insert("alg".into(), signer.algorithm().name().into());
    // Only the key's own members: `use` and `kid` would only make the proof longer.
    let members = Jwk::new(signer.public_key().clone()).public_members();
    header.insert(
        "jwk".into(),
        members.into_iter().map(|(name, value)| (name.into(), value.into())).collect::<Map<_, _>>().into(),
    );
    let mut jws = String::with_capacity(512);
    base64url::encode_append(serde_json::to_string(&header).unwrap_or_default().as_bytes(), &mut jws);
    jws.push('.');
    base64url::encode_append(serde_json::to_string(claims).unwrap_or_default().as_bytes(), &mut jws);
    jws
}
