//! The endpoints of an authorization server.

use crate::body::{GuardedBody, read_beyond};
use crate::early::answer_early;
use crate::middleware::{Middleware, Next};
use crate::system::{system_clock, system_entropy};
use crate::translate::{HeaderView, Observed, request_parts, response};
use attesto_core::authorization::AuthorizationServer;
use attesto_core::host::{AuthorizationEndpoints, AuthorizationHost};
use attesto_core::http::ResponseParts;
use bytes::Bytes;
use http::request::Parts;
use http::{Request, Response};
use http_body::Body;
use http_body_util::{Either, Full};
use hyper::service::Service;
use std::convert::Infallible;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

/// Serves the endpoints and documents of an authorization server, and passes every other request on. It stands before a
/// [`Protect`](crate::Protect): clients get their tokens here.
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
    /// Serves `server`, backed by `host`, with the system's clock and randomness.
    #[must_use]
    pub fn new(server: AuthorizationServer, host: AuthorizationHost) -> Self {
        Self::from_endpoints(AuthorizationEndpoints::new(server, host, system_clock(), system_entropy()))
    }

    /// Serves endpoints that you made, with your clock and source of randomness.
    #[must_use]
    pub fn from_endpoints(endpoints: impl Into<Arc<AuthorizationEndpoints>>) -> Self {
        Self { endpoints: endpoints.into(), observe: Observed::from_parts }
    }

    /// Takes the URI and the peer from elsewhere, for frameworks on top of this crate.
    #[must_use]
    pub fn observe(mut self, observe: fn(&Parts) -> Observed<'_>) -> Self {
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
        let translated = request_parts(&parts, (self.observe)(&parts), &headers, form.as_ref());
        let answer = self.endpoints.respond(&translated).await;
        let answer = response(answer.unwrap_or_else(|| ResponseParts::new(404)));
        Ok(match rest {
            Some(rest) => answer_early(&parts, rest, answer).await,
            None => answer,
        })
    }
}

impl<B> Middleware<B> for Authorize
where
    B: Body<Data = Bytes> + Send + Unpin + 'static,
    B::Error: Send,
{
    type Body = B;

    async fn pass<N: Next<B>>(self, request: Request<B>, next: N) -> Result<Response<GuardedBody<N::Body>>, N::Error> {
        match self.respond(request).await {
            Ok(answer) => Ok(answer.map(Either::Left)),
            Err(request) => Ok(next.call(request).await?.map(Either::Right)),
        }
    }
}

/// Serves the authorization server alone: requests to other paths get 404.
impl<B> Service<Request<B>> for Authorize
where
    B: Body<Data = Bytes> + Send + Unpin + 'static,
    B::Error: Send,
{
    type Response = Response<Full<Bytes>>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Infallible>> + Send>>;

    fn call(&self, request: Request<B>) -> Self::Future {
        let authorize = self.clone();
        Box::pin(async move {
            match authorize.respond(request).await {
                Ok(answer) => Ok(answer),
                Err(request) => {
                    let (parts, body) = request.into_parts();
                    Ok(answer_early(&parts, body, response(ResponseParts::new(404))).await)
                }
            }
        })
    }
}
