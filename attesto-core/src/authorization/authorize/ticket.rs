//! Proves that a browser came with a pushed request in time, for users who need longer than the reference lives
//! (catalogue AZ-27).
//!
//! A reference is valid for a minute or two, until the browser comes to the authorization endpoint (RFC 9126 §2.2), but
//! a login with a second factor takes longer. So a pushed request is kept for as long as a visit may take, and the URL
//! that resumes the visit has a ticket, which only a browser that came in time received. Without the ticket the
//! reference is refused after its lifetime.

use super::identify::Pushed;
use super::resume::LONGEST_VISIT;
use crate::authorization::error::reason::Reason;
use crate::authorization::flow::state::Flow;
use crate::authorization::records::pushed::PushedRequest;
use crate::crypto::{Entropy, EntropyError};
use crate::encoding::{base64url, form};
use alloc::string::String;
use core::fmt;
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

/// The parameter in the URL that resumes a visit.
pub(super) const PARAMETER: &str = "attesto_visit";

/// 256 bits that distinguish a visit that began in time from one with a late reference. A store keeps them in plain
/// form: they are useless without the reference, which the store does not know. Equality takes constant time.
#[derive(Clone, Eq)]
pub struct VisitTicket(Zeroizing<[u8; 32]>);

impl VisitTicket {
    /// Creates a ticket from bytes that a store kept.
    #[must_use]
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(Zeroizing::new(bytes))
    }

    /// The bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    fn draw(entropy: &mut dyn Entropy) -> Result<Self, EntropyError> {
        let mut bytes = Zeroizing::new([0; 32]);
        entropy.fill(bytes.as_mut_slice())?;
        Ok(Self(bytes))
    }

    fn presented(text: &str) -> Option<Self> {
        base64url::decode_array(text.as_bytes()).ok().map(Self::from_bytes)
    }
}

impl PartialEq for VisitTicket {
    fn eq(&self, other: &Self) -> bool {
        self.0.ct_eq(&*other.0).into()
    }
}

/// Prints nothing.
impl fmt::Debug for VisitTicket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("VisitTicket(..)")
    }
}

/// Adds a ticket to a pushed request, and keeps it for a visit that begins in time.
pub(crate) fn admit_late_returns(record: &mut PushedRequest, entropy: &mut dyn Entropy) -> Result<(), EntropyError> {
    record.ticket = Some(VisitTicket::draw(entropy)?);
    record.expires_at = record.present_by.plus(LONGEST_VISIT);
    Ok(())
}

/// Checks that the reference is still valid, or the browser came in time. RFC 9126 §2.2; AZ-3, AZ-27.
pub(super) fn reference_counts(flow: &Flow, record: &PushedRequest) -> Result<(), Reason> {
    let in_time = flow.now < record.present_by || came_in_time(flow, record);
    if in_time && flow.now < record.expires_at { Ok(()) } else { Err(Reason::UnknownRequestUri) }
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
