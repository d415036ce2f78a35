//! Stateless nonces (RFC 9449 §8, §9; R5 to R7, D14, D15).
//!
//! A nonce is the second in which it was made, and a MAC over it under a secret that all instances share: 128 bits that
//! cannot be guessed without the secret. Clients may request any number of nonces without filling a store. Until it
//! expires, a nonce is valid for any number of requests, so that a client's parallel requests work.

use crate::crypto::CryptoProvider;
use crate::encoding::base64url;
use crate::{ConfigError, Timestamp};
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;
use core::time::Duration;
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

const VERSION: u8 = 1;
const MAC: usize = 16;
const LENGTH: usize = 1 + 8 + MAC;
/// How far the clocks of two instances may differ.
const CLOCK_SKEW: u64 = 5;

/// Which server a nonce is for: a resource server's nonces are invalid at a token endpoint (R7).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum NonceUse {
    /// RFC 9449 §9.
    ResourceServer,
    /// RFC 9449 §8.
    AuthorizationServer,
}

impl NonceUse {
    const fn label(self) -> &'static [u8] {
        match self {
            Self::ResourceServer => b"attesto dpop nonce: resource server",
            Self::AuthorizationServer => b"attesto dpop nonce: authorization server",
        }
    }
}

/// A secret shared by all instances of a server: 32 bytes from a secure source. Zeroized when dropped.
#[derive(Clone)]
pub struct NonceSecret(Zeroizing<[u8; 32]>);

impl NonceSecret {
    /// Creates a secret from 32 random bytes.
    #[must_use]
    pub fn new(secret: [u8; 32]) -> Self {
        Self(Zeroizing::new(secret))
    }
}

impl fmt::Debug for NonceSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("NonceSecret(..)")
    }
}

/// How old an accepted nonce is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum NonceAge {
    /// In the first half of its life.
    Fresh,
    /// In the second half: time to send a new one.
    PastHalf,
}

/// Makes nonces and checks them.
///
/// ```
/// use attesto_core::Timestamp;
/// use attesto_core::crypto::RustCrypto;
/// use attesto_core::dpop::{NonceAge, NonceIssuer, NonceSecret, NonceUse};
///
/// let nonces = NonceIssuer::new(NonceUse::ResourceServer, NonceSecret::new([7; 32]));
/// let now = Timestamp::from_secs(1_700_000_000);
/// let nonce = nonces.issue(&RustCrypto::new(), now);
/// assert_eq!(nonces.check(&RustCrypto::new(), &nonce, now.plus(10)), Some(NonceAge::Fresh));
/// assert_eq!(nonces.check(&RustCrypto::new(), &nonce, now.plus(301)), None);
/// ```
#[derive(Clone, Debug)]
pub struct NonceIssuer {
    use_: NonceUse,
    current: NonceSecret,
    previous: Vec<NonceSecret>,
    lifetime: u64,
}

impl NonceIssuer {
    /// Issues under this secret; nonces live for 300 seconds.
    #[must_use]
    pub const fn new(use_: NonceUse, current: NonceSecret) -> Self {
        Self { use_, current, previous: Vec::new(), lifetime: 300 }
    }

    /// Still accepts nonces made under an earlier secret. To rotate: deploy the new secret as previous everywhere, then as
    /// current, then drop the old one after a lifetime.
    #[must_use]
    pub fn previous(mut self, secret: NonceSecret) -> Self {
        self.previous.push(secret);
        self
    }

    /// Whether the nonces are for the endpoints of an authorization server.
    #[cfg(feature = "std")]
    pub(crate) const fn is_for_authorization_server(&self) -> bool {
        matches!(self.use_, NonceUse::AuthorizationServer)
    }

    pub(crate) const fn nonce_use(&self) -> NonceUse {
        self.use_
    }

    /// Sets how long a nonce lives, in whole seconds.
    ///
    /// # Errors
    /// Fails outside 10 seconds to one day.
    pub fn lifetime(mut self, lifetime: Duration) -> Result<Self, ConfigError> {
        if !(10..=86_400).contains(&lifetime.as_secs()) {
            return Err(ConfigError::new("nonce.lifetime", "must be between 10 seconds and a day"));
        }
        self.lifetime = lifetime.as_secs();
        Ok(self)
    }

    /// Makes a nonce: 34 characters of base64url, which are all NQCHAR (§8.1).
    #[must_use]
    pub fn issue(&self, provider: &dyn CryptoProvider, now: Timestamp) -> String {
        let issued = now.as_secs().to_be_bytes();
        let mut nonce = Vec::with_capacity(LENGTH);
        nonce.push(VERSION);
        nonce.extend_from_slice(&issued);
        nonce.extend_from_slice(&self.mac(&self.current, issued, provider));
        base64url::encode(&nonce)
    }

    /// Returns the age of one of our nonces; `None` if it is not ours or has expired, without distinguishing the two.
    #[must_use]
    pub fn check(&self, provider: &dyn CryptoProvider, nonce: &str, now: Timestamp) -> Option<NonceAge> {
        let bytes: [u8; LENGTH] = base64url::decode_array(nonce.as_bytes()).ok()?;
        let (version, rest) = bytes.split_first()?;
        let (issued, mac) = rest.split_first_chunk::<8>()?;
        let mut secrets = core::iter::once(&self.current).chain(&self.previous);
        if *version != VERSION || !secrets.any(|secret| self.mac(secret, *issued, provider).ct_eq(mac).into()) {
            return None;
        }
        let issued = Timestamp::from_secs(u64::from_be_bytes(*issued));
        if issued > now.plus(CLOCK_SKEW) || now.since(issued) > self.lifetime {
            return None;
        }
        Some(if now.since(issued) > self.lifetime / 2 { NonceAge::PastHalf } else { NonceAge::Fresh })
    }

    fn mac(&self, secret: &NonceSecret, issued: [u8; 8], provider: &dyn CryptoProvider) -> [u8; MAC] {
        let whole = provider.hmac_sha256(&secret.0, &[self.use_.label(), &[VERSION], &issued]);
        let mut mac = [0; MAC];
        for (byte, from) in mac.iter_mut().zip(whole) {
            *byte = from;
        }
        mac
    }
}

#[cfg(test)]
#[cfg(feature = "rust-crypto")]
mod tests {
    use super::*;
    use crate::crypto::RustCrypto;
    use NonceUse::{AuthorizationServer, ResourceServer};

    const CRYPTO: RustCrypto = RustCrypto::new();
    const NOW: Timestamp = Timestamp::from_secs(1_000_000);

    fn issuer(byte: u8) -> NonceIssuer {
        NonceIssuer::new(ResourceServer, NonceSecret::new([byte; 32]))
    }

    #[test]
    fn r5_nonce_lives_for_its_lifetime_and_no_longer() {
        let nonce = issuer(1).issue(&CRYPTO, NOW);
        let check = |now| issuer(1).check(&CRYPTO, &nonce, now);
        assert_eq!(check(NOW), Some(NonceAge::Fresh));
        assert_eq!(check(NOW.plus(150)), Some(NonceAge::Fresh));
        assert_eq!(check(NOW.plus(151)), Some(NonceAge::PastHalf));
        assert_eq!(check(NOW.plus(300)), Some(NonceAge::PastHalf));
        assert_eq!(check(NOW.plus(301)), None);
        assert_eq!(check(NOW.minus(5)), Some(NonceAge::Fresh));
        assert_eq!(check(NOW.minus(6)), None);
    }

    #[test]
    fn r6_secret_rotates_without_a_gap() {
        let old = issuer(1).issue(&CRYPTO, NOW);
        assert_eq!(issuer(2).check(&CRYPTO, &old, NOW), None);
        let rotated = issuer(2).previous(NonceSecret::new([1; 32]));
        assert_eq!(rotated.check(&CRYPTO, &old, NOW), Some(NonceAge::Fresh));
        assert_eq!(issuer(2).check(&CRYPTO, &rotated.issue(&CRYPTO, NOW), NOW), Some(NonceAge::Fresh));
    }

    #[test]
    fn r7_uses_are_separate_namespaces() {
        let nonce = issuer(1).issue(&CRYPTO, NOW);
        let other = NonceIssuer::new(AuthorizationServer, NonceSecret::new([1; 32]));
        assert_eq!(other.check(&CRYPTO, &nonce, NOW), None);
        assert_eq!(other.check(&CRYPTO, &other.issue(&CRYPTO, NOW), NOW), Some(NonceAge::Fresh));
    }

    #[test]
    fn d14_nothing_but_our_own_nonce_is_accepted() {
        let nonce = issuer(1).issue(&CRYPTO, NOW);
        let bytes: [u8; LENGTH] = base64url::decode_array(nonce.as_bytes()).unwrap();
        for index in 0..LENGTH {
            let mut changed = bytes;
            changed[index] ^= 1;
            assert_eq!(issuer(1).check(&CRYPTO, &base64url::encode(&changed), NOW), None, "byte {index}");
        }
        for wrong in ["", "x", &nonce[1..], &alloc::format!("{nonce}A"), &"A".repeat(100_000)] {
            assert_eq!(issuer(1).check(&CRYPTO, wrong, NOW), None);
        }
    }

    #[test]
    fn d15_nonce_is_nqchar() {
        let nonce = issuer(1).issue(&CRYPTO, Timestamp::from_secs(u64::MAX));
        assert!(nonce.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_'));
        assert_eq!(nonce.len(), 34);
    }

    #[test]
    fn r5_lifetime_is_bounded() {
        assert!(issuer(1).lifetime(Duration::from_secs(9)).is_err());
        assert!(issuer(1).lifetime(Duration::from_secs(86_401)).is_err());
        assert!(issuer(1).lifetime(Duration::from_secs(10)).is_ok());
    }

    #[test]
    fn secret_is_not_shown() {
        assert!(!alloc::format!("{:?}", issuer(73)).contains("73"));
    }
}
