//! How a flow refuses: the event for the host, and the error for the client (RFC 6749 §5.2).

use super::received::AuthorizationField;
use super::response;
use super::state::Flow;
use crate::authorization::error::reason::Reason;
use crate::authorization::questions::events::EventKind;
use crate::http::ResponseParts;

impl Flow {
    /// Returns the error that the request had before any question was asked.
    pub(crate) fn is_acceptable(&self) -> Result<(), Reason> {
        self.refused.map_or(Ok(()), Err)
    }

    /// Reports a refusal to the host, and returns its response (RFC 6749 §5.2).
    pub(crate) async fn refuse(&self, kind: EventKind, reason: Reason) -> ResponseParts {
        self.tell(kind, Some(reason)).await;
        let challenge = !matches!(self.request.authorization, AuthorizationField::Absent);
        response::refusal(&self.server, reason, challenge, self.nonce.as_deref())
    }

    /// Like [`refuse`](Self::refuse), for an endpoint whose failed authentication is always 401 (RFC 7662 §2.3).
    pub(crate) async fn refuse_with_challenge(&self, kind: EventKind, reason: Reason) -> ResponseParts {
        self.tell(kind, Some(reason)).await;
        response::refusal(&self.server, reason, true, self.nonce.as_deref())
    }
}
