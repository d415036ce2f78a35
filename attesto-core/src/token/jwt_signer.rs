//! Signs the JWTs other than access tokens: ID tokens and introspection responses. One signer per key ring.

use super::{KeyRing, MintError};
use crate::ConfigError;
use crate::crypto::{Algorithm, CryptoProvider, Entropy, VerifyingKey};
use crate::encoding::base64url;
use alloc::string::{String, ToString};
use alloc::sync::Arc;
use serde_json::{Map, Value};
use zeroize::Zeroizing;

/// A ring, and the verifying key that matches its current signing key.
#[derive(Clone, Debug)]
pub(crate) struct JwtSigner {
    keys: Arc<KeyRing>,
    verifying: Arc<dyn VerifyingKey>,
}

impl JwtSigner {
    /// Signs with the current key of this ring.
    ///
    /// # Errors
    /// Fails if the provider refuses a key of the ring.
    pub(crate) fn new(provider: &dyn CryptoProvider, keys: Arc<KeyRing>) -> Result<Self, ConfigError> {
        keys.verification_keys(provider)?;
        let verifying = provider.verifying_key(keys.current().key());
        let verifying = verifying.map_err(|error| ConfigError::new("keys", error.to_string()))?.into();
        Ok(Self { keys, verifying })
    }

    /// The algorithm of the current key.
    pub(crate) fn algorithm(&self) -> Algorithm {
        self.keys.signer().algorithm()
    }

    /// The ring.
    pub(crate) fn keys(&self) -> &KeyRing {
        &self.keys
    }

    /// Signs a JWT of this type with these claims. Access tokens are minted by
    /// [`AccessTokenIssuer`](super::AccessTokenIssuer) instead.
    ///
    /// # Errors
    /// [`MintError::Signer`], and [`MintError::SignatureRejected`] (J21).
    pub(crate) fn sign(
        &self,
        typ: &str,
        claims: Map<String, Value>,
        entropy: &mut dyn Entropy,
    ) -> Result<Zeroizing<String>, MintError> {
        let mut token = Zeroizing::new(String::with_capacity(1024));
        base64url::encode_append(self.keys.header(typ).as_bytes(), &mut token);
        token.push('.');
        base64url::encode_append(Value::Object(claims).to_string().as_bytes(), &mut token);
        let signature = self.keys.signer().sign(token.as_bytes(), entropy).map_err(|_| MintError::Signer)?;
        let verified = self.verifying.verify(self.algorithm(), token.as_bytes(), &signature);
        verified.map_err(|_| MintError::SignatureRejected)?;
        token.push('.');
        base64url::encode_append(&signature, &mut token);
        Ok(token)
    }
}
