//! Steps 7 to 12: first use, revocation, principal, and what the route requires.

use super::requirement::requirement_is_met;
use super::stage::Stage;
use crate::dpop::{CheckedProof, ProofError, ReplayAnswer, ReplayClaim};
use crate::resource::grant::{Grant, Sender};
use crate::resource::reason::{Reason, RefusalError, UnavailableError};
use crate::resource::verdict::{
    PrincipalAnswer, PrincipalQuestion, Question, ReplayQuestion, RevocationAnswer, RevocationQuestion, Verdict,
};
use crate::time::Timestamp;
use crate::token::Claims;
use alloc::boxed::Box;

/// A request whose token, proof and binding were accepted (after step 6).
#[derive(Debug)]
pub(in crate::resource) struct Bound<'a> {
    pub(super) stage: Stage<'a>,
    pub(in crate::resource) claims: Claims,
    pub(in crate::resource) sender: Sender,
    pub(in crate::resource) proof: Option<CheckedProof>,
}

impl<'a> Bound<'a> {
    /// Runs step 7. The proof is recorded only if no earlier step refused.
    pub(super) fn ask_replay(self) -> Verdict<'a> {
        match &self.proof {
            Some(proof) => {
                let claim = proof.replay_claim();
                Verdict::Ask(Question::Replay(ReplayQuestion(self, claim)))
            }
            None => self.ask_revocation(),
        }
    }

    pub(in crate::resource) fn replay_answered(
        mut self,
        claim: &ReplayClaim,
        answer: ReplayAnswer,
        now: Timestamp,
    ) -> Verdict<'a> {
        self.stage.read_clock_again(now);
        match self.first_use_counts(claim, answer) {
            Ok(()) => self.ask_revocation(),
            Err(reason) => self.deny(reason),
        }
    }

    /// Checks that the store recorded the first use (RFC 9449 §11.1; R1), while the store can still tell.
    fn first_use_counts(&self, claim: &ReplayClaim, answer: ReplayAnswer) -> Result<(), Reason> {
        if answer == ReplayAnswer::Replay {
            return Err(RefusalError::Replay.into());
        }
        self.stage.wait_is_short(UnavailableError::ReplayStore)?;
        claim_is_in_time(claim, self.stage.now)?;
        match answer {
            ReplayAnswer::Fresh => Ok(()),
            ReplayAnswer::OverShare => Err(RefusalError::ReplayShare.into()),
            ReplayAnswer::Replay | ReplayAnswer::Unavailable => Err(UnavailableError::ReplayStore.into()),
        }
    }

    /// Runs step 8.
    fn ask_revocation(self) -> Verdict<'a> {
        if self.stage.server.asks.revocation {
            return Verdict::Ask(Question::Revocation(RevocationQuestion(self)));
        }
        self.ask_principal()
    }

    pub(in crate::resource) fn revocation_answered(mut self, answer: RevocationAnswer, now: Timestamp) -> Verdict<'a> {
        self.stage.read_clock_again(now);
        if let Err(error) = self.stage.wait_is_short(UnavailableError::Revocation) {
            return self.deny(error.into());
        }
        match answer {
            RevocationAnswer::Active => self.ask_principal(),
            RevocationAnswer::Revoked => self.deny(RefusalError::Revoked.into()),
            RevocationAnswer::Unavailable => self.deny(UnavailableError::Revocation.into()),
        }
    }

    /// Runs step 9.
    fn ask_principal(self) -> Verdict<'a> {
        if self.stage.server.asks.principal {
            return Verdict::Ask(Question::Principal(PrincipalQuestion(self)));
        }
        self.authorize()
    }

    pub(in crate::resource) fn principal_answered(mut self, answer: PrincipalAnswer, now: Timestamp) -> Verdict<'a> {
        self.stage.read_clock_again(now);
        if let Err(error) = self.stage.wait_is_short(UnavailableError::Principal) {
            return self.deny(error.into());
        }
        match answer {
            PrincipalAnswer::Accepted => self.authorize(),
            PrincipalAnswer::Refused => self.deny(RefusalError::Principal.into()),
            PrincipalAnswer::Unavailable => self.deny(UnavailableError::Principal.into()),
        }
    }

    /// Runs steps 10 to 12.
    fn authorize(self) -> Verdict<'a> {
        let Stage { server, requirement, now, .. } = self.stage;
        // Steps 7 to 9 may have waited since step 4 checked the expiry.
        let unexpired = server.tokens.is_still_unexpired(&self.claims, now).map_err(Reason::from);
        match unexpired.and_then(|()| requirement_is_met(server, &self.claims, requirement, now)) {
            Ok(()) => Verdict::Granted(Grant::assertion(self.claims, self.sender, self.stage.facts, now)),
            Err(reason) => self.deny(reason),
        }
    }

    fn deny(self, reason: Reason) -> Verdict<'a> {
        self.stage.deny_signed(reason, Some(Box::new(self.claims)))
    }
}

/// Checks that the proof is not too old. A store's answer of a first use counts only while the store cannot have
/// forgotten an earlier one. RFC 9449 §11.1; D11, D17.
fn claim_is_in_time(claim: &ReplayClaim, now: Timestamp) -> Result<(), Reason> {
    if claim.has_passed(now) { Err(ProofError::ProofExpired.into()) } else { Ok(()) }
}
