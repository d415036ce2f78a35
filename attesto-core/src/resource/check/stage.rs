//! What the steps of a check carry along.

use crate::http::ObservedUri;
use crate::resource::credential::Presented;
use crate::resource::reason::{Reason, UnavailableError};
use crate::resource::request_facts::RequestFacts;
use crate::resource::requirement::Requirement;
use crate::resource::server::ResourceServer;
use crate::resource::verdict::Verdict;
use crate::token::Claims;
use crate::{Timestamp, limits};
use alloc::boxed::Box;

/// The state that every phase carries: the server, the requirement, and the facts for the response.
#[derive(Debug)]
pub(in crate::resource) struct Stage<'a> {
    pub(super) server: &'a ResourceServer,
    pub(super) requirement: &'a Requirement,
    pub(super) facts: RequestFacts,
    /// The time of the check's first clock reading.
    pub(super) began: Timestamp,
    /// The latest clock reading. Every rule that depends on time uses it. D11, A4.
    pub(in crate::resource) now: Timestamp,
}

/// The result of steps 1 to 3.
pub(super) struct Received<'r> {
    pub(super) presented: Presented<'r>,
    pub(super) uri: ObservedUri<'r>,
    pub(super) proof: Option<&'r [u8]>,
}

impl<'a> Stage<'a> {
    /// Updates the time after a wait, unless the clock was set back meanwhile.
    pub(super) fn read_clock_again(&mut self, now: Timestamp) {
        self.now = self.now.max(now);
    }

    /// Limits the total wait of one request. The check happens when the clock is read: the core has no timer.
    pub(super) fn wait_is_short(&self, waited_for: UnavailableError) -> Result<(), UnavailableError> {
        if self.now.since(self.began) <= limits::WAIT { Ok(()) } else { Err(waited_for) }
    }

    pub(super) fn deny(self, reason: Reason) -> Verdict<'a> {
        self.deny_signed(reason, None)
    }

    pub(super) fn deny_signed(self, reason: Reason, claims: Option<Box<Claims>>) -> Verdict<'a> {
        let (server, requirement) = (self.server, self.requirement);
        Verdict::Denied(server.refuse(reason, self.facts, requirement, self.now, claims))
    }
}
