//! The question who the user is, and its answers (AZ-24).

use super::visit::Visit;
use crate::Timestamp;
use crate::authorization::records::authorization::AuthenticationContext;
use crate::http::ResponseParts;
use crate::limits::CLOCK_SKEW;
use alloc::boxed::Box;
use alloc::string::String;

/// The question who the user is (AZ-24).
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct LoginQuestion {
    /// The visit.
    pub visit: Visit,
    /// Whether an existing login does not suffice for this request: see [`accepts`](Self::accepts).
    pub force_reauth: bool,
    /// Whether a page may be shown (`prompt` is not `none`).
    pub interactive: bool,
    pub(crate) not_before: Option<Timestamp>,
}

impl LoginQuestion {
    /// Whether this login is accepted. If it is not, the host is asked once more, and then the request is refused: show
    /// your login page instead.
    #[must_use]
    pub fn accepts(&self, authentication: &AuthenticationContext) -> bool {
        match (authentication.auth_time, self.not_before) {
            // AZ-24: another node's clock may be ahead; a later time is refused.
            (Some(at), _) if at > self.visit.now.plus(CLOCK_SKEW) => false,
            (Some(at), Some(not_before)) => at >= not_before,
            (None, Some(_)) => false,
            (_, None) => true,
        }
    }

    /// See [`Visit::resume_url`].
    #[must_use]
    pub fn resume_url(&self) -> &str {
        self.visit.resume_url()
    }

    /// Answers with the login that a session holds, if the request [`accepts`](Self::accepts) it; otherwise with your login page, made
    /// for this [`resume_url`](Self::resume_url); or with [`Authentication::NoUser`] where no page may be shown.
    ///
    /// It takes the one login that it is given. A host whose users have several accounts first looks at
    /// `visit.request.prompt.select_account` (OIDC Core §3.1.2.1), and answers with a page of its own to choose from, until
    /// the user has chosen after [`visit.since`](Visit::since).
    #[must_use]
    pub fn login_or_page(&self, login: Option<Login>, page: impl FnOnce(&str) -> ResponseParts) -> Authentication {
        match login {
            Some(login) if self.accepts(&login.authentication) => Authentication::User(Box::new(login)),
            _ if !self.interactive => Authentication::NoUser,
            _ => Authentication::interact(page(self.resume_url())),
        }
    }
}

/// A user who is logged in.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct Login {
    /// The user: the `sub` of the tokens.
    pub subject: String,
    /// How and when they authenticated.
    pub authentication: AuthenticationContext,
}

impl Login {
    /// Creates a login of this user.
    #[must_use]
    pub fn new(subject: impl Into<String>, authentication: AuthenticationContext) -> Self {
        Self { subject: subject.into(), authentication }
    }
}

/// The answer to a [`LoginQuestion`].
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Authentication {
    /// This user is.
    User(Box<Login>),
    /// Send this page or redirect to the browser. It leads back to [`Visit::resume_url`].
    Interact(Box<ResponseParts>),
    /// No user is logged in. The client receives `login_required`.
    NoUser,
    /// A user is logged in but must interact first. The client receives `interaction_required`.
    InteractionRequired,
    /// Several users are logged in. The client receives `account_selection_required`.
    AccountSelectionRequired,
    /// The user declined to log in. The client receives `access_denied`.
    Declined,
}

impl Authentication {
    /// This user, who authenticated like this.
    #[must_use]
    pub fn user(subject: impl Into<String>, authentication: AuthenticationContext) -> Self {
        Self::User(Box::new(Login::new(subject, authentication)))
    }

    /// Answers with a page or redirect that asks the user.
    #[must_use]
    pub fn interact(page: ResponseParts) -> Self {
        Self::Interact(Box::new(page))
    }
}
