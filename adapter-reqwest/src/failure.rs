//! Why no response came, for the log.

use attesto_core::http::HttpFailure;
use std::error::Error;
use std::net::IpAddr;

/// What went wrong with one request. The core gets an [`HttpFailure`]; this is for
/// [`on_failure`](crate::ReqwestClientBuilder::on_failure).
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Failure {
    /// The URL, method or a header field cannot be sent.
    #[error("the request cannot be sent: {0}")]
    Request(&'static str),
    /// The host is, or its name resolves to, an address that the [`AddressPolicy`](attesto_core::http::AddressPolicy) refuses.
    #[error("{0} must not be reached: see `ReqwestClientBuilder::addresses`")]
    RefusedAddress(IpAddr),
    /// The client followed a redirect, because it was configured elsewhere to do so.
    #[error("the client followed a redirect")]
    Redirected,
    /// The body is encoded, although no coding was asked for.
    #[error("the response has a content coding")]
    ContentCoding,
    /// The body is longer than the request's limit.
    #[error("the response body is longer than the limit")]
    TooLarge,
    /// No response within the time limit.
    #[error("the response did not come in time")]
    Timeout,
    /// There is no tokio runtime around the call.
    #[error("there is no tokio runtime here")]
    NoRuntime,
    /// No connection, a TLS failure, or a broken response. [`source`](Error::source) has the cause.
    #[error("no response: {0}")]
    Transport(#[source] reqwest::Error),
}

impl Failure {
    /// Returns the failure as the core sees it.
    #[must_use]
    pub const fn kind(&self) -> HttpFailure {
        match self {
            Self::TooLarge => HttpFailure::TooLarge,
            Self::Timeout => HttpFailure::Timeout,
            Self::Redirected | Self::ContentCoding => HttpFailure::Unacceptable,
            Self::Request(_) | Self::RefusedAddress(_) | Self::NoRuntime | Self::Transport(_) => HttpFailure::Transport,
        }
    }
}

impl From<reqwest::Error> for Failure {
    fn from(error: reqwest::Error) -> Self {
        if error.is_timeout() {
            return Self::Timeout;
        }
        // The resolver's refusal arrives wrapped by every layer in between.
        let mut source = error.source();
        while let Some(cause) = source {
            if let Some(RefusedAddress(address)) = cause.downcast_ref() {
                return Self::RefusedAddress(*address);
            }
            source = cause.source();
        }
        // The observer gets the URL separately.
        Self::Transport(error.without_url())
    }
}

/// A name resolves to an address that must not be reached.
#[derive(Debug, thiserror::Error)]
#[error("{0} must not be reached")]
pub(crate) struct RefusedAddress(pub(crate) IpAddr);
