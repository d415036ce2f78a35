//! What can stand before a service, without saying what kind of service: hyper's here, tower's in attesto-axum.

use crate::body::{GuardedBody, RequestBody};
use crate::early::answer_early;
use crate::translate::{HeaderView, Observed, PeerAddress, amend, passage, request_parts, require_of, response};
use attesto_core::Timestamp;
use attesto_core::host::{Clock, Gate, Guard};
use attesto_core::http::{TlsSession, UnixSocket};
use attesto_core::mcp::SessionOwners;
use attesto_core::metadata::PublicDocuments;
use attesto_core::resource::Requirement;
use bytes::Bytes;
use http::request::Parts;
use http::{Request, Response};
use http_body::Body;
use http_body_util::Either;
use std::future::Future;
use std::net::SocketAddr;
use std::sync::Arc;

/// One thing that stands before a service and may answer in its place. For adapters; applications name the types that implement it.
pub trait Stage<B>: Clone + Send + Sync + 'static {
    /// The body of the requests it lets through.
    type Body;

    /// Answers the request, or lets it through to `call`.
    fn pass<C, F, R, E>(
        self,
        request: Request<B>,
        call: C,
    ) -> impl Future<Output = Result<Response<GuardedBody<R>>, E>> + Send
    where
        B: Send,
        C: FnOnce(Request<Self::Body>) -> F + Send,
        F: Future<Output = Result<Response<R>, E>> + Send,
        R: Send,
        E: Send;
}

/// Asks for a valid access token. What stands behind finds out by whom it is called with [`admitted`](crate::admitted).
///
/// Put it before a service once: a second one would find the request's DPoP proof used already.
#[derive(Clone, Debug)]
pub struct Protect {
    gate: Gate,
    observe: fn(&Parts) -> Observed<'_>,
}

impl Protect {
    /// Whatever the token's scopes.
    #[must_use]
    pub fn new(guard: impl Into<Arc<Guard>>) -> Self {
        Self { gate: Gate::new(guard, system_clock()), observe: Observed::of }
    }

    /// Asks for more: scopes, step-up.
    #[must_use]
    pub fn require(mut self, requirement: Requirement) -> Self {
        self.gate = self.gate.require(requirement);
        self
    }

    /// Replaces the clock, for tests.
    #[must_use]
    pub fn clock(mut self, clock: Clock) -> Self {
        self.gate = self.gate.clock(clock);
        self
    }

    /// Lets CORS preflights through unauthenticated, because something behind answers them ([`Gate::pass_cors_preflight`]).
    #[must_use]
    pub fn pass_cors_preflight(mut self) -> Self {
        self.gate = self.gate.pass_cors_preflight();
        self
    }

    /// Finds the URI and the peer elsewhere, for frameworks on top of this crate.
    #[must_use]
    pub fn observing(mut self, observe: fn(&Parts) -> Observed<'_>) -> Self {
        self.observe = observe;
        self
    }
}

impl<B> Stage<B> for Protect
where
    B: Body<Data = Bytes> + Send + Unpin + 'static,
    B::Error: Send + Unpin,
{
    type Body = RequestBody<B>;

    async fn pass<C, F, R, E>(self, request: Request<B>, call: C) -> Result<Response<GuardedBody<R>>, E>
    where
        B: Send,
        C: FnOnce(Request<RequestBody<B>>) -> F + Send,
        F: Future<Output = Result<Response<R>, E>> + Send,
        R: Send,
        E: Send,
    {
        let (mut parts, body) = request.into_parts();
        let (form, body) = if self.gate.wants_form(parts.method.as_str(), &HeaderView(&parts.headers)) {
            RequestBody::read_form(body).await
        } else {
            (None, RequestBody::untouched(body))
        };
        let passage = {
            let headers = HeaderView(&parts.headers);
            let request = request_parts(&parts, (self.observe)(&parts), &headers, form.as_ref());
            match self.gate.enter(&request).await {
                Ok(passage) => passage,
                Err(refusal) => {
                    let refusal = answer_early(&parts, body, response(refusal)).await;
                    return Ok(refusal.map(Either::Left));
                }
            }
        };
        let amendments = passage.amendments();
        parts.extensions.insert(passage);
        let mut answer = call(Request::from_parts(parts, body)).await?;
        amend(answer.headers_mut(), amendments);
        Ok(answer.map(Either::Right))
    }
}

/// Asks for scopes or step-up on top of what a [`Protect`] before it asks. A request that nothing authenticated is refused with 401
/// (catalogue S10), whatever the order was meant to be.
#[derive(Clone, Debug)]
pub struct Require {
    requirement: Arc<Requirement>,
    observe: fn(&Parts) -> Observed<'_>,
}

impl Require {
    /// Asks for this.
    #[must_use]
    pub fn new(requirement: Requirement) -> Self {
        Self { requirement: Arc::new(requirement), observe: Observed::of }
    }

    /// Finds the URI and the peer elsewhere, for frameworks on top of this crate.
    #[must_use]
    pub fn observing(mut self, observe: fn(&Parts) -> Observed<'_>) -> Self {
        self.observe = observe;
        self
    }
}

impl<B: Body + Send + 'static> Stage<B> for Require {
    type Body = B;

    async fn pass<C, F, R, E>(self, request: Request<B>, call: C) -> Result<Response<GuardedBody<R>>, E>
    where
        B: Send,
        C: FnOnce(Request<B>) -> F + Send,
        F: Future<Output = Result<Response<R>, E>> + Send,
        R: Send,
        E: Send,
    {
        let (parts, body) = request.into_parts();
        if let Err(refusal) = require_of(&parts, (self.observe)(&parts), &self.requirement) {
            return Ok(answer_early(&parts, body, refusal).await.map(Either::Left));
        }
        Ok(call(Request::from_parts(parts, body)).await?.map(Either::Right))
    }
}

/// Ties the sessions of an MCP server to those who began them ([`SessionOwners`]; catalogue X41). It stands behind a [`Protect`].
#[derive(Clone, Debug)]
pub struct McpSessions {
    owners: Arc<SessionOwners>,
}

impl McpSessions {
    /// Remembers owners here.
    #[must_use]
    pub fn new(owners: impl Into<Arc<SessionOwners>>) -> Self {
        Self { owners: owners.into() }
    }
}

impl<B: Body + Send + 'static> Stage<B> for McpSessions {
    type Body = B;

    async fn pass<C, F, R, E>(self, request: Request<B>, call: C) -> Result<Response<GuardedBody<R>>, E>
    where
        B: Send,
        C: FnOnce(Request<B>) -> F + Send,
        F: Future<Output = Result<Response<R>, E>> + Send,
        R: Send,
        E: Send,
    {
        let method = request.method().as_str();
        let visit = match self.owners.enter(passage(&request), method, &HeaderView(request.headers())) {
            Ok(visit) => visit,
            Err(refusal) => {
                let (parts, body) = request.into_parts();
                return Ok(answer_early(&parts, body, response(refusal)).await.map(Either::Left));
            }
        };
        let answer = call(request).await?;
        visit.leave(answer.status().as_u16(), &HeaderView(answer.headers()));
        Ok(answer.map(Either::Right))
    }
}

/// Serves what is public by design, and lets everything else through. It stands before a [`Protect`]: the documents need no token.
#[derive(Clone, Debug)]
pub struct Publish {
    documents: Arc<PublicDocuments>,
}

impl Publish {
    /// These documents.
    #[must_use]
    pub fn new(documents: impl Into<Arc<PublicDocuments>>) -> Self {
        Self { documents: documents.into() }
    }
}

impl<B: Body + Send + 'static> Stage<B> for Publish {
    type Body = B;

    async fn pass<C, F, R, E>(self, request: Request<B>, call: C) -> Result<Response<GuardedBody<R>>, E>
    where
        B: Send,
        C: FnOnce(Request<B>) -> F + Send,
        F: Future<Output = Result<Response<R>, E>> + Send,
        R: Send,
        E: Send,
    {
        let uri = request.uri();
        match self.documents.respond(request.method().as_str(), uri.path(), uri.query()) {
            Some(document) => {
                let (parts, body) = request.into_parts();
                Ok(answer_early(&parts, body, response(document)).await.map(Either::Left))
            }
            None => Ok(call(request).await?.map(Either::Right)),
        }
    }
}

/// Tells the requests of one connection whom they come from. Outermost, made anew for each accepted connection.
#[derive(Clone, Debug)]
pub struct OnConnection {
    peer: Option<SocketAddr>,
    tls: Option<TlsSession>,
}

impl OnConnection {
    /// A connection from this socket peer.
    #[must_use]
    pub const fn from(peer: SocketAddr) -> Self {
        Self { peer: Some(peer), tls: None }
    }

    /// A connection over a Unix socket, which is trusted where [`TrustedProxies`](attesto_core::http::TrustedProxies) name `unix`.
    #[must_use]
    pub const fn unix_socket() -> Self {
        Self { peer: None, tls: None }
    }

    /// Through this TLS session; `None` for plain http.
    #[must_use]
    pub fn tls(mut self, session: impl Into<Option<TlsSession>>) -> Self {
        self.tls = session.into();
        self
    }
}

impl<B: 'static> Stage<B> for OnConnection {
    type Body = B;

    async fn pass<C, F, R, E>(self, mut request: Request<B>, call: C) -> Result<Response<GuardedBody<R>>, E>
    where
        B: Send,
        C: FnOnce(Request<B>) -> F + Send,
        F: Future<Output = Result<Response<R>, E>> + Send,
        R: Send,
        E: Send,
    {
        match self.peer {
            Some(peer) => _ = request.extensions_mut().insert(PeerAddress(peer)),
            None => _ = request.extensions_mut().insert(UnixSocket),
        }
        if let Some(session) = self.tls {
            request.extensions_mut().insert(session);
        }
        Ok(call(request).await?.map(Either::Right))
    }
}

/// The system's time.
#[expect(clippy::disallowed_methods, reason = "an adapter is where time comes from")]
#[must_use]
pub fn system_clock() -> Clock {
    Clock::new(|| Timestamp::from(std::time::SystemTime::now()))
}

#[cfg(test)]
mod tests {
    use super::{McpSessions, Publish, Require, Stage};
    use crate::Protect;
    use attesto_core::host::Guard;
    use attesto_core::mcp::SessionOwners;
    use attesto_core::metadata::PublicDocuments;
    use attesto_core::resource::Requirement;
    use attesto_testkit::{Fixture, block_on};
    use bytes::Bytes;
    use http::{Request, Response};
    use http_body::{Body, Frame};
    use std::convert::Infallible;
    use std::pin::Pin;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::task::{Context, Poll};

    const FRAMES: usize = 100;

    /// Counts how many of its frames were taken.
    struct Counted(Arc<AtomicUsize>);

    impl Body for Counted {
        type Data = Bytes;
        type Error = Infallible;

        fn poll_frame(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
            let one_more = self.0.fetch_add(1, Ordering::SeqCst) < FRAMES;
            Poll::Ready(one_more.then(|| Ok(Frame::data(Bytes::from_static(&[b'x'; 1000])))))
        }
    }

    /// The status of an answer that the stage gives by itself, and how much of the body it took.
    fn answered(stage: impl Stage<Counted>, method: &str, path: &str) -> (u16, usize) {
        let taken = Arc::new(AtomicUsize::new(0));
        let request = Request::builder().method(method).uri(format!("https://api.example.com{path}"));
        let request = request.body(Counted(Arc::clone(&taken))).expect("a request");
        let call = |_| std::future::ready(Ok::<_, Infallible>(Response::new(String::new())));
        let Ok(answer) = block_on(stage.pass(request, call));
        (answer.status().as_u16(), taken.load(Ordering::SeqCst))
    }

    /// All of the body, and the look at its end.
    const ALL: usize = FRAMES + 1;

    #[test]
    fn every_stage_reads_on_in_what_it_answers_without() {
        let guard: Arc<Guard> = Fixture::builder().resource("https://api.example.com").build().guard();
        assert_eq!(answered(Protect::new(guard.clone()), "POST", "/documents"), (401, ALL));
        let write = Requirement::scopes(["write"]).expect("a scope");
        assert_eq!(answered(Require::new(write), "POST", "/documents"), (401, ALL));
        let sessions = SessionOwners::single_instance(1).expect("a capacity");
        let (status, taken) = answered(McpSessions::new(sessions), "POST", "/mcp");
        assert!(status >= 400);
        assert_eq!(taken, ALL);
        let documents = PublicDocuments::of([&*guard]).expect("documents");
        let path = "/.well-known/oauth-protected-resource";
        assert_eq!(answered(Publish::new(documents), "POST", path), (405, ALL));
    }
}
