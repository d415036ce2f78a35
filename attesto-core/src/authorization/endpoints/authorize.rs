//! `GET` and `POST {prefix}/authorize` (RFC 6749 §3.1, §4.1; AZ-1 to AZ-33).
//!
//! Two stages, distinguished by types. Until the client and its redirect URI are verified, a refusal is a [`Direct`]
//! error, shown in the browser. The first stage ends with an [`Identified`] request, which has a `VerifiedRedirect`;
//! only that can create a response that redirects the browser.
//!
//! A refusal of the second stage goes to the client even before the user has logged in, as RFC 6749 §4.1.2.1 requires
//! (AZ-31). RFC 9700 §4.11.2 warns of clients that register a redirect URI in order to phish with such responses, and
//! recommends automatic redirects only to trusted URIs. Here the host registered every URI, byte for byte, and clients
//! cannot register themselves.

use crate::authorization::authorize::check::check_request;
use crate::authorization::authorize::direct::{self, Direct};
use crate::authorization::authorize::identified::Identified;
use crate::authorization::authorize::identify::identify;
use crate::authorization::authorize::outcome::Outcome;
use crate::authorization::authorize::{challenge, consent, issue, login, resume};
use crate::authorization::error::at_authorize::UserError;
use crate::authorization::error::at_endpoint::RequestError;
use crate::authorization::error::code::OAuthError;
use crate::authorization::error::reason::Reason;
use crate::authorization::flow::state::Flow;
use crate::authorization::questions::events::EventKind;
use crate::authorization::questions::visit::Visit;
use crate::authorization::records::request::Channel;
use crate::authorization::secret::Secret;
use crate::http::ResponseParts;
use alloc::sync::Arc;

/// Runs the endpoint. Every request is answered, and reported as an event unless the user is still busy with it.
pub(crate) async fn respond(flow: &mut Flow) -> ResponseParts {
    match identify(flow).await {
        Ok(identified) => answer(flow, identified).await,
        Err(Direct(Reason::Request(RequestError::Prefetch))) => {
            direct::response(flow, Direct(Reason::Request(RequestError::Prefetch)))
        } // no visit, so nothing to tell of
        Err(Direct(reason)) => {
            flow.tell(EventKind::AuthorizationFailed, Some(reason)).await;
            direct::response(flow, Direct(reason))
        }
    }
}

/// Continues with an identified request: from here on, every result goes to the client (AZ-31).
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

/// Checks the request, asks for the user and their consent, then issues a code.
async fn authorize(flow: &mut Flow, identified: &Identified) -> Result<Outcome<Secret>, Reason> {
    if identified.pushed.is_none() && !flow.request.repeated.is_empty() {
        return Err(Reason::Request(RequestError::DuplicateParameter)); // EP-6
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
        Err(denied @ Reason::User(UserError::LoginDeclined)) => {
            issue::discard_pushed(flow, identified).await?;
            return Err(denied);
        }
        Err(reason) => return Err(reason),
    };
    flow.event.subject = Some(login.subject.clone());
    let scopes = match consent::consent(flow, &visit, redirect, &login).await {
        Ok(Outcome::Done(scopes)) => scopes,
        Ok(Outcome::Interact(page)) => return Ok(Outcome::Interact(page)),
        Err(denied @ Reason::User(UserError::AccessDenied)) => {
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

/// Returns the event of a refusal: denied by a person, or failed.
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
