//! An authorization server's endpoints before a service.

use crate::body::{GuardedBody, read_beyond};
use crate::early::answer_early;
use crate::protect::{Stage, system_clock};
use crate::translate::{HeaderView, Observed, request_parts, response};
use attesto_core::authorization::AuthorizationServer;
use attesto_core::crypto::EntropyError;
use attesto_core::host::{AuthorizationEndpoints, AuthorizationHost, EntropySource};
use attesto_core::http::ResponseParts;
use bytes::Bytes;
use http::request::Parts;
use http::{Request, Response};
use http_body::Body;
use http_body_util::{Either, Full};
use std::future::Future;
use std::sync::Arc;

/// Serves the endpoints and documents of an authorization server, and lets everything else through. It stands before a
/// [`Protect`](crate::Protect): clients come here for their tokens.
///
/// ```
/// # use attesto_hyper::core::{authorization::AuthorizationServer, host::AuthorizationHost};
/// # use http_body_util::Full;
/// # use hyper::{Response, body::Bytes, service::service_fn};
/// # fn demo(server: AuthorizationServer, host: AuthorizationHost) {
/// # let your_pages = service_fn(async |_: hyper::Request<Full<Bytes>>| {
/// #     Ok::<_, std::convert::Infallible>(Response::new(Full::<Bytes>::default()))
/// # });
/// use attesto_hyper::Authorize;
///
/// let app = Authorize::new(server, host).wrap(your_pages); // login and consent, and whatever else
/// # let _ = hyper::service::Service::call(&app, hyper::Request::new(Full::default()));
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct Authorize {
    endpoints: Arc<AuthorizationEndpoints>,
    observe: fn(&Parts) -> Observed<'_>,
}

impl Authorize {
    /// This server, answered for by this host, by the system's clock and randomness.
    #[must_use]
    pub fn new(server: AuthorizationServer, host: AuthorizationHost) -> Self {
        Self::endpoints(AuthorizationEndpoints::new(server, host, system_clock(), system_entropy()))
    }

    /// The same with a clock and a source of randomness of your own.
    #[must_use]
    pub fn endpoints(endpoints: impl Into<Arc<AuthorizationEndpoints>>) -> Self {
        Self { endpoints: endpoints.into(), observe: Observed::of }
    }

    /// Finds the URI and the peer elsewhere, for frameworks on top of this crate.
    #[must_use]
    pub fn observing(mut self, observe: fn(&Parts) -> Observed<'_>) -> Self {
        self.observe = observe;
        self
    }

    /// Answers a request to one of the server's paths.
    ///
    /// # Errors
    /// The request, untouched, where it is to another path.
    pub async fn respond<B>(&self, request: Request<B>) -> Result<Response<Full<Bytes>>, Request<B>>
    where
        B: Body<Data = Bytes> + Send + Unpin + 'static,
    {
        let (parts, body) = request.into_parts();
        let path = (self.observe)(&parts).uri.path();
        if !self.endpoints.serves(path) {
            return Err(Request::from_parts(parts, body));
        }
        let wanted = self.endpoints.wants_body(parts.method.as_str(), path);
        let (form, rest) = if wanted { read_beyond(body).await } else { (None, Some(body)) };
        let headers = HeaderView(&parts.headers);
        let lent = request_parts(&parts, (self.observe)(&parts), &headers, form.as_ref());
        let answer = self.endpoints.respond(&lent).await;
        let answer = response(answer.unwrap_or_else(|| ResponseParts::new(404)));
        Ok(match rest {
            Some(rest) => answer_early(&parts, rest, answer).await,
            None => answer,
        })
    }
}

impl<B> Stage<B> for Authorize
where
    B: Body<Data = Bytes> + Send + Unpin + 'static,
    B::Error: Send,
{
    type Body = B;

    async fn pass<C, F, R, E>(self, request: Request<B>, call: C) -> Result<Response<GuardedBody<R>>, E>
    where
        B: Send,
        C: FnOnce(Request<B>) -> F + Send,
        F: Future<Output = Result<Response<R>, E>> + Send,
        R: Send,
        E: Send,
    {
        match self.respond(request).await {
            Ok(answer) => Ok(answer.map(Either::Left)),
            Err(request) => Ok(call(request).await?.map(Either::Right)),
        }
    }
}

/// The operating system's randomness.
#[must_use]
pub fn system_entropy() -> EntropySource {
    EntropySource::new(|out| getrandom::fill(out).map_err(|_| EntropyError))
}
