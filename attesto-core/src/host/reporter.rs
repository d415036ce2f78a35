//! Turns decisions into events (E1 to E6).

use super::EventText;
use super::event_sink::{EventSink, emit};
use super::events::{
    AuthDenied, AuthSucceeded, DpopReplayDetected, Event, ScopeDenied, SenderConstraintMismatch, StepUpRequired,
    StoreUnavailable,
};
use crate::dpop::ReplayAnswer;
use crate::http::RequestParts;
use crate::resource::{
    BindingError, Denial, Grant, Outcome, Reason, ReplayQuestion, Requirement, ResourceServer, UnavailableError,
};
use crate::token::Claims;
use alloc::string::String;
use alloc::vec::Vec;

/// Reports the result of one request to a sink, if there is one. Without a sink it collects nothing.
pub(super) struct Reporter<'r> {
    sink: Option<&'r dyn EventSink>,
    server: &'r ResourceServer,
    request: &'r RequestParts<'r>,
    requirement: &'r Requirement,
}

impl<'r> Reporter<'r> {
    pub(super) const fn new(
        sink: Option<&'r dyn EventSink>,
        server: &'r ResourceServer,
        request: &'r RequestParts<'r>,
        requirement: &'r Requirement,
    ) -> Self {
        Self { sink, server, request, requirement }
    }

    /// Reports a granted request. E1.
    pub(super) fn granted(&self, grant: &Grant) {
        let Some(sink) = self.sink else { return };
        let claims = grant.claims();
        emit(
            sink,
            &Event::AuthSucceeded(AuthSucceeded {
                issuer: claims.issuer().map(EventText::new),
                subject: EventText::new(claims.subject()),
                client_id: claims.client_id().map(EventText::new),
                scopes: claims.scope(),
                binding: grant.sender().kind(),
                resource: self.server.identifier().as_str(),
            }),
        );
    }

    /// Reports a denied request: E2, and E3, E5 or E6 if the reason has such an event.
    pub(super) fn denied(&self, denial: &Denial) {
        let Some(sink) = self.sink else { return };
        let claims = denial.refused_claims();
        emit(
            sink,
            &Event::AuthDenied(AuthDenied {
                outcome: denial.outcome().error().unwrap_or_default(),
                reason: denial.reason().code(),
                method: EventText::new(self.request.method),
                route: EventText::new(self.request.path),
                client_address: self.server.client_address(self.request),
                issuer: claims.and_then(Claims::issuer).map(EventText::new),
                client_id: client_id(claims),
                subject: subject(claims),
                proof_uri: denial.uris().map(|(claimed, _)| EventText::new(claimed)),
                request_uri: denial.uris().map(|(_, requested)| EventText::new(requested)),
            }),
        );
        match denial.reason() {
            Reason::Binding(error) => report_mismatch(sink, error, claims),
            Reason::Unavailable(what) => report_unavailable(sink, what),
            Reason::Origin(_)
            | Reason::Credential(_)
            | Reason::Token(_)
            | Reason::Proof(_)
            | Reason::Refusal(_)
            | Reason::StepUp(_) => self.report_insufficiency(sink, denial.outcome(), claims),
        }
    }

    /// Reports a detected replay. E4.
    pub(super) fn replay_answered(&self, question: &ReplayQuestion<'_>, answer: ReplayAnswer) {
        let (Some(sink), ReplayAnswer::Replay) = (self.sink, answer) else { return };
        emit(
            sink,
            &Event::DpopReplayDetected(DpopReplayDetected {
                jti: EventText::new(question.jti()),
                client_id: client_id(Some(question.claims())),
            }),
        );
    }

    /// Reports missing scope or a required step-up. E5.
    fn report_insufficiency(&self, sink: &dyn EventSink, outcome: Outcome, claims: Option<&Claims>) {
        let (client_id, subject) = (client_id(claims), subject(claims));
        if outcome == Outcome::InsufficientScope {
            let required = joined(self.requirement.required_scopes().iter().map(String::as_str));
            emit(sink, &Event::ScopeDenied(ScopeDenied { required: &required, client_id, subject }));
        }
        if outcome == Outcome::InsufficientUserAuthentication {
            let required = joined(self.requirement.required_acr_values().iter().map(String::as_str));
            let max_age = self.requirement.required_max_age();
            emit(sink, &Event::StepUpRequired(StepUpRequired { required: &required, max_age, client_id, subject }));
        }
    }
}

/// Reports another key or certificate. E3. A missing proof or certificate is more often a mistake than a theft, and has
/// no event here.
fn report_mismatch(sink: &dyn EventSink, error: BindingError, claims: Option<&Claims>) {
    let constraint = match error {
        BindingError::KeyMismatch => "dpop",
        BindingError::CertificateMismatch => "mtls",
        BindingError::ProofRequired
        | BindingError::ProofUnexpected
        | BindingError::ProofForCertificateBoundToken
        | BindingError::CertificateRequired
        | BindingError::CertificateUnreadable
        | BindingError::DpopRequired
        | BindingError::MtlsRequired
        | BindingError::SenderConstraintRequired => return,
    };
    let (reason, client_id) = (error.code(), client_id(claims));
    emit(sink, &Event::SenderConstraintMismatch(SenderConstraintMismatch { constraint, reason, client_id }));
}

/// Reports a store or hook that did not answer. E6.
fn report_unavailable(sink: &dyn EventSink, what: UnavailableError) {
    let (store, operation) = match what {
        UnavailableError::ReplayStore => ("replay", "claim"),
        UnavailableError::Revocation => ("revocation", "check"),
        UnavailableError::Principal => ("principal", "lookup"),
        UnavailableError::Verifier => ("verifier", "verify"),
        UnavailableError::MetadataPointer => ("metadata_pointer", "resolve"),
    };
    emit(sink, &Event::StoreUnavailable(StoreUnavailable { store, operation }));
}

fn client_id(claims: Option<&Claims>) -> Option<EventText<'_>> {
    claims.and_then(Claims::client_id).map(EventText::new)
}

fn subject(claims: Option<&Claims>) -> Option<EventText<'_>> {
    claims.map(|claims| EventText::new(claims.subject()))
}

fn joined<'s>(parts: impl Iterator<Item = &'s str>) -> String {
    parts.collect::<Vec<_>>().join(" ")
}
