//! Verifies one request without a server (T11).

use super::exchange::{TestRequest, TestResponse};
use super::finding::sound;
use attesto_core::Timestamp;
use attesto_core::dpop::ReplayAnswer;
use attesto_core::resource::{
    ForeignAnswer, ForeignQuestion, Grant, KeysAnswer, PrincipalAnswer, Question, Reason, Requirement, ResourceServer,
    ResourceServerBuilder, RevocationAnswer, Verdict,
};
use std::fmt;

type Foreign = Box<dyn Fn(&ForeignQuestion<'_>) -> ForeignAnswer + Send + Sync>;

/// A resource server whose questions have answers chosen by the test. Maps method, URL and header fields to verified
/// facts, or to the exact status, challenge and header fields of a refusal. By default proofs are fresh and tokens not
/// revoked.
///
/// ```
/// use attesto_core::dpop::ReplayAnswer;
/// use attesto_testkit::{Fixture, RequestVerifier, Route};
///
/// let fixture = Fixture::new();
/// let request = Route::post("/mcp").authorized(&fixture, None);
/// let verifier = RequestVerifier::new(fixture.resource_server());
/// assert_eq!(verifier.verify(&request, fixture.now()).granted().subject(), "usr_1");
///
/// let verifier = verifier.replay(ReplayAnswer::Replay);
/// let (reason, response) = verifier.verify(&request, fixture.now()).refused();
/// assert_eq!((reason.code(), response.status), ("replay", 401));
/// ```
pub struct RequestVerifier {
    server: ResourceServer,
    requirement: Requirement,
    keys: KeysAnswer,
    replay: ReplayAnswer,
    revocation: RevocationAnswer,
    principal: PrincipalAnswer,
    foreign: Foreign,
}

/// The verdict on one request.
#[derive(Clone, Debug)]
#[must_use = "a verdict is to be looked at"]
#[expect(clippy::exhaustive_enums, reason = "granted or refused")]
pub enum Verified {
    /// The request was admitted.
    Granted(Box<Grant>),
    /// The request was refused.
    Refused {
        /// The rule that refused.
        reason: Reason,
        /// The response to the client.
        response: Box<TestResponse>,
    },
}

impl Verified {
    /// Returns the grant.
    ///
    /// # Panics
    /// If the request was refused; the message names the reason.
    #[must_use]
    pub fn granted(self) -> Grant {
        let result = match self {
            Self::Granted(grant) => Ok(*grant),
            Self::Refused { reason, .. } => Err(reason),
        };
        sound("the request was refused", result)
    }

    /// Returns the reason, and the response.
    ///
    /// # Panics
    /// If the request was admitted.
    #[must_use]
    pub fn refused(self) -> (Reason, TestResponse) {
        let result = match self {
            Self::Refused { reason, response } => Ok((reason, *response)),
            Self::Granted(grant) => Err(String::from(grant.subject())),
        };
        sound("the request was let in, as the subject", result)
    }
}

impl RequestVerifier {
    /// Verifies requests to this server.
    ///
    /// # Panics
    /// If the configuration contradicts itself.
    #[must_use]
    pub fn new(server: ResourceServerBuilder) -> Self {
        Self {
            server: sound("the resource server", server.build()),
            requirement: Requirement::authenticated(),
            keys: KeysAnswer::Unavailable,
            replay: ReplayAnswer::Fresh,
            revocation: RevocationAnswer::Active,
            principal: PrincipalAnswer::Accepted,
            foreign: Box::new(|_| ForeignAnswer::InvalidToken),
        }
    }

    /// Adds a requirement beyond a valid token.
    #[must_use]
    pub fn require(mut self, requirement: Requirement) -> Self {
        self.requirement = requirement;
        self
    }

    /// Sets the result of fetching a remote issuer's keys, if the server asks for them. Nothing is fetched here, so by
    /// default they are unavailable.
    #[must_use]
    pub const fn keys(mut self, answer: KeysAnswer) -> Self {
        self.keys = answer;
        self
    }

    /// Sets the answer of the replay store.
    #[must_use]
    pub const fn replay(mut self, answer: ReplayAnswer) -> Self {
        self.replay = answer;
        self
    }

    /// Sets the answer of the revocation check, if the server asks it.
    #[must_use]
    pub const fn revocation(mut self, answer: RevocationAnswer) -> Self {
        self.revocation = answer;
        self
    }

    /// Sets the answer of the principal lookup, if the server asks it.
    #[must_use]
    pub const fn principal(mut self, answer: PrincipalAnswer) -> Self {
        self.principal = answer;
        self
    }

    /// Sets the answer of the foreign verifier, if the server asks it.
    #[must_use]
    pub fn foreign(mut self, answer: impl Fn(&ForeignQuestion<'_>) -> ForeignAnswer + Send + Sync + 'static) -> Self {
        self.foreign = Box::new(answer);
        self
    }

    /// Verifies one request.
    pub fn verify(&self, request: &TestRequest, now: Timestamp) -> Verified {
        let headers: &[(String, String)] = &request.headers;
        let mut verdict = self.server.check(&request.parts(&headers), &self.requirement, now);
        loop {
            verdict = match verdict {
                Verdict::Ask(Question::Keys(question)) => question.answer(self.keys, now),
                Verdict::Ask(Question::Replay(question)) => question.answer(self.replay, now),
                Verdict::Ask(Question::Revocation(question)) => question.answer(self.revocation, now),
                Verdict::Ask(Question::Principal(question)) => question.answer(self.principal, now),
                Verdict::Ask(Question::Foreign(question)) => {
                    let answer = (self.foreign)(&question);
                    question.answer(answer, now)
                }
                Verdict::Granted(grant) => return Verified::Granted(Box::new(grant)),
                Verdict::Denied(denial) => {
                    let (reason, response) = (denial.reason(), Box::new(denial.response().into()));
                    return Verified::Refused { reason, response };
                }
            };
        }
    }
}

impl fmt::Debug for RequestVerifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RequestVerifier").field("requirement", &self.requirement).finish_non_exhaustive()
    }
}
