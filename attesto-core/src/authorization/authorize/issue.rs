//! Issues the code (RFC 6749 §4.1.2; AZ-28, AZ-29).

use super::identified::Identified;
use crate::authorization::error::at_authorize::AuthorizeError;
use crate::authorization::error::at_token::HostError;
use crate::authorization::error::reason::Reason;
use crate::authorization::flow::state::Flow;
use crate::authorization::questions::events::EventKind;
use crate::authorization::questions::login::Login;
use crate::authorization::questions::question::{CodeQuestion, PushedRequestQuestion, SecretQuery};
use crate::authorization::records::authorization::Authorization;
use crate::authorization::records::code::AuthorizationCode;
use crate::authorization::records::code::NewCode;
use crate::authorization::records::request::AuthorizationRequest;
use crate::authorization::scopes::ScopeSet;
use crate::authorization::secret::{FamilyId, Secret};
use alloc::string::ToString;

/// Draws the code, takes the pushed request, and stores the code. The browser is redirected only after the store has
/// confirmed.
pub(crate) async fn issue(
    flow: &mut Flow,
    identified: &Identified,
    request: &AuthorizationRequest,
    login: Login,
    scopes: ScopeSet,
) -> Result<Secret, Reason> {
    let secret = Secret::draw(flow.entropy.as_mut()).map_err(|_| Reason::Host(HostError::Entropy))?;
    let family = FamilyId::draw(flow.entropy.as_mut()).map_err(|_| Reason::Host(HostError::Entropy))?;
    flow.event.family = Some(family);
    flow.event.scope = Some(scopes.to_string());
    let mut authorization = Authorization::new(family, identified.client.id.as_str(), login.subject);
    authorization.scopes = scopes;
    authorization.resources.clone_from(&request.resources);
    authorization.authentication = login.authentication;
    let expires_at = flow.now.plus(flow.server.lifetimes.code);
    let mut code = AuthorizationCode::new(authorization, request.redirect_uri.as_str(), request.challenge, expires_at);
    code.dpop_jkt = request.dpop_jkt;
    code.nonce.clone_from(&request.nonce);
    if !take_pushed(flow, identified).await? {
        return Err(Reason::Authorize(AuthorizeError::UnknownRequestUri));
    }
    let digest = secret.digest(flow.server.provider.as_ref());
    flow.ask(CodeQuestion::Insert, NewCode { digest, code, now: flow.now }).await?;
    flow.tell_left_out(&request.left_out).await;
    flow.tell(EventKind::CodeIssued, None).await;
    Ok(secret)
}

/// Takes a pushed request whose authorization was denied. Another request may have taken it first; the denial stands.
pub(crate) async fn discard_pushed(flow: &Flow, identified: &Identified) -> Result<(), Reason> {
    take_pushed(flow, identified).await.map(|_| ())
}

/// Takes the pushed request, if there is one; returns whether it was still there. Of several concurrent calls, one
/// succeeds. AZ-28.
async fn take_pushed(flow: &Flow, identified: &Identified) -> Result<bool, Reason> {
    let Some(pushed) = &identified.pushed else { return Ok(true) };
    let redemption = SecretQuery { digest: pushed.digest, now: flow.now };
    Ok(flow.ask(PushedRequestQuestion::Take, redemption).await?.is_some())
}
