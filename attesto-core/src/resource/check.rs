//! The check of one request: one function per phase, in a fixed order. A phase ends in a refusal, a question or the
//! next phase; no phase runs twice.
//!
//! 1. Transport: the request's origin is the resource's own, over https.
//! 2. Credential: exactly one access token, in an accepted channel.
//! 3. Scheme: a `DPoP` proof comes with the DPoP scheme, and only with it.
//! 4. Token: our own verification, or the custom verifier's.
//! 5. Proof: the DPoP proof is valid for this request and token.
//! 6. Binding: the evidence matches the token's binding.
//! 7. Replay: the replay store records the first use of the proof.
//! 8. Revocation: the token is not revoked.
//! 9. Principal: the host has a principal for the token.
//! 10. Step-up: the user authenticated as required.
//! 11. Scopes: the token has the required scopes.
//! 12. Grant.

use super::binding::{Evidence, Shown as ShownCertificate, sender_is_bound_party, sender_meets_policy};
use super::credential::Presented;
use super::grant::{Grant, Sender};
use super::reason::{Reason, RefusalError, Unavailable};
use super::request_facts::RequestFacts;
use super::requirement::Requirement;
use super::scratch::Scratch;
use super::server::ResourceServer;
use super::step_up::authentication_is_sufficient;
use super::verdict::{
    ForeignAnswer, ForeignQuestion, PrincipalAnswer, PrincipalQuestion, Question, ReplayQuestion, RevocationAnswer,
    RevocationQuestion, Verdict,
};
#[cfg(feature = "std")]
use super::verdict::{KeysAnswer, KeysQuestion};
use crate::challenge::AuthScheme;
use crate::dpop::{
    self, BoundKey, CheckedProof, KnownToken, ProofContext, ProofError, ProofRoom, ReplayAnswer, ReplayClaim,
};
use crate::http::{KeptUri, Lines, ObservedUri, RequestParts};
use crate::time::Clock;
#[cfg(feature = "std")]
use crate::token::Refused;
use crate::token::{Claims, Confirmation, Sighting, TokenError};
use crate::{Timestamp, limits};
use alloc::boxed::Box;
use alloc::string::{String, ToString};
use alloc::sync::Arc;
use alloc::vec::Vec;
use zeroize::Zeroizing;

/// The state that every phase carries: the server, the requirement, and the facts for the response.
#[derive(Debug)]
pub(super) struct Stage<'a> {
    server: &'a ResourceServer,
    requirement: &'a Requirement,
    facts: RequestFacts,
    /// The time of the check's first clock reading.
    began: Timestamp,
    /// The latest clock reading. Every rule that depends on time uses it. D11, A4.
    pub(super) now: Timestamp,
}

/// The parts of the request for steps 4 to 6, borrowed from the request or from what a question kept of it.
struct Shown<'s> {
    scheme: AuthScheme,
    token: &'s str,
    proof: Option<&'s [u8]>,
    method: &'s str,
    /// `None` if it is unreadable, which only a proof's check refuses (D10).
    uri: Option<&'s ObservedUri<'s>>,
}

/// A request whose token waits in step 4 for the custom verifier or for its issuer's keys.
#[derive(Debug)]
pub(super) struct Waiting<'a> {
    pub(super) stage: Stage<'a>,
    pub(super) token: Hidden,
    pub(super) scheme: AuthScheme,
    pub(super) method: String,
    pub(super) uri: KeptUri,
    /// The clock to use during the wait, if the driver set one.
    pub(super) clock: Option<Clock>,
    proof: Option<Vec<u8>>,
    certificate: ShownCertificate,
}

/// A request whose token, proof and binding were accepted (after step 6).
#[derive(Debug)]
pub(super) struct Bound<'a> {
    stage: Stage<'a>,
    pub(super) claims: Claims,
    pub(super) sender: Sender,
    pub(super) proof: Option<CheckedProof>,
}

/// A waiting token, hidden from `Debug`.
pub(super) struct Hidden(Zeroizing<String>);

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

/// Runs steps 1 to 3, then 4 to 6 if the token is from a configured issuer.
pub(super) fn start<'a>(
    scratch: &mut Scratch,
    server: &'a ResourceServer,
    request: &RequestParts<'_>,
    requirement: &'a Requirement,
    now: Timestamp,
) -> Verdict<'a> {
    let mut stage = Stage { server, requirement, facts: server.facts(request, requirement), began: now, now };
    match stage.receive(request) {
        Ok(received) => stage.identify(scratch, request, &received),
        Err(reason) => stage.deny(reason),
    }
}

impl ResourceServer {
    /// Returns the resolver's URI for a request from a trusted proxy; `None` without a resolver or such a proxy. Its
    /// host must be one of ours, since the field that a proxy sets may repeat what the client wrote. RFC 9449 §4.3
    /// check 9; D10, P11, P12.
    fn observed_uri_is_ours<'r>(&self, request: &RequestParts<'r>) -> Result<Option<ObservedUri<'r>>, ProofError> {
        let Some(resolver) = self.observed_uri.as_ref().filter(|_| self.origin.is_from_proxy(request)) else {
            return Ok(None);
        };
        let uri = resolver.observed_uri(request).filter(|uri| self.origin.host_is_ours(uri, &self.own));
        uri.map(Some).ok_or(ProofError::InvalidHtu)
    }
}

/// The result of steps 1 to 3.
struct Received<'r> {
    presented: Presented<'r>,
    uri: ObservedUri<'r>,
    proof: Option<&'r [u8]>,
}

/// Returns the scheme of unusable credentials, so that the refusal can challenge for that scheme. W3.
fn recognisable_scheme(request: &RequestParts<'_>) -> Option<AuthScheme> {
    let Lines::One(value) = request.headers.lines("authorization") else { return None };
    let scheme = value.split(|byte| !byte.is_ascii_alphanumeric()).next()?;
    core::str::from_utf8(scheme).ok().and_then(AuthScheme::from_name)
}

impl<'a> Stage<'a> {
    /// Runs steps 1 to 3: transport, credential, scheme.
    fn receive<'r>(&mut self, request: &RequestParts<'r>) -> Result<Received<'r>, Reason>
    where
        'a: 'r,
    {
        let origin = self.server.origin.resolve(request, &self.server.own)?;
        self.server.origin.transport_is_https(&origin, request)?;
        let presented = self.server.credentials.extract(request).inspect_err(|_| {
            self.facts.scheme = recognisable_scheme(request);
        })?;
        self.facts.scheme = Some(presented.scheme);
        self.facts.channel = Some(presented.channel);
        let proof = self.proof_goes_with_scheme(request, presented.scheme)?;
        let uri = match presented.scheme {
            AuthScheme::Dpop => self.server.observed_uri_is_ours(request)?.unwrap_or_else(|| origin.uri(request.path)),
            AuthScheme::Bearer => origin.uri(request.path),
        };
        Ok(Received { presented, uri, proof })
    }

    /// Checks that a `DPoP` field comes with the DPoP scheme only, and then exactly once. RFC 9449 §7.1, §4.3 check 1;
    /// D1, B4, B5.
    fn proof_goes_with_scheme<'r>(
        &self,
        request: &RequestParts<'r>,
        scheme: AuthScheme,
    ) -> Result<Option<&'r [u8]>, ProofError> {
        match scheme {
            AuthScheme::Dpop => dpop::is_single(request.headers).map(Some),
            // A server without DPoP ignores the field, as any unknown field.
            AuthScheme::Bearer if self.server.dpop.is_none() => Ok(None),
            AuthScheme::Bearer if request.headers.lines("dpop") == Lines::None => Ok(None),
            AuthScheme::Bearer => Err(ProofError::DpopSchemeRequired),
        }
    }

    /// Runs step 4: verifies the token, or asks the custom verifier.
    fn identify(self, scratch: &mut Scratch, request: &RequestParts<'_>, received: &Received<'_>) -> Verdict<'a> {
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

    /// Runs steps 5 and 6, proof and binding, and then asks step 7's question if there is a proof.
    fn bind(
        mut self,
        room: &mut ProofRoom,
        claims: Claims,
        shown: &Shown<'_>,
        certificate: ShownCertificate,
        sighting: Option<&mut Sighting<'_>>,
    ) -> Verdict<'a> {
        let mut known = known_of(sighting.as_deref(), &claims);
        let proof = match self.check_proof(room, shown, &mut known) {
            Ok(proof) => proof,
            Err(reason) => return self.deny_signed(reason, Some(Box::new(claims))),
        };
        let evidence = match &proof {
            Some(proof) => Evidence::Dpop { jkt: proof.jkt() },
            None => Evidence::Bearer { certificate },
        };
        let sender = sender_is_bound_party(claims.confirmation(), evidence)
            .and_then(|sender| sender_meets_policy(&sender, self.server.sender_policy).map(|()| sender));
        match sender {
            Ok(sender) => {
                keep_parsed(sighting, known);
                Bound { stage: self, claims, sender, proof }.ask_replay()
            }
            Err(reason) => self.deny_signed(reason.into(), Some(Box::new(claims))),
        }
    }

    /// Runs step 5. The scheme decides whether there is a proof; [`Self::receive`] made sure that both agree.
    fn check_proof(
        &mut self,
        room: &mut ProofRoom,
        shown: &Shown<'_>,
        known: &mut KnownToken,
    ) -> Result<Option<CheckedProof>, Reason> {
        let (Some(policy), AuthScheme::Dpop, Some(proof)) = (&self.server.dpop, shown.scheme, shown.proof) else {
            return match shown.scheme {
                AuthScheme::Bearer => Ok(None),
                AuthScheme::Dpop => Err(ProofError::MissingProof.into()),
            };
        };
        let uri = shown.uri.ok_or(ProofError::InvalidHtu)?;
        let context = ProofContext { method: shown.method, uri, access_token: Some(shown.token) };
        let provider = self.server.provider.as_ref();
        let checked = dpop::check_proof_in(room, proof, &context, policy, provider, self.now, known);
        if let Err(ProofError::InvalidHtu) = checked {
            let requested = uri.to_string().chars().take(limits::EVENT_TEXT).collect();
            let claimed = dpop::claimed_uri(proof, policy).unwrap_or_default();
            self.facts.uris = Some(Box::new((claimed, requested)));
        }
        let proof = checked?;
        if proof.nonce_is_due() {
            self.facts.nonce = self.server.fresh_nonce(self.now);
        }
        Ok(Some(proof))
    }

    /// Updates the time after a wait, unless the clock was set back meanwhile.
    fn read_clock_again(&mut self, now: Timestamp) {
        self.now = self.now.max(now);
    }

    /// Limits the total wait of one request. The check happens when the clock is read: the core has no timer.
    fn wait_is_short(&self, waited_for: Unavailable) -> Result<(), Unavailable> {
        if self.now.since(self.began) <= limits::WAIT { Ok(()) } else { Err(waited_for) }
    }

    fn deny(self, reason: Reason) -> Verdict<'a> {
        self.deny_signed(reason, None)
    }

    fn deny_signed(self, reason: Reason, claims: Option<Box<Claims>>) -> Verdict<'a> {
        let (server, requirement) = (self.server, self.requirement);
        Verdict::Denied(server.refuse(reason, self.facts, requirement, self.now, claims))
    }
}

/// Returns what the proof's check need not compute again.
fn known_of(sighting: Option<&Sighting<'_>>, claims: &Claims) -> KnownToken {
    let Some(sighting) = sighting else { return KnownToken::default() };
    let bound = match claims.confirmation() {
        Confirmation::Jkt(jkt) if sighting.is_confirmed() => {
            Some(BoundKey { jkt, key: sighting.bound_key().map(Arc::clone) })
        }
        Confirmation::Jkt(_) | Confirmation::None | Confirmation::X5tS256(_) => None,
    };
    KnownToken { hash: sighting.known_hash(), bound }
}

/// Keeps the client's parsed key after its proof was accepted, so that the next proof need not parse it again.
fn keep_parsed(sighting: Option<&mut Sighting<'_>>, known: KnownToken) {
    if let (Some(sighting), Some(BoundKey { key: Some(key), .. })) = (sighting, known.bound)
        && sighting.bound_key().is_none()
    {
        sighting.keep_bound_key(key);
    }
}

impl<'a> Waiting<'a> {
    /// Runs step 4 again after the issuer's keys were requested. They are requested once: J9.
    #[cfg(feature = "std")]
    pub(super) fn keys_answered(mut self, error: TokenError, answer: KeysAnswer, now: Timestamp) -> Verdict<'a> {
        self.stage.read_clock_again(now);
        if self.stage.wait_is_short(Unavailable::Verifier).is_err() {
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
    pub(super) fn foreign_answered(mut self, answer: ForeignAnswer, now: Timestamp) -> Verdict<'a> {
        self.stage.read_clock_again(now);
        if let Err(error) = self.stage.wait_is_short(Unavailable::Verifier) {
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
            ForeignAnswer::Unavailable => self.stage.deny(Unavailable::Verifier.into()),
        }
    }

    fn accepted(self, claims: Claims) -> Verdict<'a> {
        let Self { stage, token, scheme, method, uri, clock: _, proof, certificate } = self;
        let uri = uri.observed();
        let shown = Shown { scheme, token: &token, proof: proof.as_deref(), method: &method, uri: uri.as_ref() };
        stage.bind(&mut ProofRoom::default(), claims, &shown, certificate, None)
    }
}

impl<'a> Bound<'a> {
    /// Runs step 7. The proof is recorded only if no earlier step refused.
    fn ask_replay(self) -> Verdict<'a> {
        match &self.proof {
            Some(proof) => {
                let claim = proof.replay_claim();
                Verdict::Ask(Question::Replay(ReplayQuestion(self, claim)))
            }
            None => self.ask_revocation(),
        }
    }

    pub(super) fn replay_answered(mut self, claim: &ReplayClaim, answer: ReplayAnswer, now: Timestamp) -> Verdict<'a> {
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
        self.stage.wait_is_short(Unavailable::ReplayStore)?;
        claim_is_in_time(claim, self.stage.now)?;
        match answer {
            ReplayAnswer::Fresh => Ok(()),
            ReplayAnswer::OverShare => Err(RefusalError::ReplayShare.into()),
            ReplayAnswer::Replay | ReplayAnswer::Unavailable => Err(Unavailable::ReplayStore.into()),
        }
    }

    /// Runs step 8.
    fn ask_revocation(self) -> Verdict<'a> {
        if self.stage.server.asks.revocation {
            return Verdict::Ask(Question::Revocation(RevocationQuestion(self)));
        }
        self.ask_principal()
    }

    pub(super) fn revocation_answered(mut self, answer: RevocationAnswer, now: Timestamp) -> Verdict<'a> {
        self.stage.read_clock_again(now);
        if let Err(error) = self.stage.wait_is_short(Unavailable::Revocation) {
            return self.deny(error.into());
        }
        match answer {
            RevocationAnswer::Active => self.ask_principal(),
            RevocationAnswer::Revoked => self.deny(RefusalError::Revoked.into()),
            RevocationAnswer::Unavailable => self.deny(Unavailable::Revocation.into()),
        }
    }

    /// Runs step 9.
    fn ask_principal(self) -> Verdict<'a> {
        if self.stage.server.asks.principal {
            return Verdict::Ask(Question::Principal(PrincipalQuestion(self)));
        }
        self.authorize()
    }

    pub(super) fn principal_answered(mut self, answer: PrincipalAnswer, now: Timestamp) -> Verdict<'a> {
        self.stage.read_clock_again(now);
        if let Err(error) = self.stage.wait_is_short(Unavailable::Principal) {
            return self.deny(error.into());
        }
        match answer {
            PrincipalAnswer::Accepted => self.authorize(),
            PrincipalAnswer::Refused => self.deny(RefusalError::Principal.into()),
            PrincipalAnswer::Unavailable => self.deny(Unavailable::Principal.into()),
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

/// Runs steps 10 and 11. A two-phase host runs them again when it knows the operation.
pub(super) fn requirement_is_met(
    server: &ResourceServer,
    claims: &Claims,
    requirement: &Requirement,
    now: Timestamp,
) -> Result<(), Reason> {
    authentication_is_sufficient(claims, requirement, server.skew, now)?;
    scopes_are_granted(server, claims, requirement)
}

/// Checks that every required scope is granted, or one of them if the requirement allows that. RFC 6750 §3.1; S5, S8,
/// step 11.
fn scopes_are_granted(server: &ResourceServer, claims: &Claims, requirement: &Requirement) -> Result<(), Reason> {
    let required = requirement.required_scopes();
    if required.is_empty() {
        return Ok(());
    }
    let matching = server.scope_match(claims.issuer());
    let granted = if requirement.is_any_of() {
        required.iter().any(|scope| matching.covers(claims.scopes(), core::slice::from_ref(scope)))
    } else {
        matching.covers(claims.scopes(), required)
    };
    if granted { Ok(()) } else { Err(RefusalError::Scope.into()) }
}
