//! Keys as they are handed over: PEM and private JWK (RFC 7468; catalogue J20).
use crate::ConfigError;
use crate::crypto::{PrivateKey, PublicKey};

/// One key read from PEM or JWK: public, or private with its public half.
#[derive(Clone, Debug)]
pub struct KeyMaterial {
    public: PublicKey,
    private: Option<PrivateKey>,
}

impl KeyMaterial {
    /// Exactly one PEM block: PKCS#1, PKCS#8, SEC1 or SPKI; LF or CRLF.
    #[cfg(feature = "rust-crypto")]
    pub fn from_pem(_pem: &str) -> Result<Self, ConfigError> {
        todo!()
    }
    /// A private or public JWK.
    #[cfg(feature = "rust-crypto")]
    pub fn from_jwk(_json: &str) -> Result<Self, ConfigError> {
        todo!()
    }
    /// The public half.
    #[must_use]
    pub fn public(&self) -> &PublicKey {
        &self.public
    }
    /// The private half, if it is there.
    #[must_use]
    pub fn private(&self) -> Option<&PrivateKey> {
        self.private.as_ref()
    }
}
