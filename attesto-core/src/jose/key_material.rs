//! Keys as they are handed over: PEM and JWK (RFC 7468, RFC 7517; catalogue J20).

use super::jwk::public_members;
use super::key_numbers::{private_from_jwk, private_members, public_of};
use super::{Jwk, pem};
use crate::ConfigError;
use crate::crypto::{Entropy, KeyKind, PrivateKey, PublicKey};
use crate::encoding::json::Object;
use alloc::string::String;
use zeroize::Zeroizing;

/// One key read from PEM or JWK: public, or private with its public half. A public-only key can verify but not sign.
///
/// ```
/// use attesto_core::jose::KeyMaterial;
///
/// let pem = "-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEA11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=\n-----END PUBLIC KEY-----\n";
/// assert!(KeyMaterial::from_pem(pem)?.private().is_none());
/// # Ok::<(), attesto_core::ConfigError>(())
/// ```
#[derive(Clone, Debug)]
pub struct KeyMaterial {
    public: PublicKey,
    private: Option<PrivateKey>,
}

impl KeyMaterial {
    /// Reads exactly one PEM block: PKCS#1, PKCS#8, SEC1 or SPKI, with LF or CRLF. The `EC PARAMETERS` block that OpenSSL
    /// writes before an EC private key is passed over.
    ///
    /// # Errors
    /// Where there is no block, more than one, an encrypted one, or one that holds no key of a supported kind. The error
    /// never holds key material.
    pub fn from_pem(pem: &str) -> Result<Self, ConfigError> {
        pem::read(pem)
    }

    /// Reads a private or public JWK.
    ///
    /// # Errors
    /// Where it is no canonical key of a supported kind, or where its private and public halves do not belong together.
    pub fn from_jwk(json: &str) -> Result<Self, ConfigError> {
        let object = Object::parse(json.as_bytes()).map_err(|_| problem("not a JSON object"))?;
        if object.get("d").is_none() {
            let jwk = Jwk::from_object(object).map_err(|error| problem(error.code()))?;
            return Ok(Self::of_public(jwk.into_key()));
        }
        let (declared, private) = private_from_jwk(object)?;
        let material = Self::of_private(private)?;
        if material.public != declared {
            return Err(problem("private and public members do not belong together"));
        }
        Ok(material)
    }

    /// Makes a new key.
    ///
    /// # Errors
    /// Where the entropy source fails, and for RSA, whose keys are better made by a tool and kept.
    pub fn generate(kind: KeyKind, entropy: &mut dyn Entropy) -> Result<Self, ConfigError> {
        Self::of_private(super::key_numbers::generate(kind, entropy)?)
    }

    /// The public half.
    #[must_use]
    pub const fn public(&self) -> &PublicKey {
        &self.public
    }

    /// The private half, if it is there.
    #[must_use]
    pub const fn private(&self) -> Option<&PrivateKey> {
        self.private.as_ref()
    }

    /// The private key as JWK, to be handed to another program. `None` for a public key.
    #[must_use]
    pub fn to_private_jwk(&self) -> Option<Zeroizing<String>> {
        let private = self.private.as_ref()?;
        let mut json = Zeroizing::new(String::with_capacity(4096));
        let public =
            public_members(&self.public).into_iter().map(|(name, value)| (name, Zeroizing::new(value.into_owned())));
        json.push('{');
        for (index, (name, value)) in public.chain(private_members(private)).enumerate() {
            if index > 0 {
                json.push(',');
            }
            for piece in ["\"", name, "\":\"", &value, "\""] {
                json.push_str(piece);
            }
        }
        json.push('}');
        Some(json)
    }

    pub(super) const fn of_public(public: PublicKey) -> Self {
        Self { public, private: None }
    }

    pub(super) fn of_private(private: PrivateKey) -> Result<Self, ConfigError> {
        Ok(Self { public: public_of(&private)?, private: Some(private) })
    }
}

pub(super) fn problem(text: &'static str) -> ConfigError {
    ConfigError::new("key", text)
}

#[cfg(test)]
#[path = "key_material_tests.rs"]
mod tests;
