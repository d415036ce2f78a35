//! Proof Key for Code Exchange, S256 only (RFC 7636; AZ-15, AC-4).
//!
//! ```
//! use attesto_core::crypto::RustCrypto;
//! use attesto_core::pkce::{CodeChallenge, CodeVerifier};
//!
//! // RFC 7636 appendix B
//! let challenge = CodeChallenge::parse("E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM").ok_or("challenge")?;
//! let verifier = CodeVerifier::parse("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk").ok_or("verifier")?;
//! assert!(challenge.is_met_by(&verifier, &RustCrypto::new()));
//! # Ok::<(), &str>(())
//! ```

use crate::crypto::CryptoProvider;
use crate::jose::Thumbprint;
use alloc::string::String;
use core::fmt;
use zeroize::Zeroizing;

/// A code challenge of method S256: a SHA-256 digest as 43 characters of canonical base64url (RFC 7636 §4.2).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct CodeChallenge(Thumbprint);

impl CodeChallenge {
    /// Reads a challenge; `None` for anything but 43 canonical characters.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Thumbprint::parse(text).map(Self)
    }

    /// Builds a challenge from digest bytes that a store kept.
    #[must_use]
    pub const fn from_bytes(digest: [u8; 32]) -> Self {
        Self(Thumbprint::from_bytes(digest))
    }

    /// The digest.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 32] {
        self.0.as_bytes()
    }

    /// Whether the verifier matches this challenge; compared in constant time (RFC 7636 §4.6).
    #[must_use]
    pub fn is_met_by(&self, verifier: &CodeVerifier, provider: &dyn CryptoProvider) -> bool {
        Thumbprint::from_bytes(provider.sha256(&[verifier.0.as_bytes()])) == self.0
    }
}

/// Writes 43 characters of base64url.
impl fmt::Display for CodeChallenge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A code verifier of 43 to 128 characters; unreserved ones unless read by [`parse_printable`](Self::parse_printable)
/// (RFC 7636 §4.1). Zeroized and never printed.
#[derive(Clone)]
pub struct CodeVerifier(Zeroizing<String>);

impl CodeVerifier {
    /// Reads a verifier; `None` if its length or a character is wrong.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::parse_printable(text).filter(Self::is_unreserved)
    }

    /// Reads a verifier with any printable ASCII characters except spaces. Some clients in use send random text in
    /// Base64 with its padding. Only its hash is compared, and hashing accepts any bytes.
    #[must_use]
    pub fn parse_printable(text: &str) -> Option<Self> {
        let fits = (43..=128).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic());
        fits.then(|| Self(Zeroizing::new(text.into())))
    }

    /// Whether it has only the characters of RFC 7636 §4.1: `A-Za-z0-9-._~`.
    #[must_use]
    pub fn is_unreserved(&self) -> bool {
        let unreserved = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~');
        self.0.bytes().all(unreserved)
    }

    /// Computes the challenge of this verifier, for clients.
    #[must_use]
    pub fn challenge(&self, provider: &dyn CryptoProvider) -> CodeChallenge {
        CodeChallenge(Thumbprint::from_bytes(provider.sha256(&[self.0.as_bytes()])))
    }
}

impl fmt::Debug for CodeVerifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CodeVerifier(..)")
    }
}

#[cfg(test)]
#[cfg(feature = "rust-crypto")]
mod tests {
    use super::*;
    use crate::crypto::RustCrypto;
    use alloc::format;

    #[test]
    fn az15_a_challenge_is_43_canonical_characters() {
        let good = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
        assert!(CodeChallenge::parse(good).is_some());
        for bad in
            ["", &good[1..], &format!("{good}A"), &format!("{good}="), &good.replace('M', "N"), &good.replace('-', "+")]
        {
            assert!(CodeChallenge::parse(bad).is_none(), "{bad}");
        }
    }

    #[test]
    fn ac4_a_verifier_is_43_to_128_unreserved_characters() {
        for good in ["a".repeat(43), "~".repeat(128), "-._~".repeat(11)] {
            assert!(CodeVerifier::parse(&good).is_some(), "{good}");
        }
        for bad in [
            "a".repeat(42),
            "a".repeat(129),
            format!("{}+", "a".repeat(50)),
            format!("{}é", "a".repeat(50)),
            "a b".repeat(20),
        ] {
            assert!(CodeVerifier::parse(&bad).is_none(), "{bad}");
        }
    }

    #[test]
    fn ac4_a_printable_verifier_has_no_spaces_and_the_same_length() {
        for good in ["+/=".repeat(15), "!".repeat(43), "~".repeat(128)] {
            let read = CodeVerifier::parse_printable(&good);
            assert_eq!(read.map(|read| read.is_unreserved()), Some(good.starts_with('~')), "{good}");
        }
        for bad in [
            "=".repeat(42),
            "=".repeat(129),
            format!("{} ", "a".repeat(50)),
            format!("{}\u{7f}", "a".repeat(50)),
            "é".repeat(25),
        ] {
            assert!(CodeVerifier::parse_printable(&bad).is_none(), "{bad}");
        }
    }

    #[test]
    fn ac4_another_verifier_does_not_meet_the_challenge() {
        let provider = RustCrypto::new();
        let verifier = CodeVerifier::parse(&"a".repeat(43)).unwrap();
        let other = CodeVerifier::parse(&"b".repeat(43)).unwrap();
        assert!(verifier.challenge(&provider).is_met_by(&verifier, &provider));
        assert!(!verifier.challenge(&provider).is_met_by(&other, &provider));
        // The plain method is never accepted: the challenge is not its own verifier.
        let text = format!("{}", verifier.challenge(&provider));
        assert!(!verifier.challenge(&provider).is_met_by(&CodeVerifier::parse(&text).unwrap(), &provider));
        assert_eq!(format!("{verifier:?}"), "CodeVerifier(..)");
    }
}
