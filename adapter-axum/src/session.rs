//! MCP sessions belong to whom they were made for (catalogue section 11, X41).

use crate::layer::Admitted;
use crate::response::{GuardedBody, bare_unauthorized};
use attesto_core::mcp::SessionOwners;
use attesto_core::token::Claims;
use bytes::Bytes;
use http::{HeaderMap, Method, Request, Response, StatusCode};
use http_body_util::{Either, Full};
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use tower_layer::Layer;
use tower_service::Service;

const SESSION: &str = "mcp-session-id";

/// Ties MCP sessions to issuer, subject and client of the token that created them: a request with another token gets 404 for
/// the session, as for one that does not exist, and the client begins anew. Stands behind a
/// [`ProtectLayer`](crate::ProtectLayer), directly around the MCP service.
///
/// ```
/// # fn demo(guard: std::sync::Arc<attesto_core::host::Guard>, mcp: axum::routing::MethodRouter)
/// # -> Result<axum::Router, attesto_core::ConfigError> {
/// use attesto_axum::{McpSessionLayer, ProtectLayer, core::mcp::SessionOwners};
///
/// let sessions = McpSessionLayer::new(SessionOwners::single_instance(10_000)?);
/// let app = axum::Router::new().route("/mcp", mcp).layer(sessions).layer(ProtectLayer::new(guard));
/// # Ok(app)
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct McpSessionLayer {
    owners: Arc<SessionOwners>,
}

impl McpSessionLayer {
    /// Remembers owners here.
    #[must_use]
    pub fn new(owners: impl Into<Arc<SessionOwners>>) -> Self {
        Self { owners: owners.into() }
    }
}

impl<S> Layer<S> for McpSessionLayer {
    type Service = McpSession<S>;

    fn layer(&self, inner: S) -> McpSession<S> {
        McpSession { inner, owners: Arc::clone(&self.owners) }
    }
}

/// The service that [`McpSessionLayer`] makes.
#[derive(Clone, Debug)]
pub struct McpSession<S> {
    inner: S,
    owners: Arc<SessionOwners>,
}

impl<S, R, B> Service<Request<R>> for McpSession<S>
where
    S: Service<Request<R>, Response = Response<B>>,
    S::Future: Send + 'static,
    B: http_body::Body<Data = Bytes>,
{
    type Response = Response<GuardedBody<B>>;
    type Error = S::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, S::Error>> + Send>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<R>) -> Self::Future {
        let Some(admitted) = request.extensions().get::<Admitted>() else {
            return Box::pin(async { Ok(bare_unauthorized().map(Either::Left)) });
        };
        let claims = admitted.admission.grant.claims().clone();
        let owners = Arc::clone(&self.owners);
        let session = match session_of(request.headers()) {
            Ok(session) => session,
            Err(()) => return Box::pin(async { Ok(not_found().map(Either::Left)) }),
        };
        if session.as_deref().is_some_and(|session| !owners.belongs_to(session, &claims)) {
            return Box::pin(async { Ok(not_found().map(Either::Left)) });
        }
        let ends = request.method() == Method::DELETE;
        let response = self.inner.call(request);
        Box::pin(async move {
            let response = response.await?;
            match session {
                None => bind(&owners, response.headers(), &claims),
                Some(session) if ends && response.status().is_success() => owners.end(&session),
                Some(_) => {}
            }
            Ok(response.map(Either::Right))
        })
    }
}

/// The one session the request names; several, or one that is no text, name none that exists.
fn session_of(headers: &HeaderMap) -> Result<Option<String>, ()> {
    let mut sessions = headers.get_all(SESSION).iter();
    match (sessions.next(), sessions.next()) {
        (None, _) => Ok(None),
        (Some(session), None) => session.to_str().map(|session| Some(session.to_owned())).map_err(|_| ()),
        (Some(_), Some(_)) => Err(()),
    }
}

fn bind(owners: &SessionOwners, headers: &HeaderMap, claims: &Claims) {
    if let Ok(Some(session)) = session_of(headers) {
        owners.bind(&session, claims);
    }
}

fn not_found() -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::default());
    *response.status_mut() = StatusCode::NOT_FOUND;
    response
}
