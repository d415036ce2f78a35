//! Why keys could not be fetched.

use crate::http::HttpFailure;
use alloc::string::String;
use core::fmt;

reasons! {
    /// A fetch of an issuer's metadata or keys failed (J22). The text is for logs; a client receives at most
    /// a 503.
    pub enum FetchError {
        /// No response in time.
        Timeout => "timeout", "the issuer did not answer in time";
        /// No connection, or a broken one.
        Transport => "transport", "the issuer could not be reached";
        /// Status 429 or 5xx.
        Busy => "busy", "the issuer answered that it cannot answer now";
        /// The document is longer than 512 KiB. RFC 7517 §5 sets no bound; we do.
        TooLarge => "too_large", "the issuer's document is longer than the limit";
        /// The status is not 200. Redirects are not followed.
        Status => "unexpected_status", "the issuer answered with another status than 200";
        /// No metadata at any well-known URL. RFC 8414 §3.1, OpenID Connect Discovery 1.0 §4.
        NoMetadata => "metadata_not_found", "the issuer publishes no metadata at a well-known URL";
        /// The metadata is not a strict JSON object.
        MalformedMetadata => "metadata_malformed", "the issuer's metadata is not a JSON object";
        /// The metadata's `issuer` is absent, or not exactly the configured one. RFC 8414 §3.3.
        IssuerMismatch => "issuer_mismatch", "the metadata is another issuer's";
        /// `jwks_uri` is absent, or not an https URL. RFC 8414 §2.
        InvalidJwksUri => "jwks_uri_invalid", "the metadata names no usable jwks_uri";
        /// The document at the `jwks_uri` is not a JWK Set. RFC 7517 §5.
        MalformedKeys => "keys_malformed", "the issuer's jwks_uri serves no JWK Set";
        /// The JWK Set has too many keys, or none that can verify. RFC 7517 §5.
        UnusableKeys => "keys_unusable", "the issuer's JWK Set holds no usable key";
        /// The response is of a kind that the HTTP client refuses: redirected, or with a content coding.
        Unacceptable => "unacceptable", "the issuer's response is redirected or encoded";
        /// The fetch took so long that another has begun in its place.
        Superseded => "superseded", "another fetch has begun in this one's place";
    }
}

impl FetchError {
    /// Whether the issuer did not respond, or responded that it is unavailable. The location of its keys is then still
    /// known.
    #[must_use]
    pub const fn is_outage(self) -> bool {
        match self {
            Self::Timeout | Self::Transport | Self::Busy => true,
            Self::TooLarge
            | Self::Status
            | Self::NoMetadata
            | Self::MalformedMetadata
            | Self::IssuerMismatch
            | Self::InvalidJwksUri
            | Self::MalformedKeys
            | Self::UnusableKeys
            | Self::Unacceptable
            | Self::Superseded => false,
        }
    }

    /// Whether the issuer published a key set without the held keys, which are then usable only while fresh. Any other
    /// failure does not affect the held keys: they stay usable until they are [too old](super::KeyPolicy::stale) (J22).
    #[must_use]
    pub const fn disowns_keys(self) -> bool {
        match self {
            Self::UnusableKeys => true,
            Self::Timeout
            | Self::Transport
            | Self::Busy
            | Self::TooLarge
            | Self::Status
            | Self::NoMetadata
            | Self::MalformedMetadata
            | Self::IssuerMismatch
            | Self::InvalidJwksUri
            | Self::MalformedKeys
            | Self::Unacceptable
            | Self::Superseded => false,
        }
    }

    /// How useful the error is to an operator. Of several failed metadata URLs, the most useful error is reported.
    /// CDS-5.
    #[cfg(feature = "std")]
    pub(super) const fn tells(self) -> u8 {
        match self {
            Self::Superseded | Self::MalformedKeys | Self::UnusableKeys => 0,
            Self::NoMetadata => 1,
            Self::Status => 2,
            Self::MalformedMetadata => 3,
            Self::Unacceptable => 4,
            Self::TooLarge => 5,
            // One of these may be the URL that usually has the document.
            Self::Timeout | Self::Transport | Self::Busy => 6,
            Self::IssuerMismatch => 7,
            Self::InvalidJwksUri => 8,
        }
    }
}

/// A failed fetch, for diagnosis: see [`RemoteKeys::last_failure`](super::RemoteKeys::last_failure).
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct FetchFailure {
    /// The error.
    pub error: FetchError,
    /// The URL of the failed request.
    pub url: String,
    /// The issuer that the metadata names, if it is [another](FetchError::IssuerMismatch): its first 256 bytes.
    pub named: Option<String>,
}

impl fmt::Display for FetchFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.error, self.url)?;
        self.named.as_ref().map_or(Ok(()), |named| write!(f, ": it names {named:?}"))
    }
}

impl From<HttpFailure> for FetchError {
    fn from(failure: HttpFailure) -> Self {
        match failure {
            HttpFailure::Timeout => Self::Timeout,
            HttpFailure::TooLarge => Self::TooLarge,
            HttpFailure::Transport => Self::Transport,
            HttpFailure::Unacceptable => Self::Unacceptable,
        }
    }
}
