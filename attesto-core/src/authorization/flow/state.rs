//! The state of every flow: the settings, the connection to the host, the time, the request, and its event.

use super::accept::prefers_html;
use super::cors::{self, Readers};
use super::embedded::is_no_embedded_user_agent;
use super::prefetch::is_no_prefetch;
use super::response;
use crate::Timestamp;
use crate::authorization::error::reason::Reason;
use crate::authorization::parameters::Parameters;
use crate::authorization::questions::ask::{Answered, Ask, Query, ReplayQuery, Step};
use crate::authorization::questions::events::{AuthorizationEvent, EventKind};
use crate::authorization::questions::interaction::UserAgent;
use crate::authorization::routes::Endpoint;
use crate::authorization::scopes::ScopeSet;
use crate::authorization::server::Settings;
use crate::crypto::Entropy;
use crate::dpop::{self, ReplayAnswer, ReplayClaim};
use crate::exchange::{self, Asker};
use crate::http::{Lines, OriginError, RequestParts, ResponseParts};
use crate::jose::Thumbprint;
use alloc::borrow::Cow;
use alloc::boxed::Box;
use alloc::string::{String, ToString};
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::future::Future;
use zeroize::Zeroizing;

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
    host: Option<Asker<Ask>>,
    refused: Option<Reason>,
}

/// The parts of the request that the flow keeps.
#[derive(Default)]
pub(crate) struct Received {
    /// The URL of the endpoint, which proofs and assertions must name (EP-3).
    pub(crate) url: String,
    pub(crate) parameters: Parameters,
    pub(crate) authorization: Authorization,
    /// The origin of the script that sent the request, if any.
    pub(crate) origin: Option<String>,
    pub(crate) proof: Option<Vec<u8>>,
    pub(crate) certificate: Option<Thumbprint>,
    /// The whole certificate.
    pub(crate) certificate_der: Option<Vec<u8>>,
    /// Parameters that occur more than once, if that does not yet refuse the request.
    pub(crate) repeated: Vec<&'static str>,
    pub(crate) user_agent: UserAgent,
    /// Whether the caller of the introspection endpoint prefers a signed response.
    pub(crate) prefers_signature: bool,
    /// Whether errors are shown to a person.
    pub(crate) prefers_html: bool,
}

/// The `Authorization` field.
#[derive(Default)]
pub(crate) enum Authorization {
    #[default]
    Absent,
    One(Zeroizing<Vec<u8>>),
    Several,
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
    pub(crate) async fn ask<Q, A>(&self, wrap: fn(Query<Q, Answered<A>>) -> Ask, question: Q) -> Result<A, Reason>
    where
        Q: Send + 'static,
        A: Send + 'static,
    {
        let Some(host) = &self.host else { return Err(Reason::Unavailable) };
        host.ask(wrap, question).await.map_err(|crate::authorization::Unavailable| Reason::Unavailable)
    }

    /// Records a first use. Fails with the first reason if it is a reuse, and with the second if its time has passed:
    /// after such a wait, before the store or in it, the store may have forgotten an earlier use. D11, D17; SC-4, CA-6.
    pub(crate) async fn record_first_use(&self, claim: ReplayClaim, [replay, late]: [Reason; 2]) -> Result<(), Reason> {
        let Some(host) = &self.host else { return Err(Reason::Unavailable) };
        let recorded = host.ask(Ask::RecordReplay, ReplayQuery { claim, now: self.now }).await;
        match recorded.answer {
            ReplayAnswer::Replay => Err(replay),
            ReplayAnswer::Fresh | ReplayAnswer::Unavailable if claim.has_passed(recorded.now) => Err(late),
            ReplayAnswer::Fresh => Ok(()),
            ReplayAnswer::Unavailable => Err(Reason::Unavailable),
        }
    }

    /// Reports an event to the host.
    pub(crate) async fn tell(&self, kind: EventKind, reason: Option<Reason>) {
        if let Some(host) = &self.host {
            host.ask(Ask::Record, AuthorizationEvent { kind, reason, ..self.event.clone() }).await;
        }
    }
}

impl Flow {
    /// Reports the scopes that were requested but left out, if any. AZ-14.
    pub(crate) async fn tell_left_out(&self, scopes: &ScopeSet) {
        if let (Some(host), false) = (&self.host, scopes.is_empty()) {
            let kind = EventKind::ScopesLeftOut;
            let event = AuthorizationEvent { kind, scope: Some(scopes.to_string()), ..self.event.clone() };
            host.ask(Ask::Record, event).await;
        }
    }
}

impl Received {
    fn read(&mut self, server: &Settings, request: &RequestParts<'_>) -> Result<(), Reason> {
        transport_is_https(server, request)?;
        method_is_post(request)?;
        self.authorization = match request.headers.lines("authorization") {
            Lines::None => Authorization::Absent,
            Lines::One(value) => Authorization::One(Zeroizing::new(value.to_vec())),
            Lines::Many => Authorization::Several,
        };
        self.origin = cors::origin_of(request.headers);
        self.parameters = Parameters::of_form(request)?;
        self.proof = single_proof(server, request)?;
        self.certificate_der = certificate_is_readable(server, request)?;
        let thumbprint = |der: &Vec<u8>| Thumbprint::from_bytes(server.provider.sha256(&[der]));
        self.certificate = self.certificate_der.as_ref().map(thumbprint);
        Ok(())
    }

    fn read_interactive(&mut self, server: &Settings, request: &RequestParts<'_>) -> Result<(), Reason> {
        self.prefers_html = prefers_html(request.headers);
        transport_is_https(server, request)?;
        method_is_get_or_post(request)?;
        is_no_prefetch(request)?;
        self.user_agent = UserAgent::of(request.headers, server.origin.client_address(request));
        (self.parameters, self.repeated) = Parameters::of_query_or_form(request)?;
        if server.refuse_embedded { is_no_embedded_user_agent(request.headers) } else { Ok(()) }
    }
}

/// Returns the certificate of the connection, or of a trusted proxy's field. An unreadable one is an error, not an
/// absent one: a client that binds its tokens would otherwise get unbound ones. RFC 8705 §3, RFC 9440 §2; SC-2.
fn certificate_is_readable(server: &Settings, request: &RequestParts<'_>) -> Result<Option<Vec<u8>>, Reason> {
    let Some(policy) = &server.certificates else { return Ok(None) };
    let shown = policy.certificate(request, server.origin.trusted_proxies());
    shown.map(|certificate| certificate.map(Cow::into_owned)).map_err(|_| Reason::CertificateUnreadable)
}

/// Checks that the request came over https, before any credential is used. RFC 6749 §3.2; EP-1.
pub(crate) fn transport_is_https(server: &Settings, request: &RequestParts<'_>) -> Result<(), Reason> {
    let origin = server.origin.resolve(request, &server.own);
    let checked = origin.and_then(|origin| server.origin.transport_is_https(&origin, request));
    checked.map_err(|error| match error {
        OriginError::InsecureTransport => Reason::InsecureTransport,
        OriginError::MissingHost
        | OriginError::SeveralHosts
        | OriginError::InvalidHost
        | OriginError::HostsDisagree
        | OriginError::ForwardedMalformed
        | OriginError::ForwardedTooLong
        | OriginError::ForwardedProto
        | OriginError::ForwardedHost
        | OriginError::ForwardedPort => Reason::InvalidOrigin,
    })
}

/// Checks that the method is POST. EP-4.
fn method_is_post(request: &RequestParts<'_>) -> Result<(), Reason> {
    if request.method == "POST" { Ok(()) } else { Err(Reason::MethodNotAllowed) }
}

/// Checks that the method is GET or POST. EP-4. HEAD is refused: it would spend what a GET spends (a consent grant, a
/// pushed request) and create a code that the client never receives. Only prefetchers and scanners send HEAD here.
fn method_is_get_or_post(request: &RequestParts<'_>) -> Result<(), Reason> {
    if matches!(request.method, "GET" | "POST") { Ok(()) } else { Err(Reason::MethodNotAllowed) }
}

/// Returns the only `DPoP` field, if any. RFC 9449 §4.3 check 1; SC-1. A server without DPoP ignores the field.
fn single_proof(server: &Settings, request: &RequestParts<'_>) -> Result<Option<Vec<u8>>, Reason> {
    if server.dpop.is_none() || request.headers.lines("dpop") == Lines::None {
        return Ok(None);
    }
    dpop::is_single(request.headers).map(|proof| Some(proof.to_vec())).map_err(|_| Reason::SeveralProofs)
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

impl Flow {
    /// Returns the error that the request had before any question was asked.
    pub(crate) fn is_acceptable(&self) -> Result<(), Reason> {
        self.refused.map_or(Ok(()), Err)
    }

    /// Reports a refusal to the host, and returns its response (RFC 6749 §5.2).
    pub(crate) async fn refuse(&self, kind: EventKind, reason: Reason) -> ResponseParts {
        self.tell(kind, Some(reason)).await;
        let challenge = !matches!(self.request.authorization, Authorization::Absent);
        response::refusal(&self.server, reason, challenge, self.nonce.as_deref())
    }

    /// Like [`refuse`](Self::refuse), for an endpoint whose failed authentication is always 401 (RFC 7662 §2.3).
    pub(crate) async fn refuse_with_challenge(&self, kind: EventKind, reason: Reason) -> ResponseParts {
        self.tell(kind, Some(reason)).await;
        response::refusal(&self.server, reason, true, self.nonce.as_deref())
    }
}
