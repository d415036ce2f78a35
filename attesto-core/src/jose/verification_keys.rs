//! The keys that verify an issuer's tokens (RFC 7517 §5; J6, J8, J10, J19).

use super::{Jwk, JwkSet};
use crate::ConfigError;
use crate::Timestamp;
use crate::crypto::{Algorithm, AlgorithmSet, CryptoProvider, VerifyingKey};
use alloc::boxed::Box;
use alloc::string::ToString;
use alloc::sync::Arc;
use alloc::vec::Vec;

/// The source of an issuer's keys: a fixed set, or one that changes while the server runs.
pub trait KeySource: core::fmt::Debug + Send + Sync {
    /// Returns the current keys. One check uses one snapshot.
    fn keys(&self) -> Arc<VerificationKeys>;
}

/// Why a header means none of a set's keys.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum KeyMismatch {
    /// None fits. RFC 7515 §4.1.4; J8, J9.
    Unknown,
    /// The named key is not for the header's algorithm. RFC 8725 §3.1; J6, J9.
    NotForAlg,
    /// Several fit. RFC 7515 §4.1.4; J8.
    Ambiguous,
}

/// A set of public keys, each parsed once.
#[derive(Debug, Default)]
pub struct VerificationKeys {
    keys: Vec<Key>,
}

#[derive(Debug)]
struct Key {
    /// The key as published, for comparing keys.
    jwk: Jwk,
    algorithms: AlgorithmSet,
    key: Box<dyn VerifyingKey>,
    lapses: Option<Timestamp>,
}

impl VerificationKeys {
    /// Creates an empty set; [`with_key`](Self::with_key) adds keys.
    #[must_use]
    pub const fn new() -> Self {
        Self { keys: Vec::new() }
    }

    /// Parses every key of a set that the provider can use, and skips the rest (J10).
    ///
    /// # Errors
    /// Fails if no key is left.
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

    /// Adds a key. It verifies its own `alg`. If it names none, it verifies what its type allows among the algorithms
    /// accepted for the issuer: for RSA, RS256 and PS256, unless [others](crate::token::TrustedIssuer::accept_algorithms) are
    /// accepted (J6).
    ///
    /// # Errors
    /// Fails if the provider refuses the key: it is too weak, off its curve, or of an unknown kind.
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

    /// Adds a key that no longer signs. It verifies until `lapses`: the expiry of the last token it signed, plus skew
    /// (J19).
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

    /// The number of keys, lapsed ones included.
    #[must_use]
    pub fn len(&self) -> usize {
        self.keys.len()
    }

    /// Whether the set has no key.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }

    /// Whether both sets have equal keys, for the same algorithms and equally long, in the same order.
    pub(crate) fn are_the_same_as(&self, others: &Self) -> bool {
        let same = |(one, other): (&Key, &Key)| {
            one.jwk == other.jwk && one.algorithms == other.algorithms && one.lapses == other.lapses
        };
        self.keys.len() == others.keys.len() && self.keys.iter().zip(&others.keys).all(same)
    }

    /// Returns the first and the last second around `now` between which the same keys are live.
    pub(crate) fn live_around(&self, now: Timestamp) -> (Timestamp, Timestamp) {
        let lapses = || self.keys.iter().filter_map(|key| key.lapses);
        let from = lapses().filter(|lapses| *lapses < now).max().map_or(Timestamp::from_secs(0), |last| last.plus(1));
        let until = lapses().filter(|lapses| *lapses >= now).min().unwrap_or(Timestamp::from_secs(u64::MAX));
        (from, until)
    }

    /// Selects the key that a header refers to: among those with its `kid`, the one that can verify its algorithm. A
    /// key published twice counts once. The caller has checked that the algorithm is accepted at all. RFC 7515 §4.1.4,
    /// RFC 7517 §4.5; J6, J8.
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

/// Returns the key if all `keys` are the same one. RFC 7517 §4.5; J8.
fn only<'k>(mut keys: impl Iterator<Item = &'k Key>) -> Result<Option<&'k Key>, KeyMismatch> {
    let Some(first) = keys.next() else { return Ok(None) };
    if keys.all(|other| other.jwk.key() == first.jwk.key()) { Ok(Some(first)) } else { Err(KeyMismatch::Ambiguous) }
}

fn parse(provider: &dyn CryptoProvider, jwk: &Jwk, algorithms: Option<AlgorithmSet>) -> Result<Key, ConfigError> {
    let allowed = jwk.alg().map_or_else(|| all_of_its_kind(jwk), AlgorithmSet::only);
    let algorithms = match algorithms {
        None => allowed,
        Some(wanted) if wanted.iter().all(|algorithm| allowed.contains(algorithm)) => wanted,
        Some(_) => return Err(ConfigError::new("keys", "an algorithm contradicts the key's type or its own alg")),
    };
    let key = provider.verifying_key(jwk.key()).map_err(|error| ConfigError::new("keys", error.to_string()))?;
    Ok(Key { jwk: jwk.clone(), algorithms, key, lapses: None })
}

/// Returns every algorithm of the key's type.
fn all_of_its_kind(jwk: &Jwk) -> AlgorithmSet {
    let suiting = Algorithm::ALL.iter().copied().filter(|algorithm| algorithm.key_kind() == jwk.key().kind());
    AlgorithmSet::try_from_iter(suiting).unwrap_or(jwk.algorithms())
}

/// A fixed set of keys.
#[derive(Debug)]
pub(crate) struct StaticKeys(pub(crate) Arc<VerificationKeys>);

impl KeySource for StaticKeys {
    fn keys(&self) -> Arc<VerificationKeys> {
        Arc::clone(&self.0)
    }
}

/// Keys that the host replaces while the server runs. A check that has begun keeps the set it started with.
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
    /// Starts with these keys.
    #[must_use]
    pub fn new(keys: VerificationKeys) -> Self {
        Self { current: std::sync::RwLock::new(Arc::new(keys)) }
    }

    /// Replaces the keys for all later checks.
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
