//! Steps 5 and 6: the DPoP proof, and the binding of the token to its sender.

use super::decision::Bound;
use super::stage::Stage;
use crate::challenge::AuthScheme;
use crate::dpop::{self, BoundKey, CheckedProof, KnownToken, ProofContext, ProofError, ProofRoom};
use crate::http::ObservedUri;
use crate::limits;
use crate::resource::binding::{Evidence, Shown as ShownCertificate, sender_is_bound_party, sender_meets_policy};
use crate::resource::reason::Reason;
use crate::resource::verdict::Verdict;
use crate::token::{Claims, Confirmation, Sighting};
use alloc::boxed::Box;
use alloc::string::ToString;
use alloc::sync::Arc;

/// The parts of the request for steps 4 to 6, borrowed from the request or from what a question kept of it.
pub(super) struct Shown<'s> {
    pub(super) scheme: AuthScheme,
    pub(super) token: &'s str,
    pub(super) proof: Option<&'s [u8]>,
    pub(super) method: &'s str,
    /// `None` if it is unreadable, which only a proof's check refuses (D10).
    pub(super) uri: Option<&'s ObservedUri<'s>>,
}

impl<'a> Stage<'a> {
    /// Runs steps 5 and 6, proof and binding, and then asks step 7's question if there is a proof.
    pub(super) fn bind(
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
