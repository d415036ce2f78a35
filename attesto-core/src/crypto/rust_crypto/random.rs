//! Adapts entropy for the curve and RSA crates.

use crate::crypto::{Entropy, EntropyError};
use rsa::rand_core::{TryCryptoRng, TryRng};

/// Adapts an [`Entropy`] to code that requires a `rand_core` generator, for one operation.
///
/// Blinding draws until a number is suitable. With a source that repeats itself it could draw forever, so there is a
/// limit far beyond what any key needs.
pub(super) struct Random<'e> {
    entropy: &'e mut dyn Entropy,
    bytes_left: usize,
}

impl<'e> Random<'e> {
    pub(super) fn new(entropy: &'e mut dyn Entropy) -> Self {
        Self { entropy, bytes_left: 1 << 18 }
    }

    fn fill(&mut self, out: &mut [u8]) -> Result<(), EntropyError> {
        self.bytes_left = self.bytes_left.checked_sub(out.len()).ok_or(EntropyError)?;
        self.entropy.fill(out)
    }
}

impl TryRng for Random<'_> {
    type Error = EntropyError;

    fn try_next_u32(&mut self) -> Result<u32, EntropyError> {
        let mut bytes = [0; 4];
        self.fill(&mut bytes)?;
        Ok(u32::from_le_bytes(bytes))
    }

    fn try_next_u64(&mut self) -> Result<u64, EntropyError> {
        let mut bytes = [0; 8];
        self.fill(&mut bytes)?;
        Ok(u64::from_le_bytes(bytes))
    }

    fn try_fill_bytes(&mut self, out: &mut [u8]) -> Result<(), EntropyError> {
        self.fill(out)
    }
}

impl TryCryptoRng for Random<'_> {}
