//! One request on its way through an endpoint: the configuration, the line to the host, the time, and what is known so far.

use super::readers::Readers;
use super::received::Received;
use crate::Timestamp;
use crate::authorization::error::at_token::HostError;
use crate::authorization::error::reason::Reason;
use crate::authorization::questions::events::{AuthorizationEvent, EventKind};
use crate::authorization::questions::question::{Answered, Query, Question, ReplayQuery, Step};
use crate::authorization::routes::Endpoint;
use crate::authorization::scopes::ScopeSet;
use crate::authorization::settings::server::Settings;
use crate::crypto::Entropy;
use crate::dpop::{ReplayAnswer, ReplayClaim};
use crate::exchange::{self, Asker};
use crate::http::{RequestParts, ResponseParts};
use alloc::boxed::Box;
use alloc::string::{String, ToString};
use alloc::sync::Arc;
use core::future::Future;

/// One request during its processing by an endpoint.
pub(crate) struct Flow {
    pub(crate) server: Arc<Settings>,
    pub(crate) now: Timestamp,
    pub(crate) entropy: Box<dyn Entropy + Send + Sync>,
    pub(crate) request: Received,
    /// The facts known so far; each event of the flow is a copy.
    pub(crate) event: AuthorizationEvent,
    /// The scripts that may read the response (EP-11).
    pub(crate) readers: Readers,
    /// The nonce to send with the response.
    pub(crate) nonce: Option<String>,
    /// Whether to drop the response's body, because the method is HEAD.
    head: bool,
    host: Option<Asker<Question>>,
    pub(super) refused: Option<Reason>,
}

impl Flow {
    /// Starts a flow: keeps what it needs of the request, and checks the rules of every endpoint (EP-1 to EP-7, SC-1).
    pub(crate) fn begin(
        server: &Arc<Settings>,
        endpoint: &Endpoint,
        request: &RequestParts<'_>,
        now: Timestamp,
        entropy: impl Entropy + Send + Sync + 'static,
    ) -> Self {
        Self::begin_with(server, endpoint, request, now, entropy, Received::read)
    }

    /// Like [`begin`](Self::begin), for the authorization endpoint. It reads no client credentials, but the cookies and
    /// other data by which the host recognizes a browser.
    pub(crate) fn begin_interactive(
        server: &Arc<Settings>,
        endpoint: &Endpoint,
        request: &RequestParts<'_>,
        now: Timestamp,
        entropy: impl Entropy + Send + Sync + 'static,
    ) -> Self {
        Self::begin_with(server, endpoint, request, now, entropy, Received::read_interactive)
    }

    fn begin_with(
        server: &Arc<Settings>,
        endpoint: &Endpoint,
        request: &RequestParts<'_>,
        now: Timestamp,
        entropy: impl Entropy + Send + Sync + 'static,
        read: fn(&mut Received, &Settings, &RequestParts<'_>) -> Result<(), Reason>,
    ) -> Self {
        let mut event = AuthorizationEvent::new(EventKind::TokenDenied);
        event.client_address = server.origin.client_address(request);
        let mut received = Received { url: endpoint.url.clone(), ..Received::default() };
        let refused = read(&mut received, server, request).err();
        Self {
            server: Arc::clone(server),
            now,
            entropy: Box::new(entropy),
            request: received,
            event,
            readers: Readers::at_first(server),
            nonce: None,
            head: request.method == "HEAD",
            host: None,
            refused,
        }
    }

    /// Asks the host.
    pub(crate) async fn ask<Q, A, K>(&self, wrap: fn(Query<Q, Answered<A>>) -> K, question: Q) -> Result<A, Reason>
    where
        Q: Send + 'static,
        A: Send + 'static,
        K: Into<Question> + 'static,
    {
        let Some(host) = &self.host else { return Err(Reason::Host(HostError::Unavailable)) };
        host.ask(wrap, question).await.map_err(|crate::authorization::Unavailable| Reason::Host(HostError::Unavailable))
    }

    /// Records a first use. Fails with the first reason if it is a reuse, and with the second if its time has passed:
    /// after such a wait, before the store or in it, the store may have forgotten an earlier use. D11, D17; SC-4, CA-6.
    pub(crate) async fn record_first_use(&self, claim: ReplayClaim, [replay, late]: [Reason; 2]) -> Result<(), Reason> {
        let Some(host) = &self.host else { return Err(Reason::Host(HostError::Unavailable)) };
        let recorded = host.ask(Question::RecordReplay, ReplayQuery { claim, now: self.now }).await;
        match recorded.answer {
            ReplayAnswer::Replay => Err(replay),
            ReplayAnswer::Fresh | ReplayAnswer::OverShare | ReplayAnswer::Unavailable
                if claim.has_passed(recorded.now) =>
            {
                Err(late)
            }
            ReplayAnswer::Fresh => Ok(()),
            ReplayAnswer::OverShare => Err(Reason::Host(HostError::ReplayShare)),
            ReplayAnswer::Unavailable => Err(Reason::Host(HostError::Unavailable)),
        }
    }

    /// Reports an event to the host.
    pub(crate) async fn tell(&self, kind: EventKind, reason: Option<Reason>) {
        if let Some(host) = &self.host {
            host.ask(Question::Record, AuthorizationEvent { kind, reason, ..self.event.clone() }).await;
        }
    }
}

impl Flow {
    /// Reports the scopes that were requested but left out, if any. AZ-14.
    pub(crate) async fn tell_left_out(&self, scopes: &ScopeSet) {
        if let (Some(host), false) = (&self.host, scopes.is_empty()) {
            let kind = EventKind::ScopesLeftOut;
            let event = AuthorizationEvent { kind, scope: Some(scopes.to_string()), ..self.event.clone() };
            host.ask(Question::Record, event).await;
        }
    }
}

/// Runs an endpoint. Drops the body of the response if the method is HEAD (RFC 9110 §9.3.2).
pub(crate) fn run<F>(mut flow: Flow, endpoint: impl FnOnce(Flow) -> F + Send + 'static) -> Step
where
    F: Future<Output = ResponseParts> + Send + 'static,
{
    exchange::begin(move |host| {
        flow.host = Some(host);
        let head = flow.head;
        let answer = endpoint(flow);
        async move {
            let mut response = answer.await;
            if head {
                response.body.clear();
            }
            response
        }
    })
}
