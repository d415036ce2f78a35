//! The verdict on a request, and the questions on the way to it.
//!
//! Each question owns what it needs to go on and is consumed by its answer, which gives the next verdict: a driver cannot
//! skip, repeat or forget one. There is no other way to a [`Grant`].
//!
//! Whoever answers may have waited, and what was fresh before need not be fresh any more. So each answer comes with `now`, read from the
//! clock **after** the answer has come: every rule that depends on time goes by the latest reading, never by one before the first. The time
//! at which the request came is the wrong one here, and lets a used proof pass again. One request may wait for
//! [`limits::WAIT`](crate::limits::WAIT) seconds over all its questions.

use super::check::{Bound, Waiting};
use super::denial::Denial;
use super::grant::{Grant, Sender};
use crate::Timestamp;
use crate::challenge::AuthScheme;
use crate::dpop::{ReplayAnswer, ReplayClaim};
#[cfg(feature = "std")]
use crate::remote::{Need, RemoteKeys};
use crate::time::Clock;
use crate::token::{Claims, ForeignClaims};
#[cfg(feature = "std")]
use crate::token::{KeyRemedy, TokenError};
use alloc::string::String;
#[cfg(feature = "std")]
use alloc::sync::Arc;
use alloc::vec::Vec;

/// What [`ResourceServer::check`](super::ResourceServer::check) found.
#[derive(Debug)]
#[must_use = "a verdict that is not acted on protects nothing"]
#[expect(clippy::exhaustive_enums, reason = "granted, asked or denied: a driver must handle all three")]
#[expect(clippy::large_enum_variant, reason = "a boxed question would be an allocation for each DPoP request")]
pub enum Verdict<'a> {
    /// Every check has passed.
    Granted(Grant),
    /// The host must answer before the check can go on.
    Ask(Question<'a>),
    /// The request is refused.
    Denied(Denial),
}

/// What only the host can know. Exhaustive on purpose: a new question must break every driver at compile time.
#[derive(Debug)]
#[must_use = "an unanswered question grants nothing"]
#[expect(clippy::exhaustive_enums, reason = "a new question must break every driver")]
pub enum Question<'a> {
    /// What does this token, which is not ours, say?
    Foreign(ForeignQuestion<'a>),
    /// What keys does the issuer have by now?
    #[cfg(feature = "std")]
    Keys(KeysQuestion<'a>),
    /// Has this proof been used before? Asking records it.
    Replay(ReplayQuestion<'a>),
    /// Has this token been revoked?
    Revocation(RevocationQuestion<'a>),
    /// Whom does this token stand for in the host's own terms?
    Principal(PrincipalQuestion<'a>),
}

/// A token that no configured issuer signed, for the custom verifier (catalogue section 11). It replaces step 4 only:
/// binding, replay, step-up, scopes and rendering stay with the library.
#[derive(Debug)]
#[must_use = "an unanswered question grants nothing"]
pub struct ForeignQuestion<'a>(pub(super) Waiting<'a>);

/// A token whose issuer's keys have to be fetched first: there are none, or none with the token's `kid` for its algorithm (J9, J22). Asked once
/// for each request at most.
#[cfg(feature = "std")]
#[derive(Debug)]
#[must_use = "an unanswered question grants nothing"]
pub struct KeysQuestion<'a> {
    pub(super) waiting: Waiting<'a>,
    pub(super) remedy: KeyRemedy,
    pub(super) error: TokenError,
}

/// A proof that passed every check, to be recorded once (D17).
#[derive(Debug)]
#[must_use = "an unanswered question grants nothing"]
pub struct ReplayQuestion<'a>(pub(super) Bound<'a>, pub(super) ReplayClaim);

/// A token whose `jti` may have been revoked (A17).
#[derive(Debug)]
#[must_use = "an unanswered question grants nothing"]
pub struct RevocationQuestion<'a>(pub(super) Bound<'a>);

/// Verified claims, to be turned into a host's principal or refused (step 9).
#[derive(Debug)]
#[must_use = "an unanswered question grants nothing"]
pub struct PrincipalQuestion<'a>(pub(super) Bound<'a>);

/// A custom verifier's answer (H1 to H5).
#[derive(Debug)]
#[expect(clippy::exhaustive_enums, reason = "the five rows of the catalogue")]
pub enum ForeignAnswer {
    /// What the token says. `cnf` must be carried over, or the binding is lost.
    Claims(ForeignClaims),
    /// The token is not valid here.
    InvalidToken,
    /// The token is valid and lacks scope.
    InsufficientScope {
        /// Every scope the operation requires.
        scopes: Vec<String>,
        /// A text for the client; the fixed one where absent.
        description: Option<String>,
    },
    /// A stronger or fresher login is wanted (RFC 9470).
    InsufficientUserAuthentication {
        /// Accepted contexts, preferred first.
        acr_values: Vec<String>,
        /// The oldest acceptable login, in seconds.
        max_age: Option<u64>,
    },
    /// No answer: an error, a time-out. Never a pass, never the client's fault.
    Unavailable,
}

/// What became of an issuer's keys.
#[cfg(feature = "std")]
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[expect(clippy::exhaustive_enums, reason = "newer ones, none for now, and no answer")]
pub enum KeysAnswer {
    /// The need is met: the check looks again.
    Refreshed,
    /// They were not fetched, because the last fetch is too recent: what they say stands.
    Unchanged,
    /// They could not be fetched.
    Unavailable,
}

/// Whether a token has been revoked.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[expect(clippy::exhaustive_enums, reason = "yes, no, and no answer")]
pub enum RevocationAnswer {
    /// Not revoked.
    Active,
    /// Revoked.
    Revoked,
    /// No answer.
    Unavailable,
}

/// Whether the host knows a principal for the token.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[expect(clippy::exhaustive_enums, reason = "yes, no, and no answer")]
pub enum PrincipalAnswer {
    /// The host has one and lets it in.
    Accepted,
    /// The host refuses; the client learns no detail.
    Refused,
    /// No answer.
    Unavailable,
}

impl<'a> ForeignQuestion<'a> {
    /// The token as presented.
    #[must_use]
    pub fn token(&self) -> &str {
        &self.0.token
    }

    /// The scheme it was presented with.
    #[must_use]
    pub const fn scheme(&self) -> AuthScheme {
        self.0.scheme
    }

    /// The request's method.
    #[must_use]
    pub fn method(&self) -> &str {
        &self.0.method
    }

    /// The observed URI: canonical origin and raw path, no query.
    #[must_use]
    pub fn uri(&self) -> &str {
        self.0.uri.as_str()
    }

    /// Goes on with the answer, at the time at which it has come.
    pub fn answer(self, answer: ForeignAnswer, now: Timestamp) -> Verdict<'a> {
        self.0.foreign_answered(answer, now)
    }

    /// The same question, whose [`now`](Self::now) goes by this clock from here on. A [`Guard`](crate::host::Guard) gives it the gate's.
    pub fn timed_by(mut self, clock: &Clock) -> Self {
        self.0.clock = Some(clock.clone());
        self
    }

    /// The time: of the clock, where the driver has lent one, so that a verifier that waits can ask again; of the check otherwise.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        let began = self.0.stage.now;
        self.0.clock.as_ref().map_or(began, |clock| clock.now().max(began))
    }

    /// What [`now`](Self::now) goes by.
    #[must_use]
    pub fn clock(&self) -> Clock {
        let began = self.0.stage.now;
        self.0.clock.clone().unwrap_or_else(|| Clock::new(move || began))
    }
}

#[cfg(feature = "std")]
impl<'a> KeysQuestion<'a> {
    /// Whose keys.
    #[must_use]
    pub const fn remote(&self) -> &Arc<RemoteKeys> {
        &self.remedy.remote
    }

    /// Which of them.
    #[must_use]
    pub const fn need(&self) -> Need {
        self.remedy.need
    }

    /// The time before the wait.
    #[must_use]
    pub const fn now(&self) -> Timestamp {
        self.waiting.stage.now
    }

    /// Goes on with the answer, at the time at which it has come.
    pub fn answer(self, answer: KeysAnswer, now: Timestamp) -> Verdict<'a> {
        self.waiting.keys_answered(self.error, answer, now)
    }
}

impl<'a> ReplayQuestion<'a> {
    /// What to record, atomically, if it is not there yet. A claim [whose time has passed](ReplayClaim::has_passed) when the store comes to
    /// it need not be recorded: whatever the answer is then, the request is refused.
    #[must_use]
    pub const fn claim(&self) -> &ReplayClaim {
        &self.1
    }

    /// The proof's `jti`, chosen by the client: for events, escaped.
    #[must_use]
    pub fn jti(&self) -> &str {
        self.0.proof.as_ref().map_or("", |proof| proof.jti())
    }

    /// The verified claims.
    #[must_use]
    pub const fn claims(&self) -> &Claims {
        &self.0.claims
    }

    /// Goes on with the answer, at the time at which it has come. `Fresh` is the only one that leads further, and only while the proof is
    /// not too old: a store may have forgotten older ones.
    pub fn answer(self, answer: ReplayAnswer, now: Timestamp) -> Verdict<'a> {
        self.0.replay_answered(&self.1, answer, now)
    }
}

impl<'a> RevocationQuestion<'a> {
    /// The verified claims; `jwt_id` is what revocation lists hold.
    #[must_use]
    pub const fn claims(&self) -> &Claims {
        &self.0.claims
    }

    /// Goes on with the answer, at the time at which it has come.
    pub fn answer(self, answer: RevocationAnswer, now: Timestamp) -> Verdict<'a> {
        self.0.revocation_answered(answer, now)
    }
}

impl<'a> PrincipalQuestion<'a> {
    /// The verified claims.
    #[must_use]
    pub const fn claims(&self) -> &Claims {
        &self.0.claims
    }

    /// The proven sender.
    #[must_use]
    pub const fn sender(&self) -> &Sender {
        &self.0.sender
    }

    /// Goes on with the answer, at the time at which it has come.
    pub fn answer(self, answer: PrincipalAnswer, now: Timestamp) -> Verdict<'a> {
        self.0.principal_answered(answer, now)
    }
}
