//! Events of the authorization server, for monitoring (EV-1, EV-2): neutral values without secrets.

use crate::authorization::error::reason::Reason;
use crate::authorization::registered_client::authentication::AuthMethod;
use crate::authorization::registered_client::grant_type::GrantType;
use crate::authorization::secret::FamilyId;
use alloc::string::String;
use core::net::IpAddr;

/// The kind of an event.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum EventKind {
    /// `code_issued`.
    CodeIssued,
    /// `scopes_left_out`: an authorization request asked for scopes that the client was not given, without being
    /// refused for it: unknown names, `offline_access` if it has no effect, or what
    /// [`narrow_scopes`](crate::authorization::AuthorizationServerBuilder::narrow_scopes) leaves out.
    ScopesLeftOut,
    /// `authorization_denied`: the user or the host refused, or no user was available.
    AuthorizationDenied,
    /// `authorization_failed`: the request was invalid or could not be answered.
    AuthorizationFailed,
    /// `par_pushed`.
    PushedRequestCreated,
    /// `par_denied`.
    PushedRequestDenied,
    /// `token_issued`.
    TokenIssued,
    /// `token_denied`.
    TokenDenied,
    /// `code_replayed`: a spent code was presented again.
    CodeReplayed,
    /// `older_assertion_audience`: a client authenticated with an assertion whose `aud` is not only the issuer, as
    /// [`danger_older_assertion_audiences`](crate::authorization::Client::danger_older_assertion_audiences) allows.
    OlderAssertionAudience,
    /// `unusual_verifier`: a code was redeemed with a `code_verifier` with characters outside RFC 7636 §4.1. It matched
    /// the challenge.
    UnusualVerifier,
    /// `refresh_issued`: the first refresh token of a family.
    RefreshIssued,
    /// `refresh_rotated`.
    RefreshRotated,
    /// `refresh_reuse_detected`: a spent refresh token was presented too late; its family is revoked.
    RefreshReuseDetected,
    /// `token_revoked`.
    TokenRevoked,
    /// `revocation_denied`.
    RevocationDenied,
    /// `introspected`.
    Introspected,
    /// `introspection_denied`.
    IntrospectionDenied,
    /// `host_unavailable`: the host did not answer a question. Reported by [`drive`](crate::host::drive); the event of
    /// the result follows.
    HostUnavailable,
}

impl EventKind {
    /// The name, for logs and metrics.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::CodeIssued => "code_issued",
            Self::ScopesLeftOut => "scopes_left_out",
            Self::AuthorizationDenied => "authorization_denied",
            Self::AuthorizationFailed => "authorization_failed",
            Self::PushedRequestCreated => "par_pushed",
            Self::PushedRequestDenied => "par_denied",
            Self::TokenIssued => "token_issued",
            Self::TokenDenied => "token_denied",
            Self::CodeReplayed => "code_replayed",
            Self::OlderAssertionAudience => "older_assertion_audience",
            Self::UnusualVerifier => "unusual_verifier",
            Self::RefreshIssued => "refresh_issued",
            Self::RefreshRotated => "refresh_rotated",
            Self::RefreshReuseDetected => "refresh_reuse_detected",
            Self::TokenRevoked => "token_revoked",
            Self::RevocationDenied => "revocation_denied",
            Self::Introspected => "introspected",
            Self::IntrospectionDenied => "introspection_denied",
            Self::HostUnavailable => "host_unavailable",
        }
    }
}

/// One event. It never has a token, a code, a secret, an assertion, or a digest of one.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct AuthorizationEvent {
    /// The kind of an event.
    pub kind: EventKind,
    /// The client, once it has authenticated; before that, the client's claim is unverified. At the authorization
    /// endpoint, where no client authenticates: the registered client of the request.
    pub client_id: Option<String>,
    /// The client that the request names, before any proof: for counting failures, never for a decision (CA-13).
    pub claimed_client_id: Option<String>,
    /// The method of client authentication that the request used, if its credentials could be read; `none` if it only
    /// names its client, unless that client's certificate was presented.
    pub auth_method: Option<AuthMethod>,
    /// The methods that the named client is registered with; empty if the request names no known client.
    pub registered_auth_methods: &'static [AuthMethod],
    /// The user.
    pub subject: Option<String>,
    /// The grant.
    pub grant: Option<GrantType>,
    /// The granted scopes, joined by spaces; for [`ScopesLeftOut`](EventKind::ScopesLeftOut), those left out.
    pub scope: Option<String>,
    /// The reason of a refusal.
    pub reason: Option<Reason>,
    /// `jti` of the access token.
    pub jwt_id: Option<String>,
    /// The family.
    pub family: Option<FamilyId>,
    /// The token's binding: `bearer`, `dpop` or `mtls`.
    pub binding: Option<&'static str>,
    /// The client's address, as reported by trusted proxies.
    pub client_address: Option<IpAddr>,
    /// The unanswered question ([`Question::name`](crate::authorization::Question::name)).
    pub question: Option<&'static str>,
}

impl AuthorizationEvent {
    /// Creates the event of an unanswered question.
    pub(crate) const fn unanswered(question: &'static str) -> Self {
        let mut event = Self::new(EventKind::HostUnavailable);
        event.question = Some(question);
        event
    }

    pub(crate) const fn new(kind: EventKind) -> Self {
        Self {
            kind,
            client_id: None,
            claimed_client_id: None,
            auth_method: None,
            registered_auth_methods: &[],
            subject: None,
            grant: None,
            scope: None,
            reason: None,
            jwt_id: None,
            family: None,
            binding: None,
            client_address: None,
            question: None,
        }
    }
}
