//! Codes, refresh tokens and references: 256 random bits, of which stores only know the digest (EP-13).

use crate::crypto::{CryptoProvider, Entropy, EntropyError};
use crate::encoding::base64url;
use alloc::string::String;
use core::fmt;
use core::hash::{Hash, Hasher};
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

/// The length of a secret as text: 32 bytes in base64url.
const CHARACTERS: usize = 43;

/// A secret that this server issued or a client presented: 43 characters of base64url. Never printed, and zeroized.
///
/// All refresh tokens of a family begin with the same 16 bytes, which only its tokens have, and differ in the other 16.
/// A store can therefore find the family of any of them, even of spent ones, without keeping the spent tokens (RT-5).
#[derive(Clone)]
pub(crate) struct Secret {
    text: Zeroizing<String>,
    root: Zeroizing<[u8; 16]>,
}

impl Secret {
    /// Draws a new secret: 256 bits of the caller's entropy.
    pub(crate) fn draw(entropy: &mut dyn Entropy) -> Result<Self, EntropyError> {
        let mut bytes = Zeroizing::new([0; 32]);
        entropy.fill(bytes.as_mut_slice())?;
        Ok(Self::from_bytes(&bytes))
    }

    pub(crate) fn from_bytes(bytes: &[u8; 32]) -> Self {
        Self::from_parts(Zeroizing::new(base64url::encode(bytes)), bytes)
    }

    fn from_parts(text: Zeroizing<String>, bytes: &[u8; 32]) -> Self {
        let mut root = Zeroizing::new([0; 16]);
        root.iter_mut().zip(bytes).for_each(|(to, from)| *to = *from);
        Self { text, root }
    }

    /// Returns the refresh token that follows this one: of the same family, with these random or derived bytes for the
    /// rest. RT-3, RT-4.
    pub(crate) fn successor(&self, bytes: &[u8; 32]) -> Self {
        let mut next = Zeroizing::new(*bytes);
        next.iter_mut().zip(self.root.iter()).for_each(|(to, from)| *to = *from);
        Self::from_bytes(&next)
    }

    /// Parses a presented secret, if it can be one of ours at all. Checked before anything is hashed (EP-13).
    pub(crate) fn presented(text: &str) -> Option<Self> {
        if text.len() != CHARACTERS {
            return None;
        }
        let bytes = Zeroizing::new(base64url::decode_array::<32>(text.as_bytes()).ok()?);
        Some(Self::from_parts(Zeroizing::new(text.into()), &bytes))
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.text
    }

    pub(crate) fn digest(&self, provider: &dyn CryptoProvider) -> SecretDigest {
        SecretDigest(provider.sha256(&[self.text.as_bytes()]))
    }

    /// Returns the store's key of a refresh token.
    pub(crate) fn refresh_key(&self, provider: &dyn CryptoProvider) -> RefreshKey {
        let family = SecretDigest(provider.sha256(&[b"attesto refresh family:", self.root.as_slice()]));
        RefreshKey { family, token: self.digest(provider) }
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(..)")
    }
}

/// SHA-256 of a code, a refresh token or a reference, which is all that a store ever receives. Equality takes constant
/// time.
///
/// ```
/// use attesto_core::authorization::SecretDigest;
///
/// let digest = SecretDigest::from_bytes([7; 32]);
/// assert_eq!(digest.to_string().len(), 43); // as stores with text keys keep it
/// ```
#[derive(Clone, Copy, Eq)]
pub struct SecretDigest([u8; 32]);

impl SecretDigest {
    /// Creates a digest from its bytes.
    #[must_use]
    pub const fn from_bytes(digest: [u8; 32]) -> Self {
        Self(digest)
    }

    /// The digest, for stores that keep binary keys.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl PartialEq for SecretDigest {
    fn eq(&self, other: &Self) -> bool {
        self.0.ct_eq(&other.0).into()
    }
}

impl Hash for SecretDigest {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.hash(state);
    }
}

/// Writes 43 characters of base64url.
impl fmt::Display for SecretDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&base64url::encode(&self.0))
    }
}

/// Not printed, so that readers of logs cannot find the row.
impl fmt::Debug for SecretDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretDigest(..)")
    }
}

/// The store's key of a refresh token: the family, from the bytes that all its tokens share, and the single token.
///
/// Only tokens of the family lead to the right `family`. So a `token` that is not the family's current one was spent,
/// whichever it was, and stores need not keep spent tokens.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[expect(clippy::exhaustive_structs, reason = "a family's key, and a token's")]
pub struct RefreshKey {
    /// Equal for all tokens of a family.
    pub family: SecretDigest,
    /// Specific to this token.
    pub token: SecretDigest,
}

/// Identifies the tokens that descend from one authorization, which are revoked together (RFC 9700 §4.14.2).
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct FamilyId([u8; 16]);

impl FamilyId {
    /// Creates an identifier from bytes that a store kept.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }

    /// The bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }

    pub(crate) fn draw(entropy: &mut dyn Entropy) -> Result<Self, EntropyError> {
        let mut bytes = [0; 16];
        entropy.fill(&mut bytes)?;
        Ok(Self(bytes))
    }
}

/// Writes 22 characters of base64url.
impl fmt::Display for FamilyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&base64url::encode(&self.0))
    }
}

#[cfg(test)]
#[cfg(feature = "rust-crypto")]
mod tests {
    use super::*;
    use crate::crypto::RustCrypto;
    use alloc::format;
    use alloc::string::ToString;

    #[test]
    fn ep13_a_secret_is_256_bits_of_the_callers_entropy() {
        let mut counter = 0u8;
        let mut asked = 0;
        let mut entropy = |out: &mut [u8]| {
            asked += out.len();
            out.fill_with(|| {
                counter += 1;
                counter
            });
            Ok(())
        };
        let (first, second) = (Secret::draw(&mut entropy).unwrap(), Secret::draw(&mut entropy).unwrap());
        assert_eq!((first.as_str().len(), asked), (43, 64));
        assert_ne!(first.as_str(), second.as_str());
        assert!(Secret::draw(&mut |_: &mut [u8]| Err(EntropyError)).is_err());
    }

    #[test]
    fn ep13_what_cannot_be_a_secret_is_not_hashed() {
        let good = Secret::from_bytes(&[9; 32]);
        assert_eq!(Secret::presented(good.as_str()).unwrap().as_str(), good.as_str());
        let longer = format!("{}A", good.as_str());
        let other_tail = format!("{}B", &good.as_str()[..42]);
        for bad in ["", "x", &longer, &other_tail, &good.as_str()[1..], &good.as_str().replace('C', "+")] {
            assert!(Secret::presented(bad).is_none(), "{bad}");
        }
    }

    #[test]
    fn ep13_stores_see_the_sha_256_of_the_text() {
        let secret = Secret::from_bytes(&[0; 32]);
        let expected = RustCrypto::new().sha256(&[secret.as_str().as_bytes()]);
        assert_eq!(secret.digest(&RustCrypto::new()), SecretDigest::from_bytes(expected));
    }

    #[test]
    fn rt5_tokens_of_a_family_share_one_half_that_no_store_learns() {
        let provider = RustCrypto::new();
        let first = Secret::from_bytes(&[9; 32]);
        let second = first.successor(&[4; 32]);
        let mut expected = [4; 32];
        expected[..16].fill(9);
        assert_eq!(second.as_str(), base64url::encode(&expected));
        let [one, two] = [&first, &second].map(|secret| secret.refresh_key(&provider));
        assert_eq!(one.family, two.family);
        assert_ne!(one.token, two.token);
        assert_eq!(two.token, second.digest(&provider));
        let stranger = Secret::from_bytes(&[4; 32]).refresh_key(&provider);
        assert_ne!(stranger.family, one.family);
        let shown = Secret::presented(second.as_str()).unwrap();
        assert_eq!(shown.refresh_key(&provider), two);
        assert_eq!(shown.successor(&[4; 32]).as_str(), second.as_str());
    }

    #[test]
    fn ep13_digests_compare_every_byte() {
        for at in 0..32 {
            let mut other = [3; 32];
            other[at] ^= 0x80;
            assert_ne!(SecretDigest::from_bytes([3; 32]), SecretDigest::from_bytes(other), "{at}");
        }
    }

    #[test]
    fn ev2_nothing_secret_is_shown() {
        assert_eq!(format!("{:?}", Secret::from_bytes(&[1; 32])), "Secret(..)");
        assert_eq!(format!("{:?}", SecretDigest::from_bytes([1; 32])), "SecretDigest(..)");
        assert_eq!(FamilyId::from_bytes([0; 16]).to_string(), "AAAAAAAAAAAAAAAAAAAAAA");
    }
}
