//! What is refused at the authorization endpoint.

use super::code::OAuthError;

reasons! {
    /// The authorization request is invalid (AZ-3 to AZ-23, PA-1 to PA-6).
    pub enum AuthorizeError {
        /// The client is not registered, or disabled; or its identifier is invalid. RFC 6749 §4.1.2.1; AZ-5.
        NoSuchClient => "no_such_client", "the client is unknown";
        /// The reference is malformed, unknown, expired or spent. RFC 9126 §2.2; AZ-3, AZ-28.
        UnknownRequestUri => "unknown_request_uri", "the request_uri is unknown, expired or was used before";
        /// The reference is another client's. RFC 9126 §4; AZ-4.
        OtherClientsRequest => "other_clients_request", "client_id does not match the request_uri";
        /// `request` and `request_uri` are both present. RFC 9101 §5; AZ-6.
        RequestAndRequestUri => "request_and_request_uri", "request and request_uri exclude each other";
        /// Request objects are not supported. OIDC Core §3.1.2.6; AZ-7.
        RequestObject => "request_object", "request objects are not supported";
        /// `response_mode` is not supported. OAuth 2.0 Multiple Response Types §2.1; AZ-10.
        UnsupportedResponseMode => "unsupported_response_mode", "the response mode is not supported";
        /// `request_uri` was not pushed, and remote ones are not fetched. OIDC Core §3.1.2.6; AZ-11.
        RemoteRequestUri => "remote_request_uri", "only pushed requests can be referred to";
        /// `registration` is not supported. OIDC Core §3.1.2.6; AZ-11.
        RegistrationParameter => "registration_parameter", "the registration parameter is not supported";
        /// `response_type` is not `code`. RFC 6749 §4.1.2.1; AZ-12.
        UnsupportedResponseType => "unsupported_response_type", "the response type is not supported";
        /// The request must be pushed. RFC 9126 §5, §6; AZ-13.
        MustBePushed => "par_required", "the request must be pushed";
        /// A pushed request has `request_uri`. RFC 9126 §2.1; PA-1.
        RequestUriPushed => "request_uri_pushed", "request_uri cannot be pushed";
        /// `state` is too long, or cannot be sent in a form. AZ-16.
        MalformedState => "malformed_state", "state is not valid";
        /// `nonce` has a NUL, which not every store can hold. AZ-16.
        MalformedNonce => "malformed_nonce", "nonce is not valid";
        /// `nonce` is too long. AZ-16.
        NonceTooLong => "nonce_too_long", "nonce is too long";
        /// `nonce` is absent although `openid` requires it. OIDC Core §3.1.2.1; AZ-16.
        NonceRequired => "nonce_required", "nonce is required";
        /// `prompt` has an unknown value. OIDC Core §3.1.2.1; AZ-17.
        MalformedPrompt => "malformed_prompt", "prompt is not valid";
        /// `prompt` has `none` together with another value. OIDC Core §3.1.2.1; AZ-17.
        PromptNoneNotAlone => "prompt_none_not_alone", "prompt none excludes other values";
        /// `max_age` is not a number of seconds. OIDC Core §3.1.2.1; AZ-18.
        MalformedMaxAge => "malformed_max_age", "max_age is not valid";
        /// `id_token_hint` is not supported. AZ-20.
        IdTokenHint => "id_token_hint", "id_token_hint is not supported";
        /// `authorization_details` are not supported. RFC 9396 §2; AZ-23.
        AuthorizationDetails => "authorization_details", "authorization_details are not supported";
    }
}

impl AuthorizeError {
    /// The error code that the client receives.
    #[must_use]
    pub const fn error(self) -> OAuthError {
        match self {
            Self::NoSuchClient
            | Self::OtherClientsRequest
            | Self::RequestAndRequestUri
            | Self::UnsupportedResponseMode
            | Self::MustBePushed
            | Self::RequestUriPushed
            | Self::MalformedState
            | Self::MalformedNonce
            | Self::NonceTooLong
            | Self::NonceRequired
            | Self::MalformedPrompt
            | Self::PromptNoneNotAlone
            | Self::MalformedMaxAge
            | Self::IdTokenHint
            | Self::AuthorizationDetails => OAuthError::InvalidRequest,
            Self::UnknownRequestUri => OAuthError::InvalidRequestUri,
            Self::RequestObject => OAuthError::RequestNotSupported,
            Self::RemoteRequestUri => OAuthError::RequestUriNotSupported,
            Self::RegistrationParameter => OAuthError::RegistrationNotSupported,
            Self::UnsupportedResponseType => OAuthError::UnsupportedResponseType,
        }
    }
}

reasons! {
    /// `redirect_uri` is not one that the browser may be sent to (AZ-8, AZ-9).
    pub enum RedirectUriError {
        /// `redirect_uri` is absent. RFC 6749 §3.1.2; AZ-8.
        Missing => "missing_redirect_uri", "redirect_uri is missing";
        /// `redirect_uri` is too long, has a fragment, or is not a URI that browsers may be redirected to.
        /// RFC 6749 §3.1.2; AZ-8.
        Malformed => "malformed_redirect_uri", "redirect_uri is not valid";
        /// `redirect_uri` is plain http, but not to a loopback address. RFC 9700 §2.6; AZ-8.
        PlainHttp => "plain_http_redirect", "redirect_uri must be https; plain http is for loopback addresses only";
        /// The scheme of `redirect_uri` could belong to any application. RFC 8252 §7.1; AZ-8.
        PrivateUseScheme => "private_use_scheme", "the scheme of redirect_uri must hold a dot, or be listed with private_use_schemes";
        /// `redirect_uri` is registered with another port, and the client is not native. RFC 8252 §7.3; AZ-9.
        PortOfNativeClient => "port_of_native_client", "redirect_uri is registered with another port; only clients that are registered as native may use any";
        /// `redirect_uri` is `http://localhost` on another port than the registered one. RFC 8252 §8.3; AZ-9.
        LocalhostPort => "localhost_port", "redirect_uri is registered with another port; http://localhost may have any with localhost_redirects only";
        /// `redirect_uri` is not registered. RFC 6749 §3.1.2.4, RFC 9700 §4.1.3; AZ-8, AZ-9.
        Unregistered => "unregistered_redirect_uri", "redirect_uri is not registered";
    }
}

impl RedirectUriError {
    /// The error code that the client receives.
    #[must_use]
    pub const fn error(self) -> OAuthError {
        OAuthError::InvalidRequest
    }
}

reasons! {
    /// The code challenge or the verifier breaks PKCE (RFC 7636; AZ-15, AC-4).
    pub enum PkceError {
        /// `code_challenge` is absent. RFC 7636 §4.4.1; AZ-15.
        ChallengeMissing => "challenge_missing", "code_challenge is missing";
        /// `code_challenge` is not a SHA-256 digest in base64url. RFC 7636 §4.2; AZ-15.
        ChallengeMalformed => "challenge_malformed", "code_challenge is malformed";
        /// `code_challenge_method` is not S256; an absent one means plain. RFC 7636 §4.3; AZ-15.
        ChallengeMethod => "challenge_method", "code_challenge_method must be S256";
        /// `code_verifier` for a code without challenge: the challenge was removed from the request on the way.
        /// RFC 9700 §4.8.2; AC-4.
        VerifierWithoutChallenge => "verifier_without_challenge", "the grant is invalid";
        /// The code has no challenge, and its client is no longer exempt. RFC 9700 §2.1.1; AC-4.
        CodeWithoutChallenge => "code_without_challenge", "the grant is invalid";
        /// `code_verifier` is absent. RFC 7636 §4.5; AC-4.
        VerifierMissing => "verifier_missing", "the grant is invalid";
        /// `code_verifier` is not 43 to 128 printable characters. RFC 7636 §4.1; AC-4.
        VerifierMalformed => "verifier_malformed", "the grant is invalid";
        /// `code_verifier` does not match the challenge. RFC 7636 §4.6; AC-4.
        WrongVerifier => "wrong_verifier", "the grant is invalid";
    }
}

impl PkceError {
    /// The error code that the client receives.
    #[must_use]
    pub const fn error(self) -> OAuthError {
        match self {
            Self::ChallengeMissing | Self::ChallengeMalformed | Self::ChallengeMethod => OAuthError::InvalidRequest,
            Self::VerifierWithoutChallenge
            | Self::CodeWithoutChallenge
            | Self::VerifierMissing
            | Self::VerifierMalformed
            | Self::WrongVerifier => OAuthError::InvalidGrant,
        }
    }
}

reasons! {
    /// The user is not logged in, was not asked, or refused (AZ-24, AZ-25).
    pub enum UserError {
        /// No user is logged in, or not as the request requires. OIDC Core §3.1.2.6; AZ-24.
        LoginRequired => "login_required", "a login is required";
        /// The user would have to interact. OIDC Core §3.1.2.6; AZ-24.
        InteractionRequired => "interaction_required", "an interaction with the user is required";
        /// The user would have to select an account. OIDC Core §3.1.2.6; AZ-24.
        AccountSelectionRequired => "account_selection_required", "the user must select an account";
        /// The user declined to log in. AZ-24.
        LoginDeclined => "login_declined", "access was denied";
        /// The user would have to be asked for consent. OIDC Core §3.1.2.6; AZ-25.
        ConsentRequired => "consent_required", "consent is required";
        /// The user or the host refused. RFC 6749 §4.1.2.1; AZ-25.
        AccessDenied => "access_denied", "access was denied";
        /// The request has a `nonce` instead of a challenge, but `openid`, which the ID token with the nonce requires,
        /// was not allowed. AZ-15.
        OpenIdNotAllowed => "openid_not_allowed", "the request needs openid, which was not allowed";
    }
}

impl UserError {
    /// The error code that the client receives.
    #[must_use]
    pub const fn error(self) -> OAuthError {
        match self {
            Self::LoginRequired => OAuthError::LoginRequired,
            Self::InteractionRequired => OAuthError::InteractionRequired,
            Self::AccountSelectionRequired => OAuthError::AccountSelectionRequired,
            Self::LoginDeclined | Self::AccessDenied | Self::OpenIdNotAllowed => OAuthError::AccessDenied,
            Self::ConsentRequired => OAuthError::ConsentRequired,
        }
    }
}
