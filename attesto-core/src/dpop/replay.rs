//! What a replay store is told about a proof (RFC 9449 §11.1; catalogue D17).

use crate::Timestamp;
use crate::encoding::base64url;
use core::fmt;

/// Identifies one proof of one key: SHA-256 over `dpop:` jkt `:` jti. Opaque, of fixed length, the same for the same
/// proof at every endpoint and node.
#[derive(Clone, Copy, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct ReplayKey([u8; 32]);

impl ReplayKey {
    /// Of digest bytes.
    #[must_use]
    pub const fn from_bytes(digest: [u8; 32]) -> Self {
        Self(digest)
    }

    /// The digest, for stores that keep binary keys.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

/// 43 characters of base64url, for stores that keep text keys.
impl fmt::Display for ReplayKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&base64url::encode(&self.0))
    }
}

impl fmt::Debug for ReplayKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ReplayKey({self})")
    }
}

/// What a store records, once: a proof, and how long the record must be kept.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct ReplayClaim {
    /// The proof.
    pub key: ReplayKey,
    /// The record may be dropped when the clock is past this: no node accepts the proof any more.
    pub retain_until: Timestamp,
}

impl ReplayClaim {
    /// A claim to be kept until `retain_until`.
    #[must_use]
    pub const fn new(key: ReplayKey, retain_until: Timestamp) -> Self {
        Self { key, retain_until }
    }

    /// Seconds from `now` for which the record must be kept; at least one.
    #[must_use]
    pub const fn ttl(&self, now: Timestamp) -> u64 {
        match self.retain_until.since(now) {
            0 => 1,
            ttl => ttl,
        }
    }
}
