//! SHA-256 thumbprints: `jkt`, `x5t#S256`, `ath` (RFC 7638 §3, RFC 8705 §3.1, RFC 9449 §4.2).

use crate::crypto::PublicKey;
use crate::encoding::base64url;
use crate::encoding::text::ShortText;
use alloc::string::String;
use core::fmt;
use subtle::ConstantTimeEq;

/// A SHA-256 digest, written as 43 characters of base64url. Equality takes constant time.
///
/// ```
/// use attesto_core::jose::Thumbprint;
///
/// let jkt = Thumbprint::parse("0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I");
/// assert!(jkt.is_some());
/// assert!(Thumbprint::parse("0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4J").is_none()); // trailing bits
/// ```
#[derive(Clone, Copy, Eq)]
pub struct Thumbprint([u8; 32]);

impl Thumbprint {
    /// Creates a thumbprint from digest bytes.
    #[must_use]
    pub const fn from_bytes(digest: [u8; 32]) -> Self {
        Self(digest)
    }

    /// Computes the thumbprint of a public key: SHA-256 over the required members, in lexicographic order and without
    /// white space. RFC 7638 §3; J16. The members are canonical by construction, so one key has one thumbprint.
    pub(super) fn from_key(key: &PublicKey, sha256: impl FnOnce(&[&[u8]]) -> [u8; 32]) -> Self {
        // The text of the largest accepted RSA key fits; EC and Ed25519 keys need at most 250 bytes.
        match key {
            PublicKey::Rsa { .. } => Self(sha256(&[required_members::<1440>(key).as_bytes()])),
            PublicKey::P256 { .. } | PublicKey::P384 { .. } | PublicKey::P521 { .. } | PublicKey::Ed25519 { .. } => {
                Self(sha256(&[required_members::<256>(key).as_bytes()]))
            }
        }
    }

    /// Parses 43 characters of canonical base64url; `None` for anything else (J16).
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        base64url::decode_array(text.as_bytes()).ok().map(Self)
    }

    /// The digest.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// Writes the 43 characters.
    #[must_use]
    pub fn to_base64url(&self) -> String {
        base64url::encode(&self.0)
    }
}

/// Writes the required members of RFC 7638 §3.2.
fn required_members<const N: usize>(key: &PublicKey) -> ShortText<N> {
    let mut text = ShortText::new();
    match key {
        PublicKey::P256 { x, y } => ec(&mut text, b"P-256", x, y),
        PublicKey::P384 { x, y } => ec(&mut text, b"P-384", x, y),
        PublicKey::P521 { x, y } => ec(&mut text, b"P-521", x, y),
        PublicKey::Ed25519 { x } => {
            text.push(br#"{"crv":"Ed25519","kty":"OKP","x":""#);
            text.push_base64url(x);
        }
        PublicKey::Rsa { n, e } => {
            text.push(br#"{"e":""#);
            text.push_base64url(e);
            text.push(br#"","kty":"RSA","n":""#);
            text.push_base64url(n);
        }
    }
    text.push(b"\"}");
    text
}

fn ec<const N: usize>(text: &mut ShortText<N>, curve: &[u8], x: &[u8], y: &[u8]) {
    text.push(br#"{"crv":""#);
    text.push(curve);
    text.push(br#"","kty":"EC","x":""#);
    text.push_base64url(x);
    text.push(br#"","y":""#);
    text.push_base64url(y);
}

impl PartialEq for Thumbprint {
    fn eq(&self, other: &Self) -> bool {
        self.0.ct_eq(&other.0).into()
    }
}

impl fmt::Display for Thumbprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.to_base64url())
    }
}

impl fmt::Debug for Thumbprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Thumbprint({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::jose::Jwk;
    use alloc::string::ToString;
    use alloc::vec::Vec;

    /// The hashed text.
    fn hashed(jwk: &str) -> String {
        let mut hashed = String::new();
        Jwk::from_json(jwk.as_bytes()).unwrap().thumbprint(|parts| {
            hashed = String::from_utf8(parts.concat()).unwrap();
            [0; 32]
        });
        hashed
    }

    #[test]
    fn j16_required_members_in_lexicographic_order() {
        assert_eq!(
            hashed(
                r#"{"kid":"k","y":"9VE4jf_Ok_o64zbTTlcuNJajHmt6v9TDVrU0CdvGRDA","x":"l8tFrhx-34tV3hRICRDY9zCkDlpBhF42UQUfWVAWBFs","kty":"EC","crv":"P-256"}"#
            ),
            r#"{"crv":"P-256","kty":"EC","x":"l8tFrhx-34tV3hRICRDY9zCkDlpBhF42UQUfWVAWBFs","y":"9VE4jf_Ok_o64zbTTlcuNJajHmt6v9TDVrU0CdvGRDA"}"#
        );
        assert_eq!(hashed(r#"{"n":"AQAB","kty":"RSA","e":"AQAB"}"#), r#"{"e":"AQAB","kty":"RSA","n":"AQAB"}"#);
        let okp = r#"{"crv":"Ed25519","kty":"OKP","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}"#;
        assert_eq!(hashed(okp), okp);
    }

    #[test]
    fn j16_text_form_is_43_canonical_characters() {
        let text = "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I";
        assert_eq!(Thumbprint::parse(text).unwrap().to_string(), text);
        let mut wrong: Vec<String> =
            alloc::vec![text[..42].into(), alloc::format!("{text}A"), alloc::format!("{text}=")];
        wrong.push(text.replace('I', "J"));
        wrong.push(text.replace('-', "+"));
        wrong.push(String::new());
        for text in wrong {
            assert!(Thumbprint::parse(&text).is_none(), "{text}");
        }
    }

    #[test]
    fn equality_sees_every_byte() {
        for index in 0..32 {
            let mut other = [7; 32];
            other[index] ^= 1;
            assert_ne!(Thumbprint::from_bytes([7; 32]), Thumbprint::from_bytes(other), "{index}");
        }
        assert_eq!(Thumbprint::from_bytes([7; 32]), Thumbprint::from_bytes([7; 32]));
    }
}
