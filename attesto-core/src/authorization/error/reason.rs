//! What a client is told (RFC 6749 §5.2) and why, for logs and tests: two types and the table between them.

use super::code::OAuthError;

reasons! {
    /// Why a request to the authorization server was refused: one variant per rule. For logs, events and tests; the client is told
    /// [`error`](Self::error) and this text.
    pub enum Reason {
        /// Not over TLS. RFC 6749 §3.1, §3.2; EP-1.
        InsecureTransport => "insecure_transport", "TLS required";
        /// The request's host cannot be told. RFC 9112 §3.2; EP-2.
        InvalidOrigin => "invalid_origin", "the host of the request is not valid";
        /// The endpoint does not know the method. EP-4.
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
        /// The parameter of this name must be there, and is absent. RFC 6749 §5.2.
        MissingParameter(&'static str = "grant_type") => "missing_parameter", "a required parameter is missing: {0}";
        /// More than one way of client authentication. RFC 6749 §2.3; CA-1.
        SeveralAuthMethods => "several_auth_methods", "more than one client authentication method was used";
        /// Several `Authorization` fields, or one that cannot be read. RFC 7617 §2; CA-2.
        MalformedCredentials => "malformed_credentials", "client authentication failed";
        /// `client_id` in the body names another client than the credentials. CA-2, CA-4.
        ClientIdMismatch => "client_id_mismatch", "client_id does not match the credentials";
        /// No credentials and no `client_id`. CA-9.
        NoClient => "no_client", "client authentication failed";
        /// The client is not registered, or disabled. CA-11.
        UnknownClient => "unknown_client", "client authentication failed";
        /// Another method than the registered one, or one that the server does not take; the event names both
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
        /// The assertion's algorithm or key is none of the client's. CA-4.
        AssertionKey => "assertion_key", "client authentication failed";
        /// The assertion's signature does not verify. CA-4.
        AssertionSignature => "assertion_signature", "client authentication failed";
        /// `iss` or `sub` is not the client. RFC 7523 §3; CA-4.
        AssertionSubject => "assertion_subject", "client authentication failed";
        /// `aud` is not the issuer, alone; or for a client that may use older forms, none of these. CA-4, CA-5.
        AssertionAudience => "assertion_audience", "client authentication failed";
        /// `exp`, `iat` or `nbf` is missing, malformed or out of range. CA-4.
        AssertionTime => "assertion_time", "client authentication failed";
        /// `jti` is missing or not 1 to 256 bytes. CA-4.
        AssertionJti => "assertion_jti", "client authentication failed";
        /// The assertion was used before. CA-6.
        AssertionReplay => "assertion_replay", "client authentication failed";
        /// The certificate is not the registered one, or there is none. RFC 8705 §2; CA-7, CA-8.
        WrongCertificate => "wrong_certificate", "client authentication failed";
        /// A public client at a grant or endpoint for confidential ones. RFC 6749 §4.4; TK-1, CA-15.
        PublicClient => "public_client", "client authentication failed";
        /// `grant_type` is not dispatched here. RFC 6749 §5.2; TK-1.
        UnsupportedGrantType => "unsupported_grant_type", "the grant type is not supported";
        /// The client may not use the grant. RFC 6749 §5.2; TK-1.
        GrantNotAllowed => "grant_not_allowed", "the client may not use this grant";
        /// More than one `DPoP` field. RFC 9449 §4.3 check 1; SC-1.
        SeveralProofs => "multiple_proofs", "more than one DPoP proof";
        /// The proof fails a check. RFC 9449 §4.3; SC-1.
        InvalidProof => "invalid_dpop_proof", "the DPoP proof is not valid";
        /// The proof was used before. RFC 9449 §11.1; SC-4.
        ProofReplay => "replay", "the DPoP proof is not valid";
        /// A fresh nonce is wanted. RFC 9449 §8; SC-3.
        UseNonce => "use_dpop_nonce", "a fresh DPoP nonce is required";
        /// The client's tokens are bound to a DPoP key, and there is no proof. SC-2.
        ProofRequired => "dpop_proof_required", "DPoP proof required";
        /// The client's tokens are bound to a certificate, and there is none. SC-2.
        CertificateRequired => "certificate_required", "client certificate required";
        /// The proxy sent a certificate that cannot be read: to go on without one would leave tokens unbound. RFC 9440 §2; SC-2.
        CertificateUnreadable => "certificate_unreadable", "the client certificate cannot be read";
        /// `scope` breaks the grammar. RFC 6749 §3.3.
        MalformedScope => "malformed_scope", "the scope is malformed";
        /// `scope` goes beyond what the client or the grant may have. RFC 6749 §3.3, §6.
        ScopeTooWide => "scope_too_wide", "the scope is more than may be granted";
        /// The policy grants nothing. TK-4.
        ScopeRefused => "scope_refused", "none of the scope may be granted";
        /// `resource` is no absolute URI, or not one that may be asked for. RFC 8707 §2; AZ-21, TK-5.
        InvalidTarget => "invalid_target", "the resource is unknown, malformed or may not be asked for";
        /// The endpoint is for a grant that is off. EP-12.
        NotOffered => "not_offered", "there is no such endpoint";
        /// The browser looks ahead, and no user is there. AZ-1.
        Prefetch => "prefetch", "this address cannot be fetched ahead";
        /// The browser is inside of another application, and those are refused here. RFC 8252 §8.12; AZ-2.
        EmbeddedUserAgent => "embedded_user_agent", "open this page in a browser of its own, not inside of an application";
        /// The client is not registered, or disabled; or what should name it cannot. RFC 6749 §4.1.2.1; AZ-5.
        NoSuchClient => "no_such_client", "the client is unknown";
        /// The reference is not one of ours, or unknown, expired or spent. RFC 9126 §2.2; AZ-3, AZ-28.
        UnknownRequestUri => "unknown_request_uri", "the request_uri is unknown, expired or was used before";
        /// The reference is another client's. RFC 9126 §4; AZ-4.
        OtherClientsRequest => "other_clients_request", "client_id does not match the request_uri";
        /// `request` and `request_uri` at once. RFC 9101 §5; AZ-6.
        RequestAndRequestUri => "request_and_request_uri", "request and request_uri exclude each other";
        /// Request objects are not taken. OIDC Core §3.1.2.6; AZ-7.
        RequestObject => "request_object", "request objects are not supported";
        /// `redirect_uri` is absent. RFC 6749 §3.1.2; AZ-8.
        MissingRedirectUri => "missing_redirect_uri", "redirect_uri is missing";
        /// `redirect_uri` is too long, has a fragment, or is no URI that a browser may be sent to. RFC 6749 §3.1.2; AZ-8.
        MalformedRedirectUri => "malformed_redirect_uri", "redirect_uri is not valid";
        /// `redirect_uri` is plain http, and not to a loopback address. RFC 9700 §2.6; AZ-8.
        PlainHttpRedirect => "plain_http_redirect", "redirect_uri must be https; plain http is for loopback addresses only";
        /// The scheme of `redirect_uri` could be any application's. RFC 8252 §7.1; AZ-8.
        PrivateUseScheme => "private_use_scheme", "the scheme of redirect_uri must hold a dot, or be listed with private_use_schemes";
        /// `redirect_uri` is registered with another port, and the client is not native. RFC 8252 §7.3; AZ-9.
        PortOfNativeClient => "port_of_native_client", "redirect_uri is registered with another port; only clients that are registered as native may use any";
        /// `redirect_uri` is `http://localhost` on another port than the registered one. RFC 8252 §8.3; AZ-9.
        LocalhostPort => "localhost_port", "redirect_uri is registered with another port; http://localhost may have any with localhost_redirects only";
        /// `redirect_uri` is not registered. RFC 6749 §3.1.2.4, RFC 9700 §4.1.3; AZ-8, AZ-9.
        UnregisteredRedirectUri => "unregistered_redirect_uri", "redirect_uri is not registered";
        /// `response_mode` is not one of ours. OAuth 2.0 Multiple Response Types §2.1; AZ-10.
        UnsupportedResponseMode => "unsupported_response_mode", "the response mode is not supported";
        /// A `request_uri` that was not pushed: nothing is fetched. OIDC Core §3.1.2.6; AZ-11.
        RemoteRequestUri => "remote_request_uri", "only pushed requests can be referred to";
        /// `registration`. OIDC Core §3.1.2.6; AZ-11.
        RegistrationParameter => "registration_parameter", "the registration parameter is not supported";
        /// `response_type` is not `code`. RFC 6749 §4.1.2.1; AZ-12.
        UnsupportedResponseType => "unsupported_response_type", "the response type is not supported";
        /// The request must be pushed. RFC 9126 §5, §6; AZ-13.
        ParRequired => "par_required", "the request must be pushed";
        /// A parameter is longer than any that makes sense.
        ParameterTooLong => "parameter_too_long", "a parameter is too long";
        /// `code_challenge` is absent. RFC 7636 §4.4.1; AZ-15.
        ChallengeMissing => "challenge_missing", "code_challenge is missing";
        /// `code_challenge` is no SHA-256 digest in base64url. RFC 7636 §4.2; AZ-15.
        ChallengeMalformed => "challenge_malformed", "code_challenge is malformed";
        /// `code_challenge_method` is not S256: absent means plain. RFC 7636 §4.3; AZ-15.
        ChallengeMethod => "challenge_method", "code_challenge_method must be S256";
        /// `state` is too long, or cannot travel in a form. AZ-16.
        MalformedState => "malformed_state", "state is not valid";
        /// `nonce` is too long. AZ-16.
        NonceTooLong => "nonce_too_long", "nonce is too long";
        /// `nonce` is absent where `openid` needs it. OIDC Core §3.1.2.1; AZ-16.
        NonceRequired => "nonce_required", "nonce is required";
        /// `prompt` has an unknown value. OIDC Core §3.1.2.1; AZ-17.
        MalformedPrompt => "malformed_prompt", "prompt is not valid";
        /// `prompt` has `none` beside another value. OIDC Core §3.1.2.1; AZ-17.
        PromptNoneNotAlone => "prompt_none_not_alone", "prompt none excludes other values";
        /// `max_age` is no number of seconds. OIDC Core §3.1.2.1; AZ-18.
        MalformedMaxAge => "malformed_max_age", "max_age is not valid";
        /// `id_token_hint` is not taken. AZ-20.
        IdTokenHint => "id_token_hint", "id_token_hint is not supported";
        /// `authorization_details` are not taken. RFC 9396 §2; AZ-23.
        AuthorizationDetails => "authorization_details", "authorization_details are not supported";
        /// `dpop_jkt` is no thumbprint. RFC 9449 §10; AZ-22.
        MalformedJkt => "malformed_jkt", "dpop_jkt is malformed";
        /// `dpop_jkt` is not the thumbprint of the proof's key. RFC 9449 §10.1; PA-5.
        JktMismatch => "dpop_jkt_mismatch", "dpop_jkt does not match the DPoP proof";
        /// `request_uri` in a request that is pushed. RFC 9126 §2.1; PA-1.
        RequestUriPushed => "request_uri_pushed", "request_uri cannot be pushed";
        /// Nobody is logged in, or not as the request wants it. OIDC Core §3.1.2.6; AZ-24.
        LoginRequired => "login_required", "a login is required";
        /// The user would have to be asked something. OIDC Core §3.1.2.6; AZ-24.
        InteractionRequired => "interaction_required", "an interaction with the user is required";
        /// The user would have to choose. OIDC Core §3.1.2.6; AZ-24.
        AccountSelectionRequired => "account_selection_required", "the user must select an account";
        /// The user would not log in. AZ-24.
        LoginDeclined => "login_declined", "access was denied";
        /// The user would have to be asked for consent. OIDC Core §3.1.2.6; AZ-25.
        ConsentRequired => "consent_required", "consent is required";
        /// The user or the host said no. RFC 6749 §4.1.2.1; AZ-25.
        AccessDenied => "access_denied", "access was denied";
        /// The request has a `nonce` in place of a challenge, and `openid`, without which no ID token carries it, was not allowed. AZ-15.
        OpenIdNotAllowed => "openid_not_allowed", "the request needs openid, which was not allowed";
        /// The host granted without asking the user, who must be asked. RFC 8252 §8.6; AZ-25.
        ConsentSkipped => "consent_skipped", "internal error";
        /// The code is not one of ours, or unknown. AC-2.
        UnknownCode => "unknown_code", "the grant is invalid";
        /// The code has expired. AC-3.
        CodeExpired => "code_expired", "the grant is invalid";
        /// The code was spent before. RFC 6749 §4.1.2; AC-6.
        CodeReplayed => "code_replayed", "the grant is invalid";
        /// The code or token is another client's. AC-3, AC-7, RT-2.
        OtherClient => "other_client", "the grant is invalid";
        /// `redirect_uri` is not the one of the authorization request. RFC 6749 §4.1.3; AC-3.
        RedirectUriMismatch => "redirect_uri_mismatch", "the grant is invalid";
        /// `code_verifier` for a code without challenge: somebody has taken the challenge out of the request. RFC 9700 §4.8.2; AC-4.
        VerifierWithoutChallenge => "verifier_without_challenge", "the grant is invalid";
        /// The code has no challenge, and its client may not do without any more. RFC 9700 §2.1.1; AC-4.
        CodeWithoutChallenge => "code_without_challenge", "the grant is invalid";
        /// `code_verifier` is absent. RFC 7636 §4.5; AC-4.
        VerifierMissing => "verifier_missing", "the grant is invalid";
        /// `code_verifier` is not 43 to 128 printable characters. RFC 7636 §4.1; AC-4.
        VerifierMalformed => "verifier_malformed", "the grant is invalid";
        /// `code_verifier` is not the one of the challenge. RFC 7636 §4.6; AC-4.
        WrongVerifier => "wrong_verifier", "the grant is invalid";
        /// The proof's key is not the one the grant is bound to. RFC 9449 §5, §10; AC-3, RT-2.
        KeyMismatch => "dpop_key_mismatch", "the grant is invalid";
        /// The refresh token is not one of ours, or unknown. RT-1.
        UnknownRefreshToken => "unknown_refresh_token", "the grant is invalid";
        /// The refresh token or its family has expired. RT-2, RT-7.
        RefreshTokenExpired => "refresh_token_expired", "the grant is invalid";
        /// A spent refresh token came back: its family is revoked. RFC 9700 §4.14.2; RT-5.
        RefreshReuse => "refresh_reuse", "the grant is invalid";
        /// The family was revoked. RT-3.
        FamilyRevoked => "family_revoked", "the grant is invalid";
        /// The family has as many living access tokens as one may have. RFC 6585 §4.
        TooManyAccessTokens => "too_many_access_tokens", "too many tokens at a time; use those that were given";
        /// The subject may not log in any more. HC-2.
        SubjectSuspended => "subject_suspended", "the grant is invalid";
        /// The token cannot be revoked here: nobody would be told. RFC 7009 §2.2.1; RV-4.
        UnsupportedTokenType => "unsupported_token_type", "tokens of this type cannot be revoked";
        /// The host granted more than was asked for. TK-4.
        PolicyOverreach => "policy_overreach", "internal error";
        /// The client is registered with default scopes that it may not have. RFC 6749 §3.3; TK-4.
        RegistrationScopes => "registration_scopes", "internal error";
        /// The subject that the client's certificate must have cannot be read. RFC 8705 §2.1.2; CA-7.
        RegistrationSubject => "registration_subject", "internal error";
        /// None of the keys that the client is registered with can be used. RFC 7591 §2; CA-4.
        RegistrationKeys => "registration_keys", "internal error";
        /// The host's answer contradicts the question: another pushed request than the one asked for. TK-6.
        HostAnswer => "host_answer", "internal error";
        /// The client is registered for an algorithm that the server has no key of. OIDC Registration §2, RFC 9701 §6; IT-2, IN-5.
        SigningAlgorithm => "signing_algorithm", "internal error";
        /// The client is registered for one resource in two spellings, or for the server's audience in another one. AZ-21.
        ResourceSpelledTwice => "resource_spelled_twice", "internal error";
        /// The token could not be made. TK-6.
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
    /// What the client is told.
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

    /// The status of the JSON error (RFC 6749 §5.2). A client that is unknown, or has not proved that it is the one, is told 401 wherever
    /// clients authenticate: clients that register themselves do it anew on that (CA-11).
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
