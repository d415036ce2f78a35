//! A public JSON Web Key (RFC 7517 §4, RFC 7518 §6, RFC 8037 §2).
use super::Thumbprint;
use crate::crypto::{Algorithm, AlgorithmSet, PublicKey};
use crate::encoding::json;
use alloc::string::String;

reasons! {
    /// A JWK cannot be used.
    pub enum JwkError {
        /// Not a JSON object with the members its `kty` requires, in canonical form. RFC 7517 §4.
        Malformed => "malformed_jwk", "not a canonical JWK";
        /// `kty` or `crv` is none of ours (`oct` included). RFC 7518 §6.1.
        UnknownKind => "unknown_kty", "the key type or curve is not supported";
        /// Private members are present where a public key belongs. RFC 9449 §4.3 check 7.
        Private => "private_jwk", "the key holds private members";
        /// `use` is not `sig`. RFC 7517 §4.2.
        WrongUse => "wrong_use", "the key is not for signatures";
        /// `key_ops` does not contain `verify`. RFC 7517 §4.3.
        WrongKeyOps => "wrong_key_ops", "the key's operations do not include verify";
        /// `alg` contradicts the key type, or is not known. RFC 7517 §4.4.
        WrongAlg => "wrong_alg", "the key's algorithm contradicts its type";
    }
}

/// A public key with its metadata.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Jwk {
    key: PublicKey,
    kid: Option<String>,
    alg: Option<Algorithm>,
}

impl Jwk {
    /// A key without metadata.
    #[must_use]
    pub fn new(key: PublicKey) -> Self {
        Self { key, kid: None, alg: None }
    }
    /// Sets `kid`.
    #[must_use]
    pub fn with_kid(mut self, kid: impl Into<String>) -> Self {
        self.kid = Some(kid.into());
        self
    }
    /// Sets `alg`; must suit the key.
    pub fn with_alg(self, _alg: Algorithm) -> Result<Self, JwkError> {
        todo!()
    }
    /// Reads a public JWK, metadata checked (`use`, `key_ops`, `alg`), private members refused.
    pub fn from_json(_bytes: &[u8]) -> Result<Self, JwkError> {
        todo!()
    }
    /// The same for an object that is part of another document.
    pub fn from_object(_object: json::Object<'_>) -> Result<Self, JwkError> {
        todo!()
    }
    /// The numbers.
    #[must_use]
    pub fn key(&self) -> &PublicKey {
        &self.key
    }
    /// `kid`.
    #[must_use]
    pub fn kid(&self) -> Option<&str> {
        self.kid.as_deref()
    }
    /// `alg`.
    #[must_use]
    pub fn alg(&self) -> Option<Algorithm> {
        self.alg
    }
    /// The algorithms it may serve: `alg` alone where present, else by key type (J6).
    #[must_use]
    pub fn algorithms(&self) -> AlgorithmSet {
        todo!()
    }
    /// RFC 7638 thumbprint.
    pub fn thumbprint(&self, _sha256: impl FnOnce(&[&[u8]]) -> [u8; 32]) -> Thumbprint {
        todo!()
    }
    /// Only public members plus `kid`, `use`, `alg`.
    #[must_use]
    pub fn to_json(&self) -> String {
        todo!()
    }
}
