//! Why an access token is refused.

use crate::jose::{JwsError, KeyMismatch};

reasons! {
    /// Why an access token was refused: one variant per rule (J1 to J14, A1 to A17).
    pub enum TokenError {
        /// Longer than the limit. J1.
        TooLarge => "too_large", "the token is longer than the limit";
        /// Not a strict compact JWS. RFC 7515 §5.2; J2, J3, J4.
        Malformed => "malformed", "the token is not a strict compact JWS";
        /// Five segments: the token is encrypted, and only its recipient can read it. RFC 7516 §7.1; J2.
        Encrypted => "encrypted", "the token is encrypted (a JWE of five parts), which is not supported";
        /// `alg` is unknown, symmetric, `none`, or not in the issuer's allow-list. RFC 8725 §3.1; J5, J7.
        UnsupportedAlg => "unsupported_alg", "the token's algorithm is not accepted";
        /// `crit` is present, or `b64` is not `true`. RFC 7515 §4.1.11; J14.
        UnsupportedCriticalHeader => "unsupported_critical_header", "critical header parameters are not supported";
        /// None of the issuer's keys is available now. The issuer or this server is at fault, not the client. J22.
        KeysUnavailable => "keys_unavailable", "the issuer's keys cannot be had now";
        /// No key of the issuer matches. RFC 7515 §4.1.4; J8, J9.
        UnknownKey => "unknown_key", "no key of the issuer fits the token";
        /// Several keys of the issuer match. RFC 7515 §4.1.4; J8.
        AmbiguousKey => "ambiguous_key", "several keys of the issuer fit the token";
        /// The key is not for the header's algorithm. RFC 8725 §3.1; J6, J9.
        KeyNotForAlg => "invalid_signature", "the key is not for the token's algorithm";
        /// The signature does not verify. RFC 7515 §5.2; J12.
        InvalidSignature => "invalid_signature", "the token's signature does not verify";
        /// `typ` is absent. RFC 9068 §4; J13.
        TypMissing => "unexpected_typ", "the token has no typ";
        /// `typ` is neither `at+jwt` nor one that the issuer's profile accepts. RFC 9068 §4; J13.
        UnexpectedTyp => "unexpected_typ", "the token's typ is not that of the issuer's access tokens";
        /// The payload is not a strict JSON object. RFC 7519 §7.2; J4.
        MalformedClaims => "malformed", "the token's payload is not a strict JSON object";
        /// `cnf` is anything but one known confirmation. RFC 7800 §3.1; A11.
        UnsupportedConfirmation => "unsupported_confirmation", "the token's confirmation is not one we can check";
        /// `iss` is not exactly a trusted issuer. RFC 9068 §4; A1.
        InvalidIssuer => "invalid_issuer", "the token is not from a trusted issuer";
        /// `aud` is absent. RFC 9068 §2.2; A2.
        AudienceMissing => "invalid_audience", "the token names no audience";
        /// `aud` is empty, or not a string or an array of strings. RFC 7519 §4.1.3; A2.
        AudienceShape => "invalid_audience", "the token's audience is empty or not a list of strings";
        /// `aud` does not name this resource. RFC 9068 §4; A2.
        InvalidAudience => "invalid_audience", "the token is for another audience";
        /// `aud` names other audiences besides this resource. RFC 8707 §2; A3.
        AudienceTooWide => "invalid_audience", "the token is for other audiences as well";
        /// `exp` is absent or not a date. RFC 9068 §2.2; A4, J17.
        ExpInvalid => "invalid_claims", "the token does not say when it expires";
        /// `exp` has passed. RFC 7519 §4.1.4; A4.
        Expired => "expired", "the token has expired";
        /// `nbf` is not a date. RFC 7519 §4.1.5; A5, J17.
        NbfInvalid => "invalid_claims", "the token's nbf is not a date";
        /// `nbf` is in the future. RFC 7519 §4.1.5; A5.
        NotYetValid => "not_yet_valid", "the token is not valid yet";
        /// `sub` is absent, empty, or not a string. RFC 9068 §2.2; A7.
        SubInvalid => "invalid_claims", "the token names no subject";
        /// `client_id` is absent, empty, or not a string. RFC 9068 §2.2; A8.
        ClientIdInvalid => "invalid_claims", "the token names no client";
        /// `jti` is absent, empty, not a string, or over 256 bytes. RFC 9068 §2.2; A9.
        JtiInvalid => "invalid_claims", "the token has no usable jti";
        /// `scope` is not a string of scope-tokens separated by single spaces. RFC 6749 §3.3; A10.
        InvalidScope => "invalid_scope", "the token's scope is malformed";
        /// The private `typ` claim marks a token that is not an access token. A13.
        WrongPurpose => "unexpected_typ", "the token was not issued as an access token";
        /// The private `typ` claim has an unknown value. A13.
        UnknownPurpose => "invalid_typ", "the token's purpose is not known";
        /// The token has a claim that, by the issuer's profile, only its other tokens have. RFC 8725 §3.12; A13.
        OtherTokenKind => "unexpected_typ", "the token is another kind of the issuer's tokens";
        /// A claim does not have the value that the issuer's profile pins.
        PinnedClaim => "pinned_claim", "a pinned claim of the token is missing or has another value";
        /// `iat` is absent or not a date. RFC 9068 §2.2; A6, J17.
        IatInvalid => "invalid_claims", "the token does not say when it was issued";
        /// `iat` is in the future. RFC 9068 §2.2; A6.
        IssuedInFuture => "not_yet_valid", "the token was issued in the future";
        /// The claim that names the principal's kind has no configured kind. A14.
        UnknownPrincipalKind => "invalid_principal", "the token names no known kind of principal";
        /// `sub` does not start with the kind's prefix. A14.
        PrincipalSubject => "invalid_principal", "the token's subject does not fit its kind of principal";
        /// A claim that the kind requires is absent or has the wrong shape. A15.
        PrincipalClaims => "invalid_claims", "the token lacks a claim of its kind of principal";
        /// The subject is not in the configured list. A17.
        SubjectNotAllowed => "subject_not_allowed", "the token's subject is not allowed here";
        /// The client is not in the configured list. A17.
        ClientNotAllowed => "client_not_allowed", "the token's client is not allowed here";
        /// The token was issued longer ago than the policy allows. A17.
        TokenTooOld => "token_too_old", "the token was issued too long ago";
        /// The token's lifetime is longer than the policy allows. A17.
        LifetimeExceeded => "token_lifetime_exceeded", "the token lives longer than allowed";
        /// The host's own predicate refused. A17.
        PolicyRefused => "policy_refused", "the host's policy refused the token";
    }
}

impl From<JwsError> for TokenError {
    fn from(error: JwsError) -> Self {
        match error {
            JwsError::TooLarge => Self::TooLarge,
            JwsError::Malformed => Self::Malformed,
            JwsError::Encrypted => Self::Encrypted,
            JwsError::UnsupportedAlg => Self::UnsupportedAlg,
            JwsError::UnsupportedCriticalHeader => Self::UnsupportedCriticalHeader,
        }
    }
}

impl From<KeyMismatch> for TokenError {
    fn from(error: KeyMismatch) -> Self {
        match error {
            KeyMismatch::Unknown => Self::UnknownKey,
            KeyMismatch::NotForAlg => Self::KeyNotForAlg,
            KeyMismatch::Ambiguous => Self::AmbiguousKey,
        }
    }
}
