//! The inputs of a proof's check that save work: buffers, and known facts about the token.

use crate::crypto::{CryptoProvider, KeyError, PublicKey, VerifyingKey};
use crate::jose::{RsaNumbers, Thumbprint};
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt;

/// Buffers for one proof at a time. They hold the contents of the last proof, and no secret.
#[derive(Default)]
pub(crate) struct ProofRoom {
    pub(crate) buffer: Vec<u8>,
    pub(super) numbers: RsaNumbers,
}

/// Prints nothing of the contents.
impl fmt::Debug for ProofRoom {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ProofRoom").finish_non_exhaustive()
    }
}

/// The known facts about the token presented with a proof, which need not be computed again.
#[derive(Debug, Default)]
pub(crate) struct KnownToken {
    /// The token's SHA-256.
    pub(crate) hash: Option<[u8; 32]>,
    /// The key that the token is bound to.
    pub(crate) bound: Option<BoundKey>,
}

/// The DPoP key of a remembered token.
#[derive(Debug)]
pub(crate) struct BoundKey {
    pub(crate) jkt: Thumbprint,
    pub(crate) key: Option<Arc<dyn VerifyingKey>>,
}

impl KnownToken {
    /// Returns the parsed key of a proof, if it is the one that the token is bound to. Parses it at most once.
    ///
    /// The thumbprint is that of the proof's own, fully checked key, so an equal thumbprint means equal numbers (RFC
    /// 7638 §3).
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
