//! What can be wrong with the wiring of an application, found while it serves.

use crate::http::{Header, ResponseParts};

/// Why something behind a gate gave nothing: always a fault of the wiring, never of the client.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum WiringError {
    /// No gate stands before what asked. Answers 401: nothing unauthenticated gets through (catalogue S10).
    #[error("nothing authenticates requests before this route")]
    NotProtected,
    /// No principal of the wanted type was looked up. Answers 500.
    #[error("no principal of this type was looked up")]
    NoSuchPrincipal,
}

impl WiringError {
    /// The response to send. Without a gate nothing is known that a challenge could say; the scheme alone makes it the 401 that
    /// RFC 9110 §15.5.2 wants.
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
