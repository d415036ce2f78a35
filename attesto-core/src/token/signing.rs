//! Signing keys, their rotation, and the published key set (J18, J19, J21).

#[cfg(feature = "rust-crypto")]
use crate::crypto::{Algorithm, Entropy};
use crate::crypto::{CryptoProvider, Signer};
#[cfg(feature = "rust-crypto")]
use crate::jose::KeyMaterial;
use crate::jose::VerificationKeys;
use crate::jose::{Jwk, JwkSet};
use crate::{ConfigError, Timestamp};
use alloc::string::{String, ToString};
use alloc::sync::Arc;
use alloc::vec::Vec;
use serde_json::{Map, Value};

/// The current signing key with its successors and predecessors.
///
/// To rotate: publish the next key ([`next`](Self::next)) and wait until every cached JWK Set has it. Then make it
/// current and [retire](Self::retired) the old one until its last token has expired. Then drop the old one.
///
/// ```
/// # use attesto_core::crypto::{Algorithm, CryptoProvider, EntropyError, KeyKind, RustCrypto};
/// # use attesto_core::jose::KeyMaterial;
/// # fn entropy(out: &mut [u8]) -> Result<(), EntropyError> { out.fill(9); Ok(()) }
/// use attesto_core::token::KeyRing;
///
/// let provider = RustCrypto::new();
/// let key = KeyMaterial::generate(KeyKind::P256, &mut entropy)?; // `entropy`: your secure source
/// let signer = provider.signer(key.private().ok_or("private")?, Algorithm::ES256)?;
/// let ring = KeyRing::new(&provider, signer.into())?;
/// assert!(ring.jwks().to_json().contains(r#""alg":"ES256""#));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct KeyRing {
    signer: Arc<dyn Signer>,
    current: Jwk,
    next: Vec<Jwk>,
    retired: Vec<(Jwk, Timestamp)>,
}

/// The state of a ring, for a health check (J19).
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct KeyHealth {
    /// The `kid` of the current signing key.
    pub signing_kid: String,
    /// Whether the published set has the signing key.
    pub signing_key_published: bool,
    /// Whether more than one key verifies, because a rotation is under way.
    pub overlap_active: bool,
    /// Retired keys that still verify, each with the time at which it lapses.
    pub lapsing: Vec<(String, Timestamp)>,
    /// Retired keys that no longer verify and can be dropped.
    pub lapsed: Vec<String>,
}

#[cfg(feature = "rust-crypto")]
impl KeyRing {
    /// Signs with the private key in this PEM text (PKCS #8, SEC 1 or PKCS #1), using this algorithm.
    ///
    /// # Errors
    /// Fails if the text has no private key, the key does not suit the algorithm, or the provider does not support it.
    pub fn from_pem(provider: &dyn CryptoProvider, pem: &str, algorithm: Algorithm) -> Result<Self, ConfigError> {
        Self::from_material(provider, &KeyMaterial::from_pem(pem)?, algorithm)
    }

    /// Signs with a new key, for tests and demos. The key is lost when the process ends, and its tokens no longer
    /// verify.
    ///
    /// # Errors
    /// Fails if the entropy source fails, or the provider does not support the algorithm.
    pub fn generate(
        provider: &dyn CryptoProvider,
        algorithm: Algorithm,
        entropy: &mut dyn Entropy,
    ) -> Result<Self, ConfigError> {
        Self::from_material(provider, &KeyMaterial::generate(algorithm.key_kind(), entropy)?, algorithm)
    }

    fn from_material(
        provider: &dyn CryptoProvider,
        material: &KeyMaterial,
        algorithm: Algorithm,
    ) -> Result<Self, ConfigError> {
        let problem = |text: &'static str| ConfigError::new("signing_key", text);
        let private = material.private().ok_or_else(|| problem("has no private half"))?;
        let signer = provider.signer(private, algorithm).map_err(|_| problem("is none for this algorithm"))?;
        Self::new(provider, signer.into())
    }
}

impl KeyRing {
    /// Signs with this key; its `kid` is its thumbprint.
    ///
    /// # Errors
    /// Fails if the provider could not verify the signer's signatures: the key is weak, or the algorithm unsupported.
    pub fn new(provider: &dyn CryptoProvider, signer: Arc<dyn Signer>) -> Result<Self, ConfigError> {
        let key = Jwk::new(signer.public_key().clone());
        let kid = key.thumbprint(|parts| provider.sha256(parts)).to_string();
        Self::with_kid(provider, signer, kid)
    }

    /// Signs with this key under a custom `kid`.
    ///
    /// # Errors
    /// As [`new`](Self::new), and if the `kid` is empty.
    pub fn with_kid(
        provider: &dyn CryptoProvider,
        signer: Arc<dyn Signer>,
        kid: impl Into<String>,
    ) -> Result<Self, ConfigError> {
        let kid = kid.into();
        if kid.is_empty() {
            return Err(ConfigError::new("kid", "must not be empty"));
        }
        if !provider.algorithms().contains(signer.algorithm()) {
            return Err(ConfigError::new("signer", "the provider cannot verify the signer's algorithm"));
        }
        let current = Jwk::new(signer.public_key().clone())
            .with_kid(kid)
            .with_alg(signer.algorithm())
            .map_err(|error| ConfigError::new("signer", error.to_string()))?;
        provider.verifying_key(current.key()).map_err(|error| ConfigError::new("signer", error.to_string()))?;
        Ok(Self { signer, current, next: Vec::new(), retired: Vec::new() })
    }

    /// Publishes a key that will sign later.
    ///
    /// # Errors
    /// Fails if its `kid` is missing or taken.
    pub fn next(mut self, key: Jwk) -> Result<Self, ConfigError> {
        self.kid_is_free(&key)?;
        self.next.push(key);
        Ok(self)
    }

    /// Keeps a key that signed earlier, until its last token has expired (plus skew).
    ///
    /// # Errors
    /// Fails if its `kid` is missing or taken.
    pub fn retired(mut self, key: Jwk, lapses: Timestamp) -> Result<Self, ConfigError> {
        self.kid_is_free(&key)?;
        self.retired.push((key, lapses));
        Ok(self)
    }

    fn kid_is_free(&self, key: &Jwk) -> Result<(), ConfigError> {
        let Some(kid) = key.kid() else {
            return Err(ConfigError::new("kid", "a key of a ring needs a kid; use its thumbprint"));
        };
        if self.public_keys().any(|known| known.kid() == Some(kid)) {
            return Err(ConfigError::new("kid", "two keys of a ring have the same kid"));
        }
        Ok(())
    }

    pub(crate) fn public_keys(&self) -> impl Iterator<Item = &Jwk> {
        core::iter::once(&self.current).chain(&self.next).chain(self.retired.iter().map(|(key, _)| key))
    }

    /// Returns the set to publish: current, next and retired keys, public halves only (J18).
    #[must_use]
    pub fn jwks(&self) -> JwkSet {
        JwkSet::from_keys(self.public_keys().cloned())
    }

    /// Returns the keys that verify this ring's tokens in the same process.
    ///
    /// # Errors
    /// Fails if the provider refuses a next or retired key.
    pub fn verification_keys(&self, provider: &dyn CryptoProvider) -> Result<VerificationKeys, ConfigError> {
        let mut keys = VerificationKeys::new().with_key(provider, &self.current)?;
        for key in &self.next {
            keys = keys.with_key(provider, key)?;
        }
        for (key, lapses) in &self.retired {
            keys = keys.with_retired_key(provider, key, *lapses)?;
        }
        Ok(keys)
    }

    /// Checks that a set published by other means has the signing key's public half (J19).
    ///
    /// # Errors
    /// Fails if it does not, since clients could then not verify the tokens.
    pub fn is_published_in(&self, set: &JwkSet) -> Result<(), ConfigError> {
        if self.found_in(set) {
            return Ok(());
        }
        Err(ConfigError::new("jwks", "the published set lacks the signing key; publish it before signing with it"))
    }

    fn found_in(&self, set: &JwkSet) -> bool {
        set.keys().iter().any(|key| key.kid() == self.current.kid() && key.key() == self.current.key())
    }

    /// Compares the ring with the published set.
    #[must_use]
    pub fn health(&self, published: &JwkSet, now: Timestamp) -> KeyHealth {
        let kid = |key: &Jwk| key.kid().unwrap_or_default().to_string();
        let (live, lapsed): (Vec<_>, Vec<_>) = self.retired.iter().partition(|(_, lapses)| now <= *lapses);
        KeyHealth {
            signing_kid: kid(&self.current),
            signing_key_published: self.found_in(published),
            overlap_active: !live.is_empty() || !self.next.is_empty(),
            lapsing: live.into_iter().map(|(key, lapses)| (kid(key), *lapses)).collect(),
            lapsed: lapsed.into_iter().map(|(key, _)| kid(key)).collect(),
        }
    }

    /// Returns the header of a JWT signed with the current key.
    pub(super) fn header(&self, typ: &str) -> String {
        let mut header = Map::new();
        header.insert("typ".into(), typ.into());
        header.insert("alg".into(), self.signer.algorithm().name().into());
        header.insert("kid".into(), self.current.kid().unwrap_or_default().into());
        Value::Object(header).to_string()
    }

    pub(super) const fn current(&self) -> &Jwk {
        &self.current
    }

    pub(super) fn signer(&self) -> &dyn Signer {
        self.signer.as_ref()
    }
}
