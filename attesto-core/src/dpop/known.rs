//! What a check of a proof may start with: room to work in, and what is known of the token.

use crate::crypto::{CryptoProvider, KeyError, PublicKey, VerifyingKey};
use crate::jose::{RsaNumbers, Thumbprint};
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt;

/// Buffers for one proof at a time. They hold what the last proof said, and no secret.
#[derive(Default)]
pub(crate) struct ProofRoom {
    pub(crate) buffer: Vec<u8>,
    pub(super) numbers: RsaNumbers,
}

/// Shows nothing of what is left in it.
impl fmt::Debug for ProofRoom {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ProofRoom").finish_non_exhaustive()
    }
}

/// What is known of the token that a proof comes with, so that it need not be worked out again.
#[derive(Debug, Default)]
pub(crate) struct KnownToken {
    /// Its SHA-256.
    pub(crate) hash: Option<[u8; 32]>,
    /// The key that it is bound to.
    pub(crate) bound: Option<BoundKey>,
}

/// The DPoP key of a remembered token.
#[derive(Debug)]
pub(crate) struct BoundKey {
    pub(crate) jkt: Thumbprint,
    pub(crate) key: Option<Arc<dyn VerifyingKey>>,
}

impl KnownToken {
    /// The parsed key of a proof, if it is the one that the token is bound to. It is parsed at most once.
    ///
    /// The thumbprint is of the proof's own key, checked in full by now: who has that thumbprint has these numbers (RFC 7638 §3).
    pub(super) fn key_of(
        &mut self,
        jkt: &Thumbprint,
        numbers: &PublicKey,
        provider: &dyn CryptoProvider,
    ) -> Result<Option<&dyn VerifyingKey>, KeyError> {
        let Some(bound) = self.bound.as_mut().filter(|bound| bound.jkt == *jkt) else { return Ok(None) };
        if bound.key.is_none() {
            bound.key = Some(Arc::from(provider.verifying_key(numbers)?));
        }
        Ok(bound.key.as_deref())
    }
}
