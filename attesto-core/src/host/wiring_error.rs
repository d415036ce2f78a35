//! Errors in the wiring of an application, detected while it serves.

use crate::http::{Header, ResponseParts};

/// Why code behind a gate got no result. Always an error in the wiring, never the client's fault.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum WiringError {
    /// No gate protects the route. Gives 401: nothing unauthenticated passes (S10).
    #[error("nothing authenticates requests before this route")]
    NotProtected,
    /// No principal of the requested type was looked up. Gives 500.
    #[error("no principal of this type was looked up")]
    NoSuchPrincipal,
}

impl WiringError {
    /// Returns the response to send. Without a gate there is nothing to put into a challenge; the scheme alone
    /// completes the 401 that RFC 9110 §15.5.2 requires.
    #[must_use]
    pub fn response(self) -> ResponseParts {
        match self {
            Self::NotProtected => {
                let mut response = ResponseParts::new(401);
                response.headers.push(Header::own("www-authenticate", "Bearer"));
                response.headers.push(Header::own("cache-control", "no-store"));
                response.headers.push(Header::own("pragma", "no-cache"));
                response
            }
            Self::NoSuchPrincipal => ResponseParts::new(500),
        }
    }
}
