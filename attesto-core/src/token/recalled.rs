//! What the memory of verified tokens has about one token.

use crate::Timestamp;
use crate::crypto::VerifyingKey;
use crate::jose::VerificationKeys;
use alloc::sync::{Arc, Weak};

/// The entry of a remembered token. It has no effect until [`is_of`](Self::is_of) has compared the keys.
#[derive(Clone, Debug)]
pub(crate) struct Recalled {
    /// Does not keep the keys alive. It does keep their address from being reused, so equal addresses mean the same
    /// keys.
    pub(super) keys: Weak<VerificationKeys>,
    /// The period in which the same of these keys are live: within it, the token's header refers to the same key.
    pub(super) live: (Timestamp, Timestamp),
    /// The DPoP key that the token is bound to, once a proof with it was accepted.
    pub(super) bound_key: Option<Arc<dyn VerifyingKey>>,
}

impl Recalled {
    pub(super) fn new(keys: &Arc<VerificationKeys>, now: Timestamp) -> Self {
        Self { keys: Arc::downgrade(keys), live: keys.live_around(now), bound_key: None }
    }

    /// Whether the signature was verified with these very keys, and the same of them are still live.
    pub(super) fn is_of(&self, keys: &Arc<VerificationKeys>, now: Timestamp) -> bool {
        let (from, until) = self.live;
        core::ptr::eq(self.keys.as_ptr(), Arc::as_ptr(keys)) && from <= now && now <= until
    }
}
