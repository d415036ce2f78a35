//! The input and output of a replay store (RFC 9449 §11.1; D17).

use crate::Timestamp;
use crate::encoding::base64url;
use core::fmt;

/// Identifies one proof of one key: SHA-256 over `dpop:` jkt `:` jti. Opaque, of fixed length, and equal for the same
/// proof at every endpoint and node.
#[derive(Clone, Copy, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct ReplayKey([u8; 32]);

impl ReplayKey {
    /// Creates a key from digest bytes.
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

/// Writes 43 characters of base64url, for stores with text keys.
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

/// Identifies whose records a claim adds to: the thumbprint of a proof's key, or a digest of a client's name. Opaque, of
/// fixed length, the same at every endpoint and node.
#[derive(Clone, Copy, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct ReplayOwner([u8; 32]);

impl ReplayOwner {
    /// Creates an owner from digest bytes.
    #[must_use]
    pub const fn from_bytes(digest: [u8; 32]) -> Self {
        Self(digest)
    }

    /// The digest.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Debug for ReplayOwner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ReplayOwner({})", base64url::encode(&self.0))
    }
}

/// The claim that a store records once: a proof and its owner, the last second at which the claim counts, and how long
/// to keep the record.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct ReplayClaim {
    /// The proof.
    pub key: ReplayKey,
    /// The owner whose records are counted, so that one owner cannot use up a bounded store. A store does not count
    /// claims without an owner, and finds a record by its key alone. ST-2.
    pub owner: Option<ReplayOwner>,
    /// The record may be dropped after this time, when no node accepts the proof any more.
    pub retain_until: Timestamp,
    /// The last second at which the claim counts: `iat` plus the greatest age of a proof. Later the record of an
    /// earlier use may be gone, and a missing record no longer means that the proof is unused.
    pub not_after: Timestamp,
}

impl ReplayClaim {
    /// Creates a claim without an owner to keep until `retain_until`, which also counts until then, unless
    /// [`not_after`](Self::not_after) is set.
    #[must_use]
    pub const fn new(key: ReplayKey, retain_until: Timestamp) -> Self {
        Self { key, owner: None, retain_until, not_after: retain_until }
    }

    /// The claim with its owner.
    #[must_use]
    pub const fn owned_by(mut self, owner: ReplayOwner) -> Self {
        self.owner = Some(owner);
        self
    }

    /// Sets the last second at which the claim counts. The time from then to `retain_until` is the largest difference
    /// allowed between the clocks of all users of the store, its own included.
    #[must_use]
    pub const fn not_after(mut self, not_after: Timestamp) -> Self {
        self.not_after = not_after;
        self
    }

    /// Whether the claim no longer counts. A request that waited this long is refused, whatever the store answers. D11,
    /// D17, R1.
    #[must_use]
    pub fn has_passed(&self, now: Timestamp) -> bool {
        self.not_after < now
    }

    /// Seconds from `now` for which to keep the record; at least one.
    #[must_use]
    pub const fn ttl(&self, now: Timestamp) -> u64 {
        match self.retain_until.since(now) {
            0 => 1,
            ttl => ttl,
        }
    }
}

/// A store's answer to a claim.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[must_use]
#[expect(clippy::exhaustive_enums, reason = "a driver must handle each, and only Fresh may continue")]
pub enum ReplayAnswer {
    /// Recorded now, by this call and no other.
    Fresh,
    /// Recorded before.
    Replay,
    /// Not recorded: the claim's owner has so many records that the store keeps its room for others. The request ends
    /// with 503. It raises no alarm, since the client causes it and not the store. ST-2.
    OverShare,
    /// The store failed to answer. The request ends with 503: the client is not at fault, and access stays closed
    /// (W8).
    Unavailable,
}
