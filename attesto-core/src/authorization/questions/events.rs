//! What the authorization server did, for those who watch (EV-1, EV-2): neutral values without secrets.

use crate::authorization::error::reason::Reason;
use crate::authorization::registered_client::authentication::AuthMethod;
use crate::authorization::registered_client::grant_type::GrantType;
use crate::authorization::secret::FamilyId;
use alloc::string::String;
use core::net::IpAddr;

/// What happened.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum EventKind {
    /// `code_issued`.
    CodeIssued,
    /// `scopes_left_out`: the authorization request of a code asked for scopes that the client was not given, without being refused for
    /// it: names that nobody knows here, `offline_access` where it does not count, or what
    /// [`narrow_scopes`](crate::authorization::AuthorizationServerBuilder::narrow_scopes) leaves out.
    ScopesLeftOut,
    /// `authorization_denied`: somebody said no, or was not there to say yes.
    AuthorizationDenied,
    /// `authorization_failed`: the request could not be answered.
    AuthorizationFailed,
    /// `par_pushed`.
    ParPushed,
    /// `par_denied`.
    ParDenied,
    /// `token_issued`.
    TokenIssued,
    /// `token_denied`.
    TokenDenied,
    /// `code_replayed`: a spent code came back.
    CodeReplayed,
    /// `older_assertion_audience`: a client has authenticated by an assertion whose `aud` is not the issuer alone, as
    /// [`danger_older_assertion_audiences`](crate::authorization::Client::danger_older_assertion_audiences) lets it.
    OlderAssertionAudience,
    /// `unusual_verifier`: a code was redeemed with a `code_verifier` of other characters than RFC 7636 §4.1 has. It met the challenge.
    UnusualVerifier,
    /// `refresh_issued`: the first refresh token of a family.
    RefreshIssued,
    /// `refresh_rotated`.
    RefreshRotated,
    /// `refresh_reuse_detected`: a spent refresh token came back too late; its family is revoked.
    RefreshReuseDetected,
    /// `token_revoked`.
    TokenRevoked,
    /// `revocation_denied`.
    RevocationDenied,
    /// `introspected`.
    Introspected,
    /// `introspection_denied`.
    IntrospectionDenied,
    /// `host_unavailable`: the host was asked, and gave no answer. Told by [`drive`](crate::host::drive); what came of it follows.
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
            Self::ParPushed => "par_pushed",
            Self::ParDenied => "par_denied",
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

/// One event. Never holds a token, a code, a secret, an assertion, nor a digest of one.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct AuthorizationEvent {
    /// What happened.
    pub kind: EventKind,
    /// The client, once it has authenticated; until then what it called itself is nobody's word. At the authorization endpoint, where
    /// no client authenticates: the registered one that the request goes back to.
    pub client_id: Option<String>,
    /// What the request called its client, before anything was proved: to count failures by, never to act upon (CA-13).
    pub claimed_client_id: Option<String>,
    /// The method of client authentication that the request used, if its credentials could be read: `none` where it only names its
    /// client, unless that has shown its certificate.
    pub auth_method: Option<AuthMethod>,
    /// The methods that the client which the request names is registered with; empty where it names none that is known.
    pub registered_auth_methods: &'static [AuthMethod],
    /// The user.
    pub subject: Option<String>,
    /// The grant.
    pub grant: Option<GrantType>,
    /// The scopes granted, joined by spaces; of [`ScopesLeftOut`](EventKind::ScopesLeftOut), those that were not.
    pub scope: Option<String>,
    /// Why not.
    pub reason: Option<Reason>,
    /// `jti` of the access token.
    pub jwt_id: Option<String>,
    /// The family.
    pub family: Option<FamilyId>,
    /// How the token is bound: `bearer`, `dpop` or `mtls`.
    pub binding: Option<&'static str>,
    /// The client's address, as far as trusted proxies reported it.
    pub client_address: Option<IpAddr>,
    /// The question that was not answered ([`Ask::name`](crate::authorization::Ask::name)).
    pub question: Option<&'static str>,
}

impl AuthorizationEvent {
    /// That the host gave no answer to this question.
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
