//! Documents that are public by design: RFC 9728 metadata and JWK Sets.

use crate::translate::response;
use actix_web::web::{self, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse};
use attesto_core::host::PublicDocuments;
use std::sync::Arc;

/// For `App::configure`: serves these documents. Use it at the top level of the application, outside what is protected: the paths are
/// absolute, and the documents need no authentication.
///
/// ```
/// # fn demo(guard: &attesto_core::host::Guard) -> Result<(), attesto_core::ConfigError> {
/// use attesto_actix::{core::host::PublicDocuments, publish};
///
/// let documents = PublicDocuments::from_guards([guard])?;
/// let app = actix_web::App::new().configure(publish(documents));
/// # Ok(())
/// # }
/// ```
pub fn publish(documents: impl Into<Arc<PublicDocuments>>) -> impl FnOnce(&mut ServiceConfig) {
    let documents = documents.into();
    move |routes| {
        // By a predicate over the path as sent, because actix's patterns see it with some of its percent-encoding undone.
        let known = Arc::clone(&documents);
        let is_published = move |context: &actix_web::guard::GuardContext<'_>| {
            let uri = &context.head().uri;
            known.respond("GET", uri.path(), uri.query()).is_some()
        };
        let serve = move |request: HttpRequest| {
            let uri = request.uri();
            let document = documents.respond(request.method().as_str(), uri.path(), uri.query());
            std::future::ready(document.map_or_else(|| HttpResponse::NotFound().finish(), response))
        };
        routes.service(web::scope("").guard(actix_web::guard::fn_guard(is_published)).default_service(web::to(serve)));
    }
}
