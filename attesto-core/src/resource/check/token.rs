//! Step 4: the token, verified here or by the host's custom verifier, perhaps with keys that must be fetched first.

use super::proof::Shown;
use super::stage::{Received, Stage};
use crate::challenge::AuthScheme;
use crate::dpop::ProofRoom;
use crate::http::{KeptUri, ObservedUri, RequestParts};
use crate::resource::binding::Shown as ShownCertificate;
use crate::resource::reason::{RefusalError, UnavailableError};
use crate::resource::requirement::Requirement;
use crate::resource::scratch::Scratch;
use crate::resource::verdict::{ForeignAnswer, ForeignQuestion, Question, Verdict};
#[cfg(feature = "std")]
use crate::resource::verdict::{KeysAnswer, KeysQuestion};
use crate::time::{Clock, Timestamp};
#[cfg(feature = "std")]
use crate::token::Refused;
use crate::token::{Claims, Confirmation, TokenError};
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use zeroize::Zeroizing;

/// A request whose token waits in step 4 for the custom verifier or for its issuer's keys.
#[derive(Debug)]
pub(in crate::resource) struct Waiting<'a> {
    pub(in crate::resource) stage: Stage<'a>,
    pub(in crate::resource) token: Hidden,
    pub(in crate::resource) scheme: AuthScheme,
    pub(in crate::resource) method: String,
    pub(in crate::resource) uri: KeptUri,
    /// The clock to use during the wait, if the driver set one.
    pub(in crate::resource) clock: Option<Clock>,
    proof: Option<Vec<u8>>,
    certificate: ShownCertificate,
}

/// A waiting token, hidden from `Debug`.
pub(in crate::resource) struct Hidden(Zeroizing<String>);

impl core::ops::Deref for Hidden {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl core::fmt::Debug for Hidden {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("(token)")
    }
}

impl<'a> Stage<'a> {
    /// Runs step 4: verifies the token, or asks the custom verifier.
    pub(super) fn identify(
        self,
        scratch: &mut Scratch,
        request: &RequestParts<'_>,
        received: &Received<'_>,
    ) -> Verdict<'a> {
        let token = received.presented.token.as_ref();
        let shown = Shown {
            scheme: received.presented.scheme,
            token,
            proof: received.proof,
            method: request.method,
            uri: Some(&received.uri),
        };
        if self.server.tokens.is_too_large(token) {
            return self.deny(TokenError::TooLarge.into());
        }
        if self.server.asks.foreign && !self.server.tokens.is_ours_in(token, &mut scratch.proof.buffer) {
            return Verdict::Ask(Question::Foreign(ForeignQuestion(self.wait(request, &shown, &received.uri))));
        }
        let mut sighting = self.server.sighting(token);
        match self.server.tokens.verify_in(token, self.now, &mut scratch.token, Some(&mut sighting)) {
            #[cfg(feature = "std")]
            Err(Refused { remedy: Some(remedy), error, .. }) => {
                let waiting = self.wait(request, &shown, &received.uri);
                Verdict::Ask(Question::Keys(KeysQuestion { waiting, remedy, error }))
            }
            Ok(claims) => {
                // Hashed only if the token is bound to a certificate: B11.
                let certificate = match claims.confirmation() {
                    Confirmation::X5tS256(_) => self.server.certificate_thumbprint(request),
                    Confirmation::None | Confirmation::Jkt(_) => Ok(None),
                };
                self.bind(&mut scratch.proof, claims, &shown, certificate, Some(&mut sighting))
            }
            Err(refused) => self.deny_signed(refused.error.into(), refused.claims),
        }
    }

    /// Keeps the parts of the request that steps 4 to 6 need.
    fn wait(self, request: &RequestParts<'_>, shown: &Shown<'_>, uri: &ObservedUri<'_>) -> Waiting<'a> {
        Waiting {
            token: Hidden(Zeroizing::new(shown.token.to_string())),
            scheme: shown.scheme,
            method: shown.method.to_string(),
            uri: KeptUri::from_uri(uri),
            clock: None,
            proof: shown.proof.map(<[u8]>::to_vec),
            certificate: self.server.certificate_thumbprint(request),
            stage: self,
        }
    }
}

impl<'a> Waiting<'a> {
    /// Runs step 4 again after the issuer's keys were requested. They are requested once: J9.
    #[cfg(feature = "std")]
    pub(in crate::resource) fn keys_answered(
        mut self,
        error: TokenError,
        answer: KeysAnswer,
        now: Timestamp,
    ) -> Verdict<'a> {
        self.stage.read_clock_again(now);
        if self.stage.wait_is_short(UnavailableError::Verifier).is_err() {
            return self.stage.deny(TokenError::KeysUnavailable.into());
        }
        match answer {
            KeysAnswer::Refreshed => {
                let Stage { server, now, .. } = self.stage;
                let mut sighting = server.sighting(&self.token);
                let verified = server.tokens.verify_in(&self.token, now, &mut Vec::new(), Some(&mut sighting));
                match verified {
                    Ok(claims) => self.accepted(claims),
                    Err(refused) => self.stage.deny_signed(refused.error.into(), refused.claims),
                }
            }
            KeysAnswer::Unchanged => self.stage.deny(error.into()),
            KeysAnswer::Unavailable => self.stage.deny(TokenError::KeysUnavailable.into()),
        }
    }

    /// Continues step 4 with the custom verifier's answer: H1 to H5.
    pub(in crate::resource) fn foreign_answered(mut self, answer: ForeignAnswer, now: Timestamp) -> Verdict<'a> {
        self.stage.read_clock_again(now);
        if let Err(error) = self.stage.wait_is_short(UnavailableError::Verifier) {
            return self.stage.deny(error.into());
        }
        match answer {
            ForeignAnswer::Claims(claims) => match self.stage.server.tokens.check_foreign(claims, self.stage.now) {
                Ok(claims) => self.accepted(claims),
                Err(error) => self.stage.deny(error.into()),
            },
            ForeignAnswer::InvalidToken => self.stage.deny(RefusalError::ForeignToken.into()),
            ForeignAnswer::InsufficientScope { scopes, description } => {
                let Stage { server, facts, now, .. } = self.stage;
                match Requirement::scopes(scopes).map(|named| named.pointing_like(self.stage.requirement)) {
                    Ok(named) => {
                        let denial = server.refuse(RefusalError::ForeignScope.into(), facts, &named, now, None);
                        Verdict::Denied(denial.described_by(description, |denial| server.rendered(denial, &named)))
                    }
                    // A scope that no header field can carry: refuse still, and name the route's own scopes.
                    Err(_) => Verdict::Denied(server.refuse(
                        RefusalError::ForeignScope.into(),
                        facts,
                        self.stage.requirement,
                        now,
                        None,
                    )),
                }
            }
            ForeignAnswer::InsufficientUserAuthentication { acr_values, max_age } => {
                let Stage { server, facts, now, .. } = self.stage;
                let named = Requirement::step_up(acr_values, max_age).pointing_like(self.stage.requirement);
                Verdict::Denied(server.refuse(RefusalError::ForeignStepUp.into(), facts, &named, now, None))
            }
            ForeignAnswer::Unavailable => self.stage.deny(UnavailableError::Verifier.into()),
        }
    }

    fn accepted(self, claims: Claims) -> Verdict<'a> {
        let Self { stage, token, scheme, method, uri, clock: _, proof, certificate } = self;
        let uri = uri.observed();
        let shown = Shown { scheme, token: &token, proof: proof.as_deref(), method: &method, uri: uri.as_ref() };
        stage.bind(&mut ProofRoom::default(), claims, &shown, certificate, None)
    }
}
