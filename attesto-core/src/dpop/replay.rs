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

/// What a store records, once: a proof, until when the claim counts, and how long the record must be kept.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct ReplayClaim {
    /// The proof.
    pub key: ReplayKey,
    /// The record may be dropped when the clock is past this: no node accepts the proof any more.
    pub retain_until: Timestamp,
    /// The last second at which the claim counts: `iat` and the greatest age of a proof. Later the record of an earlier use may be gone, and
    /// "not on record" no longer means "never used".
    pub not_after: Timestamp,
}

impl ReplayClaim {
    /// A claim to be kept until `retain_until`, and to count as long unless [`not_after`](Self::not_after) says less.
    #[must_use]
    pub const fn new(key: ReplayKey, retain_until: Timestamp) -> Self {
        Self { key, retain_until, not_after: retain_until }
    }

    /// The same, which counts until then. What lies between this and `retain_until` is the difference that may be between the clocks of
    /// those who share the store, its own included.
    #[must_use]
    pub const fn not_after(mut self, not_after: Timestamp) -> Self {
        self.not_after = not_after;
        self
    }

    /// Whether the claim no longer counts: what waited so long is refused, whatever the store says. D11, D17, R1.
    #[must_use]
    pub fn has_passed(&self, now: Timestamp) -> bool {
        self.not_after < now
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

/// What a store says to a claim.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[must_use]
// Exhaustive: a driver must decide on each, and nothing that is not `Fresh` may pass.
pub enum ReplayAnswer {
    /// Recorded now, by this call and no other.
    Fresh,
    /// Recorded before.
    Replay,
    /// The store cannot tell. The request ends with 503: the client is not at fault, and access stays closed (X17).
    Unavailable,
}
