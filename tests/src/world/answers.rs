//! A host whose answers are set beforehand.

use attesto_core::Timestamp;
use attesto_core::dpop::ReplayAnswer;
use attesto_core::resource::{ForeignAnswer, KeysAnswer, PrincipalAnswer, Question, RevocationAnswer, Verdict};
use attesto_core::token::ForeignClaims;

/// What the host will say, should it be asked, and what it was asked.
#[derive(Debug)]
pub struct Answers {
    /// To the question for an issuer's keys.
    pub keys: KeysAnswer,
    /// To the replay question.
    pub replay: ReplayAnswer,
    /// To the revocation question.
    pub revocation: RevocationAnswer,
    /// To the principal question.
    pub principal: PrincipalAnswer,
    /// To the custom verifier's question, once.
    pub foreign: Option<ForeignAnswer>,
    /// Names of the questions asked, in order.
    pub asked: Vec<&'static str>,
}

impl Answers {
    /// Everything is well.
    #[must_use]
    pub fn good() -> Self {
        Self {
            keys: KeysAnswer::Refreshed,
            replay: ReplayAnswer::Fresh,
            revocation: RevocationAnswer::Active,
            principal: PrincipalAnswer::Accepted,
            foreign: Some(ForeignAnswer::Claims(ForeignClaims::new("foreign-1").scopes(["mcp:tools:call"]))),
            asked: Vec::new(),
        }
    }

    /// Drives a verdict to its end, without waiting.
    pub fn drive<'a>(&mut self, mut verdict: Verdict<'a>, now: Timestamp) -> Verdict<'a> {
        loop {
            verdict = match verdict {
                Verdict::Ask(Question::Keys(question)) => {
                    self.asked.push("keys");
                    question.answer(self.keys, now)
                }
                Verdict::Ask(Question::Replay(question)) => {
                    self.asked.push("replay");
                    question.answer(self.replay, now)
                }
                Verdict::Ask(Question::Revocation(question)) => {
                    self.asked.push("revocation");
                    question.answer(self.revocation, now)
                }
                Verdict::Ask(Question::Principal(question)) => {
                    self.asked.push("principal");
                    question.answer(self.principal, now)
                }
                Verdict::Ask(Question::Foreign(question)) => {
                    self.asked.push("foreign");
                    question.answer(self.foreign.take().unwrap_or(ForeignAnswer::Unavailable), now)
                }
                done @ (Verdict::Granted(_) | Verdict::Denied(_)) => return done,
            };
        }
    }
}
