//! Why keys could not be fetched.

use crate::host::HttpFailure;

reasons! {
    /// A fetch of an issuer's metadata or keys failed (catalogue J22). The text is for logs; a client is told 503 at most.
    pub enum FetchError {
        /// No response in time.
        Timeout => "timeout", "the issuer did not answer in time";
        /// No connection, or a broken one.
        Transport => "transport", "the issuer could not be reached";
        /// Status 429 or 5xx.
        Busy => "busy", "the issuer answered that it cannot answer now";
        /// The document is longer than 512 KiB. RFC 7517 §5 sets no bound; we do.
        TooLarge => "too_large", "the issuer's document is longer than the limit";
        /// Another status than 200. Redirects are not followed.
        Status => "unexpected_status", "the issuer answered with another status than 200";
        /// No metadata at any well-known URL. RFC 8414 §3.1, OpenID Connect Discovery 1.0 §4.
        NoMetadata => "metadata_not_found", "the issuer publishes no metadata at a well-known URL";
        /// The metadata is no strict JSON object.
        MalformedMetadata => "metadata_malformed", "the issuer's metadata is not a JSON object";
        /// The metadata's `issuer` is not the configured one, byte for byte. RFC 8414 §3.3.
        IssuerMismatch => "issuer_mismatch", "the metadata is another issuer's";
        /// `jwks_uri` is absent, or not an https URL. RFC 8414 §2.
        InvalidJwksUri => "jwks_uri_invalid", "the metadata names no usable jwks_uri";
        /// The JWK Set is malformed, too long, or has no key that can verify. RFC 7517 §5.
        UnusableKeys => "keys_unusable", "the issuer's JWK Set holds no usable key";
        /// The response is of a kind that the HTTP client does not take: redirected, or with a content coding.
        Unacceptable => "unacceptable", "the issuer's response is redirected or encoded";
        /// It took so long that another fetch has begun in its place.
        Superseded => "superseded", "another fetch has begun in this one's place";
    }
}

impl FetchError {
    /// The issuer was not heard at all, or said that it cannot answer. Only then may keys past their freshness go on to serve
    /// (J22): an issuer that was heard and served something wrong may have withdrawn them.
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
            | Self::UnusableKeys
            | Self::Unacceptable
            | Self::Superseded => false,
        }
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
