//! Why a request was refused, for logs and tests, and what the client receives (RFC 6749 §5.2): two types and the table
//! between them.

use super::code::OAuthError;

reasons! {
    /// Why a request to the authorization server was refused: one variant per rule. For logs, events and tests. The
    /// client receives [`error`](Self::error) and this text.
    pub enum Reason {
        /// The request did not come over TLS. RFC 6749 §3.1, §3.2; EP-1.
        InsecureTransport => "insecure_transport", "TLS required";
        /// The request's host cannot be determined. RFC 9112 §3.2; EP-2.
        InvalidOrigin => "invalid_origin", "the host of the request is not valid";
        /// The endpoint does not support the method. EP-4.
        MethodNotAllowed => "method_not_allowed", "the method is not allowed here";
        /// The body is not a form. RFC 6749 §3.2; EP-5.
        NotForm => "not_form", "the body must be application/x-www-form-urlencoded";
        /// The body is longer than the limit. EP-5.
        BodyTooLarge => "body_too_large", "the body is too large";
        /// A percent-triplet or UTF-8 sequence in the body is broken. EP-5.
        MalformedForm => "malformed_form", "the body is not well-formed";
        /// A parameter occurs twice. RFC 6749 §3.1, §3.2; EP-6.
        DuplicateParameter => "duplicate_parameter", "a parameter occurs more than once";
        /// A parameter of a POST endpoint is in the query. RFC 6749 §2.3.1; EP-7.
        QueryParameters => "query_parameters", "parameters must be in the body";
        /// The parameter of this name is required, and absent. RFC 6749 §5.2.
        MissingParameter(&'static str = "grant_type") => "missing_parameter", "a required parameter is missing: {0}";
        /// The request uses several methods of client authentication. RFC 6749 §2.3; CA-1.
        SeveralAuthMethods => "several_auth_methods", "more than one client authentication method was used";
        /// Several `Authorization` fields, or one that cannot be read. RFC 7617 §2; CA-2.
        MalformedCredentials => "malformed_credentials", "client authentication failed";
        /// `client_id` in the body names another client than the credentials. CA-2, CA-4.
        ClientIdMismatch => "client_id_mismatch", "client_id does not match the credentials";
        /// The request has no credentials and no `client_id`. CA-9.
        NoClient => "no_client", "client authentication failed";
        /// The client is not registered, or disabled. CA-11.
        UnknownClient => "unknown_client", "client authentication failed";
        /// The method is not the registered one, or not accepted by the server. The event names both
        /// ([`auth_method`](crate::authorization::AuthorizationEvent::auth_method)). CA-10.
        WrongAuthMethod => "wrong_auth_method", "client authentication failed";
        /// The secret is wrong. CA-2, CA-3.
        WrongSecret => "wrong_secret", "client authentication failed";
        /// The secret has expired. RFC 7591 §3.2.1; CA-12.
        SecretExpired => "secret_expired", "client authentication failed";
        /// The assertion cannot be read, or is too long. RFC 7523 §3; CA-4.
        AssertionMalformed => "assertion_malformed", "client authentication failed";
        /// `client_assertion_type` is not that of RFC 7523. CA-4.
        AssertionType => "assertion_type", "client authentication failed";
        /// `typ` is that of another kind of JWT. RFC 8725 §3.11; CA-4.
        AssertionTyp => "assertion_typ", "client authentication failed";
        /// The assertion's algorithm or key is not one of the client's. CA-4.
        AssertionKey => "assertion_key", "client authentication failed";
        /// The assertion's signature does not verify. CA-4.
        AssertionSignature => "assertion_signature", "client authentication failed";
        /// `iss` or `sub` is not the client. RFC 7523 §3; CA-4.
        AssertionSubject => "assertion_subject", "client authentication failed";
        /// `aud` is not only the issuer or, for a client that may use older forms, not one of those. CA-4, CA-5.
        AssertionAudience => "assertion_audience", "client authentication failed";
        /// `exp`, `iat` or `nbf` is missing, malformed or out of range. CA-4.
        AssertionTime => "assertion_time", "client authentication failed";
        /// `jti` is missing or not 1 to 256 bytes. CA-4.
        AssertionJti => "assertion_jti", "client authentication failed";
        /// The assertion was already used. CA-6.
        AssertionReplay => "assertion_replay", "client authentication failed";
        /// The certificate is not the registered one, or there is none. RFC 8705 §2; CA-7, CA-8.
        WrongCertificate => "wrong_certificate", "client authentication failed";
        /// A public client uses a grant or endpoint for confidential ones. RFC 6749 §4.4; TK-1, CA-15.
        PublicClient => "public_client", "client authentication failed";
        /// `grant_type` is not supported. RFC 6749 §5.2; TK-1.
        UnsupportedGrantType => "unsupported_grant_type", "the grant type is not supported";
        /// The client may not use the grant. RFC 6749 §5.2; TK-1.
        GrantNotAllowed => "grant_not_allowed", "the client may not use this grant";
        /// More than one `DPoP` field. RFC 9449 §4.3 check 1; SC-1.
        SeveralProofs => "multiple_proofs", "more than one DPoP proof";
        /// The proof fails a check. RFC 9449 §4.3; SC-1.
        InvalidProof => "invalid_dpop_proof", "the DPoP proof is not valid";
        /// The proof was already used. RFC 9449 §11.1; SC-4.
        ProofReplay => "replay", "the DPoP proof is not valid";
        /// A fresh nonce is required. RFC 9449 §8; SC-3.
        UseNonce => "use_dpop_nonce", "a fresh DPoP nonce is required";
        /// The client's tokens are bound to a DPoP key, and there is no proof. SC-2.
        ProofRequired => "dpop_proof_required", "DPoP proof required";
        /// The client's tokens are bound to a certificate, and there is none. SC-2.
        CertificateRequired => "certificate_required", "client certificate required";
        /// The proxy sent an unreadable certificate: ignoring it would leave tokens unbound. RFC 9440 §2; SC-2.
        CertificateUnreadable => "certificate_unreadable", "the client certificate cannot be read";
        /// `scope` breaks the grammar. RFC 6749 §3.3.
        MalformedScope => "malformed_scope", "the scope is malformed";
        /// `scope` goes beyond what the client or the grant may have. RFC 6749 §3.3, §6.
        ScopeTooWide => "scope_too_wide", "the scope is more than may be granted";
        /// The policy grants nothing. TK-4.
        ScopeRefused => "scope_refused", "none of the scope may be granted";
        /// `resource` is not an absolute URI, or not one that may be requested. RFC 8707 §2; AZ-21, TK-5.
        InvalidTarget => "invalid_target", "the resource is unknown, malformed or may not be asked for";
        /// The endpoint's grant is disabled. EP-12.
        NotOffered => "not_offered", "there is no such endpoint";
        /// The browser prefetches the page without its user. AZ-1.
        Prefetch => "prefetch", "this address cannot be fetched ahead";
        /// The browser is embedded in another application, and the server refuses those. RFC 8252 §8.12; AZ-2.
        EmbeddedUserAgent => "embedded_user_agent", "open this page in a browser of its own, not inside of an application";
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
        /// `redirect_uri` is absent. RFC 6749 §3.1.2; AZ-8.
        MissingRedirectUri => "missing_redirect_uri", "redirect_uri is missing";
        /// `redirect_uri` is too long, has a fragment, or is not a URI that browsers may be redirected to.
        /// RFC 6749 §3.1.2; AZ-8.
        MalformedRedirectUri => "malformed_redirect_uri", "redirect_uri is not valid";
        /// `redirect_uri` is plain http, but not to a loopback address. RFC 9700 §2.6; AZ-8.
        PlainHttpRedirect => "plain_http_redirect", "redirect_uri must be https; plain http is for loopback addresses only";
        /// The scheme of `redirect_uri` could belong to any application. RFC 8252 §7.1; AZ-8.
        PrivateUseScheme => "private_use_scheme", "the scheme of redirect_uri must hold a dot, or be listed with private_use_schemes";
        /// `redirect_uri` is registered with another port, and the client is not native. RFC 8252 §7.3; AZ-9.
        PortOfNativeClient => "port_of_native_client", "redirect_uri is registered with another port; only clients that are registered as native may use any";
        /// `redirect_uri` is `http://localhost` on another port than the registered one. RFC 8252 §8.3; AZ-9.
        LocalhostPort => "localhost_port", "redirect_uri is registered with another port; http://localhost may have any with localhost_redirects only";
        /// `redirect_uri` is not registered. RFC 6749 §3.1.2.4, RFC 9700 §4.1.3; AZ-8, AZ-9.
        UnregisteredRedirectUri => "unregistered_redirect_uri", "redirect_uri is not registered";
        /// `response_mode` is not supported. OAuth 2.0 Multiple Response Types §2.1; AZ-10.
        UnsupportedResponseMode => "unsupported_response_mode", "the response mode is not supported";
        /// `request_uri` was not pushed, and remote ones are not fetched. OIDC Core §3.1.2.6; AZ-11.
        RemoteRequestUri => "remote_request_uri", "only pushed requests can be referred to";
        /// `registration` is not supported. OIDC Core §3.1.2.6; AZ-11.
        RegistrationParameter => "registration_parameter", "the registration parameter is not supported";
        /// `response_type` is not `code`. RFC 6749 §4.1.2.1; AZ-12.
        UnsupportedResponseType => "unsupported_response_type", "the response type is not supported";
        /// The request must be pushed. RFC 9126 §5, §6; AZ-13.
        ParRequired => "par_required", "the request must be pushed";
        /// A parameter is longer than the limit.
        ParameterTooLong => "parameter_too_long", "a parameter is too long";
        /// `code_challenge` is absent. RFC 7636 §4.4.1; AZ-15.
        ChallengeMissing => "challenge_missing", "code_challenge is missing";
        /// `code_challenge` is not a SHA-256 digest in base64url. RFC 7636 §4.2; AZ-15.
        ChallengeMalformed => "challenge_malformed", "code_challenge is malformed";
        /// `code_challenge_method` is not S256; an absent one means plain. RFC 7636 §4.3; AZ-15.
        ChallengeMethod => "challenge_method", "code_challenge_method must be S256";
        /// `state` is too long, or cannot be sent in a form. AZ-16.
        MalformedState => "malformed_state", "state is not valid";
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
        /// `dpop_jkt` is not a thumbprint. RFC 9449 §10; AZ-22.
        MalformedJkt => "malformed_jkt", "dpop_jkt is malformed";
        /// `dpop_jkt` is not the thumbprint of the proof's key. RFC 9449 §10.1; PA-5.
        JktMismatch => "dpop_jkt_mismatch", "dpop_jkt does not match the DPoP proof";
        /// A pushed request has `request_uri`. RFC 9126 §2.1; PA-1.
        RequestUriPushed => "request_uri_pushed", "request_uri cannot be pushed";
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
        /// The host granted without asking the user although the user must be asked. RFC 8252 §8.6; AZ-25.
        ConsentSkipped => "consent_skipped", "internal error";
        /// The code is malformed or unknown. AC-2.
        UnknownCode => "unknown_code", "the grant is invalid";
        /// The code has expired. AC-3.
        CodeExpired => "code_expired", "the grant is invalid";
        /// The code was already spent. RFC 6749 §4.1.2; AC-6.
        CodeReplayed => "code_replayed", "the grant is invalid";
        /// The code or token belongs to another client. AC-3, AC-7, RT-2.
        OtherClient => "other_client", "the grant is invalid";
        /// `redirect_uri` is not the one of the authorization request. RFC 6749 §4.1.3; AC-3.
        RedirectUriMismatch => "redirect_uri_mismatch", "the grant is invalid";
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
        /// The proof's key is not the one the grant is bound to. RFC 9449 §5, §10; AC-3, RT-2.
        KeyMismatch => "dpop_key_mismatch", "the grant is invalid";
        /// The refresh token is malformed or unknown. RT-1.
        UnknownRefreshToken => "unknown_refresh_token", "the grant is invalid";
        /// The refresh token or its family has expired. RT-2, RT-7.
        RefreshTokenExpired => "refresh_token_expired", "the grant is invalid";
        /// A spent refresh token was presented again: its family is revoked. RFC 9700 §4.14.2; RT-5.
        RefreshReuse => "refresh_reuse", "the grant is invalid";
        /// The family was revoked. RT-3.
        FamilyRevoked => "family_revoked", "the grant is invalid";
        /// The family has the most unexpired access tokens that it may have. RFC 6585 §4.
        TooManyAccessTokens => "too_many_access_tokens", "too many tokens at a time; use those that were given";
        /// The subject may no longer have tokens. HC-2.
        SubjectSuspended => "subject_suspended", "the grant is invalid";
        /// The token cannot be revoked: there is no deny list. RFC 7009 §2.2.1; RV-4.
        UnsupportedTokenType => "unsupported_token_type", "tokens of this type cannot be revoked";
        /// The host granted more than was requested. TK-4.
        PolicyOverreach => "policy_overreach", "internal error";
        /// The client's registered default scopes exceed its scopes. RFC 6749 §3.3; TK-4.
        RegistrationScopes => "registration_scopes", "internal error";
        /// The registered subject of the client's certificate is invalid. RFC 8705 §2.1.2; CA-7.
        RegistrationSubject => "registration_subject", "internal error";
        /// None of the client's registered keys is usable. RFC 7591 §2; CA-4.
        RegistrationKeys => "registration_keys", "internal error";
        /// The host's answer contradicts the question, for example another pushed request than the requested one. TK-6.
        HostAnswer => "host_answer", "internal error";
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

impl Reason {
    /// The error code that the client receives.
    #[must_use]
    pub const fn error(self) -> OAuthError {
        match self {
            Self::InsecureTransport
            | Self::InvalidOrigin
            | Self::MethodNotAllowed
            | Self::NotForm
            | Self::BodyTooLarge
            | Self::MalformedForm
            | Self::DuplicateParameter
            | Self::QueryParameters
            | Self::MissingParameter(_)
            | Self::SeveralAuthMethods
            | Self::ClientIdMismatch
            | Self::ProofRequired
            | Self::CertificateRequired
            | Self::CertificateUnreadable
            | Self::NotOffered
            | Self::Prefetch
            | Self::EmbeddedUserAgent
            | Self::NoSuchClient
            | Self::OtherClientsRequest
            | Self::RequestAndRequestUri
            | Self::MissingRedirectUri
            | Self::MalformedRedirectUri
            | Self::PlainHttpRedirect
            | Self::PrivateUseScheme
            | Self::PortOfNativeClient
            | Self::LocalhostPort
            | Self::UnregisteredRedirectUri
            | Self::UnsupportedResponseMode
            | Self::ParRequired
            | Self::ParameterTooLong
            | Self::ChallengeMissing
            | Self::ChallengeMalformed
            | Self::ChallengeMethod
            | Self::MalformedState
            | Self::NonceTooLong
            | Self::NonceRequired
            | Self::MalformedPrompt
            | Self::PromptNoneNotAlone
            | Self::MalformedMaxAge
            | Self::IdTokenHint
            | Self::AuthorizationDetails
            | Self::MalformedJkt
            | Self::RequestUriPushed => OAuthError::InvalidRequest,
            Self::UnknownRequestUri => OAuthError::InvalidRequestUri,
            Self::RequestObject => OAuthError::RequestNotSupported,
            Self::RemoteRequestUri => OAuthError::RequestUriNotSupported,
            Self::RegistrationParameter => OAuthError::RegistrationNotSupported,
            Self::UnsupportedResponseType => OAuthError::UnsupportedResponseType,
            Self::LoginRequired => OAuthError::LoginRequired,
            Self::InteractionRequired => OAuthError::InteractionRequired,
            Self::AccountSelectionRequired => OAuthError::AccountSelectionRequired,
            Self::ConsentRequired => OAuthError::ConsentRequired,
            Self::LoginDeclined | Self::AccessDenied | Self::OpenIdNotAllowed => OAuthError::AccessDenied,
            Self::MalformedCredentials
            | Self::NoClient
            | Self::UnknownClient
            | Self::WrongAuthMethod
            | Self::WrongSecret
            | Self::SecretExpired
            | Self::AssertionMalformed
            | Self::AssertionType
            | Self::AssertionTyp
            | Self::AssertionKey
            | Self::AssertionSignature
            | Self::AssertionSubject
            | Self::AssertionAudience
            | Self::AssertionTime
            | Self::AssertionJti
            | Self::AssertionReplay
            | Self::WrongCertificate
            | Self::PublicClient => OAuthError::InvalidClient,
            Self::UnsupportedGrantType => OAuthError::UnsupportedGrantType,
            Self::GrantNotAllowed => OAuthError::UnauthorizedClient,
            Self::SeveralProofs | Self::InvalidProof | Self::ProofReplay | Self::JktMismatch => {
                OAuthError::InvalidDpopProof
            }
            Self::UseNonce => OAuthError::UseDpopNonce,
            Self::MalformedScope | Self::ScopeTooWide | Self::ScopeRefused => OAuthError::InvalidScope,
            Self::InvalidTarget => OAuthError::InvalidTarget,
            Self::UnknownCode
            | Self::CodeExpired
            | Self::CodeReplayed
            | Self::OtherClient
            | Self::RedirectUriMismatch
            | Self::VerifierMissing
            | Self::VerifierMalformed
            | Self::WrongVerifier
            | Self::VerifierWithoutChallenge
            | Self::CodeWithoutChallenge
            | Self::KeyMismatch
            | Self::UnknownRefreshToken
            | Self::RefreshTokenExpired
            | Self::RefreshReuse
            | Self::FamilyRevoked
            | Self::SubjectSuspended => OAuthError::InvalidGrant,
            Self::UnsupportedTokenType => OAuthError::UnsupportedTokenType,
            Self::PolicyOverreach
            | Self::RegistrationScopes
            | Self::RegistrationSubject
            | Self::RegistrationKeys
            | Self::HostAnswer
            | Self::ConsentSkipped
            | Self::ResourceSpelledTwice
            | Self::SigningAlgorithm
            | Self::Minting
            | Self::Entropy => OAuthError::ServerError,
            Self::TooManyAccessTokens | Self::ReplayShare | Self::Unavailable => OAuthError::TemporarilyUnavailable,
        }
    }

    /// The status of the JSON error (RFC 6749 §5.2). A client that is unknown or failed to authenticate receives 401 at
    /// every endpoint with client authentication: clients that register themselves do so again then (CA-11).
    #[must_use]
    pub const fn status(self) -> u16 {
        match self.error() {
            OAuthError::ServerError => 500,
            OAuthError::TemporarilyUnavailable if matches!(self, Self::TooManyAccessTokens) => 429,
            OAuthError::TemporarilyUnavailable => 503,
            OAuthError::InvalidClient => 401,
            OAuthError::InvalidRequest if matches!(self, Self::MethodNotAllowed) => 405,
            OAuthError::InvalidRequest if matches!(self, Self::BodyTooLarge) => 413,
            OAuthError::InvalidRequest if matches!(self, Self::NotOffered) => 404,
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
