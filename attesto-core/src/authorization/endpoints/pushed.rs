//! `POST {prefix}/par` (RFC 9126; PA-1 to PA-9).

use crate::authorization::authorize::check::check_request;
use crate::authorization::authorize::identify::endpoint_is_offered;
use crate::authorization::authorize::redirect::VerifiedRedirect;
use crate::authorization::authorize::resume::is_of_the_request;
use crate::authorization::authorize::rules::no_request_object;
use crate::authorization::authorize::ticket::admit_late_returns;
use crate::authorization::client_auth;
use crate::authorization::error::at_authorize::AuthorizeError;
use crate::authorization::error::at_endpoint::{ClientError, RequestError, SenderError};
use crate::authorization::error::at_token::HostError;
use crate::authorization::error::reason::Reason;
use crate::authorization::flow::response;
use crate::authorization::flow::sender::{CheckedSender, check_proof};
use crate::authorization::flow::state::Flow;
use crate::authorization::questions::events::EventKind;
use crate::authorization::questions::question::PushedRequestQuestion;
use crate::authorization::records::pushed::{NewPushedRequest, PushedRequest, REFERENCE};
use crate::authorization::records::request::Channel;
use crate::authorization::secret::Secret;
use crate::dpop::CheckedProof;
use crate::encoding::form;
use crate::http::ResponseParts;
use crate::jose::Thumbprint;
use crate::limits;
use alloc::boxed::Box;
use alloc::format;
use alloc::string::String;
use serde_json::Map;

/// Runs the endpoint. PA-7.
pub(crate) async fn respond(flow: &mut Flow) -> ResponseParts {
    match push(flow).await {
        Ok(reference) => {
            flow.tell(EventKind::PushedRequestCreated, None).await;
            let mut members = Map::new();
            members.insert("request_uri".into(), format!("{REFERENCE}{}", reference.as_str()).into());
            members.insert("expires_in".into(), flow.server.lifetimes.pushed_request.into());
            response::json(201, members, flow.nonce.as_deref())
        }
        Err(reason) => flow.refuse(EventKind::PushedRequestDenied, reason).await,
    }
}

/// Runs the checks of the authorization endpoint; errors go directly to the client (RFC 9126 §2.1, §2.3; PA-4).
async fn push(flow: &mut Flow) -> Result<Secret, Reason> {
    flow.is_acceptable()?;
    endpoint_is_offered(flow)?;
    let client = client_auth::authenticate(flow).await?;
    let parameters = &flow.request.parameters;
    no_request_uri(flow)?;
    no_request_object(parameters)?;
    client_is_the_authenticated_one(flow, &client.id)?;
    let redirect = VerifiedRedirect::check(&flow.server.redirects, parameters, &client)?;
    let channel = Channel::Pushed { dpop_jkt: None };
    let request = check_request(&flow.server, &client, &redirect, parameters, channel)?;
    let proof = check_proof(flow)?;
    let dpop_jkt = bound_key(proof.as_ref(), request.dpop_jkt)?;
    let reference = Secret::draw(flow.entropy.as_mut()).map_err(|_| Reason::Host(HostError::Entropy))?;
    let expires_at = flow.now.plus(flow.server.lifetimes.pushed_request);
    let kept = kept_parameters(flow, &client.id)?;
    let mut record = PushedRequest::new(client.id.as_str(), kept, flow.now, expires_at);
    record.authenticated = !client.is_public();
    record.dpop_jkt = dpop_jkt;
    admit_late_returns(&mut record, flow.entropy.as_mut()).map_err(|_| Reason::Host(HostError::Entropy))?;
    // Recorded only for authenticated clients: others could fill the store (SC-4). They need no record here, since
    // `dpop_jkt` alone binds the request as well (PA-5), and the code is redeemed with its own proof.
    if let Some(proof) = proof.filter(|_| !client.is_public()) {
        CheckedSender::Dpop(Box::new(proof)).record_proof(flow, &client).await?;
    }
    let digest = reference.digest(flow.server.provider.as_ref());
    flow.ask(PushedRequestQuestion::Insert, NewPushedRequest { digest, request: record }).await?;
    Ok(reference)
}

/// Checks that the request has no `request_uri`. RFC 9126 §2.1; PA-1.
fn no_request_uri(flow: &Flow) -> Result<(), Reason> {
    let absent = flow.request.parameters.get("request_uri").is_none();
    if absent { Ok(()) } else { Err(Reason::Authorize(AuthorizeError::RequestUriPushed)) }
}

/// Checks that `client_id`, if present, names the authenticated client. PA-3.
fn client_is_the_authenticated_one(flow: &Flow, client_id: &str) -> Result<(), Reason> {
    let same = flow.request.parameters.get("client_id").is_none_or(|named| named == client_id);
    if same { Ok(()) } else { Err(Reason::Client(ClientError::IdMismatch)) }
}

/// Returns the key of the proof, which a `dpop_jkt` must also name if present (RFC 9449 §10.1); without a proof, the
/// key that `dpop_jkt` names. PA-5.
fn bound_key(proof: Option<&CheckedProof>, named: Option<Thumbprint>) -> Result<Option<Thumbprint>, Reason> {
    match (proof.map(|proof| *proof.jkt()), named) {
        (Some(shown), Some(named)) if shown != named => Err(Reason::Sender(SenderError::JktMismatch)),
        (Some(shown), _) => Ok(Some(shown)),
        (None, named) => Ok(named),
    }
}

/// Returns the parameters to store: those of the authorization request, without those for this endpoint only, and the
/// authenticated client. PA-3, PA-6, PA-9.
fn kept_parameters(flow: &Flow, client_id: &str) -> Result<String, Reason> {
    let mut kept = flow.request.parameters.encode(|name| name != "client_id" && is_of_the_request(name));
    form::append(&mut kept, "client_id", client_id);
    if kept.len() > limits::PUSHED_REQUEST { Err(Reason::Request(RequestError::ParameterTooLong)) } else { Ok(kept) }
}
