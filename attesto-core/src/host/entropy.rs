//! The host's source of randomness.

use crate::crypto::{Entropy, EntropyError};
use alloc::sync::Arc;
use core::fmt;

/// A secure source of randomness shared by many requests. The core has none: an adapter passes the system's, and a test
/// passes its own.
///
/// ```
/// use attesto_core::crypto::Entropy;
/// use attesto_core::host::EntropySource;
///
/// // In a program: `EntropySource::new(|out| getrandom::fill(out).map_err(|_| EntropyError))`.
/// let mut predictable = EntropySource::new(|out| { out.fill(7); Ok(()) });
/// let mut secret = [0; 32];
/// predictable.fill(&mut secret)?;
/// assert_eq!(secret, [7; 32]);
/// # Ok::<(), attesto_core::crypto::EntropyError>(())
/// ```
#[derive(Clone)]
pub struct EntropySource(Arc<Fill>);

type Fill = dyn Fn(&mut [u8]) -> Result<(), EntropyError> + Send + Sync;

impl EntropySource {
    /// Creates a source that calls this function, which fills the whole buffer or returns an error.
    pub fn new(fill: impl Fn(&mut [u8]) -> Result<(), EntropyError> + Send + Sync + 'static) -> Self {
        Self(Arc::new(fill))
    }
}

impl Entropy for EntropySource {
    fn fill(&mut self, out: &mut [u8]) -> Result<(), EntropyError> {
        (self.0)(out)
    }
}

impl fmt::Debug for EntropySource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("EntropySource")
    }
}
