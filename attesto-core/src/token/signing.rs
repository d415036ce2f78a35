//! The keys that sign, their rotation, and what is published of them (catalogue J18, J19, J21).

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

/// The current signing key with those before and after it.
///
/// To rotate: publish the next key ([`next`](Self::next)) and wait until every cached JWK Set knows it; make it current and
/// [retire](Self::retired) the old one until its last token has expired; then drop the old one.
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

/// What a health check should know of a ring (J19).
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct KeyHealth {
    /// The `kid` tokens are signed under now.
    pub signing_kid: String,
    /// The published set holds the signing key.
    pub signing_key_published: bool,
    /// More than one key verifies: a rotation is under way.
    pub overlap_active: bool,
    /// Retired keys that still verify, with when they lapse.
    pub lapsing: Vec<(String, Timestamp)>,
    /// Retired keys that verify no more and can be dropped.
    pub lapsed: Vec<String>,
}

#[cfg(feature = "rust-crypto")]
impl KeyRing {
    /// Signs with the private key in this PEM text (PKCS #8, SEC 1 or PKCS #1), by this algorithm.
    ///
    /// # Errors
    /// Where the text holds no private key, or none for the algorithm, or the provider does not have it.
    pub fn from_pem(provider: &dyn CryptoProvider, pem: &str, algorithm: Algorithm) -> Result<Self, ConfigError> {
        Self::of_material(provider, &KeyMaterial::from_pem(pem)?, algorithm)
    }

    /// Signs with a new key, which ends with the process, and so does every token signed with it: for tests and demos.
    ///
    /// # Errors
    /// Where the entropy source fails, or the provider does not have the algorithm.
    pub fn generate(
        provider: &dyn CryptoProvider,
        algorithm: Algorithm,
        entropy: &mut dyn Entropy,
    ) -> Result<Self, ConfigError> {
        Self::of_material(provider, &KeyMaterial::generate(algorithm.key_kind(), entropy)?, algorithm)
    }

    fn of_material(
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
    /// Where the provider could not verify what the signer signs: a weak key, an algorithm it does not have.
    pub fn new(provider: &dyn CryptoProvider, signer: Arc<dyn Signer>) -> Result<Self, ConfigError> {
        let key = Jwk::new(signer.public_key().clone());
        let kid = key.thumbprint(|parts| provider.sha256(parts)).to_string();
        Self::with_kid(provider, signer, kid)
    }

    /// Signs with this key under a `kid` of one's own.
    ///
    /// # Errors
    /// As [`new`](Self::new), and where the `kid` is empty.
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
    /// Where its `kid` is missing or taken.
    pub fn next(mut self, key: Jwk) -> Result<Self, ConfigError> {
        self.kid_is_free(&key)?;
        self.next.push(key);
        Ok(self)
    }

    /// Keeps a key that signed earlier until its last token has expired (plus skew).
    ///
    /// # Errors
    /// Where its `kid` is missing or taken.
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

    /// The set to publish: current, next and retired keys, public halves only (J18).
    #[must_use]
    pub fn jwks(&self) -> JwkSet {
        JwkSet::of(self.public_keys().cloned())
    }

    /// The keys to verify this ring's tokens with, in the same process.
    ///
    /// # Errors
    /// Where the provider refuses a next or retired key.
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

    /// Holds a set that is published by other means against this ring.
    ///
    /// # Errors
    /// Where it lacks the signing key's public half, so that tokens could not be verified (J19).
    pub fn is_published_in(&self, set: &JwkSet) -> Result<(), ConfigError> {
        if self.found_in(set) {
            return Ok(());
        }
        Err(ConfigError::new("jwks", "the published set lacks the signing key; publish it before signing with it"))
    }

    fn found_in(&self, set: &JwkSet) -> bool {
        set.keys().iter().any(|key| key.kid() == self.current.kid() && key.key() == self.current.key())
    }

    /// The state of the ring against the set that is published.
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

    /// The header of what the current key signs.
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
