//! The evidence that a request passed every check.

use super::credential::Channel;
use super::request_facts::RequestFacts;
use crate::challenge::AuthScheme;
use crate::http::{Amendment, Header};
use crate::jose::Thumbprint;
use crate::time::Timestamp;
use crate::token::Claims;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::any::Any;
use core::fmt;

/// A principal whose type only the host knows.
pub type AnyPrincipal = Arc<dyn Any + Send + Sync>;

/// The proven sender of a request.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
#[allow(missing_docs, reason = "the fields are the RFCs' names")]
pub enum Sender {
    /// Any holder of the token.
    Bearer,
    /// The holder of the DPoP key with this thumbprint (RFC 9449 §6.1).
    Dpop { jkt: Thumbprint },
    /// The holder of the client certificate with this thumbprint (RFC 8705 §3.1).
    Mtls { x5t_s256: Thumbprint },
}

impl Sender {
    /// `bearer`, `dpop` or `mtls`, for logs and events.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Bearer => "bearer",
            Self::Dpop { .. } => "dpop",
            Self::Mtls { .. } => "mtls",
        }
    }
}

/// The evidence that a request passed every check. Only [`Verdict`](super::Verdict) gives one.
#[derive(Clone)]
pub struct Grant {
    claims: Claims,
    sender: Sender,
    facts: RequestFacts,
    checked_at: Timestamp,
    /// The host's own notion of the sender, if it was looked up.
    principal: Option<AnyPrincipal>,
}

impl Grant {
    /// Creates a grant. Call this only after every check has passed.
    pub(super) const fn assertion(claims: Claims, sender: Sender, facts: RequestFacts, checked_at: Timestamp) -> Self {
        Self { claims, sender, facts, checked_at, principal: None }
    }

    /// Adds what the host has found for the claims.
    pub(crate) fn with_principal(mut self, principal: Option<AnyPrincipal>) -> Self {
        self.principal = principal;
        self
    }

    pub(crate) const fn any_principal(&self) -> Option<&AnyPrincipal> {
        self.principal.as_ref()
    }

    /// The claims of the access token.
    #[must_use]
    pub const fn claims(&self) -> &Claims {
        &self.claims
    }

    /// The sender.
    #[must_use]
    pub const fn sender(&self) -> &Sender {
        &self.sender
    }

    /// Shorthand for the token's subject.
    #[must_use]
    pub fn subject(&self) -> &str {
        self.claims.subject()
    }

    /// Shorthand for the token's client.
    #[must_use]
    pub fn client_id(&self) -> Option<&str> {
        self.claims.client_id()
    }

    /// The time of the decision: the latest clock reading.
    #[must_use]
    pub const fn checked_at(&self) -> Timestamp {
        self.checked_at
    }

    /// The authentication scheme of the request.
    #[must_use]
    pub const fn scheme(&self) -> AuthScheme {
        match self.sender {
            Sender::Dpop { .. } => AuthScheme::Dpop,
            Sender::Bearer | Sender::Mtls { .. } => AuthScheme::Bearer,
        }
    }

    /// The fields that the response to a granted request must carry, usually none. If a fresh `DPoP-Nonce` is due, it
    /// comes with `Cache-Control: no-store` (RFC 9449 §8.2; D15). Otherwise `private` is set if browsers send
    /// the token by themselves or caches do not see it (RFC 9111 §3.5; W11).
    #[must_use]
    pub fn amendments(&self) -> Vec<Amendment> {
        let mut headers = Vec::new();
        self.facts.append_nonce(&mut headers);
        if !headers.is_empty() {
            headers.push(Header::own("cache-control", "no-store"));
        }
        let mut amendments: Vec<Amendment> = headers.into_iter().map(Amendment::from_grant).collect();
        if let Some(Channel::Extractor | Channel::FormBody) = self.facts.channel {
            amendments.push(Amendment::private_caching());
        }
        amendments
    }

    pub(super) fn into_buffer(self) -> Vec<u8> {
        self.claims.into_buffer()
    }

    pub(super) const fn facts(&self) -> &RequestFacts {
        &self.facts
    }
}

/// Does not show the principal, whose type only the host knows.
impl fmt::Debug for Grant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Grant")
            .field("claims", &self.claims)
            .field("sender", &self.sender)
            .field("checked_at", &self.checked_at)
            .finish_non_exhaustive()
    }
}
