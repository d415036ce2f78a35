//! Why a request was refused, and what the client receives: two types, and the one table between them.

use super::credential::CredentialError;
use crate::dpop::ProofError;
use crate::http::OriginError;
use crate::token::TokenError;
use alloc::vec::Vec;
use core::fmt;

reasons! {
    /// The presented evidence does not match the token's binding (B2 to B12).
    pub enum BindingError {
        /// A DPoP-bound token was presented as Bearer. RFC 9449 §7.2; B2.
        ProofRequired => "dpop_proof_required", "the token is bound to a DPoP key and came without a proof";
        /// The proof was made with a key other than the one the token is bound to. RFC 9449 §6.1; B3, D16.
        KeyMismatch => "dpop_key_mismatch", "the proof's key is not the key the token is bound to";
        /// The DPoP scheme with a token that is not bound. RFC 9449 §7.1; B6.
        ProofUnexpected => "dpop_proof_unexpected", "the token is not bound to a DPoP key";
        /// The DPoP scheme with a token bound to a certificate. RFC 8705 §3; B10.
        ProofForCertificateBoundToken => "dpop_proof_unexpected", "the token is bound to a certificate, not to a DPoP key";
        /// A certificate-bound token without a client certificate. RFC 8705 §3; B8.
        CertificateRequired => "mtls_certificate_required", "the token is bound to a certificate and came without one";
        /// The certificate on the socket or in a trusted proxy's field is unreadable. RFC 8705 §3; M2, M5.
        CertificateUnreadable => "mtls_certificate_unreadable", "the certificate beside the token cannot be read";
        /// A certificate-bound token with another certificate. RFC 8705 §3; B9.
        CertificateMismatch => "mtls_certificate_mismatch", "the certificate is not the one the token is bound to";
        /// This resource accepts DPoP-bound tokens only. B12.
        DpopRequired => "sender_constraint_required", "the resource requires tokens bound to a DPoP key";
        /// This resource accepts certificate-bound tokens only. B12.
        MtlsRequired => "sender_constraint_required", "the resource requires tokens bound to a certificate";
        /// This resource accepts no bearer tokens. B12.
        SenderConstraintRequired => "sender_constraint_required", "the resource requires sender-constrained tokens";
    }
}

reasons! {
    /// The operation requires a stronger or fresher login (RFC 9470 §3; W10).
    pub enum StepUpError {
        /// `acr` is absent or none of the required values.
        Acr => "acr_not_met", "the authentication context class is not one of those required";
        /// `auth_time` is absent or not an integer.
        AuthTimeMissing => "auth_time_missing", "the token does not say when the user authenticated";
        /// The login is older than `max_age`.
        TooOld => "authentication_too_old", "the user authenticated too long ago";
        /// `auth_time` is in the future, where it would satisfy any freshness rule.
        InFuture => "auth_time_in_future", "the authentication time lies in the future";
    }
}

reasons! {
    /// The host's answer to a question refused the request (D17, A17, H2 to H4, step 9).
    pub enum RefusalError {
        /// The proof has been used before. RFC 9449 §11.1; D17.
        Replay => "replay", "the proof has been used before";
        /// So many proofs of this key are on record that the store keeps its room for others. The client gets 503. No
        /// alarm is raised, since the client causes it. ST-2.
        ReplayShare => "replay_share_exceeded", "the proofs of this key use up its share of the replay store";
        /// The token has been revoked. A17.
        Revoked => "revoked", "the token has been revoked";
        /// The host's principal hook refused. Step 9.
        Principal => "principal_refused", "the host knows no principal for the token";
        /// The custom verifier does not accept the token. H2.
        ForeignToken => "foreign_token_invalid", "the custom verifier refused the token";
        /// The custom verifier found the scope insufficient. H3.
        ForeignScope => "foreign_scope_insufficient", "the custom verifier found the scope insufficient";
        /// The custom verifier requires a stronger login. H4.
        ForeignStepUp => "foreign_step_up", "the custom verifier wants a stronger authentication";
        /// The token is valid but lacks a required scope. RFC 6750 §3.1; W9, S5.
        Scope => "insufficient_scope", "the token lacks a scope that the operation requires";
        /// A scope check ran on a request that was never authenticated: the wiring is wrong. S10.
        NotAuthenticated => "not_authenticated", "scopes were to be enforced before anything authenticated the request";
    }
}

reasons! {
    /// The host could not answer. This is never the client's fault, and never grants the request (catalogue SU).
    pub enum UnavailableError {
        /// The replay store failed or is full. D17, R3.
        ReplayStore => "replay_store_unavailable", "the replay store did not answer";
        /// The revocation check failed. A17.
        Revocation => "revocation_unavailable", "the revocation check did not answer";
        /// The principal hook failed. Step 9.
        Principal => "principal_unavailable", "the principal hook did not answer";
        /// The custom verifier failed. H5.
        Verifier => "verifier_unavailable", "the custom verifier did not answer";
        /// The metadata pointer's resolver failed. P9.
        MetadataPointer => "metadata_pointer_unavailable", "the resource_metadata resolver failed";
    }
}

/// Why a request was refused: one variant per concern, one inner variant per rule. For logs, events and tests; never
/// sent to the client (W13).
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Reason {
    /// Transport and origin: P11, P13, P14.
    #[error(transparent)]
    Origin(#[from] OriginError),
    /// The presentation of the credential: C1 to C10.
    #[error(transparent)]
    Credential(#[from] CredentialError),
    /// The access token: J1 to J22, A1 to A17.
    #[error(transparent)]
    Token(#[from] TokenError),
    /// The DPoP proof: D1 to D17.
    #[error(transparent)]
    Proof(#[from] ProofError),
    /// The binding matrix.
    #[error(transparent)]
    Binding(#[from] BindingError),
    /// The host's answer to a question.
    #[error(transparent)]
    Refusal(#[from] RefusalError),
    /// Step-up: W10.
    #[error(transparent)]
    StepUp(#[from] StepUpError),
    /// The host could not answer.
    #[error(transparent)]
    Unavailable(#[from] UnavailableError),
}

impl Reason {
    /// Returns every reason, so that a test can demand one negative case for each.
    #[must_use]
    pub fn all() -> Vec<Self> {
        let mut all = Vec::new();
        all.extend(OriginError::ALL.iter().copied().map(Self::Origin));
        all.extend(CredentialError::ALL.iter().copied().map(Self::Credential));
        all.extend(TokenError::ALL.iter().copied().map(Self::Token));
        all.extend(ProofError::ALL.iter().copied().map(Self::Proof));
        all.extend(BindingError::ALL.iter().copied().map(Self::Binding));
        all.extend(RefusalError::ALL.iter().copied().map(Self::Refusal));
        all.extend(StepUpError::ALL.iter().copied().map(Self::StepUp));
        all.extend(UnavailableError::ALL.iter().copied().map(Self::Unavailable));
        all
    }

    /// The snake_case name for logs, events and metrics.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Origin(reason) => reason.code(),
            Self::Credential(reason) => reason.code(),
            Self::Token(reason) => reason.code(),
            Self::Proof(reason) => reason.code(),
            Self::Binding(reason) => reason.code(),
            Self::Refusal(reason) => reason.code(),
            Self::StepUp(reason) => reason.code(),
            Self::Unavailable(reason) => reason.code(),
        }
    }

    /// The outcome that the client sees. No wildcard arm: a new rule must choose its outcome.
    #[must_use]
    pub const fn outcome(self) -> Outcome {
        match self {
            Self::Origin(reason) => origin_outcome(reason),
            Self::Credential(reason) => credential_outcome(reason),
            // Without its issuer's keys nothing is known about a token, not even that it is invalid (J22).
            Self::Token(TokenError::KeysUnavailable) => Outcome::TemporarilyUnavailable,
            Self::Token(_) | Self::Binding(_) => Outcome::InvalidToken,
            Self::Proof(ProofError::UseDpopNonce) => Outcome::UseDpopNonce,
            Self::Proof(_) => Outcome::InvalidDpopProof,
            Self::Refusal(reason) => refusal_outcome(reason),
            Self::StepUp(_) => Outcome::InsufficientUserAuthentication,
            Self::Unavailable(_) => Outcome::TemporarilyUnavailable,
        }
    }
}

const fn origin_outcome(reason: OriginError) -> Outcome {
    match reason {
        OriginError::InsecureTransport => Outcome::InvalidToken,
        OriginError::MissingHost
        | OriginError::SeveralHosts
        | OriginError::InvalidHost
        | OriginError::HostsDisagree
        | OriginError::ForwardedMalformed
        | OriginError::ForwardedTooLong
        | OriginError::ForwardedProto
        | OriginError::ForwardedHost
        | OriginError::ForwardedPort => Outcome::InvalidRequest,
    }
}

const fn credential_outcome(reason: CredentialError) -> Outcome {
    match reason {
        CredentialError::Missing | CredentialError::UnsupportedScheme => Outcome::NoCredentials,
        CredentialError::TooLarge
        | CredentialError::Malformed
        | CredentialError::MultipleHeaders
        | CredentialError::MultipleMethods
        | CredentialError::QueryToken
        | CredentialError::FormTooLarge
        | CredentialError::FormRepeated
        | CredentialError::FormNotAscii
        | CredentialError::FormEmpty
        | CredentialError::FormMalformed
        | CredentialError::ExtractorMalformed => Outcome::InvalidRequest,
        CredentialError::ExtractorUnavailable => Outcome::TemporarilyUnavailable,
    }
}

const fn refusal_outcome(reason: RefusalError) -> Outcome {
    match reason {
        RefusalError::Replay => Outcome::InvalidDpopProof,
        RefusalError::ReplayShare => Outcome::TemporarilyUnavailable,
        RefusalError::Revoked | RefusalError::Principal | RefusalError::ForeignToken => Outcome::InvalidToken,
        RefusalError::ForeignScope | RefusalError::Scope => Outcome::InsufficientScope,
        RefusalError::ForeignStepUp => Outcome::InsufficientUserAuthentication,
        RefusalError::NotAuthenticated => Outcome::NoCredentials,
    }
}

/// What the client receives: one value per outcome code of the catalogue.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum Outcome {
    /// NC: 401, challenges without any error (RFC 6750 §3.1).
    NoCredentials,
    /// IR: 400 `invalid_request` (RFC 6750 §3.1).
    InvalidRequest,
    /// IT: 401 `invalid_token` (RFC 6750 §3.1).
    InvalidToken,
    /// IP: 401 `invalid_dpop_proof` (RFC 9449 §7.1).
    InvalidDpopProof,
    /// UN: 401 `use_dpop_nonce` (RFC 9449 §9).
    UseDpopNonce,
    /// UA: 401 `insufficient_user_authentication` (RFC 9470 §3).
    InsufficientUserAuthentication,
    /// IS: 403 `insufficient_scope` (RFC 6750 §3.1).
    InsufficientScope,
    /// SU: 503, a fault of this server, no challenge.
    TemporarilyUnavailable,
}

impl Outcome {
    /// Every outcome.
    pub const ALL: &'static [Self] = &[
        Self::NoCredentials,
        Self::InvalidRequest,
        Self::InvalidToken,
        Self::InvalidDpopProof,
        Self::UseDpopNonce,
        Self::InsufficientUserAuthentication,
        Self::InsufficientScope,
        Self::TemporarilyUnavailable,
    ];

    /// The HTTP status code (W8).
    #[must_use]
    pub const fn status(self) -> u16 {
        match self {
            Self::InvalidRequest => 400,
            Self::NoCredentials
            | Self::InvalidToken
            | Self::InvalidDpopProof
            | Self::UseDpopNonce
            | Self::InsufficientUserAuthentication => 401,
            Self::InsufficientScope => 403,
            Self::TemporarilyUnavailable => 503,
        }
    }

    /// The `error` code; `None` if nothing was presented (W7).
    #[must_use]
    pub const fn error(self) -> Option<&'static str> {
        match self {
            Self::NoCredentials => None,
            Self::InvalidRequest => Some("invalid_request"),
            Self::InvalidToken => Some("invalid_token"),
            Self::InvalidDpopProof => Some("invalid_dpop_proof"),
            Self::UseDpopNonce => Some("use_dpop_nonce"),
            Self::InsufficientUserAuthentication => Some("insufficient_user_authentication"),
            Self::InsufficientScope => Some("insufficient_scope"),
            Self::TemporarilyUnavailable => Some("temporarily_unavailable"),
        }
    }

    /// The public text, fixed per error code (W13).
    #[must_use]
    pub const fn description(self) -> Option<&'static str> {
        match self {
            Self::NoCredentials | Self::TemporarilyUnavailable => None,
            Self::InvalidRequest => Some("The request is malformed"),
            Self::InvalidToken => Some("The access token is not valid for this resource"),
            Self::InvalidDpopProof => Some("The DPoP proof is missing or invalid"),
            Self::UseDpopNonce => Some("The DPoP proof must carry the nonce from the DPoP-Nonce header"),
            Self::InsufficientUserAuthentication => Some("A different or more recent authentication is required"),
            Self::InsufficientScope => Some("The access token lacks a required scope"),
        }
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.status(), self.error().unwrap_or("no credentials"))
    }
}
