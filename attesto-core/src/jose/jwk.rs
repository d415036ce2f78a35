//! A public JSON Web Key (RFC 7517 §4, RFC 7518 §6, RFC 8037 §2).

use super::Thumbprint;
use crate::crypto::{Algorithm, AlgorithmSet, PublicKey};
use crate::encoding::base64url;
use crate::encoding::json::{Object, Value};
use crate::limits;
use alloc::borrow::Cow;
use alloc::string::String;
use alloc::vec::Vec;
use core::mem;

reasons! {
    /// Why a JWK cannot be used.
    pub enum JwkError {
        /// Not a JSON object with the members its `kty` requires, each in canonical form. RFC 7517 §4; J3, J11.
        Malformed => "malformed_jwk", "not a canonical JWK";
        /// `kty` or `crv` is not supported (`oct` included). RFC 7518 §6.1; J10.
        UnknownKind => "unknown_kty", "the key type or curve is not supported";
        /// Private members are present where a public key belongs. RFC 9449 §4.3 check 7; J10, D6.
        Private => "private_jwk", "the key holds private members";
        /// `use` is not `sig`. RFC 7517 §4.2; J10, D7.
        WrongUse => "wrong_use", "the key is not for signatures";
        /// `key_ops` is not an array of strings with `verify` in it. RFC 7517 §4.3; J10, D7.
        WrongKeyOps => "wrong_key_ops", "the key's operations do not include verify";
        /// `alg` contradicts the key type, or is unknown. RFC 7517 §4.4; J6, D7.
        WrongAlg => "wrong_alg", "the key's algorithm contradicts its type";
        /// Not a JSON object with an array of keys. RFC 7517 §5; J10.
        MalformedSet => "malformed_jwk_set", "the document is not a JWK Set";
        /// A JWK Set that is too large, or without one usable key. RFC 7517 §5; J10, J22.
        UnusableSet => "unusable_jwk_set", "the JWK Set holds no usable key";
    }
}

/// Members that a public key never has (RFC 7518 §6.2.2, §6.3.2, §6.4.1).
pub(super) const PRIVATE_MEMBERS: [&str; 8] = ["d", "p", "q", "dp", "dq", "qi", "oth", "k"];

/// A public key with its metadata.
///
/// ```
/// use attesto_core::crypto::{CryptoProvider, RustCrypto};
/// use attesto_core::jose::Jwk;
///
/// // RFC 8037 appendix A.2 and A.3
/// let jwk = br#"{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}"#;
/// let thumbprint = Jwk::from_json(jwk)?.thumbprint(|parts| RustCrypto::new().sha256(parts));
/// assert_eq!(thumbprint.to_string(), "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k");
/// # Ok::<(), attesto_core::jose::JwkError>(())
/// ```
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Jwk {
    key: PublicKey,
    kid: Option<String>,
    alg: Option<Algorithm>,
}

impl Jwk {
    /// Creates a key without metadata.
    #[must_use]
    pub const fn new(key: PublicKey) -> Self {
        Self { key, kid: None, alg: None }
    }

    /// Sets `kid`.
    #[must_use]
    pub fn with_kid(mut self, kid: impl Into<String>) -> Self {
        self.kid = Some(kid.into());
        self
    }

    /// Sets `alg`.
    ///
    /// # Errors
    /// [`JwkError::WrongAlg`] if it does not match the key.
    pub fn with_alg(mut self, alg: Algorithm) -> Result<Self, JwkError> {
        if alg.key_kind() != self.key.kind() {
            return Err(JwkError::WrongAlg);
        }
        self.alg = Some(alg);
        Ok(self)
    }

    /// Parses a public JWK: canonical members, metadata that allows verification, nothing private.
    ///
    /// # Errors
    /// [`JwkError`].
    pub fn from_json(bytes: &[u8]) -> Result<Self, JwkError> {
        Self::from_object(Object::parse(bytes).map_err(|_| JwkError::Malformed)?)
    }

    /// Like [`from_json`](Self::from_json), for an object that is part of another document.
    ///
    /// # Errors
    /// [`JwkError`].
    pub fn from_object(object: Object<'_>) -> Result<Self, JwkError> {
        Self::with_use(object, &["sig"])
    }

    /// Like [`from_object`](Self::from_object), for a key that may have one of these uses.
    pub(super) fn with_use(object: Object<'_>, uses: &[&str]) -> Result<Self, JwkError> {
        let (jwk, kid) = Self::read(object, uses, &mut RsaNumbers::default())?;
        Ok(Self { kid: kid.map(Cow::into_owned), ..jwk })
    }

    /// Like [`from_object`](Self::from_object), for a key that is used once: drops its `kid`, and reuses a buffer for
    /// its numbers.
    pub(crate) fn once(object: Object<'_>, numbers: &mut RsaNumbers) -> Result<Self, JwkError> {
        Self::read(object, &["sig"], numbers).map(|(jwk, _)| jwk)
    }

    /// Parses the key, and its `kid` separately.
    fn read<'o>(
        object: Object<'o>,
        uses: &[&str],
        numbers: &mut RsaNumbers,
    ) -> Result<(Self, Option<Cow<'o, str>>), JwkError> {
        let members = Members::read(object)?;
        let key = members.key(numbers)?;
        if members.private {
            return Err(JwkError::Private);
        }
        use_is_signature(members.key_use.as_ref(), uses)?;
        key_ops_allow_verify(members.key_ops)?;
        let kid = match members.kid {
            None => None,
            Some(kid) => Some(text(kid).ok_or(JwkError::Malformed)?),
        };
        let jwk = Self { key, kid: None, alg: None };
        match members.alg {
            None => Ok((jwk, kid)),
            Some(alg) => {
                let alg = text(alg).as_deref().and_then(Algorithm::from_name).ok_or(JwkError::WrongAlg)?;
                Ok((jwk.with_alg(alg)?, kid))
            }
        }
    }

    /// The key's numbers.
    #[must_use]
    pub const fn key(&self) -> &PublicKey {
        &self.key
    }

    /// Takes the key's numbers.
    #[must_use]
    pub fn into_key(self) -> PublicKey {
        self.key
    }

    /// `kid`.
    #[must_use]
    pub fn kid(&self) -> Option<&str> {
        self.kid.as_deref()
    }

    /// `alg`.
    #[must_use]
    pub const fn alg(&self) -> Option<Algorithm> {
        self.alg
    }

    /// The algorithms it may be used for: `alg` alone if present, or else those of its key type (J6).
    #[must_use]
    pub const fn algorithms(&self) -> AlgorithmSet {
        match self.alg {
            Some(alg) => AlgorithmSet::only(alg),
            None => self.key.kind().default_algorithms(),
        }
    }

    /// The RFC 7638 thumbprint, computed with the caller's SHA-256.
    pub fn thumbprint(&self, sha256: impl FnOnce(&[&[u8]]) -> [u8; 32]) -> Thumbprint {
        Thumbprint::from_key(&self.key, sha256)
    }

    pub(crate) fn public_members(&self) -> Vec<(&'static str, String)> {
        public_members(&self.key).into_iter().map(|(name, value)| (name, value.into_owned())).collect()
    }

    /// Writes the public members, then `kid`, `use` and `alg`: an allow-list, so that nothing private can be included
    /// (J18).
    #[must_use]
    pub fn to_json(&self) -> String {
        let mut members = serde_json::Map::new();
        for (name, value) in public_members(&self.key) {
            members.insert(name.into(), value.into());
        }
        if let Some(kid) = &self.kid {
            members.insert("kid".into(), kid.as_str().into());
        }
        members.insert("use".into(), "sig".into());
        if let Some(alg) = self.alg {
            members.insert("alg".into(), alg.name().into());
        }
        // A map of strings always serialises.
        serde_json::to_string(&members).unwrap_or_default()
    }
}

/// The required public members, in the lexicographic order of RFC 7638 §3.2.
pub(super) fn public_members(key: &PublicKey) -> Vec<(&'static str, Cow<'static, str>)> {
    let ec = |crv: &'static str, x: &[u8], y: &[u8]| {
        alloc::vec![
            ("crv", crv.into()),
            ("kty", "EC".into()),
            ("x", base64url::encode(x).into()),
            ("y", base64url::encode(y).into())
        ]
    };
    match key {
        PublicKey::P256 { x, y } => ec("P-256", x, y),
        PublicKey::P384 { x, y } => ec("P-384", x, y),
        PublicKey::P521 { x, y } => ec("P-521", x, y),
        PublicKey::Ed25519 { x } => {
            alloc::vec![("crv", "Ed25519".into()), ("kty", "OKP".into()), ("x", base64url::encode(x).into())]
        }
        PublicKey::Rsa { n, e } => {
            alloc::vec![("e", base64url::encode(e).into()), ("kty", "RSA".into()), ("n", base64url::encode(n).into())]
        }
    }
}

/// A buffer for the numbers of an RSA key, the only kind whose size varies.
#[derive(Debug, Default)]
pub(crate) struct RsaNumbers {
    n: Vec<u8>,
    e: Vec<u8>,
}

impl RsaNumbers {
    /// Takes the buffer back from a key that is no longer used.
    pub(crate) fn reclaim(&mut self, key: PublicKey) {
        if let PublicKey::Rsa { n, e } = key {
            *self = Self { n, e };
        }
    }
}

/// The members a JWK may have, each parsed once.
#[derive(Default)]
struct Members<'j> {
    kty: Option<Value<'j>>,
    crv: Option<Value<'j>>,
    x: Option<Value<'j>>,
    y: Option<Value<'j>>,
    n: Option<Value<'j>>,
    e: Option<Value<'j>>,
    kid: Option<Value<'j>>,
    alg: Option<Value<'j>>,
    key_use: Option<Value<'j>>,
    key_ops: Option<Value<'j>>,
    private: bool,
}

impl<'j> Members<'j> {
    fn read(object: Object<'j>) -> Result<Self, JwkError> {
        let mut members = Self::default();
        object.members(|name, value| {
            let slot = match name {
                "kty" => &mut members.kty,
                "crv" => &mut members.crv,
                "x" => &mut members.x,
                "y" => &mut members.y,
                "n" => &mut members.n,
                "e" => &mut members.e,
                "kid" => &mut members.kid,
                "alg" => &mut members.alg,
                "use" => &mut members.key_use,
                "key_ops" => &mut members.key_ops,
                _ => {
                    members.private |= PRIVATE_MEMBERS.contains(&name);
                    return Ok(());
                }
            };
            *slot = Some(value);
            Ok(())
        })?;
        Ok(members)
    }

    fn key(&self, numbers: &mut RsaNumbers) -> Result<PublicKey, JwkError> {
        let curve = self.crv.as_ref().map(required).transpose()?;
        match (member(self.kty.as_ref())?, curve) {
            ("EC", Some("P-256")) => Ok(PublicKey::P256 { x: exact(self.x.as_ref())?, y: exact(self.y.as_ref())? }),
            ("EC", Some("P-384")) => Ok(PublicKey::P384 { x: exact(self.x.as_ref())?, y: exact(self.y.as_ref())? }),
            ("EC", Some("P-521")) => Ok(PublicKey::P521 { x: exact(self.x.as_ref())?, y: exact(self.y.as_ref())? }),
            ("OKP", Some("Ed25519")) => Ok(PublicKey::Ed25519 { x: exact(self.x.as_ref())? }),
            ("RSA", _) => Ok(PublicKey::Rsa {
                n: number(self.n.as_ref(), limits::RSA_MODULUS_BITS_MAX / 8, &mut numbers.n)?,
                e: number(self.e.as_ref(), 8, &mut numbers.e)?,
            }),
            ("EC" | "OKP", None) => Err(JwkError::Malformed),
            _ => Err(JwkError::UnknownKind),
        }
    }
}

/// Returns a required string.
fn member<'v>(value: Option<&'v Value<'_>>) -> Result<&'v str, JwkError> {
    value.ok_or(JwkError::Malformed).and_then(required)
}

fn required<'v>(value: &'v Value<'_>) -> Result<&'v str, JwkError> {
    match value {
        Value::String(text) => Ok(text),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => {
            Err(JwkError::Malformed)
        }
    }
}

/// Decodes octets of exactly this length. RFC 7518 §6.2.1.2, RFC 8037 §2; J11.
fn exact<const N: usize>(value: Option<&Value<'_>>) -> Result<[u8; N], JwkError> {
    base64url::decode_array(member(value)?.as_bytes()).map_err(|_| JwkError::Malformed)
}

/// Decodes a positive number without leading zero octets; its length is bounded before decoding. RFC 7518 §2 and
/// §6.3.1; J11, J16.
fn number(value: Option<&Value<'_>>, max_bytes: usize, spare: &mut Vec<u8>) -> Result<Vec<u8>, JwkError> {
    let encoded = member(value)?;
    if encoded.len() > max_bytes.saturating_mul(4).div_ceil(3) {
        return Err(JwkError::Malformed);
    }
    let mut bytes = mem::take(spare);
    bytes.clear();
    base64url::decode_append(encoded.as_bytes(), &mut bytes).map_err(|_| JwkError::Malformed)?;
    match bytes.first() {
        None | Some(0) => Err(JwkError::Malformed),
        Some(_) => Ok(bytes),
    }
}

/// Checks that `use` is one of `uses`, if present. RFC 7517 §4.2.
fn use_is_signature(value: Option<&Value<'_>>, uses: &[&str]) -> Result<(), JwkError> {
    match value {
        None => Ok(()),
        Some(Value::String(text)) if uses.contains(&text.as_ref()) => Ok(()),
        Some(_) => Err(JwkError::WrongUse),
    }
}

/// Checks that `key_ops` includes `verify`, if present. RFC 7517 §4.3.
fn key_ops_allow_verify(value: Option<Value<'_>>) -> Result<(), JwkError> {
    let Some(value) = value else { return Ok(()) };
    let Value::Array(operations) = value else { return Err(JwkError::WrongKeyOps) };
    let mut verify = false;
    operations.items(|operation| match text(operation) {
        Some(operation) => {
            verify |= operation == "verify";
            Ok(())
        }
        None => Err(JwkError::WrongKeyOps),
    })?;
    if verify { Ok(()) } else { Err(JwkError::WrongKeyOps) }
}

fn text(value: Value<'_>) -> Option<Cow<'_, str>> {
    value.into_string()
}

#[cfg(test)]
#[path = "jwk_tests.rs"]
mod tests;
