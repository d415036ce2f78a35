//! Middleware: what may answer a request in place of the service behind it. It does not say what kind of service that is: hyper's is
//! wrapped here, tower's in attesto-axum.

use crate::authorize::Authorize;
use crate::body::GuardedBody;
use crate::connection::OnConnection;
use crate::mcp_sessions::McpSessions;
use crate::protect::Protect;
use crate::publish::Publish;
use crate::require::Require;
use http::{Request, Response};
use hyper::service::Service;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

/// Answers a request, or passes it on. For adapters; applications use the types that implement it.
pub trait Middleware<B: Send>: Clone + Send + Sync + 'static {
    /// The body of the requests that it passes on.
    type Body;

    /// Answers the request, or passes it on to `next`.
    fn pass<N: Next<Self::Body>>(
        self,
        request: Request<B>,
        next: N,
    ) -> impl Future<Output = Result<Response<GuardedBody<N::Body>>, N::Error>> + Send;
}

/// The service behind a [`Middleware`], to be called at most once. Implemented by every suitable closure.
pub trait Next<B>: Send {
    /// The body of its responses.
    type Body: Send;
    /// Why it gave no response.
    type Error: Send;

    /// Calls the service.
    fn call(self, request: Request<B>) -> impl Future<Output = Result<Response<Self::Body>, Self::Error>> + Send;
}

impl<B, C, F, R, E> Next<B> for C
where
    C: FnOnce(Request<B>) -> F + Send,
    F: Future<Output = Result<Response<R>, E>> + Send,
    R: Send,
    E: Send,
{
    type Body = R;
    type Error = E;

    fn call(self, request: Request<B>) -> impl Future<Output = Result<Response<R>, E>> + Send {
        self(request)
    }
}

/// A hyper service behind a [`Middleware`]. Cheap to clone: one for each connection.
#[derive(Debug)]
pub struct Wrapped<M, S> {
    middleware: M,
    inner: Arc<S>,
}

impl<M: Clone, S> Clone for Wrapped<M, S> {
    fn clone(&self) -> Self {
        Self { middleware: self.middleware.clone(), inner: Arc::clone(&self.inner) }
    }
}

impl<M, S, B, R> Service<Request<B>> for Wrapped<M, S>
where
    M: Middleware<B>,
    S: Service<Request<M::Body>, Response = Response<R>> + Send + Sync + 'static,
    S::Future: Send,
    S::Error: Send,
    B: Send + 'static,
    R: Send,
{
    type Response = Response<GuardedBody<R>>;
    type Error = S::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, S::Error>> + Send>>;

    fn call(&self, request: Request<B>) -> Self::Future {
        let (middleware, inner) = (self.middleware.clone(), Arc::clone(&self.inner));
        Box::pin(async move { middleware.pass(request, move |request| inner.call(request)).await })
    }
}

macro_rules! wraps {
    ($($middleware:ident)*) => {$(
        impl $middleware {
            /// Puts this before a hyper service.
            pub fn wrap<S>(self, inner: S) -> Wrapped<Self, S> {
                Wrapped { middleware: self, inner: Arc::new(inner) }
            }
        }
    )*};
}

wraps!(Authorize McpSessions OnConnection Protect Publish Require);

#[cfg(test)]
mod tests {
    use super::Middleware;
    use crate::{McpSessions, Protect, Publish, Require};
    use attesto_core::host::{Guard, PublicDocuments, SessionOwners};
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

    /// The status of the answer that the middleware itself gives, and how many frames of the body it took.
    fn answered(middleware: impl Middleware<Counted>, method: &str, path: &str) -> (u16, usize) {
        let taken = Arc::new(AtomicUsize::new(0));
        let request = Request::builder().method(method).uri(format!("https://api.example.com{path}"));
        let request = request.body(Counted(Arc::clone(&taken))).expect("a request");
        let next = |_| std::future::ready(Ok::<_, Infallible>(Response::new(String::new())));
        let Ok(answer) = block_on(middleware.pass(request, next));
        (answer.status().as_u16(), taken.load(Ordering::SeqCst))
    }

    /// All of the body, and the look at its end.
    const ALL: usize = FRAMES + 1;

    #[test]
    fn every_middleware_reads_the_rest_of_a_body_that_it_answers_without() {
        let guard: Arc<Guard> = Fixture::builder().resource("https://api.example.com").build().guard();
        assert_eq!(answered(Protect::new(guard.clone()), "POST", "/documents"), (401, ALL));
        let write = Requirement::scopes(["write"]).expect("a scope");
        assert_eq!(answered(Require::new(write), "POST", "/documents"), (401, ALL));
        let sessions = SessionOwners::single_node(1).expect("a capacity");
        let (status, taken) = answered(McpSessions::new(sessions), "POST", "/mcp");
        assert!(status >= 400);
        assert_eq!(taken, ALL);
        let documents = PublicDocuments::from_guards([&*guard]).expect("documents");
        let path = "/.well-known/oauth-protected-resource";
        assert_eq!(answered(Publish::new(documents), "POST", path), (405, ALL));
    }
}
