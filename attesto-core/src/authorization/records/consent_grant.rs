//! Consent grants, as a store keeps them (AZ-26).

use super::request::AuthorizationRequest;
use crate::Timestamp;
use crate::authorization::scopes::ScopeSet;
use crate::authorization::secret::{Secret, SecretDigest};
use crate::crypto::{CryptoProvider, Entropy, EntropyError};
use crate::encoding::{base64url, form};
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt;

/// What exactly a user is asked to allow, as a digest: user, client, redirect URI, scopes, resources and PKCE challenge
/// (AZ-26). It is no secret, and may travel through a form.
///
/// ```
/// use attesto_core::authorization::ConsentBinding;
///
/// let binding = ConsentBinding::from_bytes([7; 32]);
/// assert_eq!(ConsentBinding::parse(&binding.to_string()), Some(binding));
/// ```
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct ConsentBinding([u8; 32]);

impl ConsentBinding {
    /// Computes SHA-256 over the values, each prefixed with its length, so that different requests have different
    /// inputs.
    pub(crate) fn new(
        provider: &dyn CryptoProvider,
        subject: &str,
        client_id: &str,
        request: &AuthorizationRequest,
    ) -> Self {
        let mut scopes: Vec<&str> = request.scopes.iter().collect();
        scopes.sort_unstable();
        // What ties the code to the client's session: the challenge, or its replacement.
        let (challenge, method) = match (&request.challenge, &request.nonce) {
            (Some(challenge), _) => (challenge.to_string(), "S256"),
            (None, Some(nonce)) => (nonce.clone(), "nonce"),
            (None, None) => (String::new(), ""),
        };
        let mut framed = Vec::from(*b"attesto consent:");
        let groups: [&[&str]; 3] = [
            &[subject, client_id, &request.redirect_uri, &challenge, method],
            &scopes,
            &request.resources.iter().map(String::as_str).collect::<Vec<_>>(),
        ];
        for group in groups {
            push_length(&mut framed, group.len());
            for value in group {
                push_length(&mut framed, value.len());
                framed.extend_from_slice(value.as_bytes());
            }
        }
        Self(provider.sha256(&[&framed]))
    }

    /// Creates a binding from bytes that a store kept.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// Its bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// Parses the output of [`Display`](fmt::Display).
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        base64url::decode_array(text.as_bytes()).ok().map(Self)
    }
}

/// 43 characters of base64url.
impl fmt::Display for ConsentBinding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&base64url::encode(&self.0))
    }
}

fn push_length(framed: &mut Vec<u8>, length: usize) {
    framed.extend_from_slice(&u64::try_from(length).unwrap_or(u64::MAX).to_be_bytes());
}

/// A user's consent, given once and valid for one authorization (AZ-26).
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct ConsentGrant {
    /// The digest of what was asked.
    pub binding: ConsentBinding,
    /// The user who gave it.
    pub subject: String,
    /// The allowed scopes: all or some of those requested.
    pub scopes: ScopeSet,
    /// Valid while `now < expires_at`.
    pub expires_at: Timestamp,
}

impl ConsentGrant {
    /// Creates a grant from its parts.
    #[must_use]
    pub fn new(binding: ConsentBinding, subject: impl Into<String>, scopes: ScopeSet, expires_at: Timestamp) -> Self {
        Self { binding, subject: subject.into(), scopes, expires_at }
    }
}

/// A consent grant to spend, in one step, if it is unspent, unexpired and has this binding.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[expect(clippy::exhaustive_structs, reason = "a key, what it must be for, and the time")]
pub struct ConsentRedemption {
    /// Its key.
    pub digest: SecretDigest,
    /// The digest of what is asked now.
    pub binding: ConsentBinding,
    /// The time of the request.
    pub now: Timestamp,
}

/// A new consent grant: the record to store, and the way back with it. Made by
/// [`AuthorizationServer::grant_consent`](crate::authorization::AuthorizationServer::grant_consent).
#[derive(Clone, Debug)]
#[must_use = "store the grant before the browser comes back with it"]
pub struct NewConsentGrant {
    secret: Secret,
    digest: SecretDigest,
    grant: ConsentGrant,
}

impl NewConsentGrant {
    pub(crate) fn draw(
        grant: ConsentGrant,
        provider: &dyn CryptoProvider,
        entropy: &mut dyn Entropy,
    ) -> Result<Self, EntropyError> {
        let secret = Secret::draw(entropy)?;
        let digest = secret.digest(provider);
        Ok(Self { secret, digest, grant })
    }

    /// A row for the tests of a store, under a digest of the test's choice. No secret belongs to it, so no request can spend it over
    /// HTTP, and [`resume`](Self::resume) leads nowhere.
    pub fn without_secret(digest: SecretDigest, grant: ConsentGrant) -> Self {
        Self { secret: Secret::from_bytes(digest.as_bytes()), digest, grant }
    }

    /// The key to store it under.
    #[must_use]
    pub const fn digest(&self) -> SecretDigest {
        self.digest
    }

    /// The record to store.
    #[must_use]
    pub const fn grant(&self) -> &ConsentGrant {
        &self.grant
    }

    /// Returns the URL to send the browser to: back to the request, with the grant.
    #[must_use]
    pub fn resume(&self, resume_url: &str) -> String {
        let mut parameter = String::new();
        form::append(&mut parameter, "consent_grant", self.secret.as_str());
        [resume_url, "&", &parameter].concat()
    }
}
