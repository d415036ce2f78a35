//! The verdict on a request, and the questions on the way to it.
//!
//! Each question owns the state it needs and is consumed by its answer, which returns the next verdict. A driver
//! therefore cannot skip, repeat or forget a question. There is no other way to a [`Grant`].
//!
//! The driver may wait for an answer, and what was fresh before may have expired. So it passes each answer with `now`,
//! read from the clock **after** the answer arrived. Every rule that depends on time uses the latest reading, but never
//! one before the first. Passing the time of the request's arrival would accept a used proof again. One request may
//! wait for [`limits::WAIT`](crate::limits::WAIT) seconds over all its questions.

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

/// The result of [`ResourceServer::check`](super::ResourceServer::check).
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

/// What only the host can answer. Exhaustive on purpose: a new question must break every driver at compile time.
#[derive(Debug)]
#[must_use = "an unanswered question grants nothing"]
#[expect(clippy::exhaustive_enums, reason = "a new question must break every driver")]
pub enum Question<'a> {
    /// Is this token, which no configured issuer signed, valid, and what are its claims?
    Foreign(ForeignQuestion<'a>),
    /// What keys does the issuer have now?
    #[cfg(feature = "std")]
    Keys(KeysQuestion<'a>),
    /// Has this proof been used before? Asking records it.
    Replay(ReplayQuestion<'a>),
    /// Has this token been revoked?
    Revocation(RevocationQuestion<'a>),
    /// Which of the host's principals is this token for?
    Principal(PrincipalQuestion<'a>),
}

/// A token that no configured issuer signed, for the custom verifier (H1 to H5). The answer replaces step 4
/// only; binding, replay, step-up, scopes and rendering stay with the library.
#[derive(Debug)]
#[must_use = "an unanswered question grants nothing"]
pub struct ForeignQuestion<'a>(pub(super) Waiting<'a>);

/// A token whose issuer's keys must be fetched first: there are none, or none with the token's `kid` for its algorithm
/// (J9, J22). Asked at most once per request.
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

/// Verified claims, which the host maps to a principal or refuses (step 9).
#[derive(Debug)]
#[must_use = "an unanswered question grants nothing"]
pub struct PrincipalQuestion<'a>(pub(super) Bound<'a>);

/// A custom verifier's answer (H1 to H5).
#[derive(Debug)]
#[expect(clippy::exhaustive_enums, reason = "the five rows of the catalogue")]
pub enum ForeignAnswer {
    /// The token's claims. Carry `cnf` over, or the binding is lost.
    Claims(ForeignClaims),
    /// The token is not valid here.
    InvalidToken,
    /// The token is valid but lacks scope.
    InsufficientScope {
        /// Every scope the operation requires.
        scopes: Vec<String>,
        /// A text for the client; the fixed one if absent.
        description: Option<String>,
    },
    /// The operation requires a stronger or fresher login (RFC 9470).
    InsufficientUserAuthentication {
        /// Accepted contexts, preferred first.
        acr_values: Vec<String>,
        /// The age of the oldest acceptable login, in seconds.
        max_age: Option<u64>,
    },
    /// No answer: an error or a time-out. It never grants the request, and is never the client's fault.
    Unavailable,
}

/// The result of fetching an issuer's keys.
#[cfg(feature = "std")]
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[expect(clippy::exhaustive_enums, reason = "newer ones, none for now, and no answer")]
pub enum KeysAnswer {
    /// The keys were fetched: the check looks again.
    Refreshed,
    /// The keys were not fetched, because the last fetch is too recent: the verdict with the current keys stands.
    Unchanged,
    /// The keys could not be fetched.
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
    /// The host has one and accepts it.
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

    /// The scheme with which the token was presented.
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

    /// Continues with the answer, at the time at which it arrived.
    pub fn answer(self, answer: ForeignAnswer, now: Timestamp) -> Verdict<'a> {
        self.0.foreign_answered(answer, now)
    }

    /// Sets the clock that [`now`](Self::now) reads from here on. A [`Guard`](crate::host::Guard) passes the gate's.
    pub fn timed_by(mut self, clock: &Clock) -> Self {
        self.0.clock = Some(clock.clone());
        self
    }

    /// The time. Reads the clock if the driver set one, so that a verifier that waits can ask again; otherwise the time
    /// of the check.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        let began = self.0.stage.now;
        self.0.clock.as_ref().map_or(began, |clock| clock.now().max(began))
    }

    /// The clock that [`now`](Self::now) reads.
    #[must_use]
    pub fn clock(&self) -> Clock {
        let began = self.0.stage.now;
        self.0.clock.clone().unwrap_or_else(|| Clock::new(move || began))
    }
}

#[cfg(feature = "std")]
impl<'a> KeysQuestion<'a> {
    /// The issuer's key source.
    #[must_use]
    pub const fn remote(&self) -> &Arc<RemoteKeys> {
        &self.remedy.remote
    }

    /// The keys that are needed.
    #[must_use]
    pub const fn need(&self) -> Need {
        self.remedy.need
    }

    /// The time before the wait.
    #[must_use]
    pub const fn now(&self) -> Timestamp {
        self.waiting.stage.now
    }

    /// Continues with the answer, at the time at which it arrived.
    pub fn answer(self, answer: KeysAnswer, now: Timestamp) -> Verdict<'a> {
        self.waiting.keys_answered(self.error, answer, now)
    }
}

impl<'a> ReplayQuestion<'a> {
    /// The claim to record, atomically, if it is not recorded yet. A claim [whose time has
    /// passed](ReplayClaim::has_passed) when the store gets to it need not be recorded: the request is refused whatever
    /// the answer.
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

    /// Continues with the answer, at the time at which it arrived. Only `Fresh` continues the check, and only while the
    /// proof is not too old: a store may have forgotten older ones.
    pub fn answer(self, answer: ReplayAnswer, now: Timestamp) -> Verdict<'a> {
        self.0.replay_answered(&self.1, answer, now)
    }
}

impl<'a> RevocationQuestion<'a> {
    /// The verified claims; `jwt_id` is the key of revocation lists.
    #[must_use]
    pub const fn claims(&self) -> &Claims {
        &self.0.claims
    }

    /// Continues with the answer, at the time at which it arrived.
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

    /// Continues with the answer, at the time at which it arrived.
    pub fn answer(self, answer: PrincipalAnswer, now: Timestamp) -> Verdict<'a> {
        self.0.principal_answered(answer, now)
    }
}
