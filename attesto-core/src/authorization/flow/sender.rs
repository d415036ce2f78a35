//! What the issued tokens will be bound to (RFC 9449 §5, RFC 8705 §3; SC-1 to SC-6).

use super::state::Flow;
use crate::authorization::error::reason::Reason;
use crate::authorization::registered_client::client::{Client, SenderConstraint};
use crate::dpop::{self, CheckedProof, ProofContext, ProofError};
use crate::http::ObservedUri;
use crate::jose::Thumbprint;
use alloc::boxed::Box;

/// The binding of an access token, with the proof that was shown for it.
pub(crate) enum Sender {
    Bearer,
    Dpop(Box<CheckedProof>),
    Mtls(Thumbprint),
}

impl Sender {
    /// The name, for events.
    pub(crate) const fn name(&self) -> &'static str {
        match self {
            Self::Bearer => "bearer",
            Self::Dpop(_) => "dpop",
            Self::Mtls(_) => "mtls",
        }
    }

    pub(crate) const fn jkt(&self) -> Option<&Thumbprint> {
        match self {
            Self::Dpop(proof) => Some(proof.jkt()),
            Self::Bearer | Self::Mtls(_) => None,
        }
    }

    pub(crate) const fn x5t_s256(&self) -> Option<&Thumbprint> {
        match self {
            Self::Mtls(thumbprint) => Some(thumbprint),
            Self::Bearer | Self::Dpop(_) => None,
        }
    }

    /// Checks what the request shows, and chooses: what the client requires, else DPoP before mTLS before nothing. SC-2.
    pub(crate) fn of(flow: &mut Flow, client: &Client) -> Result<Self, Reason> {
        let proof = check_proof(flow)?;
        let certificate = flow.request.certificate;
        match (client.constraint, proof, certificate) {
            (Some(SenderConstraint::Dpop), None, _) => Err(Reason::ProofRequired),
            (Some(SenderConstraint::Mtls), _, None) => Err(Reason::CertificateRequired),
            (Some(SenderConstraint::Mtls), _, Some(certificate)) | (None, None, Some(certificate)) => {
                Ok(Self::Mtls(certificate))
            }
            (Some(SenderConstraint::Dpop) | None, Some(proof), _) => Ok(Self::Dpop(Box::new(proof))),
            (None, None, None) => Ok(Self::Bearer),
        }
    }

    /// Records the proof, if there is one, as late as may be: after every check that changes nothing, before whatever is spent. SC-4.
    pub(crate) async fn record_proof(&self, flow: &Flow) -> Result<(), Reason> {
        match self {
            Self::Dpop(proof) => {
                flow.record_first_use(proof.replay_claim(), [Reason::ProofReplay, Reason::InvalidProof]).await
            }
            Self::Bearer | Self::Mtls(_) => Ok(()),
        }
    }
}

/// RFC 9449 §4.3 with this endpoint's URL and no `ath`; and the nonce that the response is to carry (§8). SC-1, SC-3.
pub(crate) fn check_proof(flow: &mut Flow) -> Result<Option<CheckedProof>, Reason> {
    let (Some(policy), Some(proof)) = (&flow.server.dpop, &flow.request.proof) else { return Ok(None) };
    let uri = ObservedUri::parse(&flow.request.url).ok_or(Reason::InvalidProof)?;
    let context = ProofContext { method: "POST", uri: &uri, access_token: None };
    let provider = flow.server.provider.as_ref();
    let checked = dpop::check_proof(proof, &context, policy, provider, flow.now);
    let due = match &checked {
        Ok(proof) => proof.nonce_is_due(),
        Err(error) => *error == ProofError::UseDpopNonce,
    };
    if due {
        flow.nonce = policy.nonces().map(|nonces| nonces.issue(provider, flow.now));
    }
    match checked {
        Ok(proof) => Ok(Some(proof)),
        Err(ProofError::UseDpopNonce) => Err(Reason::UseNonce),
        Err(_) => Err(Reason::InvalidProof),
    }
}
