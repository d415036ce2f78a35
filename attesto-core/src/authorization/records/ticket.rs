//! The ticket of a browser that came with a pushed request in time (AZ-27).

use crate::crypto::{Entropy, EntropyError};
use crate::encoding::base64url;
use core::fmt;
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

/// 256 bits that distinguish a visit that began in time from one with a late reference. A store keeps them in plain
/// form: they are useless without the reference, which the store does not know. Equality takes constant time.
#[derive(Clone, Eq)]
pub struct VisitTicket(Zeroizing<[u8; 32]>);

impl VisitTicket {
    /// Creates a ticket from bytes that a store kept.
    #[must_use]
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(Zeroizing::new(bytes))
    }

    /// The bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    pub(crate) fn draw(entropy: &mut dyn Entropy) -> Result<Self, EntropyError> {
        let mut bytes = Zeroizing::new([0; 32]);
        entropy.fill(bytes.as_mut_slice())?;
        Ok(Self(bytes))
    }

    pub(crate) fn presented(text: &str) -> Option<Self> {
        base64url::decode_array(text.as_bytes()).ok().map(Self::from_bytes)
    }
}

impl PartialEq for VisitTicket {
    fn eq(&self, other: &Self) -> bool {
        self.0.ct_eq(&*other.0).into()
    }
}

/// Prints nothing.
impl fmt::Debug for VisitTicket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("VisitTicket(..)")
    }
}
