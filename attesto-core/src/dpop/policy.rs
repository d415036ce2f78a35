//! The policy for proofs.

use super::NonceIssuer;
use crate::ConfigError;
use crate::crypto::AlgorithmSet;
use crate::jose::JwsLimits;
use crate::limits;
use core::time::Duration;

/// Which proofs are accepted: age, algorithms, sizes, nonces (RFC 9449 §4.3, §8, §11).
///
/// ```
/// use attesto_core::dpop::ProofPolicy;
/// use core::time::Duration;
///
/// let policy = ProofPolicy::new().max_age(Duration::from_secs(120))?;
/// assert!(ProofPolicy::new().max_age(Duration::ZERO).is_err());
/// # Ok::<(), attesto_core::ConfigError>(())
/// ```
#[derive(Clone, Debug)]
pub struct ProofPolicy {
    pub(super) algorithms: AlgorithmSet,
    pub(super) max_age: u64,
    pub(super) future_skew: u64,
    pub(super) limits: JwsLimits,
    pub(super) nonces: Option<NonceIssuer>,
    pub(super) allow_http: bool,
}

/// The longest configurable age: an older proof would be a credential, not a proof.
const MAX_WINDOW: u64 = 3600;

impl ProofPolicy {
    /// Accepts every algorithm, 60 seconds into the past and the future, no nonces, and https only.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            algorithms: AlgorithmSet::DPOP,
            max_age: 60,
            future_skew: 60,
            limits: JwsLimits::DPOP_PROOF,
            nonces: None,
            allow_http: false,
        }
    }

    /// Accepts these algorithms only; challenges and metadata advertise the same (D4, W4).
    #[must_use]
    pub const fn accept_algorithms(mut self, algorithms: AlgorithmSet) -> Self {
        self.algorithms = algorithms;
        self
    }

    /// Sets how old a proof may be, in whole seconds (§4.3 check 11). Used proofs are remembered for as long. Resources that
    /// share a replay store and are called by the same URIs must use the same value: the shortest decides how long the
    /// proofs of all are remembered.
    ///
    /// # Errors
    /// Fails outside one second to one hour.
    pub fn max_age(mut self, max_age: Duration) -> Result<Self, ConfigError> {
        if !(1..=MAX_WINDOW).contains(&max_age.as_secs()) {
            return Err(ConfigError::new("dpop.max_age", "must be between 1 and 3600 seconds"));
        }
        self.max_age = max_age.as_secs();
        Ok(self)
    }

    /// The longest time that a used proof is stored, in seconds: that of a client whose clock is ahead.
    #[cfg(feature = "std")]
    pub(crate) const fn replay_window(&self) -> u64 {
        self.max_age.saturating_add(self.future_skew.saturating_mul(2)).saturating_add(1)
    }

    /// Sets how far ahead a client's clock may be, in whole seconds (§11.1). A used proof is remembered for this much longer
    /// than it is accepted. So the value must also cover the difference between the clocks of the nodes that serve the
    /// resource, and of the replay store if that uses its own clock. On a node whose clock is late by more than this
    /// and a second, a used proof is accepted again. With 0 all clocks must agree to the second, and
    /// [`GuardBuilder::build`](crate::host::GuardBuilder::build) refuses it if several instances are declared.
    ///
    /// # Errors
    /// Fails over one hour.
    pub fn future_skew(mut self, future_skew: Duration) -> Result<Self, ConfigError> {
        if future_skew.as_secs() > MAX_WINDOW {
            return Err(ConfigError::new("dpop.future_skew", "must be at most 3600 seconds"));
        }
        self.future_skew = future_skew.as_secs();
        Ok(self)
    }

    /// Sets the longest accepted proof, in bytes (J1).
    ///
    /// # Errors
    /// Fails outside 1 KiB to [`limits::DPOP_PROOF_CEILING`].
    pub fn size_limit(mut self, bytes: usize) -> Result<Self, ConfigError> {
        if !(1024..=limits::DPOP_PROOF_CEILING).contains(&bytes) {
            return Err(ConfigError::new("dpop.size_limit", "must be between 1 KiB and 256 KiB"));
        }
        self.limits.jws = bytes;
        Ok(self)
    }

    /// Requires every proof to carry a live nonce of this issuer (§8, §9). A proof without one is then never accepted.
    #[must_use]
    pub fn require_nonces(mut self, nonces: NonceIssuer) -> Self {
        self.nonces = Some(nonces);
        self
    }

    /// **Development only.** Accepts proofs made for plain http URIs.
    #[must_use]
    pub const fn danger_allow_http(mut self) -> Self {
        self.allow_http = true;
        self
    }

    /// How old a proof may be, in whole seconds.
    #[must_use]
    pub const fn max_age_seconds(&self) -> u64 {
        self.max_age
    }

    /// How far ahead a client's clock may be, in whole seconds.
    #[must_use]
    pub const fn future_skew_seconds(&self) -> u64 {
        self.future_skew
    }

    /// The accepted algorithms.
    #[must_use]
    pub const fn algorithms(&self) -> AlgorithmSet {
        self.algorithms
    }

    /// The issuer of the required nonces.
    #[must_use]
    pub const fn nonces(&self) -> Option<&NonceIssuer> {
        self.nonces.as_ref()
    }
}

impl Default for ProofPolicy {
    fn default() -> Self {
        Self::new()
    }
}
