//! Checks how the client proves which key it has: a DPoP proof or a certificate, to which the issued tokens are bound (RFC
//! 9449 §5, RFC 8705 §3; SC-1 to SC-6).

use super::state::Flow;
use crate::authorization::error::at_endpoint::SenderError;
use crate::authorization::error::reason::Reason;
use crate::authorization::registered_client::client::{Client, SenderConstraint};
use crate::crypto::CryptoProvider;
use crate::dpop::{self, CheckedProof, ProofContext, ProofError, ReplayOwner};
use crate::http::ObservedUri;
use crate::jose::Thumbprint;
use alloc::boxed::Box;

/// The binding of an access token, with the proof presented for it.
pub(crate) enum CheckedSender {
    Bearer,
    Dpop(Box<CheckedProof>),
    Mtls(Thumbprint),
}

impl CheckedSender {
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

    /// Checks the request's evidence and selects the binding: what the client requires, or else DPoP before mTLS before
    /// none. SC-2.
    pub(crate) fn from_request(flow: &mut Flow, client: &Client) -> Result<Self, Reason> {
        let proof = check_proof(flow)?;
        let certificate = flow.request.certificate;
        match (client.constraint, proof, certificate) {
            (Some(SenderConstraint::Dpop), None, _) => Err(Reason::Sender(SenderError::ProofRequired)),
            (Some(SenderConstraint::Mtls), _, None) => Err(Reason::Sender(SenderError::CertificateRequired)),
            (Some(SenderConstraint::Mtls), _, Some(certificate)) | (None, None, Some(certificate)) => {
                Ok(Self::Mtls(certificate))
            }
            (Some(SenderConstraint::Dpop) | None, Some(proof), _) => Ok(Self::Dpop(Box::new(proof))),
            (None, None, None) => Ok(Self::Bearer),
        }
    }

    /// Records the proof, if there is one, as late as possible: after every check without side effects, before anything
    /// is spent. SC-4.
    ///
    /// The claim's owner is the client where it has authenticated: a client that makes a key for each request would
    /// otherwise have a share for each. A public client has many users, and binds each user's tokens to a key, so its
    /// claims are owned by the key. ST-2.
    pub(crate) async fn record_proof(&self, flow: &Flow, client: &Client) -> Result<(), Reason> {
        match self {
            Self::Dpop(proof) => {
                let mut claim = proof.replay_claim();
                if !client.is_public() {
                    claim = claim.owned_by(owner_of_proofs(&client.id, flow.server.provider.as_ref()));
                }
                flow.record_first_use(
                    claim,
                    [Reason::Sender(SenderError::ProofReplay), Reason::Sender(SenderError::InvalidProof)],
                )
                .await
            }
            Self::Bearer | Self::Mtls(_) => Ok(()),
        }
    }
}

/// The owner of a client's proofs where it authenticates, whatever keys it uses. ST-2.
fn owner_of_proofs(client_id: &str, provider: &dyn CryptoProvider) -> ReplayOwner {
    ReplayOwner::from_bytes(provider.sha256(&[b"client", client_id.as_bytes()]))
}

/// Checks the proof by RFC 9449 §4.3 with this endpoint's URL and no `ath`, and sets the nonce of the response (§8).
/// SC-1, SC-3.
pub(crate) fn check_proof(flow: &mut Flow) -> Result<Option<CheckedProof>, Reason> {
    let (Some(policy), Some(proof)) = (&flow.server.dpop, &flow.request.proof) else { return Ok(None) };
    let uri = ObservedUri::parse(&flow.request.url).ok_or(Reason::Sender(SenderError::InvalidProof))?;
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
        Err(ProofError::UseDpopNonce) => Err(Reason::Sender(SenderError::UseNonce)),
        Err(_) => Err(Reason::Sender(SenderError::InvalidProof)),
    }
}
