//! Why an introspection gave no usable answer.

use crate::http::HttpFailure;

reasons! {
    /// Why an introspection gave no answer by which the token could be accepted. The text is for logs;
    /// [`is_about_the_token`](Self::is_about_the_token) decides what the client receives.
    pub enum IntrospectionError {
        /// No response in time.
        Timeout => "timeout", "the introspection endpoint did not answer in time";
        /// No connection, or a broken one.
        Transport => "transport", "the introspection endpoint could not be reached";
        /// The response is longer than the limit.
        TooLarge => "too_large", "the introspection response is longer than the limit";
        /// The response is of a kind that the HTTP client refuses: redirected, or with a content coding.
        Unacceptable => "unacceptable", "the introspection response is redirected or encoded";
        /// Status 429 or 5xx.
        Busy => "busy", "the introspection endpoint answered that it cannot answer now";
        /// Status 401 or 403: our credentials are wrong. RFC 7662 §2.3.
        CredentialsRefused => "credentials_refused", "the introspection endpoint refused our credentials";
        /// The status is not 200.
        Status => "unexpected_status", "the introspection endpoint answered with another status than 200";
        /// The response does not have the requested media type. RFC 7662 §2.2, RFC 9701 §5.
        ContentType => "unexpected_content_type", "the introspection response has another media type than was asked for";
        /// The response is not a strict JSON object, or `active` is not a boolean. RFC 7662 §2.2.
        Malformed => "malformed", "the introspection response is not an object with a boolean member active";
        /// There are no keys to verify a signed response with. RFC 9701 §5.
        KeysUnavailable => "keys_unavailable", "the keys of the introspection response's issuer cannot be had";
        /// The signed response does not verify. RFC 9701 §8.1.
        Signature => "signature", "the signed introspection response does not verify";
        /// The signed response is not from the configured issuer, or not for us. RFC 9701 §5.
        NotForUs => "not_for_us", "the signed introspection response is another issuer's or for somebody else";
        /// The signed response was made in the future or too long ago. RFC 9701 §5.
        NotRecent => "not_recent", "the signed introspection response is not recent";
        /// The token is from another issuer. RFC 7662 §2.2.
        WrongIssuer => "invalid_issuer", "the token is from another issuer than the endpoint's";
        /// The answer has no `aud`, so that the token may be for any resource. RFC 8707 §2.
        NoAudience => "no_audience", "the introspection response does not say for whom the token is";
        /// The token is a refresh token, an ID token, or of an unknown kind. RFC 7662 §2.2.
        NotAnAccessToken => "not_an_access_token", "the introspected token is no access token";
        /// The answer does not name the kind of token. For an issuer that never does, see
        /// [`kind_may_be_unsaid`](super::IntrospectionEndpoint::kind_may_be_unsaid). RFC 7662 §2.2.
        KindUnsaid => "kind_unsaid", "the introspection response does not say what kind of token it is about";
        /// A claim does not have the value that the issuer's profile pins.
        PinnedClaim => "pinned_claim", "a pinned claim of the introspected token has another value";
        /// No member names the token's subject, or only one that
        /// [`subject_in`](super::IntrospectionEndpoint::subject_in) does not list. RFC 7662 §2.2; A7.
        NoSubject => "no_subject", "the introspection response names no subject";
        /// The token is DPoP-bound, but the answer does not name the key. RFC 9449 §6.2.
        NoConfirmation => "no_confirmation", "the token is DPoP-bound, but the response has no cnf";
        /// The token is for a subject that the endpoint does not list. A17.
        SubjectNotAllowed => "subject_not_allowed", "the introspected token is for a subject that is not listed";
        /// The token is from a client that the endpoint does not list, or the answer names no client. A17.
        ClientNotAllowed => "client_not_allowed", "the introspected token is from a client that is not listed";
        /// Too many introspections at once.
        Overloaded => "overloaded", "too many tokens wait for introspection";
    }
}

impl IntrospectionError {
    /// Whether the token cannot be accepted (401), rather than nothing being known about it (503). Any client can
    /// present an unacceptable token: raise an alarm only for the other errors.
    #[must_use]
    pub const fn is_about_the_token(self) -> bool {
        match self {
            Self::WrongIssuer
            | Self::NoAudience
            | Self::NotAnAccessToken
            | Self::KindUnsaid
            | Self::PinnedClaim
            | Self::NoSubject
            | Self::NoConfirmation
            | Self::SubjectNotAllowed
            | Self::ClientNotAllowed => true,
            Self::Timeout
            | Self::Transport
            | Self::Unacceptable
            | Self::TooLarge
            | Self::Busy
            | Self::CredentialsRefused
            | Self::Status
            | Self::ContentType
            | Self::Malformed
            | Self::KeysUnavailable
            | Self::Signature
            | Self::NotForUs
            | Self::NotRecent
            | Self::Overloaded => false,
        }
    }
}

impl From<HttpFailure> for IntrospectionError {
    fn from(failure: HttpFailure) -> Self {
        match failure {
            HttpFailure::Timeout => Self::Timeout,
            HttpFailure::TooLarge => Self::TooLarge,
            HttpFailure::Transport => Self::Transport,
            HttpFailure::Unacceptable => Self::Unacceptable,
        }
    }
}
