//! JWK Sets (RFC 7517 §5): reading an issuer's and publishing our own.
use super::Jwk;
use crate::crypto::CryptoProvider;
use alloc::string::String;
use alloc::vec::Vec;

/// A set of public keys.
#[derive(Clone, Debug, Default)]
pub struct JwkSet {
    keys: Vec<Jwk>,
}

impl JwkSet {
    /// For publication: de-duplicated by kid; a key without one gets its thumbprint. J18.
    pub fn publish(_provider: &dyn CryptoProvider, _keys: impl IntoIterator<Item = Jwk>) -> Self {
        todo!()
    }
    /// Reads a set; unusable keys are skipped (J10). Err where no usable key is left or the document is not a set, or holds over limits::JWK_SET_KEYS keys.
    pub fn from_json(_bytes: &[u8]) -> Result<Self, super::JwkError> {
        todo!()
    }
    /// The keys.
    #[must_use]
    pub fn keys(&self) -> &[Jwk] {
        &self.keys
    }
    /// The document: `{"keys":[..]}`, only public members, `use":"sig"`.
    #[must_use]
    pub fn to_json(&self) -> String {
        todo!()
    }
}
