//! What is refused before a flow begins: the request itself, the client, and its proof.

use super::code::OAuthError;

reasons! {
    /// The HTTP request cannot be read as one to this endpoint (EP-1 to EP-12).
    pub enum RequestError {
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
        /// A parameter is longer than the limit.
        ParameterTooLong => "parameter_too_long", "a parameter is too long";
        /// The endpoint's grant is disabled. EP-12.
        NotOffered => "not_offered", "there is no such endpoint";
        /// The browser prefetches the page without its user. AZ-1.
        Prefetch => "prefetch", "this address cannot be fetched ahead";
        /// The browser is embedded in another application, and the server refuses those. RFC 8252 §8.12; AZ-2.
        EmbeddedUserAgent => "embedded_user_agent", "open this page in a browser of its own, not inside of an application";
    }
}

impl RequestError {
    /// The error code that the client receives.
    #[must_use]
    pub const fn error(self) -> OAuthError {
        OAuthError::InvalidRequest
    }
}

reasons! {
    /// The client did not authenticate as it is registered (CA-1 to CA-15).
    pub enum ClientError {
        /// The request uses several methods of client authentication. RFC 6749 §2.3; CA-1.
        SeveralMethods => "several_auth_methods", "more than one client authentication method was used";
        /// Several `Authorization` fields, or one that cannot be read, or a secret with a NUL. RFC 7617 §2; CA-2, CA-3.
        MalformedCredentials => "malformed_credentials", "client authentication failed";
        /// `client_id` in the body names another client than the credentials. CA-2, CA-4.
        IdMismatch => "client_id_mismatch", "client_id does not match the credentials";
        /// The request has no credentials and no `client_id`. CA-9.
        Missing => "no_client", "client authentication failed";
        /// The client is not registered, or disabled. CA-11.
        Unknown => "unknown_client", "client authentication failed";
        /// The method is not the registered one, or not accepted by the server. The event names both
        /// ([`auth_method`](crate::authorization::AuthorizationEvent::auth_method)). CA-10.
        WrongMethod => "wrong_auth_method", "client authentication failed";
        /// The secret is wrong. CA-2, CA-3.
        WrongSecret => "wrong_secret", "client authentication failed";
        /// The secret has expired. RFC 7591 §3.2.1; CA-12.
        SecretExpired => "secret_expired", "client authentication failed";
        /// The certificate is not the registered one, or there is none. RFC 8705 §2; CA-7, CA-8.
        WrongCertificate => "wrong_certificate", "client authentication failed";
        /// A public client uses a grant or endpoint for confidential ones. RFC 6749 §4.4; TK-1, CA-15.
        Public => "public_client", "client authentication failed";
    }
}

impl ClientError {
    /// The error code that the client receives.
    #[must_use]
    pub const fn error(self) -> OAuthError {
        match self {
            Self::SeveralMethods | Self::IdMismatch => OAuthError::InvalidRequest,
            Self::MalformedCredentials
            | Self::Missing
            | Self::Unknown
            | Self::WrongMethod
            | Self::WrongSecret
            | Self::SecretExpired
            | Self::WrongCertificate
            | Self::Public => OAuthError::InvalidClient,
        }
    }
}

reasons! {
    /// The client assertion does not authenticate the client (RFC 7523 §3; CA-4 to CA-6).
    pub enum AssertionError {
        /// The assertion cannot be read, or is too long. RFC 7523 §3; CA-4.
        Malformed => "assertion_malformed", "client authentication failed";
        /// `client_assertion_type` is not that of RFC 7523. CA-4.
        Type => "assertion_type", "client authentication failed";
        /// `typ` is that of another kind of JWT. RFC 8725 §3.11; CA-4.
        Typ => "assertion_typ", "client authentication failed";
        /// The assertion's algorithm or key is not one of the client's. CA-4.
        Key => "assertion_key", "client authentication failed";
        /// The assertion's signature does not verify. CA-4.
        Signature => "assertion_signature", "client authentication failed";
        /// `iss` or `sub` is not the client. RFC 7523 §3; CA-4.
        Subject => "assertion_subject", "client authentication failed";
        /// `aud` is not only the issuer or, for a client that may use older forms, not one of those. CA-4, CA-5.
        Audience => "assertion_audience", "client authentication failed";
        /// `exp`, `iat` or `nbf` is missing, malformed or out of range. CA-4.
        Time => "assertion_time", "client authentication failed";
        /// `jti` is missing or not 1 to 256 bytes. CA-4.
        Jti => "assertion_jti", "client authentication failed";
        /// The assertion was already used. CA-6.
        Replay => "assertion_replay", "client authentication failed";
    }
}

impl AssertionError {
    /// The error code that the client receives.
    #[must_use]
    pub const fn error(self) -> OAuthError {
        OAuthError::InvalidClient
    }
}

reasons! {
    /// What the tokens are to be bound to is missing or does not hold (SC-1 to SC-4, AZ-22).
    pub enum SenderError {
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
        /// `dpop_jkt` is not a thumbprint. RFC 9449 §10; AZ-22.
        MalformedJkt => "malformed_jkt", "dpop_jkt is malformed";
        /// `dpop_jkt` is not the thumbprint of the proof's key. RFC 9449 §10.1; PA-5.
        JktMismatch => "dpop_jkt_mismatch", "dpop_jkt does not match the DPoP proof";
    }
}

impl SenderError {
    /// The error code that the client receives.
    #[must_use]
    pub const fn error(self) -> OAuthError {
        match self {
            Self::SeveralProofs | Self::InvalidProof | Self::ProofReplay | Self::JktMismatch => {
                OAuthError::InvalidDpopProof
            }
            Self::UseNonce => OAuthError::UseDpopNonce,
            Self::ProofRequired | Self::CertificateRequired | Self::CertificateUnreadable | Self::MalformedJkt => {
                OAuthError::InvalidRequest
            }
        }
    }
}

reasons! {
    /// The scope or the resource is not one that may be granted (RFC 6749 §3.3, RFC 8707 §2).
    pub enum ScopeError {
        /// `scope` breaks the grammar. RFC 6749 §3.3.
        Malformed => "malformed_scope", "the scope is malformed";
        /// `scope` goes beyond what the client or the grant may have. RFC 6749 §3.3, §6.
        TooWide => "scope_too_wide", "the scope is more than may be granted";
        /// The policy grants nothing. TK-4.
        Refused => "scope_refused", "none of the scope may be granted";
        /// `resource` is not an absolute URI, or not one that may be requested. RFC 8707 §2; AZ-21, TK-5.
        InvalidTarget => "invalid_target", "the resource is unknown, malformed or may not be asked for";
    }
}

impl ScopeError {
    /// The error code that the client receives.
    #[must_use]
    pub const fn error(self) -> OAuthError {
        match self {
            Self::Malformed | Self::TooWide | Self::Refused => OAuthError::InvalidScope,
            Self::InvalidTarget => OAuthError::InvalidTarget,
        }
    }
}
