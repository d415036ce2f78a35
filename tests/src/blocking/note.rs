//! From decisions to events. A server of your own notes what its operators ask for; this one notes what a `Guard` would.

use super::Host;
use attesto_core::dpop::ReplayAnswer;
use attesto_core::host::{AuthDenied, AuthSucceeded, DpopReplayDetected, Event, EventText, ScopeDenied};
use attesto_core::http::RequestParts;
use attesto_core::resource::{Denial, Grant, Outcome, ReplayQuestion, Requirement, ResourceServer};
use attesto_core::token::Claims;

pub(super) fn granted(host: &dyn Host, server: &ResourceServer, grant: &Grant) {
    let claims = grant.claims();
    let scopes = claims.scopes().collect::<Vec<_>>().join(" ");
    let mut event = AuthSucceeded::default();
    event.issuer = claims.issuer().map(EventText::new);
    event.subject = EventText::new(claims.subject());
    event.client_id = claims.client_id().map(EventText::new);
    event.scopes = &scopes;
    event.binding = grant.sender().kind();
    event.resource = server.identifier().as_str();
    host.event(&Event::AuthSucceeded(event));
}

pub(super) fn replay_answered(host: &dyn Host, question: &ReplayQuestion<'_>, answer: ReplayAnswer) {
    if answer == ReplayAnswer::Replay {
        let mut event = DpopReplayDetected::default();
        event.jti = EventText::new(question.jti());
        event.client_id = question.claims().client_id().map(EventText::new);
        host.event(&Event::DpopReplayDetected(event));
    }
}

pub(super) fn denied(
    host: &dyn Host,
    server: &ResourceServer,
    request: &RequestParts<'_>,
    requirement: &Requirement,
    denial: &Denial,
) {
    // Claims of a token with a valid signature: for events only; they never grant the request.
    let claims = denial.refused_claims();
    let client_id = claims.and_then(Claims::client_id).map(EventText::new);
    let subject = claims.map(|claims| EventText::new(claims.subject()));
    let mut event = AuthDenied::default();
    event.outcome = denial.outcome().error().unwrap_or_default();
    event.reason = denial.reason().code();
    event.method = EventText::new(request.method);
    event.route = EventText::new(request.path);
    event.client_address = server.client_address(request);
    event.issuer = claims.and_then(Claims::issuer).map(EventText::new);
    event.client_id = client_id;
    event.subject = subject;
    event.proof_uri = denial.uris().map(|(claimed, _)| EventText::new(claimed));
    event.request_uri = denial.uris().map(|(_, requested)| EventText::new(requested));
    host.event(&Event::AuthDenied(event));
    if denial.outcome() == Outcome::InsufficientScope {
        let required = requirement.required_scopes().join(" ");
        let mut event = ScopeDenied::default();
        event.required = &required;
        event.client_id = client_id;
        event.subject = subject;
        host.event(&Event::ScopeDenied(event));
    }
}
