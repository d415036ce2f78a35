//! The refusal of a request: the response for the client and, apart from it, the reason.

use super::reason::{Outcome, Reason};
use super::render::{ErrorRenderer, ErrorView};
use super::request_facts::RequestFacts;
use crate::http::{Header, ResponseParts};
use crate::token::Claims;
use alloc::borrow::Cow;
use alloc::boxed::Box;
use alloc::string::{String, ToString};
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt;

/// A refused request: status, challenges and body for the client; the [`Reason`] for logs and tests.
#[derive(Clone)]
pub struct Denial {
    pub(super) reason: Reason,
    pub(super) challenges: Vec<String>,
    pub(super) description: Option<Cow<'static, str>>,
    pub(super) facts: RequestFacts,
    pub(super) retry_after: Option<u64>,
    pub(super) renderer: Option<Arc<dyn ErrorRenderer>>,
    pub(super) claims: Option<Box<Claims>>,
}

impl Denial {
    /// The rule that refused. Never send it to the client.
    #[must_use]
    pub const fn reason(&self) -> Reason {
        self.reason
    }

    /// The outcome that the client sees.
    #[must_use]
    pub const fn outcome(&self) -> Outcome {
        self.reason.outcome()
    }

    /// The HTTP status code.
    #[must_use]
    pub const fn status(&self) -> u16 {
        self.outcome().status()
    }

    /// The values of the `WWW-Authenticate` field lines, in order.
    #[must_use]
    pub fn challenges(&self) -> &[String] {
        &self.challenges
    }

    /// The claims of a token whose signature verified although the request was refused. Use them for attribution in
    /// audit logs only, never for a decision. `None` for a forged token.
    #[must_use]
    pub fn refused_claims(&self) -> Option<&Claims> {
        self.claims.as_deref()
    }

    /// The URI in the proof and the URI of the request, both without query and truncated, if they differ
    /// (`invalid_htu`). They show the operator how a proxy changes the request. Never send them to the client.
    #[must_use]
    pub fn uris(&self) -> Option<(&str, &str)> {
        self.facts.uris.as_deref().map(|(claimed, requested)| (claimed.as_str(), requested.as_str()))
    }

    /// Builds the whole response: challenges, `no-store`, nonce, `Retry-After`, and the body (W11, W12, W14).
    #[must_use]
    pub fn response(&self) -> ResponseParts {
        let mut response = ResponseParts::new(self.status());
        response.headers = self.headers();
        let body = match &self.renderer {
            Some(renderer) => {
                let view = self.view(&response.headers);
                renderer.render(&view).and_then(|body| if body.is_sendable() { Some(body) } else { view.json() })
            }
            None => self.view(&response.headers).json(),
        };
        if let Some(body) = body {
            response.headers.push(Header::own("content-type", body.content_type));
            if !self.facts.head {
                response.body = body.bytes;
            }
        }
        response
    }

    /// Replaces the description with one from a custom verifier (H3) and renders the challenges again.
    pub(super) fn described_by(
        mut self,
        description: Option<String>,
        render: impl FnOnce(&Self) -> Vec<String>,
    ) -> Self {
        // Rendering may have failed on our side: that response has no description and no challenge.
        if let (Some(description), Outcome::InsufficientScope) = (description, self.outcome()) {
            self.description = Some(description.into());
            self.challenges = render(&self);
        }
        self
    }

    fn view<'v>(&'v self, headers: &'v [Header]) -> ErrorView<'v> {
        ErrorView {
            status: self.status(),
            error: self.outcome().error(),
            description: self.description.as_deref(),
            headers,
        }
    }

    fn headers(&self) -> Vec<Header> {
        let mut headers: Vec<Header> =
            self.challenges.iter().map(|value| Header::own("www-authenticate", value.clone())).collect();
        if !headers.is_empty() {
            self.facts.append_expose(&mut headers);
        }
        headers.push(Header::own("cache-control", "no-store"));
        headers.push(Header::own("pragma", "no-cache"));
        self.facts.append_nonce(&mut headers);
        if let Some(seconds) = self.retry_after {
            headers.push(Header::own("retry-after", seconds.to_string()));
        }
        headers
    }
}

impl fmt::Debug for Denial {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Denial")
            .field("reason", &self.reason)
            .field("challenges", &self.challenges)
            .finish_non_exhaustive()
    }
}

impl fmt::Display for Denial {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.outcome(), self.reason)
    }
}
