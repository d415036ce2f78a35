//! Secrets that a server generates for its clients: 256 random bits, of which a store keeps a digest (RFC 6749 §10.10;
//! CA-11, HC-1).

use super::question::SecretCheck;
use crate::authorization::secret::{Secret, SecretDigest};
use crate::crypto::{CryptoProvider, Entropy, EntropyError};
use core::fmt;

/// A generated client secret: 43 characters of `A-Za-z0-9-_`, which are the same however a client encodes them
/// (RFC 6749 §2.3.1).
///
/// It has 256 random bits and cannot be guessed, so one SHA-256 is as good as a slow hash. Show it to the client's
/// owner once, and store its [`digest`](Self::digest).
///
/// ```
/// # use attesto_core::crypto::{EntropyError, RustCrypto};
/// # fn entropy(out: &mut [u8]) -> Result<(), EntropyError> { out.fill(9); Ok(()) }
/// use attesto_core::authorization::{ClientSecret, ClientSecrets};
///
/// let provider = RustCrypto::new();
/// let secret = ClientSecret::draw(&mut entropy)?; // yours: the system's randomness
/// let registered = ClientSecrets::new(secret.digest(&provider));
/// assert!(registered.have(secret.as_str(), &provider));
/// assert!(!registered.have("another", &provider));
/// # Ok::<(), EntropyError>(())
/// ```
#[derive(Clone)]
pub struct ClientSecret(Secret);

impl ClientSecret {
    /// Draws a new secret.
    ///
    /// # Errors
    /// Fails if the entropy source fails.
    pub fn draw(entropy: &mut dyn Entropy) -> Result<Self, EntropyError> {
        Secret::draw(entropy).map(Self)
    }

    /// The text, for the client's owner. Never log it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }

    /// The SHA-256 of the secret, to store.
    #[must_use]
    pub fn digest(&self, provider: &dyn CryptoProvider) -> SecretDigest {
        self.0.digest(provider)
    }
}

impl fmt::Debug for ClientSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ClientSecret(..)")
    }
}

/// The digests of one client's valid secrets: one, or two while its owner changes from the old one to the new one.
///
/// A check costs one SHA-256 and two comparisons in constant time, whether the client exists, whether it has two
/// secrets, and whether the secret is right. So an attacker cannot keep a server busy with it, nor learn from the time
/// which clients exist (CA-11). It is too fast for secrets that people chose: those need a slow hash, see
/// [`ClientStore`](crate::host::ClientStore).
#[derive(Clone, Copy, Debug)]
pub struct ClientSecrets {
    current: SecretDigest,
    previous: Option<SecretDigest>,
}

impl ClientSecrets {
    /// Creates a set with the one secret of this digest.
    #[must_use]
    pub const fn new(current: SecretDigest) -> Self {
        Self { current, previous: None }
    }

    /// Adds a new current secret. The former current one stays valid, an older one does not.
    #[must_use]
    pub const fn rotated(self, next: SecretDigest) -> Self {
        Self { current: next, previous: Some(self.current) }
    }

    /// Keeps only the newest secret: after its owner has changed to it, or at once if the older one was lost.
    #[must_use]
    pub const fn settled(self) -> Self {
        Self::new(self.current)
    }

    /// The digest of the newest secret, for a store.
    #[must_use]
    pub const fn current(&self) -> &SecretDigest {
        &self.current
    }

    /// The digest of the former secret, for a store, if it is still valid.
    #[must_use]
    pub const fn previous(&self) -> Option<&SecretDigest> {
        self.previous.as_ref()
    }

    /// Whether this is one of the secrets.
    #[must_use]
    pub fn have(&self, presented: &str, provider: &dyn CryptoProvider) -> bool {
        one_of(Some(self), presented, provider)
    }

    /// Answers [`verify_client_secret`](crate::host::ClientStore::verify_client_secret) from the digests stored for the
    /// client in the check. Pass `None` if the check names no client, or one without secrets; the result is then
    /// `false`, after the same work.
    #[must_use]
    pub fn verify(stored: Option<&Self>, check: &SecretCheck, provider: &dyn CryptoProvider) -> bool {
        let stored = stored.filter(|_| check.client_id.is_some());
        one_of(stored, &check.secret, provider)
    }
}

/// Whether this is one of the secrets. A text that cannot be one is not hashed (EP-13), which depends on the presented
/// text only, not on a client.
fn one_of(stored: Option<&ClientSecrets>, presented: &str, provider: &dyn CryptoProvider) -> bool {
    let Some(presented) = Secret::presented(presented) else { return false };
    let digest = presented.digest(provider);
    // Always two comparisons. A missing digest is replaced by one for which no text is known.
    let nothing = SecretDigest::from_bytes([0; 32]);
    let current = digest == stored.map_or(nothing, |stored| stored.current);
    let previous = digest == stored.and_then(|stored| stored.previous).unwrap_or(nothing);
    (current | previous) & stored.is_some()
}

#[cfg(test)]
#[cfg(feature = "rust-crypto")]
mod tests {
    use super::*;
    use crate::crypto::RustCrypto;
    use alloc::format;
    use zeroize::Zeroizing;

    fn secret(seed: u8) -> ClientSecret {
        let mut entropy = |out: &mut [u8]| {
            out.fill(seed);
            Ok(())
        };
        ClientSecret::draw(&mut entropy).unwrap()
    }

    fn digest(seed: u8) -> SecretDigest {
        secret(seed).digest(&RustCrypto::new())
    }

    fn check(client_id: Option<&str>, secret: &str) -> SecretCheck {
        SecretCheck::new(client_id.map(Into::into), Zeroizing::new(secret.into()))
    }

    #[test]
    fn ca11_a_made_secret_means_the_same_in_a_form_and_is_not_shown() {
        let secret = secret(0xfb);
        assert_eq!(secret.as_str().len(), 43);
        assert_eq!(crate::encoding::form::encode(secret.as_str()), secret.as_str());
        assert_eq!(format!("{secret:?}"), "ClientSecret(..)");
        assert!(!format!("{:?}", ClientSecrets::new(digest(1))).contains(&format!("{}", digest(1))));
        assert!(ClientSecret::draw(&mut |_: &mut [u8]| Err(EntropyError)).is_err());
    }

    #[test]
    fn ca11_only_the_secret_is_the_secret() {
        let (provider, stored) = (RustCrypto::new(), ClientSecrets::new(digest(1)));
        let right = secret(1);
        assert!(stored.have(right.as_str(), &provider));
        let longer = format!("{}A", right.as_str());
        for wrong in ["", "x", secret(2).as_str(), &longer, &right.as_str()[1..], &format!("{}", digest(1))] {
            assert!(!stored.have(wrong, &provider), "{wrong}");
        }
    }

    #[test]
    fn ca11_an_unknown_clients_secret_never_matches() {
        let (provider, stored) = (RustCrypto::new(), ClientSecrets::new(digest(1)));
        let right = secret(1);
        assert!(ClientSecrets::verify(Some(&stored), &check(Some("job"), right.as_str()), &provider));
        assert!(!ClientSecrets::verify(Some(&stored), &check(Some("job"), secret(2).as_str()), &provider));
        assert!(!ClientSecrets::verify(None, &check(Some("job"), right.as_str()), &provider));
        assert!(!ClientSecrets::verify(None, &check(None, right.as_str()), &provider));
        assert!(!ClientSecrets::verify(Some(&stored), &check(None, right.as_str()), &provider), "no client is named");
    }

    #[test]
    fn hc1_two_secrets_live_at_once_while_one_follows_the_other() {
        let (provider, first) = (RustCrypto::new(), ClientSecrets::new(digest(1)));
        let have = |secrets: ClientSecrets| [1, 2, 3].map(|seed| secrets.have(secret(seed).as_str(), &provider));
        assert_eq!(have(first), [true, false, false]);
        let both = first.rotated(digest(2));
        assert_eq!(have(both), [true, true, false]);
        assert_eq!((both.current(), both.previous()), (&digest(2), Some(&digest(1))));
        assert_eq!(have(both.settled()), [false, true, false]);
        assert_eq!(have(both.rotated(digest(3))), [false, true, true], "never more than two");
    }
}
