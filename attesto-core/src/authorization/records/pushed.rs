//! What stores keep for the authorization endpoint: pushed requests and consent grants, known by digest (ST-1 to ST-3).

use crate::Timestamp;
use crate::authorization::authorize::request::AuthorizationRequest;
use crate::authorization::authorize::ticket::VisitTicket;
use crate::authorization::scopes::ScopeSet;
use crate::authorization::secret::{Secret, SecretDigest};
use crate::crypto::{CryptoProvider, Entropy, EntropyError};
use crate::encoding::base64url;
use crate::encoding::form;
use crate::jose::Thumbprint;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt;

/// A pushed authorization request, as a store keeps it (RFC 9126).
#[derive(Clone, Eq, PartialEq)]
#[non_exhaustive]
pub struct PushedRequest {
    /// The client that pushed it, which authenticated if it can.
    pub client_id: String,
    /// Whether the client authenticated. Anyone can push requests in the name of a public client, so all of those
    /// together must not use up a store.
    pub authenticated: bool,
    /// Its parameters, form-encoded, without credentials.
    pub parameters: String,
    /// The DPoP key that the code will be bound to (RFC 9449 §10).
    pub dpop_jkt: Option<Thumbprint>,
    /// When it was pushed.
    pub pushed_at: Timestamp,
    /// A browser must present it while `now < present_by`: the lifetime that the client received.
    pub present_by: Timestamp,
    /// The ticket for the browser that came in time.
    pub ticket: Option<VisitTicket>,
    /// The request is valid while `now < expires_at`, later than `present_by`, so that users have time to log in.
    pub expires_at: Timestamp,
}

impl PushedRequest {
    /// Creates a request of this unauthenticated client with these form-encoded parameters, bound to no key, to be
    /// presented before it expires.
    #[must_use]
    pub fn new(
        client_id: impl Into<String>,
        parameters: impl Into<String>,
        pushed_at: Timestamp,
        expires_at: Timestamp,
    ) -> Self {
        Self {
            client_id: client_id.into(),
            authenticated: false,
            parameters: parameters.into(),
            dpop_jkt: None,
            pushed_at,
            present_by: expires_at,
            ticket: None,
            expires_at,
        }
    }
}

/// Prints without the parameters, which show who is about to log in where.
impl fmt::Debug for PushedRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PushedRequest")
            .field("client_id", &self.client_id)
            .field("pushed_at", &self.pushed_at)
            .field("expires_at", &self.expires_at)
            .finish_non_exhaustive()
    }
}

/// A pushed request to store.
#[derive(Clone, Debug, Eq, PartialEq)]
#[expect(clippy::exhaustive_structs, reason = "a key and its row")]
pub struct NewPushedRequest {
    /// The key in the store.
    pub digest: SecretDigest,
    /// The record to store.
    pub request: PushedRequest,
}

/// The digest of what a user is asked to allow: user, client, redirect URI, scopes, resources and PKCE challenge
/// (catalogue AZ-26). It is not secret, and may be passed through a form.
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
    pub(crate) fn of(
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

    /// The bytes.
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

/// Writes 43 characters of base64url.
impl fmt::Display for ConsentBinding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&base64url::encode(&self.0))
    }
}

fn push_length(framed: &mut Vec<u8>, length: usize) {
    framed.extend_from_slice(&u64::try_from(length).unwrap_or(u64::MAX).to_be_bytes());
}

/// A user's consent, given once and valid for one authorization (catalogue AZ-26).
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct ConsentGrant {
    /// The digest of what was asked.
    pub binding: ConsentBinding,
    /// The user who gave it.
    pub subject: String,
    /// The allowed scopes: all or some of those requested.
    pub scopes: ScopeSet,
    /// The grant is valid while `now < expires_at`.
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
    /// The key in the store.
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
        Self { secret: Secret::of_bytes(digest.as_bytes()), digest, grant }
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
