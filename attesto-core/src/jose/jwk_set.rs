//! JWK Sets (RFC 7517 §5): reading an issuer's and publishing our own.

use super::{Jwk, JwkError};
use crate::crypto::CryptoProvider;
use crate::encoding::json;
use crate::http::{ResponseParts, public_document};
use crate::limits;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

/// A set of public keys.
///
/// ```
/// use attesto_core::jose::JwkSet;
///
/// let set = JwkSet::from_json(br#"{"keys":[
///     {"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo","kid":"a"},
///     {"kty":"oct","k":"c2VjcmV0"}]}"#)?;
/// assert_eq!(set.keys().len(), 1); // the symmetric key is skipped
/// # Ok::<(), attesto_core::jose::JwkError>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct JwkSet {
    keys: Vec<Jwk>,
}

impl JwkSet {
    /// Builds a set for publication: a key without `kid` gets its thumbprint, and each `kid` is published once (J18).
    pub fn publish(provider: &dyn CryptoProvider, keys: impl IntoIterator<Item = Jwk>) -> Self {
        let mut set = Self::default();
        for key in keys {
            let key = match key.kid() {
                Some(_) => key,
                None => {
                    let thumbprint = key.thumbprint(|parts| provider.sha256(parts)).to_string();
                    key.with_kid(thumbprint)
                }
            };
            if !set.keys.iter().any(|known| known.kid() == key.kid()) {
                set.keys.push(key);
            }
        }
        set
    }

    /// Builds a set of keys that all have a `kid`.
    pub(crate) fn from_keys(keys: impl IntoIterator<Item = Jwk>) -> Self {
        Self { keys: keys.into_iter().collect() }
    }

    /// Parses an issuer's set. Skips keys of unknown type, malformed, private or not for verification, whatever is
    /// wrong with them; the rest are usable (J10).
    ///
    /// # Errors
    /// [`JwkError::MalformedSet`] if the document is not a set; [`JwkError::UnusableSet`] if it is larger than
    /// [`limits::JWK_SET`], or has no usable key or more than [`limits::JWK_SET_KEYS`].
    pub fn from_json(bytes: &[u8]) -> Result<Self, JwkError> {
        Self::read(bytes, &["sig"])
    }

    /// Parses the bundle of a SPIFFE trust domain, whose keys for JWT-SVIDs have the use `jwt-svid` (SPIFFE Trust
    /// Domain and Bundle §4.2.2). Keys for X.509-SVIDs are skipped.
    ///
    /// ```
    /// use attesto_core::jose::JwkSet;
    ///
    /// let bundle = br#"{"spiffe_sequence":1,"keys":[
    ///     {"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo","kid":"a","use":"jwt-svid"}]}"#;
    /// assert_eq!(JwkSet::from_spiffe_bundle(bundle)?.keys().len(), 1);
    /// assert!(JwkSet::from_json(bundle).is_err());
    /// # Ok::<(), attesto_core::jose::JwkError>(())
    /// ```
    ///
    /// # Errors
    /// As [`from_json`](Self::from_json).
    pub fn from_spiffe_bundle(bytes: &[u8]) -> Result<Self, JwkError> {
        Self::read(bytes, &["sig", "jwt-svid"])
    }

    /// Parses the keys with one of these uses, or without `use`. RFC 7517 §5; J10, J22.
    fn read(bytes: &[u8], uses: &[&str]) -> Result<Self, JwkError> {
        if bytes.len() > limits::JWK_SET {
            return Err(JwkError::UnusableSet);
        }
        let mut keys = Vec::new();
        json::read_items(bytes.trim_ascii(), "keys", |entry| {
            let Some(key) = entry.ok().and_then(|object| Jwk::with_use(object, uses).ok()) else { return Ok(()) };
            if keys.len() >= limits::JWK_SET_KEYS {
                return Err(JwkError::UnusableSet);
            }
            keys.push(key);
            Ok(())
        })
        .map_err(|_| JwkError::MalformedSet)??;
        if keys.is_empty() { Err(JwkError::UnusableSet) } else { Ok(Self { keys }) }
    }

    /// The keys.
    #[must_use]
    pub fn keys(&self) -> &[Jwk] {
        &self.keys
    }

    /// Writes the document: public members, `kid`, `use` and `alg` of each key.
    #[must_use]
    pub fn to_json(&self) -> String {
        let keys: Vec<String> = self.keys.iter().map(Jwk::to_json).collect();
        alloc::format!(r#"{{"keys":[{}]}}"#, keys.join(","))
    }

    /// Answers a request for the published set (RFC 7517 §8.5; J18): GET, HEAD and OPTIONS, cacheable for ten minutes,
    /// readable by scripts of every origin.
    #[must_use]
    pub fn respond(&self, method: &str) -> ResponseParts {
        let body = || self.to_json().into_bytes();
        public_document(method, "application/jwk-set+json", "public, max-age=600", body)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crypto::{Algorithm, PublicKey};
    use crate::encoding::json::{Object, Value};
    use crate::jose::jwk::PRIVATE_MEMBERS;

    const KEY: &str = r#"{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}"#;

    fn parse(keys: &[&str]) -> Result<JwkSet, JwkError> {
        JwkSet::from_json(alloc::format!(r#"{{"keys":[{}]}}"#, keys.join(",")).as_bytes())
    }

    fn set() -> JwkSet {
        let rsa = Jwk::new(PublicKey::Rsa { n: alloc::vec![0xff; 256], e: alloc::vec![1, 0, 1] });
        JwkSet {
            keys: alloc::vec![
                rsa.with_alg(Algorithm::PS256).unwrap().with_kid("r"),
                Jwk::new(PublicKey::P256 { x: [1; 32], y: [2; 32] }).with_kid("a"),
                Jwk::new(PublicKey::P384 { x: [1; 48], y: [2; 48] }).with_kid("b"),
                Jwk::new(PublicKey::P521 { x: [1; 66], y: [2; 66] }).with_kid("c"),
                Jwk::new(PublicKey::Ed25519 { x: [1; 32] }).with_kid("d"),
            ],
        }
    }

    #[test]
    fn j10_unusable_keys_are_skipped() {
        let with = |member: &str| KEY.replace('}', &alloc::format!(",{member}}}"));
        let (private, encryption) = (with(r#""d":"AA""#), with(r#""use":"enc""#));
        let set = parse(&[&private, &encryption, "1", "{}", r#"{"kty":"oct","k":"AA"}"#, KEY]).unwrap();
        assert_eq!(set.keys().len(), 1);
        assert_eq!(parse(&[&private]).unwrap_err(), JwkError::UnusableSet);
        assert_eq!(parse(&[]).unwrap_err(), JwkError::UnusableSet);
    }

    #[test]
    fn j10_document_must_be_a_set() {
        for json in ["", "[]", "{}", r#"{"keys":{}}"#, r#"{"keys":null}"#, KEY] {
            assert_eq!(JwkSet::from_json(json.as_bytes()).unwrap_err(), JwkError::MalformedSet, "{json}");
        }
        assert!(JwkSet::from_json(alloc::format!("\n{{\"keys\":[{KEY}]}}\n").as_bytes()).is_ok());
    }

    #[test]
    fn j10_keys_of_a_spiffe_bundle_serve_where_it_is_one() {
        let of_use = |key_use: &str| KEY.replace('}', &alloc::format!(r#","use":"{key_use}"}}"#));
        let bundle = |keys: &[&str]| alloc::format!(r#"{{"spiffe_sequence":1,"keys":[{}]}}"#, keys.join(","));
        let (svid, x509) = (of_use("jwt-svid"), of_use("x509-svid"));
        let read = |keys: &[&str]| JwkSet::from_spiffe_bundle(bundle(keys).as_bytes()).map(|set| set.keys().len());
        assert_eq!(read(&[&x509, &svid, &of_use("sig"), &of_use("enc")]), Ok(2));
        assert_eq!(read(&[&x509]), Err(JwkError::UnusableSet));
        assert_eq!(JwkSet::from_json(bundle(&[&svid]).as_bytes()).unwrap_err(), JwkError::UnusableSet);
    }

    #[test]
    fn j22_number_of_keys_and_size_are_bounded() {
        assert_eq!(parse(&[KEY; 32]).unwrap().keys().len(), 32);
        assert_eq!(parse(&[KEY; 33]).unwrap_err(), JwkError::UnusableSet);
        let padded = alloc::format!(r#"{{"keys":[{KEY}],"pad":"{}"}}"#, "x".repeat(limits::JWK_SET));
        assert_eq!(JwkSet::from_json(padded.as_bytes()).unwrap_err(), JwkError::UnusableSet);
    }

    #[test]
    fn j18_published_set_holds_no_private_member() {
        let json = set().to_json();
        assert_eq!(JwkSet::from_json(json.as_bytes()).unwrap().keys(), set().keys());
        let document = Object::parse(json.as_bytes()).unwrap();
        let Some(Value::Array(keys)) = document.get("keys") else { panic!("an array") };
        keys.items(|key| -> Result<(), ()> {
            let Value::Object(key) = key else { panic!("an object") };
            for member in PRIVATE_MEMBERS {
                assert!(key.get(member).is_none(), "{member}");
            }
            Ok(())
        })
        .unwrap();
        assert!(json.contains(r#""alg":"PS256""#));
    }

    #[test]
    fn j18_get_head_and_options_only() {
        let response = set().respond("GET");
        assert_eq!(response.status, 200);
        assert_eq!(response.header("content-type").next(), Some("application/jwk-set+json"));
        assert_eq!(response.header("cache-control").next(), Some("public, max-age=600"));
        assert_eq!(response.body_text(), set().to_json());
        let head = set().respond("HEAD");
        assert_eq!((head.status, head.body.len()), (200, 0));
        for method in ["POST", "PUT", "DELETE", "get"] {
            let refused = set().respond(method);
            assert_eq!(refused.status, 405, "{method}");
            assert_eq!(refused.header("allow").next(), Some("GET, HEAD, OPTIONS"));
        }
        assert_eq!(set().respond("OPTIONS").status, 204);
    }
}
