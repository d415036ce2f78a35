//! Further requirements of single routes, behind [`Protect`](crate::Protect).

use crate::extract::passage;
use crate::middleware::Middleware;
use crate::translate::{HeaderView, request_parts, response, tls_session};
use actix_web::Error;
use actix_web::body::{EitherBody, MessageBody};
use actix_web::dev::{Service, ServiceRequest, ServiceResponse};
use attesto_core::host::Passage;
use attesto_core::resource::Requirement;
use std::sync::Arc;

/// Demands scopes or step-up on top of what the [`Protect`](crate::Protect) before it demands. A request that no `Protect`
/// authenticated gets 401 (S10), in whatever order the two were meant to stand: in actix, the one wrapped last runs first.
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
    /// Demands this.
    #[must_use]
    pub fn new(requirement: Requirement) -> Self {
        Self { requirement: Arc::new(requirement) }
    }
}

impl Middleware for Require {
    async fn pass<S, B>(self, request: ServiceRequest, next: &S) -> Result<ServiceResponse<EitherBody<B>>, Error>
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
            Ok(()) => Ok(next.call(request).await?.map_into_left_body()),
            Err(refusal) => Ok(request.into_response(response(refusal)).map_into_right_body()),
        }
    }
}
