//! The question what the user allows, and its answers (AZ-25, AZ-26).

use super::visit::Visit;
use crate::authorization::records::consent_grant::ConsentBinding;
use crate::authorization::scopes::ScopeSet;
use crate::http::ResponseParts;
use alloc::boxed::Box;
use alloc::string::String;

/// The question what the user allows (AZ-25).
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ConsentQuestion {
    /// The visit.
    pub visit: Visit,
    /// The user.
    pub subject: String,
    /// Whether a page may be shown (`prompt` is not `none`).
    pub interactive: bool,
    /// Whether the user must be asked, whatever they have allowed before: [`ConsentDecision::Granted`] is then refused.
    /// This applies with `prompt=consent`, and if the response goes to an application on a device (RFC 8252 §8.6).
    pub must_ask: bool,
    /// Whether the browser came back with a consent grant: [`ConsentDecision::ByGrant`] is then a possible answer.
    pub grant_presented: bool,
    pub(crate) binding: ConsentBinding,
}

impl ConsentQuestion {
    /// The binding of a consent grant, for
    /// [`AuthorizationServer::grant_consent`](crate::authorization::AuthorizationServer::grant_consent) when the user
    /// clicks.
    #[must_use]
    pub const fn binding(&self) -> ConsentBinding {
        self.binding
    }

    /// See [`Visit::resume_url`].
    #[must_use]
    pub fn resume_url(&self) -> &str {
        self.visit.resume_url()
    }
}

/// The answer to a [`ConsentQuestion`].
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum ConsentDecision {
    /// These scopes, all or some of those requested: the user has allowed them before, or your policy allows them.
    Granted(ScopeSet),
    /// The scopes that the user has just allowed, by the consent grant that the browser came back with. The grant is
    /// spent now; if that fails, you are asked again.
    ByGrant,
    /// Send this page or redirect to the browser. It leads back to [`Visit::resume_url`].
    Interact(Box<ResponseParts>),
    /// The user refuses. The client receives `access_denied`.
    Denied,
}

impl ConsentDecision {
    /// Answers with a page or redirect that asks the user.
    #[must_use]
    pub fn interact(page: ResponseParts) -> Self {
        Self::Interact(Box::new(page))
    }
}
