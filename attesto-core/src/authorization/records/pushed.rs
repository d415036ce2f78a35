//! Pushed authorization requests, as a store keeps them (RFC 9126).

use super::ticket::VisitTicket;
use crate::Timestamp;
use crate::authorization::secret::SecretDigest;
use crate::jose::Thumbprint;
use alloc::string::String;
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

/// The prefix of our `request_uri` values (RFC 9126 §2.2).
pub(crate) const REFERENCE: &str = "urn:ietf:params:oauth:request_uri:";
