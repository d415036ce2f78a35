//! The proof that a browser came with a pushed request in time, for users who need longer than the reference lives (AZ-27).
//!
//! A reference is valid for a minute or two, until the browser comes to the authorization endpoint (RFC 9126 §2.2), but
//! a login with a second factor takes longer. So a pushed request is kept for as long as a visit may take, and the URL
//! that resumes the visit has a ticket, which only a browser that came in time received. Without the ticket the
//! reference is refused after its lifetime.

use super::identified::Pushed;
use crate::authorization::error::at_authorize::AuthorizeError;
use crate::authorization::error::reason::Reason;
use crate::authorization::flow::state::Flow;
use crate::authorization::records::pushed::PushedRequest;
use crate::authorization::records::ticket::VisitTicket;
use crate::authorization::settings::lifetimes::LONGEST_VISIT;
use crate::crypto::{Entropy, EntropyError};
use crate::encoding::{base64url, form};
use alloc::string::String;
use zeroize::Zeroizing;

/// The parameter in the URL that resumes a visit.
pub(super) const PARAMETER: &str = "attesto_visit";

/// Adds a ticket to a pushed request, and keeps it for a visit that begins in time.
pub(crate) fn admit_late_returns(record: &mut PushedRequest, entropy: &mut dyn Entropy) -> Result<(), EntropyError> {
    record.ticket = Some(VisitTicket::draw(entropy)?);
    record.expires_at = record.present_by.plus(LONGEST_VISIT);
    Ok(())
}

/// Checks that the reference is still valid, or the browser came in time. RFC 9126 §2.2; AZ-3, AZ-27.
pub(super) fn reference_counts(flow: &Flow, record: &PushedRequest) -> Result<(), Reason> {
    let in_time = flow.now < record.present_by || came_in_time(flow, record);
    if in_time && flow.now < record.expires_at {
        Ok(())
    } else {
        Err(Reason::Authorize(AuthorizeError::UnknownRequestUri))
    }
}

fn came_in_time(flow: &Flow, record: &PushedRequest) -> bool {
    let presented = flow.request.parameters.get(PARAMETER).and_then(VisitTicket::presented);
    presented.is_some_and(|presented| record.ticket.as_ref() == Some(&presented))
}

/// Adds the ticket to the URL that resumes the visit.
pub(super) fn append(query: &mut String, pushed: &Pushed) {
    if let Some(ticket) = &pushed.record.ticket {
        form::append(query, PARAMETER, &Zeroizing::new(base64url::encode(ticket.as_bytes())));
    }
}
