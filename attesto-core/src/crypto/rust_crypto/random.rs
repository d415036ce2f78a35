//! Entropy as the curve and RSA crates take it.

use crate::crypto::{Entropy, EntropyError};
use rsa::rand_core::{TryCryptoRng, TryRng};

/// Lends an [`Entropy`] to code that wants a `rand_core` generator.
pub(super) struct Random<'e>(pub(super) &'e mut dyn Entropy);

impl TryRng for Random<'_> {
    type Error = EntropyError;

    fn try_next_u32(&mut self) -> Result<u32, EntropyError> {
        let mut bytes = [0; 4];
        self.0.fill(&mut bytes)?;
        Ok(u32::from_le_bytes(bytes))
    }

    fn try_next_u64(&mut self) -> Result<u64, EntropyError> {
        let mut bytes = [0; 8];
        self.0.fill(&mut bytes)?;
        Ok(u64::from_le_bytes(bytes))
    }

    fn try_fill_bytes(&mut self, out: &mut [u8]) -> Result<(), EntropyError> {
        self.0.fill(out)
    }
}

impl TryCryptoRng for Random<'_> {}
