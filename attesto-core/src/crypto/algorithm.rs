//! The supported signature algorithms. `none` and the HMAC family are not values of this type.

use crate::ConfigError;
use core::fmt;

/// A JWS signature algorithm (RFC 7518 §3.1, RFC 8037 §3.1, RFC 9864 §2.2).
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
#[non_exhaustive]
#[allow(missing_docs, reason = "the names are the RFC's")]
pub enum Algorithm {
    ES256,
    ES384,
    ES512,
    /// RFC 8037; Ed25519 only (J7).
    EdDSA,
    /// RFC 9864: the fully specified name of the same algorithm.
    Ed25519,
    RS256,
    RS384,
    RS512,
    PS256,
    PS384,
    PS512,
}

/// Key type and curve, which determine the algorithms of a key.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[non_exhaustive]
#[allow(missing_docs, reason = "the names are the RFC's")]
pub enum KeyKind {
    P256,
    P384,
    P521,
    Ed25519,
    Rsa,
}

impl Algorithm {
    /// Every algorithm, in the order of listed sets.
    pub const ALL: &'static [Self] = &[
        Self::ES256,
        Self::ES384,
        Self::ES512,
        Self::EdDSA,
        Self::Ed25519,
        Self::RS256,
        Self::RS384,
        Self::RS512,
        Self::PS256,
        Self::PS384,
        Self::PS512,
    ];

    /// Returns the algorithm of that exact, case-sensitive name; `None` for everything else, `none` and `HS256`
    /// included.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|algorithm| algorithm.name() == name)
    }

    /// The name in the `alg` member.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::ES256 => "ES256",
            Self::ES384 => "ES384",
            Self::ES512 => "ES512",
            Self::EdDSA => "EdDSA",
            Self::Ed25519 => "Ed25519",
            Self::RS256 => "RS256",
            Self::RS384 => "RS384",
            Self::RS512 => "RS512",
            Self::PS256 => "PS256",
            Self::PS384 => "PS384",
            Self::PS512 => "PS512",
        }
    }

    /// The kind of key that this algorithm requires.
    #[must_use]
    pub const fn key_kind(self) -> KeyKind {
        match self {
            Self::ES256 => KeyKind::P256,
            Self::ES384 => KeyKind::P384,
            Self::ES512 => KeyKind::P521,
            Self::EdDSA | Self::Ed25519 => KeyKind::Ed25519,
            Self::RS256 | Self::RS384 | Self::RS512 | Self::PS256 | Self::PS384 | Self::PS512 => KeyKind::Rsa,
        }
    }

    const fn bit(self) -> u16 {
        match self {
            Self::ES256 => 1,
            Self::ES384 => 1 << 1,
            Self::ES512 => 1 << 2,
            Self::EdDSA => 1 << 3,
            Self::Ed25519 => 1 << 4,
            Self::RS256 => 1 << 5,
            Self::RS384 => 1 << 6,
            Self::RS512 => 1 << 7,
            Self::PS256 => 1 << 8,
            Self::PS384 => 1 << 9,
            Self::PS512 => 1 << 10,
        }
    }
}

impl fmt::Display for Algorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl KeyKind {
    /// The algorithms of such a key unless narrowed: for RSA, RS256 and PS256 unless others are accepted
    /// (J6).
    #[must_use]
    pub const fn default_algorithms(self) -> AlgorithmSet {
        match self {
            Self::P256 => AlgorithmSet(Algorithm::ES256.bit()),
            Self::P384 => AlgorithmSet(Algorithm::ES384.bit()),
            Self::P521 => AlgorithmSet(Algorithm::ES512.bit()),
            Self::Ed25519 => AlgorithmSet(Algorithm::EdDSA.bit() | Algorithm::Ed25519.bit()),
            Self::Rsa => AlgorithmSet(Algorithm::RS256.bit() | Algorithm::PS256.bit()),
        }
    }
}

/// A non-empty allow-list of algorithms (RFC 8725 §3.1; J5).
#[derive(Clone, Copy, Eq, Hash, PartialEq)]
pub struct AlgorithmSet(u16);

impl AlgorithmSet {
    /// The default for access tokens: everything but the SHA-384 and SHA-512 variants of RSA (J5).
    pub const ACCESS_TOKEN: Self = Self(
        Algorithm::ES256.bit()
            | Algorithm::ES384.bit()
            | Algorithm::ES512.bit()
            | Algorithm::EdDSA.bit()
            | Algorithm::Ed25519.bit()
            | Algorithm::RS256.bit()
            | Algorithm::PS256.bit(),
    );
    /// The algorithms of FAPI 2.0 (Security Profile §5.4): PS256, ES256, and EdDSA over Ed25519 by either name.
    pub const FAPI: Self =
        Self(Algorithm::ES256.bit() | Algorithm::EdDSA.bit() | Algorithm::Ed25519.bit() | Algorithm::PS256.bit());
    /// Every algorithm.
    pub const ALL: Self = Self((1 << 11) - 1);
    /// The default for DPoP proofs: every algorithm (J5).
    pub const DPOP: Self = Self::ALL;

    /// Creates a set of these algorithms.
    ///
    /// # Errors
    /// Fails if there is none: an empty list would refuse every token.
    pub fn try_from_iter(algorithms: impl IntoIterator<Item = Algorithm>) -> Result<Self, ConfigError> {
        let bits = algorithms.into_iter().fold(0, |bits, algorithm| bits | algorithm.bit());
        if bits == 0 {
            return Err(ConfigError::new("algorithms", "the list is empty; name at least one algorithm"));
        }
        Ok(Self(bits))
    }

    /// Creates a set of one algorithm.
    #[must_use]
    pub const fn only(algorithm: Algorithm) -> Self {
        Self(algorithm.bit())
    }

    /// Whether the set has this algorithm.
    #[must_use]
    pub const fn contains(self, algorithm: Algorithm) -> bool {
        self.0 & algorithm.bit() != 0
    }

    /// The algorithms in both sets; `None` if there is none.
    #[must_use]
    pub const fn intersection(self, other: Self) -> Option<Self> {
        match self.0 & other.0 {
            0 => None,
            bits => Some(Self(bits)),
        }
    }

    /// The algorithms, in the order of [`Algorithm::ALL`].
    pub fn iter(self) -> impl Iterator<Item = Algorithm> {
        Algorithm::ALL.iter().copied().filter(move |algorithm| self.contains(*algorithm))
    }
}

impl fmt::Debug for AlgorithmSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.iter()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn j5_names_are_exact_and_none_and_hmac_do_not_exist() {
        for algorithm in Algorithm::ALL {
            assert_eq!(Algorithm::from_name(algorithm.name()), Some(*algorithm));
        }
        for name in ["none", "None", "NONE", "HS256", "HS512", "es256", "ES256 ", "ES256K", "Ed448", ""] {
            assert_eq!(Algorithm::from_name(name), None, "{name}");
        }
    }

    #[test]
    fn j5_empty_allow_list_is_a_configuration_error() {
        assert_eq!(AlgorithmSet::try_from_iter([]).unwrap_err().member(), "algorithms");
        assert!(AlgorithmSet::try_from_iter([Algorithm::ES256]).unwrap().contains(Algorithm::ES256));
    }

    #[test]
    fn j5_defaults_are_the_catalogues() {
        assert!(!AlgorithmSet::ACCESS_TOKEN.contains(Algorithm::RS384));
        assert!(AlgorithmSet::DPOP.contains(Algorithm::PS512));
        assert_eq!(AlgorithmSet::DPOP.iter().count(), Algorithm::ALL.len());
    }
}
