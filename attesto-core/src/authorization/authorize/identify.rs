//! The first stage: identifies the client and verifies the redirect URI. Every refusal is shown in the browser
//! (AZ-1 to AZ-9, AZ-32).

use super::direct::Direct;
use super::identified::{Identified, Pushed};
use super::redirect::VerifiedRedirect;
use super::resume::is_of_the_request;
use super::ticket;
use crate::authorization::client_auth;
use crate::authorization::error::at_authorize::AuthorizeError;
use crate::authorization::error::at_endpoint::RequestError;
use crate::authorization::error::at_token::HostError;
use crate::authorization::error::reason::Reason;
use crate::authorization::flow::state::Flow;
use crate::authorization::parameters::Parameters;
use crate::authorization::questions::question::PushedRequestQuestion;
use crate::authorization::records::pushed::{PushedRequest, REFERENCE};
use crate::authorization::secret::Secret;
use crate::limits;
use alloc::sync::Arc;

pub(crate) async fn identify(flow: &mut Flow) -> Result<Identified, Direct> {
    flow.is_acceptable()?;
    endpoint_is_offered(flow)?;
    identity_is_unambiguous(flow)?;
    let parameters = &flow.request.parameters;
    request_or_request_uri(parameters)?;
    let client_id = parameters.required("client_id")?; // AZ-5
    flow.event.claimed_client_id = Some(client_id).filter(|id| client_auth::is_client_id(id)).map(Into::into);
    let pushed = fetch_pushed(flow, client_id).await?;
    let parameters = match &pushed {
        Some(pushed) => pushed_parameters(&pushed.record)?,
        None => bounded(parameters)?,
    };
    let client = client_auth::load(flow, client_id).await?.ok_or(Reason::Authorize(AuthorizeError::NoSuchClient))?;
    client_auth::registration_is_sound(&client)?;
    let redirect = VerifiedRedirect::check(&flow.server.redirects, &parameters, &client)?;
    Ok(Identified { client: Arc::new(client), redirect, parameters, pushed })
}

/// Checks the request's length. The whole request is part of the URL that resumes the visit (AZ-27), so one too long to
/// push is refused.
fn bounded(parameters: &Parameters) -> Result<Parameters, Reason> {
    let fits = parameters.encode(is_of_the_request).len() <= limits::PUSHED_REQUEST;
    if fits { Ok(parameters.clone()) } else { Err(Reason::Request(RequestError::ParameterTooLong)) }
}

/// Checks that the endpoint is enabled. EP-12.
pub(crate) fn endpoint_is_offered(flow: &Flow) -> Result<(), Reason> {
    if flow.server.has_authorization_endpoint() { Ok(()) } else { Err(Reason::Request(RequestError::NotOffered)) }
}

/// Checks that the parameters that identify the request occur once. EP-6.
fn identity_is_unambiguous(flow: &Flow) -> Result<(), Reason> {
    let identifies = |name: &&str| matches!(*name, "client_id" | "redirect_uri" | "request" | "request_uri");
    if flow.request.repeated.iter().any(identifies) {
        Err(Reason::Request(RequestError::DuplicateParameter))
    } else {
        Ok(())
    }
}

/// Checks that `request` and `request_uri` are not both present. RFC 9101 §5; AZ-6.
fn request_or_request_uri(parameters: &Parameters) -> Result<(), Reason> {
    let both = parameters.get("request").is_some() && parameters.get("request_uri").is_some();
    if both { Err(Reason::Authorize(AuthorizeError::RequestAndRequestUri)) } else { Ok(()) }
}

/// Loads the pushed request that `request_uri` refers to, if it refers to one. It stays in the store until the code is
/// issued. AZ-3, AZ-4.
async fn fetch_pushed(flow: &Flow, client_id: &str) -> Result<Option<Pushed>, Reason> {
    let Some(reference) = flow.request.parameters.get("request_uri").filter(|uri| uri.starts_with(REFERENCE)) else {
        return Ok(None);
    };
    let secret = reference
        .strip_prefix(REFERENCE)
        .and_then(Secret::presented)
        .ok_or(Reason::Authorize(AuthorizeError::UnknownRequestUri))?;
    let digest = secret.digest(flow.server.provider.as_ref());
    let record = flow
        .ask(PushedRequestQuestion::Load, digest)
        .await?
        .ok_or(Reason::Authorize(AuthorizeError::UnknownRequestUri))?;
    ticket::reference_counts(flow, &record)?;
    if record.client_id != client_id {
        return Err(Reason::Authorize(AuthorizeError::OtherClientsRequest));
    }
    Ok(Some(Pushed { reference: reference.into(), digest, record }))
}

/// Returns the pushed parameters, which are the whole request (RFC 9126 §4; AZ-3). A store that returns another
/// client's record is at fault.
fn pushed_parameters(record: &PushedRequest) -> Result<Parameters, Reason> {
    let parameters = Parameters::parse(record.parameters.as_bytes()).map_err(|_| Reason::Host(HostError::Answer))?;
    let is_the_clients = parameters.get("client_id") == Some(record.client_id.as_str());
    if is_the_clients { Ok(parameters) } else { Err(Reason::Host(HostError::Answer)) }
}
