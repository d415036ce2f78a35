//! The proof that a browser came with a pushed request in time, for users who need longer than the reference lives (catalogue AZ-27).
//!
//! A reference is good for a minute or two, to come to the authorization endpoint with (RFC 9126 §2.2); a login with a second factor
//! takes longer. So what is pushed is kept for as long as a visit may take, and the way back into the visit carries a ticket that only
//! a browser was given that came in time. Without it, the reference is as dead as it says.

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

/// The parameter of the way back.
pub(super) const PARAMETER: &str = "attesto_visit";

/// 256 bits that tell a visit that began in time from a reference that came late. A store keeps them as they are: they open nothing
/// without the reference, which it does not know. Equality takes constant time.
#[derive(Clone, Eq)]
pub struct VisitTicket(Zeroizing<[u8; 32]>);

impl VisitTicket {
    /// Of its bytes, as a store kept them.
    #[must_use]
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(Zeroizing::new(bytes))
    }

    /// Its bytes.
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

/// Shows nothing.
impl fmt::Debug for VisitTicket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("VisitTicket(..)")
    }
}

/// Keeps what is pushed for a visit that begins in time.
pub(crate) fn admit_late_returns(record: &mut PushedRequest, entropy: &mut dyn Entropy) -> Result<(), EntropyError> {
    record.ticket = Some(VisitTicket::draw(entropy)?);
    record.expires_at = record.present_by.plus(LONGEST_VISIT);
    Ok(())
}

/// RFC 9126 §2.2; AZ-3, AZ-27.
pub(super) fn reference_counts(flow: &Flow, record: &PushedRequest) -> Result<(), Reason> {
    let in_time = flow.now < record.present_by || came_in_time(flow, record);
    if in_time && flow.now < record.expires_at { Ok(()) } else { Err(Reason::UnknownRequestUri) }
}

fn came_in_time(flow: &Flow, record: &PushedRequest) -> bool {
    let presented = flow.request.parameters.get(PARAMETER).and_then(VisitTicket::presented);
    presented.is_some_and(|presented| record.ticket.as_ref() == Some(&presented))
}

/// Puts the ticket on the way back.
pub(super) fn append(query: &mut String, pushed: &Pushed) {
    if let Some(ticket) = &pushed.record.ticket {
        form::append(query, PARAMETER, &Zeroizing::new(base64url::encode(ticket.as_bytes())));
    }
}
