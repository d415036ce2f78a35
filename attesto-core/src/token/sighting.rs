//! One token during one check: its hash, computed once, and what the memory of verified tokens has about it.

use super::verified::VerifiedTokens;
use crate::Timestamp;
use crate::crypto::{CryptoProvider, VerifyingKey};
use crate::jose::VerificationKeys;
use alloc::sync::{Arc, Weak};
use core::fmt;

/// A token during one check.
pub(crate) struct Sighting<'s> {
    provider: &'s dyn CryptoProvider,
    token: &'s str,
    memory: Option<&'s VerifiedTokens>,
    hash: Option<[u8; 32]>,
    confirmed: Option<Recalled>,
}

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

impl<'s> Sighting<'s> {
    pub(crate) const fn new(
        provider: &'s dyn CryptoProvider,
        token: &'s str,
        memory: Option<&'s VerifiedTokens>,
    ) -> Self {
        Self { provider, token, memory, hash: None, confirmed: None }
    }

    /// Returns SHA-256 of the whole token, signature included, so that an equal hash means equal bytes.
    fn hash(&mut self) -> [u8; 32] {
        let (provider, token) = (self.provider, self.token);
        *self.hash.get_or_insert_with(|| provider.sha256(&[token.as_bytes()]))
    }

    /// The hash, if it was already computed.
    pub(crate) const fn known_hash(&self) -> Option<[u8; 32]> {
        self.hash
    }

    pub(super) fn recall(&mut self) -> Option<Recalled> {
        let memory = self.memory?;
        memory.recall(&self.hash())
    }

    /// Marks the entry as valid: its keys were compared.
    pub(super) fn confirm(&mut self, recalled: Recalled) {
        self.confirmed = Some(recalled);
    }

    /// Remembers the token after its signature verified with these keys and every rule accepted it.
    pub(super) fn remember(&mut self, keys: &Arc<VerificationKeys>, now: Timestamp) {
        if let Some(memory) = self.memory {
            memory.remember(&self.hash(), Recalled::new(keys, now));
        }
    }

    /// Whether the token was remembered under the current keys.
    pub(crate) const fn is_confirmed(&self) -> bool {
        self.confirmed.is_some()
    }

    /// The parsed DPoP key of a remembered token.
    pub(crate) fn bound_key(&self) -> Option<&Arc<dyn VerifyingKey>> {
        self.confirmed.as_ref().and_then(|recalled| recalled.bound_key.as_ref())
    }

    /// Keeps the parsed key that the token is bound to. Call this only after a proof with that key was accepted.
    pub(crate) fn keep_bound_key(&mut self, key: Arc<dyn VerifyingKey>) {
        if let (Some(memory), Some(_)) = (self.memory, &self.confirmed) {
            memory.keep_bound_key(&self.hash(), key);
        }
    }
}

/// Prints nothing of the token.
impl fmt::Debug for Sighting<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sighting").field("confirmed", &self.confirmed.is_some()).finish_non_exhaustive()
    }
}
