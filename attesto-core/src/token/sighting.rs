//! One token during one check: its hash, computed once, and what the memory of verified tokens has about it.

use super::recalled::Recalled;
use super::verified::VerifiedTokens;
use crate::Timestamp;
use crate::crypto::{CryptoProvider, VerifyingKey};
use crate::jose::VerificationKeys;
use alloc::sync::Arc;
use core::fmt;

/// A token during one check.
pub(crate) struct Sighting<'s> {
    provider: &'s dyn CryptoProvider,
    token: &'s str,
    memory: Option<&'s VerifiedTokens>,
    hash: Option<[u8; 32]>,
    confirmed: Option<Recalled>,
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
