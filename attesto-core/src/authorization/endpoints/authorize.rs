//! `GET` and `POST {prefix}/authorize` (RFC 6749 §3.1, §4.1; AZ-1 to AZ-33).
//!
//! Two stages, told apart by types. Until it is known whose request it is and where its answer goes, a refusal is a [`Direct`] error:
//! the browser is shown it. What ends the first stage is an [`Identified`] request, which has a [`VerifiedRedirect`]; it alone can
//! make a response that sends the browser on.
//!
//! A refusal of the second stage goes to the client before anybody has logged in, as RFC 6749 §4.1.2.1 has it (AZ-31). RFC 9700
//! §4.11.2 warns of clients that register a redirect URI in order to phish with such answers, and wants a server to send browsers on
//! by itself only where it trusts the URI: here every URI was registered by the host, byte for byte, and nobody registers themselves.

use crate::authorization::authorize::check::check_request;
use crate::authorization::authorize::direct::{self, Direct};
use crate::authorization::authorize::identified::Identified;
use crate::authorization::authorize::identify::identify;
use crate::authorization::authorize::outcome::Outcome;
use crate::authorization::authorize::{challenge, consent, issue, login, resume};
use crate::authorization::error::code::OAuthError;
use crate::authorization::error::reason::Reason;
use crate::authorization::flow::state::Flow;
use crate::authorization::questions::events::EventKind;
use crate::authorization::questions::visit::Visit;
use crate::authorization::records::request::Channel;
use crate::authorization::secret::Secret;
use crate::http::ResponseParts;
use alloc::sync::Arc;

/// The endpoint: every request is answered, and told of unless the user is still busy with it.
pub(crate) async fn respond(flow: &mut Flow) -> ResponseParts {
    match identify(flow).await {
        Ok(identified) => answer(flow, identified).await,
        Err(Direct(Reason::Prefetch)) => direct::response(flow, Direct(Reason::Prefetch)), // no visit, so nothing to tell of
        Err(Direct(reason)) => {
            flow.tell(EventKind::AuthorizationFailed, Some(reason)).await;
            direct::response(flow, Direct(reason))
        }
    }
}

/// From here on, everything is said to the client (AZ-31).
async fn answer(flow: &mut Flow, identified: Identified) -> ResponseParts {
    flow.event.client_id = Some(identified.client.id.clone());
    let outcome = authorize(flow, &identified).await;
    let (redirect, server) = (&identified.redirect, &flow.server);
    match outcome {
        Ok(Outcome::Done(code)) => redirect.code(server, &code),
        Ok(Outcome::Interact(page)) => direct::guarded_page(*page),
        Err(reason) => {
            let response = redirect.refuse(server, reason);
            flow.tell(event_of(reason), Some(reason)).await;
            response
        }
    }
}

/// Checks the request, then asks for the user and their consent, then issues.
async fn authorize(flow: &mut Flow, identified: &Identified) -> Result<Outcome<Secret>, Reason> {
    if identified.pushed.is_none() && !flow.request.repeated.is_empty() {
        return Err(Reason::DuplicateParameter); // EP-6
    }
    let Identified { client, redirect, parameters, pushed, .. } = identified;
    let channel = pushed.as_ref().map_or(Channel::Front, |pushed| Channel::Pushed { dpop_jkt: pushed.record.dpop_jkt });
    let request = check_request(&flow.server, client, redirect, parameters, channel)?;
    let visit = Visit {
        client: Arc::clone(client),
        request: Arc::new(request),
        user_agent: Arc::new(core::mem::take(&mut flow.request.user_agent)),
        now: flow.now,
        since: resume::since(flow, identified),
        resume_url: resume::url(flow, identified),
    };
    let login = match login::authenticate(flow, &visit).await {
        Ok(Outcome::Done(login)) => login,
        Ok(Outcome::Interact(page)) => return Ok(Outcome::Interact(page)),
        Err(denied @ Reason::LoginDeclined) => {
            issue::discard_pushed(flow, identified).await?;
            return Err(denied);
        }
        Err(reason) => return Err(reason),
    };
    flow.event.subject = Some(login.subject.clone());
    let scopes = match consent::consent(flow, &visit, redirect, &login).await {
        Ok(Outcome::Done(scopes)) => scopes,
        Ok(Outcome::Interact(page)) => return Ok(Outcome::Interact(page)),
        Err(denied @ Reason::AccessDenied) => {
            issue::discard_pushed(flow, identified).await?;
            return Err(denied);
        }
        Err(reason) => return Err(reason),
    };
    if let Err(denied) = challenge::openid_is_allowed(visit.request.challenge.as_ref(), &flow.server, client, &scopes) {
        issue::discard_pushed(flow, identified).await?;
        return Err(denied);
    }
    issue::issue(flow, identified, &visit.request, login, scopes).await.map(Outcome::Done)
}

/// Somebody said no, or something was wrong.
fn event_of(reason: Reason) -> EventKind {
    match reason.error() {
        OAuthError::AccessDenied
        | OAuthError::LoginRequired
        | OAuthError::ConsentRequired
        | OAuthError::InteractionRequired
        | OAuthError::AccountSelectionRequired => EventKind::AuthorizationDenied,
        OAuthError::InvalidRequest
        | OAuthError::InvalidClient
        | OAuthError::InvalidGrant
        | OAuthError::UnauthorizedClient
        | OAuthError::UnsupportedGrantType
        | OAuthError::UnsupportedResponseType
        | OAuthError::UnsupportedTokenType
        | OAuthError::InvalidScope
        | OAuthError::InvalidTarget
        | OAuthError::InvalidDpopProof
        | OAuthError::UseDpopNonce
        | OAuthError::InvalidRequestUri
        | OAuthError::RequestNotSupported
        | OAuthError::RequestUriNotSupported
        | OAuthError::RegistrationNotSupported
        | OAuthError::InvalidAuthorizationDetails
        | OAuthError::ServerError
        | OAuthError::TemporarilyUnavailable => EventKind::AuthorizationFailed,
    }
}
