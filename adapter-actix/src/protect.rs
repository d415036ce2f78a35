//! Protection of routes: who has no valid access token gets no further.

use crate::body::read_form;
use crate::middleware::Middleware;
use crate::system::system_clock;
use crate::translate::{HeaderView, amend, request_parts, response, tls_session};
use actix_web::body::{EitherBody, MessageBody};
use actix_web::dev::{Service, ServiceRequest, ServiceResponse};
use actix_web::{Error, HttpMessage};
use attesto_core::host::{Gate, Guard};
use attesto_core::resource::Requirement;
use attesto_core::time::Clock;
use std::sync::Arc;

/// Demands a valid access token, before an `App`, a `Scope` or a `Resource`. Handlers learn who calls with
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
    /// Demands a token that `guard` accepts, whatever its scopes.
    #[must_use]
    pub fn new(guard: impl Into<Arc<Guard>>) -> Self {
        Self { gate: Gate::new(guard, system_clock()) }
    }

    /// Demands scopes or step-up as well.
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

    /// Lets CORS preflights through unauthenticated, for a service behind that answers them ([`Gate::pass_cors_preflight`]).
    #[must_use]
    pub fn pass_cors_preflight(mut self) -> Self {
        self.gate = self.gate.pass_cors_preflight();
        self
    }
}

impl Middleware for Protect {
    async fn pass<S, B>(self, mut request: ServiceRequest, next: &S) -> Result<ServiceResponse<EitherBody<B>>, Error>
    where
        S: Service<ServiceRequest, Response = ServiceResponse<B>, Error = Error>,
        B: MessageBody,
    {
        let mut form = None;
        if self.gate.wants_form(request.method().as_str(), &HeaderView(request.headers())) {
            let (read, payload) = read_form(request.take_payload()).await;
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
        let mut answer = next.call(request).await?;
        amend(answer.headers_mut(), amendments);
        Ok(answer.map_into_left_body())
    }
}
