//! From a request to a grant or a refusal, question by question.

use super::note;
use attesto_core::Timestamp;
use attesto_core::dpop::{ReplayAnswer, ReplayClaim};
use attesto_core::host::{Event, PrincipalOutcome};
use attesto_core::http::{HeaderLines, RequestParts, ResponseParts};
use attesto_core::resource::{
    Denial, ForeignAnswer, ForeignQuestion, Grant, KeysAnswer, KeysQuestion, PrincipalAnswer, Question, Requirement,
    ResourceServer, RevocationAnswer, Sender, Verdict, is_cors_preflight,
};
use attesto_core::time::Clock;
use attesto_core::token::Claims;
use std::sync::Arc;

/// What only the host knows. It may block: each request has a thread of its own.
///
/// Only the first is needed wherever DPoP is on. The others are asked only if the resource server is configured to ask them
/// (`ask_revocation` and its siblings); what is asked and not answered ends with 503, never with a grant.
pub trait Host: Send + Sync {
    /// Has this proof been used before? Asking records it, atomically: `MemoryReplayStore::record`, or an insert that ignores
    /// duplicates in a database that all instances share.
    fn replay(&self, claim: &ReplayClaim, now: Timestamp) -> ReplayAnswer;

    /// Fetch the keys of an issuer elsewhere: `attesto_core::remote` says what to send and reads what comes back. Asked only where
    /// an issuer is `TrustedIssuer::remote`.
    fn keys(&self, _: &KeysQuestion<'_>) -> KeysAnswer {
        KeysAnswer::Unavailable
    }

    /// Has this token been revoked?
    fn revocation(&self, _: &Claims) -> RevocationAnswer {
        RevocationAnswer::Unavailable
    }

    /// Asks for the principal of a token.
    fn principal(&self, _: &Claims, _: &Sender) -> PrincipalOutcome<String> {
        PrincipalOutcome::Unavailable
    }

    /// What does this token, which no configured issuer signed, say?
    fn foreign(&self, _: &ForeignQuestion<'_>) -> ForeignAnswer {
        ForeignAnswer::Unavailable
    }

    /// Something happened that is worth a line in the log.
    fn event(&self, _: &Event<'_>) {}
}

/// What stands before one protected resource.
#[derive(Clone)]
pub struct Door {
    server: Arc<ResourceServer>,
    host: Arc<dyn Host>,
    requirement: Requirement,
    pass_preflight: bool,
}

/// Who came in.
#[expect(clippy::exhaustive_enums, reason = "a handler must tell the two apart")]
#[expect(clippy::large_enum_variant, reason = "made once per request, and never stored")]
pub enum Entry {
    /// The caller passed every check.
    Granted {
        /// The evidence.
        grant: Grant,
        /// What [`Host::principal`] gave, if it was asked.
        principal: Option<String>,
    },
    /// A CORS preflight that was let through: nothing is known of the sender.
    Preflight,
}

impl Door {
    /// Asks for this.
    #[must_use]
    pub fn new(server: Arc<ResourceServer>, host: Arc<dyn Host>, requirement: Requirement) -> Self {
        Self { server, host, requirement, pass_preflight: false }
    }

    /// Lets CORS preflights through unauthenticated, because something behind the door answers them.
    #[must_use]
    pub const fn pass_cors_preflight(mut self) -> Self {
        self.pass_preflight = true;
        self
    }

    /// Whether to read the body first, because a token may be in it. Off unless the resource server is configured to accept such tokens.
    #[must_use]
    pub fn wants_form(&self, method: &str, headers: &dyn HeaderLines) -> bool {
        self.server.wants_form(method, headers)
    }

    /// Checks one request to the end. The clock is read again after each answer, because the host may have blocked for it.
    ///
    /// # Errors
    /// The response to send in place of the handler's.
    pub fn enter(&self, request: &RequestParts<'_>, clock: &Clock) -> Result<Entry, ResponseParts> {
        if self.pass_preflight && is_cors_preflight(request) {
            return Ok(Entry::Preflight);
        }
        let mut principal = None;
        let mut verdict = self.server.check(request, &self.requirement, clock.now());
        loop {
            verdict = match verdict {
                Verdict::Granted(grant) => {
                    note::granted(self.host.as_ref(), &self.server, &grant);
                    return Ok(Entry::Granted { grant, principal });
                }
                Verdict::Denied(denial) => return Err(self.refuse(request, &self.requirement, &denial)),
                Verdict::Ask(Question::Keys(question)) => {
                    let answer = self.host.keys(&question);
                    question.answer(answer, clock.now())
                }
                Verdict::Ask(Question::Replay(question)) => {
                    let answer = self.host.replay(question.claim(), clock.now());
                    note::replay_answered(self.host.as_ref(), &question, answer);
                    question.answer(answer, clock.now())
                }
                Verdict::Ask(Question::Revocation(question)) => {
                    let answer = self.host.revocation(question.claims());
                    question.answer(answer, clock.now())
                }
                Verdict::Ask(Question::Principal(question)) => {
                    let answer = match self.host.principal(question.claims(), question.sender()) {
                        PrincipalOutcome::Accepted(found) => {
                            principal = Some(found);
                            PrincipalAnswer::Accepted
                        }
                        PrincipalOutcome::Refused => PrincipalAnswer::Refused,
                        PrincipalOutcome::Unavailable => PrincipalAnswer::Unavailable,
                    };
                    question.answer(answer, clock.now())
                }
                Verdict::Ask(Question::Foreign(question)) => {
                    let answer = self.host.foreign(&question);
                    question.answer(answer, clock.now())
                }
            };
        }
    }

    /// Checks an admitted caller against a further requirement, such as a route's scopes.
    ///
    /// # Errors
    /// The response to send in place of the route's.
    pub fn require(
        &self,
        grant: &Grant,
        request: &RequestParts<'_>,
        requirement: &Requirement,
        now: Timestamp,
    ) -> Result<(), ResponseParts> {
        self.server
            .require(grant, request, requirement, now)
            .map_err(|denial| self.refuse(request, requirement, &denial))
    }

    fn refuse(&self, request: &RequestParts<'_>, requirement: &Requirement, denial: &Denial) -> ResponseParts {
        note::denied(self.host.as_ref(), &self.server, request, requirement, denial);
        denial.response()
    }
}

impl Entry {
    /// Puts into a handler's response what an answer to this request must carry: a fresh nonce where one is due, and a word to
    /// caches where the token came as browsers send it by themselves.
    #[must_use]
    pub fn amend(&self, mut response: ResponseParts) -> ResponseParts {
        if let Self::Granted { grant, .. } = self {
            response.amend(grant.amendments());
        }
        response
    }
}
