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
    /// The client that pushed it, and authenticated to do so if it can.
    pub client_id: String,
    /// Whether it proved who it is. Anybody can push requests in the name of a public client: all of those together must not use up a
    /// store.
    pub authenticated: bool,
    /// Its parameters, form-encoded, without credentials.
    pub parameters: String,
    /// The DPoP key that its code will be bound to (RFC 9449 §10).
    pub dpop_jkt: Option<Thumbprint>,
    /// When it was pushed.
    pub pushed_at: Timestamp,
    /// A browser must come with it while `now < present_by`: what the client was told of its lifetime.
    pub present_by: Timestamp,
    /// What a browser is given that came in time.
    pub ticket: Option<VisitTicket>,
    /// It counts while `now < expires_at`: later than `present_by`, for users who take their time to log in.
    pub expires_at: Timestamp,
}

impl PushedRequest {
    /// Of this client, which proved nothing, with these form-encoded parameters, bound to no key, to be presented before it expires.
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

/// Without the parameters: they say who is about to log in where.
impl fmt::Debug for PushedRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PushedRequest")
            .field("client_id", &self.client_id)
            .field("pushed_at", &self.pushed_at)
            .field("expires_at", &self.expires_at)
            .finish_non_exhaustive()
    }
}

/// A pushed request to be stored.
#[derive(Clone, Debug, Eq, PartialEq)]
#[expect(clippy::exhaustive_structs, reason = "a key and its row")]
pub struct NewPushedRequest {
    /// Its key.
    pub digest: SecretDigest,
    /// What is known by it.
    pub request: PushedRequest,
}

/// What a `request_uri` of ours begins with (RFC 9126 §2.2).
pub(crate) const REFERENCE: &str = "urn:ietf:params:oauth:request_uri:";
