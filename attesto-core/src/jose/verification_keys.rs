//! The keys that verify an issuer's tokens (RFC 7517 §5; catalogue J6, J8, J10, J19).

use super::{Jwk, JwkSet};
use crate::ConfigError;
use crate::Timestamp;
use crate::crypto::{Algorithm, AlgorithmSet, CryptoProvider, VerifyingKey};
use alloc::boxed::Box;
use alloc::string::ToString;
use alloc::sync::Arc;
use alloc::vec::Vec;

/// Where an issuer's keys come from: a fixed set, or one that changes while the server runs.
pub trait KeySource: core::fmt::Debug + Send + Sync {
    /// The keys as they are now. One check uses one snapshot.
    fn keys(&self) -> Arc<VerificationKeys>;
}

/// Why a header means none of a set's keys.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum KeyMismatch {
    /// None fits. RFC 7515 §4.1.4; J8, J9.
    Unknown,
    /// The named key is not for the header's algorithm. RFC 8725 §3.1; J6, J9.
    NotForAlg,
    /// Several fit. RFC 7515 §4.1.4; J8, X2.
    Ambiguous,
}

/// A set of public keys, each parsed once.
#[derive(Debug, Default)]
pub struct VerificationKeys {
    keys: Vec<Key>,
}

#[derive(Debug)]
struct Key {
    /// As published: what tells one key from another.
    jwk: Jwk,
    algorithms: AlgorithmSet,
    key: Box<dyn VerifyingKey>,
    lapses: Option<Timestamp>,
}

impl VerificationKeys {
    /// No keys yet: add them with [`with_key`](Self::with_key).
    #[must_use]
    pub const fn new() -> Self {
        Self { keys: Vec::new() }
    }

    /// Every key of a set that the provider can use; the rest are passed over (J10).
    ///
    /// # Errors
    /// Where that leaves none.
    pub fn from_jwk_set(provider: &dyn CryptoProvider, set: &JwkSet) -> Result<Self, ConfigError> {
        let mut keys = Self::new();
        for jwk in set.keys() {
            if let Ok(key) = parse(provider, jwk, None) {
                keys.keys.push(key);
            }
        }
        if keys.keys.is_empty() {
            return Err(ConfigError::new("keys", "the JWK Set holds no key that the provider can use"));
        }
        Ok(keys)
    }

    /// Adds a key. It serves its own `alg`, or where it names none, whatever its type allows of what the issuer's tokens may be signed
    /// with: for RSA RS256 and PS256, unless [other variants](crate::token::TrustedIssuer::accept_algorithms) are opted in to (J6).
    ///
    /// # Errors
    /// Where the provider refuses the key: too weak, off its curve, of a kind it does not know.
    pub fn with_key(mut self, provider: &dyn CryptoProvider, jwk: &Jwk) -> Result<Self, ConfigError> {
        self.keys.push(parse(provider, jwk, None)?);
        Ok(self)
    }

    /// Adds a key for exactly these algorithms (J6).
    ///
    /// # Errors
    /// As [`with_key`](Self::with_key), and where an algorithm contradicts the key.
    pub fn with_key_for(
        mut self,
        provider: &dyn CryptoProvider,
        jwk: &Jwk,
        algorithms: AlgorithmSet,
    ) -> Result<Self, ConfigError> {
        self.keys.push(parse(provider, jwk, Some(algorithms))?);
        Ok(self)
    }

    /// Adds a key that signs no more and verifies what it signed until `lapses`: the last token's expiry plus skew (J19).
    ///
    /// # Errors
    /// As [`with_key`](Self::with_key).
    pub fn with_retired_key(
        mut self,
        provider: &dyn CryptoProvider,
        jwk: &Jwk,
        lapses: Timestamp,
    ) -> Result<Self, ConfigError> {
        self.keys.push(Key { lapses: Some(lapses), ..parse(provider, jwk, None)? });
        Ok(self)
    }

    /// How many keys there are, lapsed ones included.
    #[must_use]
    pub fn len(&self) -> usize {
        self.keys.len()
    }

    /// Whether there is no key at all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }

    /// Whether these are the same keys, for the same algorithms and as long, in the same order.
    pub(crate) fn are_the_same_as(&self, others: &Self) -> bool {
        let same = |(one, other): (&Key, &Key)| {
            one.jwk == other.jwk && one.algorithms == other.algorithms && one.lapses == other.lapses
        };
        self.keys.len() == others.keys.len() && self.keys.iter().zip(&others.keys).all(same)
    }

    /// The first and the last second around `now` at which the same keys are live.
    pub(crate) fn live_around(&self, now: Timestamp) -> (Timestamp, Timestamp) {
        let lapses = || self.keys.iter().filter_map(|key| key.lapses);
        let from = lapses().filter(|lapses| *lapses < now).max().map_or(Timestamp::from_secs(0), |last| last.plus(1));
        let until = lapses().filter(|lapses| *lapses >= now).min().unwrap_or(Timestamp::from_secs(u64::MAX));
        (from, until)
    }

    /// The one key that a header means: of those with its `kid`, the one that can serve its algorithm. The same key published twice is
    /// one key. Whether the algorithm is accepted at all has been asked before. RFC 7515 §4.1.4, RFC 7517 §4.5; J6, J8.
    pub(crate) fn select(
        &self,
        kid: Option<&str>,
        algorithm: Algorithm,
        now: Timestamp,
    ) -> Result<&dyn VerifyingKey, KeyMismatch> {
        let live = self.keys.iter().filter(|key| key.lapses.is_none_or(|lapses| now <= lapses));
        let named = live.filter(|key| kid.is_none_or(|kid| key.jwk.kid() == Some(kid)));
        let mut none_serves = KeyMismatch::Unknown;
        let serving = named.filter(|key| {
            let serves = key.algorithms.contains(algorithm);
            if !serves && kid.is_some() {
                none_serves = KeyMismatch::NotForAlg;
            }
            serves
        });
        match only(serving)? {
            Some(key) => Ok(key.key.as_ref()),
            None => Err(none_serves),
        }
    }
}

/// The one key there is, however often. RFC 7517 §4.5; J8.
fn only<'k>(mut keys: impl Iterator<Item = &'k Key>) -> Result<Option<&'k Key>, KeyMismatch> {
    let Some(first) = keys.next() else { return Ok(None) };
    if keys.all(|other| other.jwk.key() == first.jwk.key()) { Ok(Some(first)) } else { Err(KeyMismatch::Ambiguous) }
}

fn parse(provider: &dyn CryptoProvider, jwk: &Jwk, algorithms: Option<AlgorithmSet>) -> Result<Key, ConfigError> {
    let allowed = jwk.alg().map_or_else(|| of_kind(jwk), AlgorithmSet::only);
    let algorithms = match algorithms {
        None => allowed,
        Some(wanted) if wanted.iter().all(|algorithm| allowed.contains(algorithm)) => wanted,
        Some(_) => return Err(ConfigError::new("keys", "an algorithm contradicts the key's type or its own alg")),
    };
    let key = provider.verifying_key(jwk.key()).map_err(|error| ConfigError::new("keys", error.to_string()))?;
    Ok(Key { jwk: jwk.clone(), algorithms, key, lapses: None })
}

/// Every algorithm of the key's type.
fn of_kind(jwk: &Jwk) -> AlgorithmSet {
    let suiting = Algorithm::ALL.iter().copied().filter(|algorithm| algorithm.key_kind() == jwk.key().kind());
    AlgorithmSet::try_from_iter(suiting).unwrap_or(jwk.algorithms())
}

/// A fixed set.
#[derive(Debug)]
pub(crate) struct StaticKeys(pub(crate) Arc<VerificationKeys>);

impl KeySource for StaticKeys {
    fn keys(&self) -> Arc<VerificationKeys> {
        Arc::clone(&self.0)
    }
}

/// Keys that the host replaces while the server runs. Checks under way keep the set they began with.
///
/// ```
/// use attesto_core::jose::{KeySource, RotatingKeys, VerificationKeys};
///
/// let keys = RotatingKeys::new(VerificationKeys::new());
/// keys.replace(VerificationKeys::new()); // after a rotation
/// assert!(keys.keys().is_empty());
/// ```
#[cfg(feature = "std")]
#[derive(Debug)]
pub struct RotatingKeys {
    current: std::sync::RwLock<Arc<VerificationKeys>>,
}

#[cfg(feature = "std")]
impl RotatingKeys {
    /// Starts with these.
    #[must_use]
    pub fn new(keys: VerificationKeys) -> Self {
        Self { current: std::sync::RwLock::new(Arc::new(keys)) }
    }

    /// From now on, these.
    pub fn replace(&self, keys: VerificationKeys) {
        let mut current = self.current.write().unwrap_or_else(std::sync::PoisonError::into_inner);
        *current = Arc::new(keys);
    }
}

#[cfg(feature = "std")]
impl KeySource for RotatingKeys {
    fn keys(&self) -> Arc<VerificationKeys> {
        // A writer cannot leave a half-written Arc behind: a poisoned lock still holds a whole set.
        Arc::clone(&self.current.read().unwrap_or_else(std::sync::PoisonError::into_inner))
    }
}
