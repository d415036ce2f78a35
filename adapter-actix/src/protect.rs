//! What can stand before a service.

use crate::body;
use crate::translate::{HeaderView, amend, passage, request_parts, response, system_clock, tls_session};
use actix_web::body::{EitherBody, MessageBody};
use actix_web::dev::{Service, ServiceRequest, ServiceResponse};
use actix_web::{Error, HttpMessage};
use attesto_core::host::{Gate, Guard, Passage, SessionOwners};
use attesto_core::resource::Requirement;
use attesto_core::time::Clock;
use std::future::Future;
use std::sync::Arc;

/// One thing that stands before a service and may answer in its place.
pub trait Stage: Clone + 'static {
    /// Answers the request, or lets it through to `inner`.
    fn pass<S, B>(
        self,
        request: ServiceRequest,
        inner: &S,
    ) -> impl Future<Output = Result<ServiceResponse<EitherBody<B>>, Error>>
    where
        S: Service<ServiceRequest, Response = ServiceResponse<B>, Error = Error>,
        B: MessageBody;
}

/// Asks for a valid access token, before an `App`, a `Scope` or a `Resource`. Handlers find out by whom they are called with
/// [`Granted`](crate::Granted).
///
/// Put it before a route once: a second one would find the request's DPoP proof used already.
///
/// ```
/// # fn demo(guard: std::sync::Arc<attesto_core::host::Guard>) {
/// use actix_web::{App, web};
/// use attesto_actix::{Granted, Protect};
///
/// let app = App::new().service(
///     web::scope("/api")
///         .wrap(Protect::new(guard))
///         .route("/me", web::get().to(|grant: Granted| async move { grant.subject().to_owned() })),
/// );
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct Protect {
    gate: Gate,
}

impl Protect {
    /// Whatever the token's scopes.
    #[must_use]
    pub fn new(guard: impl Into<Arc<Guard>>) -> Self {
        Self { gate: Gate::new(guard, system_clock()) }
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
}

impl Stage for Protect {
    async fn pass<S, B>(self, mut request: ServiceRequest, inner: &S) -> Result<ServiceResponse<EitherBody<B>>, Error>
    where
        S: Service<ServiceRequest, Response = ServiceResponse<B>, Error = Error>,
        B: MessageBody,
    {
        let mut form = None;
        if self.gate.wants_form(request.method().as_str(), &HeaderView(request.headers())) {
            let (read, payload) = body::read(request.take_payload()).await;
            form = read;
            request.set_payload(payload);
        }
        let entered = {
            let tls = tls_session(request.request());
            let headers = HeaderView(request.headers());
            self.gate.enter(&request_parts(request.request(), tls.as_ref(), &headers, form.as_ref())).await
        };
        let passage = match entered {
            Ok(passage) => passage,
            Err(refusal) => return Ok(request.into_response(response(refusal)).map_into_right_body()),
        };
        let amendments = passage.amendments();
        request.extensions_mut().insert(passage);
        let mut answer = inner.call(request).await?;
        amend(answer.headers_mut(), amendments);
        Ok(answer.map_into_left_body())
    }
}

/// Asks for scopes or step-up on top of what a [`Protect`] before it asks. A request that nothing authenticated is refused with 401
/// (catalogue S10), whatever the order of the middlewares was meant to be: in actix the one wrapped last runs first.
///
/// ```
/// # fn demo(guard: std::sync::Arc<attesto_core::host::Guard>) -> Result<(), attesto_core::ConfigError> {
/// use actix_web::{App, HttpResponse, web};
/// use attesto_actix::{Protect, Require, core::resource::Requirement};
///
/// let write = Require::new(Requirement::scopes(["documents.write"])?);
/// let app = App::new().service(
///     web::scope("/documents")
///         .service(web::resource("").wrap(write).route(web::post().to(HttpResponse::Created)))
///         .wrap(Protect::new(guard)),
/// );
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct Require {
    requirement: Arc<Requirement>,
}

impl Require {
    /// Asks for this.
    #[must_use]
    pub fn new(requirement: Requirement) -> Self {
        Self { requirement: Arc::new(requirement) }
    }
}

impl Stage for Require {
    async fn pass<S, B>(self, request: ServiceRequest, inner: &S) -> Result<ServiceResponse<EitherBody<B>>, Error>
    where
        S: Service<ServiceRequest, Response = ServiceResponse<B>, Error = Error>,
        B: MessageBody,
    {
        let met = {
            let tls = tls_session(request.request());
            let headers = HeaderView(request.headers());
            let parts = request_parts(request.request(), tls.as_ref(), &headers, None);
            Passage::require(passage(&request).as_ref(), &parts, &self.requirement)
        };
        match met {
            Ok(()) => Ok(inner.call(request).await?.map_into_left_body()),
            Err(refusal) => Ok(request.into_response(response(refusal)).map_into_right_body()),
        }
    }
}

/// Ties the sessions of an MCP server to those who began them ([`SessionOwners`]; catalogue X41). It stands behind a [`Protect`].
#[derive(Clone, Debug)]
pub struct McpSessions {
    owners: Arc<SessionOwners>,
}

impl McpSessions {
    /// Remembers owners here. Make it outside the closure that actix calls once for each worker, so that the workers share it.
    #[must_use]
    pub fn new(owners: impl Into<Arc<SessionOwners>>) -> Self {
        Self { owners: owners.into() }
    }
}

impl Stage for McpSessions {
    async fn pass<S, B>(self, request: ServiceRequest, inner: &S) -> Result<ServiceResponse<EitherBody<B>>, Error>
    where
        S: Service<ServiceRequest, Response = ServiceResponse<B>, Error = Error>,
        B: MessageBody,
    {
        let entered = {
            let (method, headers) = (request.method().as_str(), HeaderView(request.headers()));
            self.owners.enter(passage(&request).as_ref(), method, &headers)
        };
        let visit = match entered {
            Ok(visit) => visit,
            Err(refusal) => return Ok(request.into_response(response(refusal)).map_into_right_body()),
        };
        let answer = inner.call(request).await?;
        visit.leave(answer.status().as_u16(), &HeaderView(answer.headers()));
        Ok(answer.map_into_left_body())
    }
}
