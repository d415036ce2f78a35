//! Why a request was refused, for logs and tests, and what the client receives (RFC 6749 §5.2): one enum per concern, and
//! the one that holds them.

use super::at_authorize::{AuthorizeError, PkceError, RedirectUriError, UserError};
use super::at_endpoint::{AssertionError, ClientError, RequestError, ScopeError, SenderError};
use super::at_token::{CodeError, GrantError, HostError, RefreshError};
use super::code::OAuthError;
use alloc::vec::Vec;
use core::fmt;

/// Defines [`Reason`] over the enum of each concern.
macro_rules! concerns {
    ($( $(#[$meta:meta])* $concern:ident($errors:ident), )+) => {
        /// Why a request to the authorization server was refused: one enum per concern, with one variant per rule. For
        /// logs, events and tests. The client receives [`error`](Self::error) and this text.
        #[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
        #[non_exhaustive]
        pub enum Reason {
            $( $(#[$meta])* $concern($errors), )+
        }

        impl Reason {
            /// Every reason, in the order of the concerns and their rules.
            #[must_use]
            pub fn all() -> Vec<Self> {
                let mut all = Vec::new();
                $( all.extend($errors::ALL.iter().copied().map(Self::$concern)); )+
                all
            }

            /// The snake_case name for logs, events and metrics. Never sent to a client.
            #[must_use]
            pub const fn code(self) -> &'static str {
                match self { $( Self::$concern(error) => error.code(), )+ }
            }

            /// The error code that the client receives.
            #[must_use]
            pub const fn error(self) -> OAuthError {
                match self { $( Self::$concern(error) => error.error(), )+ }
            }
        }

        impl fmt::Display for Reason {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                match self { $( Self::$concern(error) => error.fmt(f), )+ }
            }
        }

        impl core::error::Error for Reason {}

        $( impl From<$errors> for Reason {
            fn from(error: $errors) -> Self {
                Self::$concern(error)
            }
        } )+
    };
}

concerns! {
    /// The HTTP request cannot be read as one to this endpoint (EP-1 to EP-12).
    Request(RequestError),
    /// The client did not authenticate as it is registered (CA-1 to CA-15).
    Client(ClientError),
    /// The client assertion does not authenticate the client (RFC 7523 §3; CA-4 to CA-6).
    Assertion(AssertionError),
    /// What the tokens are to be bound to is missing or does not hold (SC-1 to SC-4, AZ-22).
    Sender(SenderError),
    /// The scope or the resource is not one that may be granted (RFC 6749 §3.3, RFC 8707 §2).
    Scope(ScopeError),
    /// The authorization request is invalid (AZ-3 to AZ-23, PA-1 to PA-6).
    Authorize(AuthorizeError),
    /// `redirect_uri` is not one that the browser may be sent to (AZ-8, AZ-9).
    RedirectUri(RedirectUriError),
    /// The code challenge or the verifier breaks PKCE (RFC 7636; AZ-15, AC-4).
    Pkce(PkceError),
    /// The user is not logged in, was not asked, or refused (AZ-24, AZ-25).
    User(UserError),
    /// The client may not use the grant, or the grant is not its own (TK-1, AC-3, RT-2).
    Grant(GrantError),
    /// The authorization code cannot be redeemed (AC-2 to AC-6).
    Code(CodeError),
    /// The refresh token cannot be used (RT-1 to RT-7).
    Refresh(RefreshError),
    /// The host or the server failed; the client is not to blame (TK-4, TK-6).
    Host(HostError),
}

impl Reason {
    /// The status of the JSON error (RFC 6749 §5.2). A client that is unknown or failed to authenticate receives 401 at
    /// every endpoint with client authentication: clients that register themselves do so again then (CA-11).
    #[must_use]
    pub const fn status(self) -> u16 {
        match self.error() {
            OAuthError::ServerError => 500,
            OAuthError::TemporarilyUnavailable if matches!(self, Self::Refresh(RefreshError::TooManyAccessTokens)) => {
                429
            }
            OAuthError::TemporarilyUnavailable => 503,
            OAuthError::InvalidClient => 401,
            OAuthError::InvalidRequest if matches!(self, Self::Request(RequestError::MethodNotAllowed)) => 405,
            OAuthError::InvalidRequest if matches!(self, Self::Request(RequestError::BodyTooLarge)) => 413,
            OAuthError::InvalidRequest if matches!(self, Self::Request(RequestError::NotOffered)) => 404,
            OAuthError::InvalidRequest
            | OAuthError::InvalidGrant
            | OAuthError::UnauthorizedClient
            | OAuthError::UnsupportedGrantType
            | OAuthError::UnsupportedResponseType
            | OAuthError::UnsupportedTokenType
            | OAuthError::InvalidScope
            | OAuthError::InvalidTarget
            | OAuthError::InvalidDpopProof
            | OAuthError::UseDpopNonce
            | OAuthError::InvalidRequestUri
            | OAuthError::RequestNotSupported
            | OAuthError::RequestUriNotSupported
            | OAuthError::RegistrationNotSupported
            | OAuthError::InvalidAuthorizationDetails
            | OAuthError::AccessDenied
            | OAuthError::LoginRequired
            | OAuthError::ConsentRequired
            | OAuthError::InteractionRequired
            | OAuthError::AccountSelectionRequired => 400,
        }
    }
}
