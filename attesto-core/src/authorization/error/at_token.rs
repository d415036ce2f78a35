//! What is refused when a grant is used, and what fails on the side of the server.

use super::code::OAuthError;

reasons! {
    /// The client may not use the grant, or the grant is not its own (TK-1, AC-3, RT-2).
    pub enum GrantError {
        /// `grant_type` is not supported. RFC 6749 §5.2; TK-1.
        Unsupported => "unsupported_grant_type", "the grant type is not supported";
        /// The client may not use the grant. RFC 6749 §5.2; TK-1.
        NotAllowed => "grant_not_allowed", "the client may not use this grant";
        /// The code or token belongs to another client. AC-3, AC-7, RT-2.
        OtherClient => "other_client", "the grant is invalid";
        /// The proof's key is not the one the grant is bound to. RFC 9449 §5, §10; AC-3, RT-2.
        KeyMismatch => "dpop_key_mismatch", "the grant is invalid";
        /// The subject may no longer have tokens. HC-2.
        SubjectSuspended => "subject_suspended", "the grant is invalid";
        /// The token cannot be revoked: there is no deny list. RFC 7009 §2.2.1; RV-4.
        UnsupportedTokenType => "unsupported_token_type", "tokens of this type cannot be revoked";
    }
}

impl GrantError {
    /// The error code that the client receives.
    #[must_use]
    pub const fn error(self) -> OAuthError {
        match self {
            Self::Unsupported => OAuthError::UnsupportedGrantType,
            Self::NotAllowed => OAuthError::UnauthorizedClient,
            Self::OtherClient | Self::KeyMismatch | Self::SubjectSuspended => OAuthError::InvalidGrant,
            Self::UnsupportedTokenType => OAuthError::UnsupportedTokenType,
        }
    }
}

reasons! {
    /// The authorization code cannot be redeemed (AC-2 to AC-6).
    pub enum CodeError {
        /// The code is malformed or unknown. AC-2.
        Unknown => "unknown_code", "the grant is invalid";
        /// The code has expired. AC-3.
        Expired => "code_expired", "the grant is invalid";
        /// The code was already spent. RFC 6749 §4.1.2; AC-6.
        Replayed => "code_replayed", "the grant is invalid";
        /// `redirect_uri` is not the one of the authorization request. RFC 6749 §4.1.3; AC-3.
        RedirectUriMismatch => "redirect_uri_mismatch", "the grant is invalid";
    }
}

impl CodeError {
    /// The error code that the client receives.
    #[must_use]
    pub const fn error(self) -> OAuthError {
        OAuthError::InvalidGrant
    }
}

reasons! {
    /// The refresh token cannot be used (RT-1 to RT-7).
    pub enum RefreshError {
        /// The refresh token is malformed or unknown. RT-1.
        Unknown => "unknown_refresh_token", "the grant is invalid";
        /// The refresh token or its family has expired. RT-2, RT-7.
        Expired => "refresh_token_expired", "the grant is invalid";
        /// A spent refresh token was presented again: its family is revoked. RFC 9700 §4.14.2; RT-5.
        Reuse => "refresh_reuse", "the grant is invalid";
        /// The family was revoked. RT-3.
        FamilyRevoked => "family_revoked", "the grant is invalid";
        /// The family has the most unexpired access tokens that it may have. RFC 6585 §4.
        TooManyAccessTokens => "too_many_access_tokens", "too many tokens at a time; use those that were given";
    }
}

impl RefreshError {
    /// The error code that the client receives.
    #[must_use]
    pub const fn error(self) -> OAuthError {
        match self {
            Self::Unknown | Self::Expired | Self::Reuse | Self::FamilyRevoked => OAuthError::InvalidGrant,
            Self::TooManyAccessTokens => OAuthError::TemporarilyUnavailable,
        }
    }
}

reasons! {
    /// The host or the server failed; the client is not to blame (TK-4, TK-6).
    pub enum HostError {
        /// The host granted without asking the user although the user must be asked. RFC 8252 §8.6; AZ-25.
        ConsentSkipped => "consent_skipped", "internal error";
        /// The host granted more than was requested. TK-4.
        PolicyOverreach => "policy_overreach", "internal error";
        /// The client's registered default scopes exceed its scopes. RFC 6749 §3.3; TK-4.
        RegistrationScopes => "registration_scopes", "internal error";
        /// The registered subject of the client's certificate is invalid. RFC 8705 §2.1.2; CA-7.
        RegistrationSubject => "registration_subject", "internal error";
        /// None of the client's registered keys is usable. RFC 7591 §2; CA-4.
        RegistrationKeys => "registration_keys", "internal error";
        /// The host's answer contradicts the question, for example another pushed request than the requested one. TK-6.
        Answer => "host_answer", "internal error";
        /// The client is registered for an algorithm for which the server has no key. OIDC Registration §2,
        /// RFC 9701 §6; IT-2, IN-5.
        SigningAlgorithm => "signing_algorithm", "internal error";
        /// The client is registered for one resource in two spellings, or for the server's audience in another
        /// spelling. AZ-21.
        ResourceSpelledTwice => "resource_spelled_twice", "internal error";
        /// The token could not be minted. TK-6.
        Minting => "minting_failed", "internal error";
        /// The entropy source failed. TK-6.
        Entropy => "entropy_failed", "internal error";
        /// So many proofs of this client or key are on record that the replay store keeps its room for others. ST-2.
        ReplayShare => "replay_share_exceeded", "try again later";
        /// A store or the host could not answer. TK-6.
        Unavailable => "unavailable", "try again later";
    }
}

impl HostError {
    /// The error code that the client receives.
    #[must_use]
    pub const fn error(self) -> OAuthError {
        match self {
            Self::ConsentSkipped
            | Self::PolicyOverreach
            | Self::RegistrationScopes
            | Self::RegistrationSubject
            | Self::RegistrationKeys
            | Self::Answer
            | Self::SigningAlgorithm
            | Self::ResourceSpelledTwice
            | Self::Minting
            | Self::Entropy => OAuthError::ServerError,
            Self::ReplayShare | Self::Unavailable => OAuthError::TemporarilyUnavailable,
        }
    }
}
